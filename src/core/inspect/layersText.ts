/** The layers as plain text for a terminal: a summary, and a table. Does not end with a line feed. */
import { formatBytes, formatCount } from '../text/formats';
import { cut } from '../text/plainText';
import { formatMilliseconds, formatPercent } from '../run/runFormats';
import type { LayersDocument } from './layers';
import { summarizeLayers, type LayerGroup } from './layerSummary';

const mostGroups = 8;
const mostNameCharacters = 60;

/** What they are, how precise, where the weights are; each line stands alone. */
export function layersSummaryLines(document: LayersDocument): string[] {
  if (document.rows.length === 0)
    return ['The engine has no layers, or no information about them.', ...document.notes];
  const summary = summarizeLayers(document, 3);
  const named = (groups: readonly LayerGroup[]): string => {
    const told = groups.filter(({ name }) => name !== '');
    const shown = told
      .slice(0, mostGroups)
      .map(({ name, count }) => `${formatCount(count)} ${name}`);
    const left = told.slice(mostGroups).reduce((sum, { count }) => sum + count, 0);
    return [...shown, ...(left > 0 ? [`${formatCount(left)} others`] : [])].join(', ');
  };
  const types = named(summary.types);
  const precisions = named(summary.precisions);
  return [
    `${formatCount(summary.layers)} ${summary.layers === 1 ? 'layer' : 'layers'}${
      document.detail === 'names-only' ? ', names only' : ''
    }`,
    ...(types === '' ? [] : [`By type: ${types}`]),
    ...(precisions === '' ? [] : [`By precision of their outputs: ${precisions}`]),
    ...(document.weightBytes === null ? [] : [`Weights: ${formatBytes(document.weightBytes)}`]),
    ...summary.heaviest.map(
      ({ name, weightBytes, share }) =>
        `  ${formatBytes(weightBytes)} (${formatPercent(share)}) in ${cut(name, mostNameCharacters)}`,
    ),
    ...document.notes,
  ];
}

/** One line a layer; columns that no layer fills are left out. times: milliseconds by index. */
export function layersTable(
  document: LayersDocument,
  times: readonly (number | null)[] | null = null,
  indices: readonly number[] = document.rows.map(({ index }) => index),
): string {
  const rows = indices.flatMap((index) => document.rows[index] ?? []);
  const columns: { title: string; right?: boolean; cells: string[] }[] = [
    { title: '#', right: true, cells: rows.map(({ index }) => String(index)) },
    { title: 'Name', cells: rows.map(({ name }) => cut(name, mostNameCharacters)) },
    { title: 'Type', cells: rows.map(({ type }) => type) },
    { title: 'Precision', cells: rows.map(({ precision }) => precision) },
    { title: 'Output', cells: rows.map(({ outputShapes }) => cut(outputShapes, 40)) },
    {
      title: 'Weights',
      right: true,
      cells: rows.map(({ weightBytes }) => bytesCell(weightBytes)),
    },
    {
      title: 'Time',
      right: true,
      cells: rows.map(({ index }) => {
        const ms = times?.[index] ?? null;
        return ms === null ? '' : formatMilliseconds(ms);
      }),
    },
  ];
  const filled = columns.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const widths = filled.map(({ title, cells }) =>
    cells.reduce((most, cell) => Math.max(most, cell.length), title.length),
  );
  const line = (cellOf: (column: (typeof filled)[number]) => string): string =>
    filled
      .map((column, index) => {
        const width = widths[index] ?? 0;
        return column.right === true
          ? cellOf(column).padStart(width)
          : cellOf(column).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [
    line(({ title }) => title),
    ...rows.map((_, row) => line(({ cells }) => cells[row] ?? '')),
  ].join('\n');
}

const bytesCell = (bytes: number | null): string =>
  bytes === null || bytes === 0 ? '' : formatBytes(bytes);
