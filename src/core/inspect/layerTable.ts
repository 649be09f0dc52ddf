/** Filter and order of the layer table: quick enough to run at every key press on 20,000 layers. */
import type { LayerRow } from './layers';

export interface LayerFilter {
  /** Words; each must occur in the name, type, tactic, shapes or ONNX names. Case does not matter. */
  text: string;
  /** null: any. */
  type: string | null;
  precision: string | null;
}

export const noFilter: LayerFilter = { text: '', type: null, precision: null };

export const layerColumns = [
  'index',
  'name',
  'type',
  'precision',
  'outputShapes',
  'weightBytes',
  'activationBytes',
  'time',
  'onnx',
  'tactic',
  'stream',
] as const;
export type LayerColumn = (typeof layerColumns)[number];

export interface LayerOrder {
  column: LayerColumn;
  descending: boolean;
}

/** What a row is searched by, in small letters, made once. */
export function searchTexts(rows: readonly LayerRow[]): string[] {
  return rows.map((row) =>
    [row.name, row.type, row.precision, row.outputShapes, row.tactic, ...row.onnx]
      .join('\n')
      .toLowerCase(),
  );
}

/** Indices of the rows that stay, in the engine's order. */
export function filterLayers(
  rows: readonly LayerRow[],
  texts: readonly string[],
  filter: LayerFilter,
): number[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: number[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    if (filter.type !== null && row.type !== filter.type) continue;
    if (filter.precision !== null && row.precision !== filter.precision) continue;
    const text = texts[index]!;
    if (words.every((word) => text.includes(word))) found.push(index);
  }
  return found;
}

/** Unknown values come last in both directions; equal ones keep the engine's order. */
export function orderLayers(
  rows: readonly LayerRow[],
  indices: readonly number[],
  order: LayerOrder,
  times: readonly (number | null)[] | null = null,
): number[] {
  const { column, descending } = order;
  const sorted = [...indices];
  if (column === 'index') return descending ? sorted.reverse() : sorted;
  const value = (index: number): number | string | null => {
    if (column === 'time') return times?.[index] ?? null;
    const row = rows[index]!;
    if (column === 'onnx') return row.onnx[0] ?? null;
    return row[column] === '' ? null : row[column];
  };
  // Texts are ranked once: a collator is too slow to be asked 300,000 times.
  const keys = new Map<number, number | null>();
  const texts = new Set<string>();
  for (const index of sorted) {
    const it = value(index);
    if (typeof it === 'string') texts.add(it);
  }
  const { compare } = new Intl.Collator('en', { numeric: true });
  const ranks = new Map([...texts].sort(compare).map((text, rank) => [text, rank]));
  for (const index of sorted) {
    const it = value(index);
    keys.set(index, typeof it === 'string' ? ranks.get(it)! : it);
  }
  const sign = descending ? -1 : 1;
  return sorted.sort((a, b) => {
    const first = keys.get(a)!;
    const second = keys.get(b)!;
    if (first === second) return a - b;
    if (first === null) return 1;
    if (second === null) return -1;
    return (first - second) * sign;
  });
}
