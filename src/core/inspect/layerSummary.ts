/** Layers counted: by type, by precision, and where the weights are. */
import type { LayerRow, LayersDocument } from './layers';

export interface LayerGroup {
  /** '' when not told. */
  name: string;
  count: number;
  /** Of all layers, 0…1. */
  share: number;
  /** Known bytes of constants; a constant that several layers share counts in each. */
  weightBytes: number;
  /** Of the sum of known bytes, 0…1. */
  weightShare: number;
}

export interface LayerSummary {
  layers: number;
  /** Largest first. */
  types: LayerGroup[];
  precisions: LayerGroup[];
  /** The layers with the most weights, at most `top`. */
  heaviest: { index: number; name: string; weightBytes: number; share: number }[];
  /** Sum of known bytes over layers. */
  weightBytes: number;
  /** Layers whose bytes are not known. */
  unknownWeights: number;
}

export function summarizeLayers(document: LayersDocument, top = 10): LayerSummary {
  const { rows } = document;
  const weightBytes = rows.reduce((sum, row) => sum + (row.weightBytes ?? 0), 0);
  const heaviest = rows
    .filter((row) => (row.weightBytes ?? 0) > 0)
    .sort((a, b) => b.weightBytes! - a.weightBytes! || a.index - b.index)
    .slice(0, top)
    .map((row) => ({
      index: row.index,
      name: row.name,
      weightBytes: row.weightBytes!,
      share: row.weightBytes! / weightBytes,
    }));
  return {
    layers: rows.length,
    types: groups(rows, weightBytes, (row) => row.type),
    precisions: groups(rows, weightBytes, (row) => row.precision),
    heaviest,
    weightBytes,
    unknownWeights: document.unknownWeights,
  };
}

function groups(
  rows: readonly LayerRow[],
  allBytes: number,
  nameOf: (row: LayerRow) => string,
): LayerGroup[] {
  const byName = new Map<string, { count: number; weightBytes: number }>();
  for (const row of rows) {
    const name = nameOf(row);
    let group = byName.get(name);
    if (!group) {
      group = { count: 0, weightBytes: 0 };
      byName.set(name, group);
    }
    group.count += 1;
    group.weightBytes += row.weightBytes ?? 0;
  }
  return [...byName]
    .map(([name, { count, weightBytes }]) => ({
      name,
      count,
      share: count / rows.length,
      weightBytes,
      weightShare: allBytes > 0 ? weightBytes / allBytes : 0,
    }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
