/** A run as `run --json` prints it and the page exports it: documented in docs/cli-json.md. Only grows. */
import { type Fields, pick } from '../text/pick';
import { type Json, printableJson } from '../text/printableJson';
import type {
  AttemptReport,
  OutputReport,
  RunChoices,
  RunFailure,
  RunReport,
  Statistics,
  TensorSummary,
} from './runReport';
import { switchesOf } from './runReport';

export interface RunJsonOptions {
  /** Where an output was saved for the user, by its name. */
  saved?: ReadonlyMap<string, string> | undefined;
}

const statistics: Fields<Statistics> = {
  count: true,
  mean: true,
  median: true,
  p90: true,
  p95: true,
  p99: true,
  min: true,
  max: true,
  standardDeviation: true,
};

const summary = {
  name: true,
  type: true,
  shape: true,
  count: true,
  min: true,
  max: true,
  mean: true,
  standardDeviation: true,
  nan: true,
  infinite: true,
  zeros: true,
  first: true,
} as const satisfies Fields<TensorSummary>;

const output: Fields<OutputReport> = {
  ...summary,
  // The run's private folder is nobody else's business, and pixels are no JSON.
  dataPath: false,
  preview: false,
  comparison: {
    maxAbsolute: true,
    maxRelative: true,
    cosine: true,
    mismatched: true,
    sentence: true,
    state: true,
  },
};

const failure: Fields<RunFailure> = {
  stage: true,
  code: true,
  sentence: true,
  nextStep: true,
  cuda: true,
  lines: true,
};

const choices: Fields<RunChoices> = {
  profile: true,
  inputs: {
    name: true,
    shape: true,
    source: {
      kind: true,
      seed: true,
      from: true,
      to: true,
      path: true,
      entry: true,
      image: { layout: true, colors: true, scale: true, offset: true },
    },
  },
  budget: true,
  warmUp: true,
  iterations: true,
  seconds: true,
  streams: true,
  ...switchesOf(() => true as const),
  runtimeCache: true,
  profiledIterations: true,
};

const attempt: Fields<AttemptReport> = {
  budgetAsked: true,
  budget: true,
  scratch: true,
  deviceMemory: true,
  memory: { total: true, before: true, loaded: true, ready: true, peak: true, after: true },
  contextMs: true,
  firstRunMs: true,
  latency: statistics,
  gpuTime: statistics,
  enqueueTime: statistics,
  throughput: true,
  histogram: { from: true, width: true, counts: true, above: true },
  timeline: { at: true, latency: true },
  cudaGraph: true,
  layers: { name: true, mean: true, share: true },
  outputs: output,
  failure,
};

const run: Fields<RunReport> = {
  schema: true,
  id: true,
  kind: true,
  file: true,
  startedAt: true,
  endedAt: true,
  runtime: { version: true, path: true },
  gpu: { name: true, computeCapability: true, total: true },
  choices,
  inputs: { ...summary, source: true },
  loadMs: true,
  streamable: true,
  attempts: attempt,
  cache: {
    state: true,
    path: true,
    loadedBytes: true,
    savedBytes: true,
    coldMs: true,
    warmMs: true,
    sentence: true,
  },
  sweep: {
    points: { budget: true, memory: true, median: true, attempt: true },
    knee: true,
    sentence: true,
    goal: {
      goal: { kind: true, bytes: true, ms: true },
      budget: true,
      confidence: true,
      sentence: true,
    },
  },
  reference: { label: true, model: true, ms: true, outputs: output, failure },
  failure,
  headline: true,
  notes: { severity: true, sentence: true },
  libraryLines: { severity: true, text: true },
};

export function runJson(report: RunReport, options: RunJsonOptions = {}): { [key: string]: Json } {
  const saved = ({ name }: OutputReport) => options.saved?.get(name) ?? null;
  const attempts = report.attempts.map((one) => ({
    ...pick(one, attempt),
    outputs: one.outputs.map((tensor) => ({ ...pick(tensor, output), savedAs: saved(tensor) })),
  }));
  return printableJson({
    ...pick(report, run),
    startedAt: new Date(report.startedAt).toISOString(),
    endedAt: new Date(report.endedAt).toISOString(),
    attempts,
  }) as { [key: string]: Json };
}
