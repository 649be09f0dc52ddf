/** The layer table as CSV (RFC 4180): one line a layer, exact bytes, unknown values empty. */
import type { LayersDocument } from './layers';

const columns = [
  'index',
  'name',
  'type',
  'precision',
  'output shapes',
  'weight bytes',
  'activation bytes',
  'time ms',
  'tactic',
  'stream',
  'onnx nodes',
];

/** times: milliseconds by index (layerProfile.ts). indices: which rows and in which order; all by default. */
export function layersToCsv(
  document: LayersDocument,
  times: readonly (number | null)[] | null = null,
  indices: readonly number[] = document.rows.map((row) => row.index),
): string {
  const lines = [columns.join(',')];
  for (const index of indices) {
    const row = document.rows[index];
    if (!row) continue;
    lines.push(
      [
        row.index,
        row.name,
        row.type,
        row.precision,
        row.outputShapes,
        row.weightBytes,
        row.activationBytes,
        times?.[index] ?? null,
        row.tactic,
        row.stream,
        row.onnx.join('; '),
      ]
        .map(csvField)
        .join(','),
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}

function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet takes a text that begins so for a formula, and names come from a file.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
