/**
 * Sample inference: what was chosen, and the report that every surface shows (page, command line, JSON). This file
 * holds the shapes; makeRunReport.ts makes reports.
 */
import type { TensorType } from '../inspect/inspection';

// ---- what is chosen -----------------------------------------------------------------------------------------------

export type InputSource =
  /** Floats evenly in [-1, 1), integers in a small range that the type holds, bool 0/1; the same for the same seed. */
  | { kind: 'random'; seed: number }
  | { kind: 'zeros' }
  | { kind: 'ones' }
  /** Evenly in [from, to], seeded; integers include both ends. */
  | { kind: 'range'; from: number; to: number; seed: number }
  /** .npy, .npz (with `entry`), .png, .jpg, else raw little-endian bytes in C order. */
  | { kind: 'file'; path: string; entry?: string | undefined; image?: ImageLayout | undefined };

/** How a picture becomes a tensor: the last four or three dimensions of the input are taken by `layout`. */
export interface ImageLayout {
  layout: 'nchw' | 'nhwc';
  colors: 'rgb' | 'bgr' | 'gray';
  /** Of 0…255 after scaling to the input's height and width: value * scale + offset, for each channel. */
  scale: number[];
  offset: number[];
}

export interface InputChoice {
  name: string;
  /** null: the file's own shape, else the profile's opt. */
  shape: number[] | null;
  source: InputSource;
}

/** Bytes, or by name; rule: NVIDIA's min(free / 2, streamable / 2) with the memory free just before. */
export type BudgetChoice = number | 'default' | 'automatic' | 'rule';

/**
 * What is on or off, and how it is as a rule. A new one is a row here, a bit in host/engineHost/process/session.ts, its
 * words in the Run tab's strings and its option in cli/runCommand.ts.
 */
export const runSwitches = {
  /** Copies of inputs and outputs count as part of each iteration. */
  copies: false,
  cudaGraph: false,
  /**
   * Kernels for dynamic shapes as applications get them by default: fallback kernels until those for the shapes at hand are
   * compiled in the background. Else they are compiled before the first run ends, so that one kind is measured.
   */
  lazyKernels: false,
};
export type RunSwitch = keyof typeof runSwitches;

export function switchesOf<T>(of: (name: RunSwitch) => T): Record<RunSwitch, T> {
  const names = Object.keys(runSwitches) as RunSwitch[];
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<RunSwitch, T>;
}

export interface RunChoices extends Record<RunSwitch, boolean> {
  profile: number;
  inputs: InputChoice[];
  budget: BudgetChoice;
  warmUp: number;
  /** At least this many and at least so long; one may be 0. */
  iterations: number;
  seconds: number;
  streams: number;
  runtimeCache: boolean;
  /** Iterations with per-layer times, apart from the measured ones; 0: none. */
  profiledIterations: number;
}

export const defaultRunChoices: Readonly<Omit<RunChoices, 'inputs'>> = {
  profile: 0,
  budget: 'default',
  warmUp: 20,
  iterations: 200,
  seconds: 0,
  streams: 1,
  ...runSwitches,
  runtimeCache: true,
  profiledIterations: 10,
};

// ---- what came of it ----------------------------------------------------------------------------------------------

/** Milliseconds, over the measured iterations. Percentiles by nearest rank. */
export interface Statistics {
  count: number;
  mean: number;
  median: number;
  p90: number;
  p95: number;
  p99: number;
  min: number;
  max: number;
  standardDeviation: number;
}

export interface Histogram {
  /** Bin i counts values in [from + i * width, from + (i + 1) * width); the last includes its end. Milliseconds. */
  from: number;
  width: number;
  counts: number[];
  /** Values beyond the last bin: outliers are counted, not drawn as empty space. */
  above: number;
}

/** GPU memory in use on the whole GPU (total less free), bytes; null: could not be read. */
export interface RunMemory {
  total: number | null;
  /** Before the engine was loaded. */
  before: number | null;
  loaded: number | null;
  /** With context and buffers. */
  ready: number | null;
  /** The most that was seen. */
  peak: number | null;
  /** After everything was given back. */
  after: number | null;
}

export interface LayerTime {
  /** As IProfiler gives it: joined with the layers by name. */
  name: string;
  /** Milliseconds for one inference, the mean. */
  mean: number;
  /** Of the sum of all layers, 0…1. */
  share: number;
}

/** One output's (or input's) numbers. NaN and infinite values are counted and left out of the others. */
export interface TensorSummary {
  name: string;
  type: TensorType;
  shape: number[];
  count: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  standardDeviation: number | null;
  nan: number;
  infinite: number;
  zeros: number;
  /** In C order, at most 32. */
  first: number[];
}

export interface ImagePreview {
  width: number;
  height: number;
  /** RGBA, at most 512 on a side. How values became colours is in the sentence. */
  pixels: Uint8Array;
  sentence: string;
}

