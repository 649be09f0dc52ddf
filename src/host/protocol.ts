/**
 * What the engine host and its client say to each other: JSON-RPC over the fork's IPC channel (vscode-jsonrpc), with
 * typed arrays as they are (serialization "advanced"). One place for names and shapes; both sides parse what they
 * receive with these schemas, so a damaged or older peer costs an error and never an undefined.
 */
import * as v from 'valibot';
import type { RawGpuMemory } from '../core/gpuMemory';
import { hostErrorCodes } from './hostError';

export { HostError, hostErrorCodes, type HostErrorCode } from './hostError';

export const protocolVersion = 1;

const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes');
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const path = v.pipe(v.string(), v.minLength(1));

/** What a failed request carries in ResponseError.data, beside the message. */
export const errorData = v.object({
  code: v.picklist(hostErrorCodes),
  nextStep: v.string(),
  detail: v.string(),
});

export const runtimeInfo = v.object({
  /** "1.7.1.116" */
  version: v.string(),
  path,
  headerSize: count,
  /** 13040 = 13.4, null: could not be told. */
  cudaRuntimeVersion: v.nullable(count),
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
/** core/gpuMemory.ts says what the fields mean. */
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
  /** A temporary file that must not exist yet. */
  output: path,
  flags: v.array(v.string()),
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

/** Every request: its parameters and its result. */
export const requests = {
  load: { params: v.object({ libraryPath: path }), result: runtimeInfo },
  gpus: { params: v.object({}), result: gpusInfo },
  /** NVML only, without CUDA; processes: also who holds memory. */
  gpuMemory: { params: v.object({ processes: v.boolean() }), result: gpuMemoryInfo },
  /** paths: each ended by a NUL, bytes as the system has them. */
  checkFiles: { params: v.object({ paths: bytes, count }), result: checkResult },
  /** headers: count times stride bytes; lengths: bytes that count of each. */
  checkHeaders: {
    params: v.object({ headers: bytes, stride: count, lengths: v.array(count) }),
    result: checkResult,
  },
  build: { params: buildOptions, result: buildResult },
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
  /** One step of a build. `request` is the build's output path. */
  buildPhase: v.object({
    output: v.string(),
    kind: v.picklist(['start', 'step', 'end']),
    phase: v.number(),
    parent: v.nullable(v.number()),
    name: v.string(),
    step: count,
    steps: count,
  }),
} as const;
export type NotificationName = keyof typeof notifications;
export type NotificationParams<N extends NotificationName> = v.InferOutput<
  (typeof notifications)[N]
>;
