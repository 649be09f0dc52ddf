/** Times of layers as trtexec --exportProfile writes them. */
import type { LayerTime } from '../run/runReport';
import { LayersError } from './layersError';
import { decodeText } from '../text/decodeText';
import { JsonError, parseTolerantJson } from './tolerantJson';

/** NVIDIA's profile, in the order of the file. Throws LayersError. */
export function parseProfile(input: Uint8Array | string): LayerTime[] {
  const text = typeof input === 'string' ? input : decodeText(input);
  if (text.trim() === '') throw new LayersError('empty', 'It is empty.');
  let value: unknown;
  try {
    ({ value } = parseTolerantJson(text));
  } catch (error) {
    if (!(error instanceof JsonError)) throw new LayersError('too-large', 'It is too large.');
    const { what, line, column } = error;
    throw new LayersError(
      'not-json',
      `It is not valid JSON: at line ${line}, column ${column} ${what}.`,
      line,
      column,
    );
  }
  if (!isProfile(value)) {
    throw new LayersError(
      'not-layers',
      'It is JSON, but no profile of layers. trtexec writes one with --exportProfile.',
    );
  }
  return profileOfValue(value);
}

/** [{count: 200}, {name, timeMs, averageMs, medianMs, percentage}, …] */
export function isProfile(value: unknown): boolean {
  return Array.isArray(value) && (value as unknown[]).some((item) => timeOf(item, 1) !== null);
}

export function profileOfValue(value: unknown): LayerTime[] {
  if (!Array.isArray(value)) return [];
  const items = value as unknown[];
  const counts = items.map((item) => numberOf(item, 'count')).filter((count) => count !== null);
  const count = Math.max(1, counts[0] ?? 1);
  const times = items.map((item) => timeOf(item, count)).filter((time) => time !== null);
  const total = times.reduce((sum, time) => sum + time.mean, 0);
  return times.map((time) => ({ ...time, share: total > 0 ? time.mean / total : 0 }));
}

function timeOf(item: unknown, count: number): LayerTime | null {
  if (typeof item !== 'object' || item === null) return null;
  const name = 'name' in item ? item.name : undefined;
  if (typeof name !== 'string' && typeof name !== 'number') return null;
  const all = numberOf(item, 'timeMs');
  const mean =
    numberOf(item, 'averageMs') ?? (all === null ? numberOf(item, 'medianMs') : all / count);
  if (mean === null || mean < 0) return null;
  return { name: String(name), mean, share: 0 };
}

function numberOf(item: unknown, key: string): number | null {
  if (typeof item !== 'object' || item === null || !(key in item)) return null;
  const value = (item as Record<string, unknown>)[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