export interface OutputReport extends TensorSummary {
  /** Raw bytes; null: not kept. */
  dataPath: string | null;
  preview: ImagePreview | null;
  comparison: OutputComparison | null;
}

/** Ours against ONNX Runtime's. */
export interface OutputComparison {
  maxAbsolute: number | null;
  /** |a - b| / max(|b|, 1e-6): at most. */
  maxRelative: number | null;
  cosine: number | null;
  /** Elements that are NaN or infinite on one side only. */
  mismatched: number;
  /** "Agrees: …", "Differs: …" with the numbers. */
  sentence: string;
  state: 'good' | 'warning' | 'bad';
}

/** Stage names are those of engine_shim.h, and those before the shim is asked. */
export interface RunFailure {
  stage: string;
  code: string;
  sentence: string;
  nextStep: string;
  /** cudaError_t or CUresult; 0: none known. */
  cuda: number;
  /** The library's own lines, printable. */
  lines: string[];
}

export interface AttemptReport {
  /** Bytes; null: built without weight streaming, or the default. */
  budgetAsked: number | null;
  budget: number | null;
  scratch: number | null;
  /** Bytes: activations and scratch. */
  deviceMemory: number | null;
  memory: RunMemory;
  contextMs: number | null;
  /** Of the first inference, kernels compiled or taken from the cache. */
  firstRunMs: number | null;
  latency: Statistics | null;
  gpuTime: Statistics | null;
  enqueueTime: Statistics | null;
  /** Inferences per second of wall time over all streams. */
  throughput: number | null;
  histogram: Histogram | null;
  /** Latency in ms in the order of start, thinned to at most 2000 with every peak kept. `at`: seconds. */
  timeline: { at: number[]; latency: number[] } | null;
  /** False: asked for, but streaming (or another rule) turns it off. null: not asked. */
  cudaGraph: boolean | null;
  layers: LayerTime[] | null;
  outputs: OutputReport[];
  failure: RunFailure | null;
}

export interface CacheReport {
  state: 'off' | 'missing' | 'loaded' | 'refused';
  path: string | null;
  loadedBytes: number | null;
  savedBytes: number | null;
  /** Context and first run without the cache, and with it: milliseconds; null: not seen in this run. */
  coldMs: number | null;
  warmMs: number | null;
  sentence: string;
}

/** The sweep as numbers; the knee is the least memory at nearly full speed. */
export interface SweepReport {
  points: { budget: number; memory: number | null; median: number | null; attempt: number }[];
  /** Index into points; null: none stands out. */
  knee: number | null;
  sentence: string;
  /** What was searched for; null: the budgets were given. */
  goal: GoalReport | null;
}

/** At most so much GPU memory, or 95 of 100 runs in at most so many milliseconds. */
export type Goal = { kind: 'memory'; bytes: number } | { kind: 'latency'; ms: number };

export interface GoalReport {
  goal: Goal;
  /** Bytes; null: no budget meets the goal, or it can't be told. */
  budget: number | null;
  /** How often that budget was measured, and met the goal each time. */
  confidence: 'twice' | 'once' | 'none';
  sentence: string;
}

/** ONNX Runtime on the CPU, from the recipe's model. Always labelled as the reference, never as the engine. */
export interface ReferenceReport {
  /** "ONNX Runtime 1.30.0 (CPU)" */
  label: string;
  model: string;
  ms: number | null;
  outputs: OutputReport[];
  failure: RunFailure | null;
}

export interface RunReport {
  schema: 1;
  /** Unique; also the name of its folder. */
  id: string;
  kind: 'run' | 'sweep' | 'reference';
  /** As the user knows it; printable. */
  file: string;
  /** ms since 1970 */
  startedAt: number;
  endedAt: number;
  runtime: { version: string; path: string } | null;
  gpu: { name: string; computeCapability: string; total: number | null } | null;
  choices: RunChoices;
  inputs: (TensorSummary & { source: string })[];
  /** Milliseconds of deserializing. */
  loadMs: number | null;
  /** Bytes; 0: built without weight streaming; null: not known. */
  streamable: number | null;
  /** One for a run, one for each budget of a sweep, none for a reference alone. */
  attempts: AttemptReport[];
  cache: CacheReport;
  sweep: SweepReport | null;
  reference: ReferenceReport | null;
  /** What ended everything before an attempt could begin; null: nothing did. */
  failure: RunFailure | null;
  /** "8.42 ms median, 118 inferences a second." or what went wrong. */
  headline: string;
  /** Sentences worth knowing: graphs off while streaming, scratch eats the saving, NaN in an output, … */
  notes: { severity: 'information' | 'warning'; sentence: string }[];
  libraryLines: { severity: number; text: string }[];
}

/** How far it is; stage as in engine_shim.h, `sentence` for people. */
export interface RunProgress {
  stage: string;
  sentence: string;
  /** 0…1; null: cannot be told. */
  fraction: number | null;
}
