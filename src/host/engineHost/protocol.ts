/**
 * What the engine host and its client say to each other: JSON-RPC over the fork's IPC channel (vscode-jsonrpc), with
 * typed arrays as they are (serialization "advanced"). One place for names and shapes; both sides parse what they
 * receive with these schemas, so a damaged or older peer costs an error and never an undefined.
 */
import * as v from 'valibot';
import type { RawGpuMemory } from '../../core/gpu/gpuMemory';
import { driverModels } from '../../core/report/engineReport';
import { failureCodes } from '../../core/wire/failure';
import { switchesOf } from '../../core/run/runReport';
import { inspectReport, runReport } from '../../core/wire/shimReports';

const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const path = v.pipe(v.string(), v.minLength(1));

/** What a failed request carries in ResponseError.data, beside the message. */
export const errorData = v.object({
  code: v.picklist(failureCodes),
  nextStep: v.string(),
  detail: v.string(),
  at: v.optional(v.object({ stage: v.string(), cuda: v.number() })),
});

export const runtimeInfo = v.object({
  /** "1.7.1.116" */
  version: v.string(),
  path,
  headerSize: count,
  /** 13040 = 13.4, null: could not be told. */
  cudaRuntimeVersion: v.nullable(count),
  /** A newer minor version than there are shims for: it checks headers and does nothing else. */
  untested: v.optional(v.boolean()),
});
export type RuntimeInfo = v.InferOutput<typeof runtimeInfo>;

export const gpuInfo = v.object({
  name: v.string(),
  uuid: v.string(),
  index: count,
  computeCapability: v.pipe(v.string(), v.regex(/^\d+\.\d+$/)),
  totalMemory: count,
  usedMemory: v.nullable(count),
  freeMemory: v.nullable(count),
  driverModel: v.nullable(v.picklist(driverModels)),
});
export const gpusInfo = v.object({
  /** 13000 = 13.0; null: no CUDA driver. */
  cudaDriverVersion: v.nullable(count),
  driverVersion: v.nullable(v.string()),
  /** Why there are no GPUs; empty: nothing to say. */
  message: v.string(),
  gpus: v.array(gpuInfo),
});
export type GpusInfo = v.InferOutput<typeof gpusInfo>;

const gpuBytes = v.nullable(v.pipe(v.bigint(), v.minValue(0n)));
const gpuProcess = v.object({
  pid: count,
  name: v.string(),
  memory: gpuBytes,
  kind: v.picklist(['compute', 'graphics', 'both']),
});
/** core/gpu/gpuMemory.ts says what the fields mean. */
export const gpuMemoryInfo = v.object({
  source: v.picklist(['nvml', 'nvidia-smi', 'none']),
  status: v.number(),
  detail: v.string(),
  driverVersion: v.nullable(v.string()),
  nvmlVersion: v.nullable(v.string()),
  cudaDriverVersion: v.nullable(count),
  gpus: v.array(
    v.object({
      uuid: v.string(),
      parentUuid: v.string(),
      name: v.string(),
      index: count,
      migInstance: v.nullable(count),
      migEnabled: v.boolean(),
      computeCapability: v.nullable(v.string()),
      pciBusId: v.string(),
      total: gpuBytes,
      used: gpuBytes,
      free: gpuBytes,
      reserved: gpuBytes,
      utilization: v.nullable(v.number()),
      status: v.number(),
      processes: v.nullable(v.array(gpuProcess)),
      processesStatus: v.number(),
    }),
  ),
}) satisfies v.GenericSchema<unknown, RawGpuMemory>;

/** Raw es_check_record array and the text behind it; checkRecords.ts decodes them on the client's side. */
export const checkResult = v.object({ count, records: bytes, text: bytes });
export type CheckResult = v.InferOutput<typeof checkResult>;

export const buildOptions = v.object({
  model: path,
  /** A temporary file that must not exist yet; null: the engine is thrown away. */
  output: v.nullable(path),
  flags: v.array(v.string()),
  clearedFlags: v.array(v.string()),
  computeCapabilities: v.array(count),
  profiles: v.array(
    v.array(
      v.object({
        input: v.string(),
        min: v.array(count),
        opt: v.array(count),
        max: v.array(count),
      }),
    ),
  ),
  profilingVerbosity: v.picklist(['layer-names-only', 'none', 'detailed']),
  memoryPoolLimits: v.record(v.string(), count),
});
export type BuildOptions = v.InferOutput<typeof buildOptions>;
export const buildResult = v.object({
  engineSize: count,
  sha256: v.string(),
  parseMs: v.number(),
  buildMs: v.number(),
});
export type BuildResult = v.InferOutput<typeof buildResult>;

