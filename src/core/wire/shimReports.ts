/**
 * What the shim's JSON reports hold: the one place of these shapes. The engine host and its client parse with them, core
 * makes reports of what was parsed. Names are exact, sizes bytes, times nanoseconds, enums as NVIDIA numbers them.
 */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const int = v.pipe(v.number(), v.integer());
const optional = v.nullable(int);
const shape = v.array(int);
const ranges = v.array(v.nullable(v.object({ min: shape, opt: shape, max: shape })));
const gpuOfReport = {
  name: v.string(),
  computeCapability: v.string(),
  total: count,
};

export const inspectReport = v.object({
  name: v.string(),
  profileCount: count,
  tensors: v.array(
    v.object({
      name: v.string(),
      /** TensorIOMode, DataType and TensorLocation as NVIDIA's enums number them. */
      mode: count,
      type: int,
      shape,
      /** In the first profile. */
      format: v.string(),
      linear: v.boolean(),
      /** One for each profile, which the builder chooses them for. */
      profileFormats: v.optional(
        v.array(v.object({ format: v.string(), linear: v.boolean() })),
        [],
      ),
      /** Of an output that shares its memory with an input: that one's name; empty: it has its own. */
      aliasOf: v.optional(v.string(), ''),
      location: count,
      shapeTensor: v.boolean(),
      /** One for each profile; null: nothing told. */
      profiles: ranges,
      profileValues: ranges,
    }),
  ),
  deviceMemory: int,
  deviceMemoryPerProfile: v.array(int),
  auxStreams: int,
  layerCount: optional,
  /** ProfilingVerbosity; null: the interface does not tell. */
  profilingVerbosity: optional,
  refittable: v.boolean(),
  /** The weights stayed in the file: they don't fit into the free GPU memory. */
  weightsDeferred: v.optional(v.boolean(), false),
  streamable: int,
  defaultBudget: optional,
  automaticBudget: optional,
  budgets: v.array(v.object({ asked: int, taken: int, scratch: int, deviceMemory: int })),
  gpu: v.object({ ...gpuOfReport, freeBefore: count, freeAfter: count }),
  loadNs: count,
});
export type RawInspection = v.InferOutput<typeof inspectReport>;

export const runReport = v.object({
  gpu: v.object(gpuOfReport),
  loadNs: count,
  streamable: int,
  /** Free GPU memory. */
  freeBefore: optional,
  freeLoaded: optional,
  freeAfter: optional,
  cache: v.object({
    state: v.picklist(['off', 'missing', 'loaded', 'refused']),
    loadedBytes: optional,
    savedBytes: optional,
    /** A fresh context with the cache that was just written: only after "missing" and "refused". */
    warmContextNs: optional,
    warmFirstRunNs: optional,
    /** Why it could not be read or written; empty: nothing to say. */
    message: v.string(),
  }),
  attempts: v.array(
    v.object({
      /** As it was asked, -1 and -2 included. */
      budgetAsked: int,
      /** null: built without weight streaming. */
      budget: optional,
      scratch: optional,
      deviceMemory: optional,
      contextNs: optional,
      firstRunNs: optional,
      freeReady: optional,
      freeLowest: optional,
      freeAfter: optional,
      /** Set and not known to be off; null: not asked. */
      cudaGraph: v.nullable(v.boolean()),
      firstSample: count,
      sampleCount: count,
      /** Of the measurement, from its first start to its last end. */
      wallNs: optional,
      outputs: v.array(
        v.object({
          name: v.string(),
          type: int,
          shape,
          bytes: count,
          linear: v.boolean(),
          aliasOf: v.optional(v.string(), ''),
          /** Its file's name in outputFolder. */
          file: v.nullable(v.string()),
        }),
      ),
      /** IProfiler's sums over `count` calls. */
      layers: v.nullable(v.array(v.object({ name: v.string(), ns: v.number(), count }))),
      failure: v.nullable(
        v.object({ stage: v.string(), status: count, cuda: int, sentence: v.string() }),
      ),
    }),
  ),
});
export type RawRun = v.InferOutput<typeof runReport>;
export type RawAttempt = RawRun['attempts'][number];
export type RawOutput = RawAttempt['outputs'][number];
