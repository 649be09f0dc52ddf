/**
 * A report as JSON that may be printed and kept: all text printable (core/text/plainText), keys included, NaN and infinite
 * numbers as the strings "NaN", "Infinity" and "-Infinity", which JSON has no numbers for. Bytes are left out.
 */
import { plainText } from './plainText';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const mostCharacters = 8192;

/** Undefined, bytes and functions have no place in JSON: as a value of an object they go, elsewhere they are null. */
export function printableJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return plainText(value, mostCharacters);
  if (Array.isArray(value)) return value.map(printableJson);
  if (typeof value !== 'object' || ArrayBuffer.isView(value)) return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && !ArrayBuffer.isView(item))
      .map(([key, item]) => [plainText(key), printableJson(item)]),
  );
}

/** As the command line prints it and a surface exports it: indented, lists of plain values on one line. */
export function printedJson(value: Json): string {
  return `${indented(value, '')}\n`;
}

function indented(value: Json, before: string): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${before}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => indented(item, inner))
    : Object.entries(value).map(
        ([key, item]) => `${JSON.stringify(key)}: ${indented(item, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (lines.length === 0) return `${open}${close}`;
  const isPlain = (item: Json): boolean => item === null || typeof item !== 'object';
  if (Array.isArray(value) && value.every(isPlain)) return `[${lines.join(', ')}]`;
  return `${open}\n${lines.map((line) => `${inner}${line}`).join(',\n')}\n${before}${close}`;
}
