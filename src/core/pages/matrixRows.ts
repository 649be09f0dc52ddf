/** What the matrix page shows of its rows: filtered, sorted, by folder, with folders closed. */
import type { CellSign, MatrixModel, MatrixRow } from '../targets/matrixModel';

export interface MatrixFilter {
  /** In name, folder, note, or a word of a cell. */
  text: string;
  problemsOnly: boolean;
  sort: 'worst' | 'name';
  byFolder: boolean;
  /** Folders that are closed. */
  closed: ReadonlySet<string>;
}

export interface FolderLine {
  kind: 'folder';
  folder: string;
  engines: number;
  closed: boolean;
  /** For each column: how many engines by sign. */
  signs: Record<CellSign, number>[];
}
export type MatrixLine = FolderLine | { kind: 'engine'; row: MatrixRow };

export function matrixLines(model: MatrixModel, filter: MatrixFilter): MatrixLine[] {
  const collator = new Intl.Collator('en', { numeric: true });
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = model.rows.filter(
    (row) => (!filter.problemsOnly || row.hasProblem) && matches(model, row, words),
  );
  const byName = (a: MatrixRow, b: MatrixRow) =>
    collator.compare(a.folder, b.folder) || collator.compare(a.name, b.name);
  const sorted = found.sort((a, b) =>
    filter.sort === 'name'
      ? byName(a, b)
      : Number(b.fails) - Number(a.fails) || b.wrong - a.wrong || byName(a, b),
  );
  if (!filter.byFolder) return sorted.map((row) => ({ kind: 'engine', row }));
  const folders = new Map<string, MatrixRow[]>();
  for (const row of sorted) {
    const rows = folders.get(row.folder);
    if (rows) rows.push(row);
    else folders.set(row.folder, [row]);
  }
  return [...folders]
    .sort(([a], [b]) => (filter.sort === 'name' ? collator.compare(a, b) : 0))
    .flatMap(([folder, rows]): MatrixLine[] => {
      const closed = filter.closed.has(folder);
      return [
        {
          kind: 'folder',
          folder,
          engines: rows.length,
          closed,
          signs: model.columns.map((_, at) => countSigns(model, rows, at)),
        },
        ...(closed ? [] : rows.map((row): MatrixLine => ({ kind: 'engine', row }))),
      ];
    });
}

function countSigns(
  model: MatrixModel,
  rows: readonly MatrixRow[],
  column: number,
): Record<CellSign, number> {
  const counts: Record<CellSign, number> = { ok: 0, warning: 0, error: 0, unknown: 0 };
  for (const row of rows) counts[model.cells[row.cells[column] ?? -1]?.sign ?? 'unknown'] += 1;
  return counts;
}

function matches({ cells }: MatrixModel, row: MatrixRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = [
    row.folder,
    row.name,
    row.note,
    ...row.cells.flatMap((at) => [cells[at]?.short ?? '', cells[at]?.word ?? '']),
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}
