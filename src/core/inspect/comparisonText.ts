/** Two engines side by side as plain text. Does not end with a line feed. */
import { cut } from '../text/plainText';
import { columns } from '../text/textBlocks';
import type { DifferenceRow, EngineComparison, LayerDifferences } from './compareEngines';
import type { LayerRow } from './layers';

const mostLayers = 40;

/** first, second: what the engines are called, printable. All rows; those that differ are marked. */
export function comparisonText(
  comparison: EngineComparison,
  first: string,
  second: string,
): string {
  const { summary, file, memory, tensors, precisions, types, layers } = comparison;
  return [
    `first:  ${first}`,
    `second: ${second}`,
    ...(summary === '' ? [] : ['', summary]),
    ...section('File', file),
    ...section('Memory', memory),
    ...section('Inputs and outputs', tensors),
    ...section('Layers by precision', precisions),
    ...section('Layers by type', types),
    ...(layers === null
      ? ['', 'Layers: one of them has no layer information.']
      : layerLines(layers)),
  ].join('\n');
}

function section(title: string, rows: readonly DifferenceRow[]): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => [
    row.differs ? '*' : ' ',
    row.label,
    row.a === '' ? '-' : row.a,
    row.b === '' ? '-' : row.b,
    row.note,
  ]);
  return ['', title, ...columns(cells)];
}

function layerLines({ same, changed, removed, added }: LayerDifferences): string[] {
  const name = (layer: LayerRow): string => cut(layer.name, 80);
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0
      ? []
      : [
          '',
          `${title}: ${lines.length}`,
          ...lines.slice(0, mostLayers).map((line) => `  ${line}`),
          ...(lines.length > mostLayers ? [`  … and ${lines.length - mostLayers} more`] : []),
        ];
  return [
    '',
    `Layers that are the same: ${same}`,
    ...list(
      'Changed',
      changed.map(({ a, changes }) => `${name(a)}: ${changes.join('; ')}`),
    ),
    ...list(
      'Only in the first',
      removed.map(({ layer }) => name(layer)),
    ),
    ...list(
      'Only in the second',
      added.map(({ layer }) => name(layer)),
    ),
  ];
}
