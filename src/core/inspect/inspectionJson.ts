/** An inspection as `inspect --json` prints it and the page exports it: documented in docs/cli-json.md. Only grows. */
import { type Fields, pick } from '../text/pick';
import { type Json, printableJson } from '../text/printableJson';
import type { EngineComparison } from './compareEngines';
import type { Inspection, InspectionFacts } from './inspection';
import type { LayerRow, LayersDocument } from './layers';
import { summarizeLayers } from './layerSummary';

const range = { min: true, opt: true, max: true } as const;

const facts: Fields<InspectionFacts> = {
  name: true,
  tensors: {
    name: true,
    mode: true,
    type: true,
    shape: true,
    format: true,
    linear: true,
    profileFormats: { format: true, linear: true },
    aliasOf: true,
    location: true,
    shapeTensor: true,
    profiles: range,
    profileValues: range,
  },
  profileCount: true,
  deviceMemory: true,
  deviceMemoryPerProfile: true,
  auxStreams: true,
  layerCount: true,
  profilingVerbosity: true,
  refittable: true,
  weightsDeferred: true,
  streamable: true,
  defaultBudget: true,
  automaticBudget: true,
  budgets: { asked: true, taken: true, scratch: true, deviceMemory: true },
  gpu: { name: true, computeCapability: true, total: true, free: true },
  loadedMemory: true,
  loadMs: true,
};

const layer: Fields<LayerRow> = {
  index: true,
  name: true,
  type: true,
  tactic: true,
  precision: true,
  outputShapes: true,
  weightBytes: true,
  activationBytes: true,
  onnx: true,
  stream: true,
};

const rows = { label: true, a: true, b: true, differs: true, note: true } as const;
const lonely = { layer, elsewhere: layer } as const;
const comparisonFields: Fields<EngineComparison> = {
  summary: true,
  file: rows,
  memory: rows,
  tensors: rows,
  precisions: rows,
  types: rows,
  layers: {
    same: true,
    changed: { a: layer, b: layer, changes: true },
    kinds: { change: true, count: true },
    removed: lonely,
    added: lonely,
  },
};

export function inspectionJson(inspection: Inspection): { [key: string]: Json } {
  const { schema, file, inspectedAt, runtime, notes, libraryLines } = inspection;
  return printableJson({
    schema,
    file,
    inspectedAt: new Date(inspectedAt).toISOString(),
    runtime: { version: runtime.version, path: runtime.path },
    ...pick(inspection.facts, facts),
    notes: notes.map(({ id, severity, sentence }) => ({ id, severity, sentence })),
    libraryLines: libraryLines.map(({ severity, text }) => ({ severity, text })),
  }) as { [key: string]: Json };
}

export function layersJson(document: LayersDocument): Json {
  const { layers, types, precisions, weightBytes, unknownWeights } = summarizeLayers(document);
  const { detail, notes } = document;
  const group = { name: true, count: true, share: true, weightBytes: true, weightShare: true };
  return printableJson({
    count: layers,
    detail,
    types: types.map((one) => pick(one, group)),
    precisions: precisions.map((one) => pick(one, group)),
    weightBytes: document.weightBytes === null ? null : weightBytes,
    unknownWeights,
    notes,
  });
}

/** One object for each layer. times: milliseconds by index. */
export function layerRowsJson(
  document: LayersDocument,
  times: readonly (number | null)[] | null,
): Json {
  return printableJson(
    document.rows.map((row) => ({ ...pick(row, layer), ms: times?.[row.index] ?? null })),
  );
}

export function comparisonJson(first: string, second: string, comparison: EngineComparison): Json {
  return printableJson({ first, second, ...pick(comparison, comparisonFields) });
}