const int = v.pipe(v.number(), v.integer());

export const inspectResult = v.object({
  report: inspectReport,
  /** The inspector's JSON as it came; empty: not asked, or it has none. */
  layers: bytes,
});

export const runOptions = v.object({
  /** Comes back in runPhase. */
  token: v.string(),
  engine: path,
  /** dataPath: a file with exactly the tensor's bytes, C order, little endian. */
  inputs: v.array(v.object({ name: v.string(), shape: v.array(int), dataPath: path })),
  /** Bytes, -1 the library's default, -2 its automatic budget; one attempt each. */
  budgets: v.array(int),
  runtimeCache: v.nullable(path),
  /** Where output-<index>.bin go; null: outputs are not kept. */
  outputFolder: v.nullable(path),
  profile: count,
  warmUp: count,
  iterations: count,
  durationNs: count,
  maxSamples: count,
  streams: count,
  ...switchesOf(() => v.boolean()),
  profiledIterations: count,
});
export type RunOptions = v.InferOutput<typeof runOptions>;

export const runResult = v.object({
  report: runReport,
  /** es_run_sample, 32 bytes each: start, latency, enqueue, GPU as int64 nanoseconds. */
  samples: bytes,
  /** Lines of severity 2 and louder, bytes as they came. */
  lines: v.array(v.object({ severity: count, text: v.string() })),
});
export type RunResult = v.InferOutput<typeof runResult>;

/** Every request: its parameters and its result. */
export const requests = {
  load: { params: v.object({ libraryPath: path }), result: runtimeInfo },
  gpus: { params: v.object({}), result: gpusInfo },
  /** NVML only, without CUDA; processes: also who holds memory. */
  gpuMemory: { params: v.object({ processes: v.boolean() }), result: gpuMemoryInfo },
  /** The programs that have this file open, by name; empty where the system doesn't say. */
  fileUsers: { params: v.object({ path }), result: v.string() },
  /** paths: each ended by a NUL, bytes as the system has them. */
  checkFiles: { params: v.object({ paths: bytes, count }), result: checkResult },
  /** headers: count times stride bytes; lengths: bytes that count of each. */
  checkHeaders: {
    params: v.object({ headers: bytes, stride: count, lengths: v.array(count) }),
    result: checkResult,
  },
  build: { params: buildOptions, result: buildResult },
  /** Runs code from the file: only where the user trusts it and asked for it. */
  inspect: {
    params: v.object({
      token: v.string(),
      engine: path,
      layers: v.boolean(),
      budgets: v.array(count),
    }),
    result: inspectResult,
  },
  run: { params: runOptions, result: runResult },
} as const;
export type RequestName = keyof typeof requests;
export type RequestParams<N extends RequestName> = v.InferOutput<(typeof requests)[N]['params']>;
export type RequestResult<N extends RequestName> = v.InferOutput<(typeof requests)[N]['result']>;

/** What the host says unasked. */
export const notifications = {
  /** A line of the library; severity as in ILogger: 0 internal error, 1 error, 2 warning, 3 info, 4 verbose. */
  log: v.object({ severity: count, text: v.string() }),
  /** Events were dropped because nobody polled in time. */
  lost: v.object({ count }),
  /** Steps of a build, hundreds a second, gathered. `output` is its path; empty: the engine is thrown away. */
  buildPhases: v.object({
    output: v.string(),
    phases: v.array(
      v.object({
        kind: v.picklist(['start', 'step', 'end']),
        phase: v.number(),
        parent: v.nullable(v.number()),
        name: v.string(),
        step: count,
        steps: count,
      }),
    ),
  }),
  /** How far an inspection or a run is; stages of engine_shim.h. */
  runPhase: v.object({
    token: v.string(),
    kind: v.picklist(['start', 'step', 'end']),
    stage: v.string(),
    step: count,
    steps: count,
  }),
} as const;
export type NotificationName = keyof typeof notifications;
export type NotificationParams<N extends NotificationName> = v.InferOutput<
  (typeof notifications)[N]
>;
