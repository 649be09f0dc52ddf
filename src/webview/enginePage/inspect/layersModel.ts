/**
 * The layers of the page, parsed once for the bytes that came, with everything that is made of them on demand. Pure: it
 * knows no DOM.
 */
import { layerGraph, type LayerGraph } from '../../../core/inspect/layerGraph';
import { parseProfile } from '../../../core/inspect/layerProfile';
import { joinTimes, type LayerTimes } from '../../../core/inspect/layerTimes';
import { LayersError, parseLayers, type LayersDocument } from '../../../core/inspect/layers';
import { summarizeLayers, type LayerSummary } from '../../../core/inspect/layerSummary';
import {
  filterLayers,
  noFilter,
  orderLayers,
  searchTexts,
  type LayerFilter,
  type LayerOrder,
} from '../../../core/inspect/layerTable';
import { onnxNodesByName, type OnnxNode } from '../../../core/inspect/onnxNodes';
import type { LayersState, OnnxState } from '../../../core/pages/pageMessages';
import type { LayerTime, RunReport } from '../../../core/run/runReport';

export interface LayersView {
  filter: LayerFilter;
  order: LayerOrder;
  /** Index of the chosen layer. */
  selected: number | null;
  graph: 'around' | 'whole';
  /** Steps around the chosen layer. */
  distance: number;
  /** First layer of the group that is opened in the whole engine. */
  group: number | null;
  zoom: number;
}

export const initialLayersView: LayersView = {
  filter: noFilter,
  order: { column: 'index', descending: false },
  selected: null,
  graph: 'around',
  distance: 2,
  group: null,
  zoom: 1,
};

export class LayersModel {
  readonly texts: string[];
  private orderKey: unknown[] = [];
  private ordered: number[] = [];
  private shownKey: unknown[] = [];
  private shown: number[] = [];
  private madeGraph: LayerGraph | null = null;
  private madeSummary: LayerSummary | null = null;

  constructor(readonly document: LayersDocument) {
    this.texts = searchTexts(document.rows);
  }

  get graph(): LayerGraph {
    return (this.madeGraph ??= layerGraph(this.document));
  }

  get summary(): LayerSummary {
    return (this.madeSummary ??= summarizeLayers(this.document));
  }

  /** Indices of the rows to show, in order. Everything is sorted once, then only filtered. */
  rows(filter: LayerFilter, order: LayerOrder, times: LayerTimes | null): number[] {
    const { rows } = this.document;
    const timed = order.column === 'time' ? times : null;
    const orderKey = [order.column, order.descending, timed];
    if (!same(orderKey, this.orderKey)) {
      this.orderKey = orderKey;
      const all = rows.map((row) => row.index);
      this.ordered = orderLayers(rows, all, order, times?.ms ?? null);
    }
    const shownKey = [this.ordered, filter];
    if (!same(shownKey, this.shownKey)) {
      this.shownKey = shownKey;
      const kept = filterLayers(rows, this.texts, filter);
      if (kept.length === rows.length) this.shown = this.ordered;
      else {
        const keep = new Uint8Array(rows.length);
        for (const index of kept) keep[index] = 1;
        this.shown = this.ordered.filter((index) => keep[index] === 1);
      }
    }
    return this.shown;
  }
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, at) => item === b[at]);

/** Remembers the last answer for the last arguments. */
function once<A extends unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let last: { args: A; value: T } | null = null;
  return (...args) => {
    if (!last || !same(last.args, args)) last = { args, value: make(...args) };
    return last.value;
  };
}

export type Parsed = { model: LayersModel } | { error: string };

const parsed = once((bytes: Uint8Array): Parsed => {
  try {
    return { model: new LayersModel(parseLayers(bytes)) };
  } catch (error) {
    if (error instanceof LayersError) return { error: error.message };
    throw error;
  }
});

export function layersModel(layers: LayersState): Parsed | null {
  return layers.state === 'given' ? parsed(layers.bytes) : null;
}

const profile = once((bytes: Uint8Array): { times: LayerTime[] } | { error: string } => {
  try {
    return { times: parseProfile(bytes) };
  } catch (error) {
    if (error instanceof LayersError) return { error: error.message };
    throw error;
  }
});

const joined = once(joinTimes);

export type ModelTimes =
  | { state: 'none' }
  | { state: 'given'; times: LayerTimes; from: { file: string } | { run: number } }
  | { state: 'failed'; file: string; error: string };

/** Per-layer times: an imported profile, else those in the document itself, else the newest run that has some. */
export function layerTimes(
  document: LayersDocument,
  layers: LayersState,
  runs: readonly RunReport[],
): ModelTimes {
  if (layers.state !== 'given') return { state: 'none' };
  if (layers.profile) {
    const file = layers.profile.fileName;
    const read = profile(layers.profile.bytes);
    if ('error' in read) return { state: 'failed', file, error: read.error };
    return { state: 'given', times: joined(document, read.times), from: { file } };
  }
  if (document.times) {
    const from = { file: layers.fileName };
    return { state: 'given', times: joined(document, document.times), from };
  }
  if (layers.source === 'file') return { state: 'none' };
  for (const run of runs) {
    const times = run.attempts.find((attempt) => attempt.layers !== null)?.layers;
    if (times) {
      return { state: 'given', times: joined(document, times), from: { run: run.startedAt } };
    }
  }
  return { state: 'none' };
}

const nodesByName = once(onnxNodesByName);

export function onnxByName(onnx: OnnxState): Map<string, OnnxNode[]> | null {
  return onnx.state === 'given' ? nodesByName(onnx.nodes) : null;
}
