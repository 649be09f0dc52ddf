/** Engines, machines and answers for tests of core: headers of real engines, and edits of them. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { makeFileFacts } from '../../src/core/file/fileFacts';
import type {
  FileFacts,
  MachineFacts,
  RuntimeAnswer,
  RuntimeFacts,
} from '../../src/core/report/engineReport';
import type { ReportInput } from '../../src/core/report/makeEngineReport';
import { libraryLine } from '../../src/core/text/plainText';
import { runtimeReleases } from '../../src/core/report/runtimeReleases';
import { predictVerdict } from '../../src/core/report/verdictRule';

export const fixturesFolder = path.join(import.meta.dirname, '..', 'fixtures');

interface RealHeader {
  version: string;
  build: 'default' | 'weight streaming' | '8.6 only';
  fileSize: number;
  header: string;
}

export const realHeaders = (
  JSON.parse(readFileSync(path.join(fixturesFolder, 'engineHeaders.json'), 'utf8')) as {
    headers: RealHeader[];
  }
).headers;

export function realHeader(version: string, build: RealHeader['build'] = 'default'): Buffer {
  const found = realHeaders.find((h) => h.version === version && h.build === build);
  if (!found) throw new Error(`no header of ${version}, ${build}`);
  return Buffer.from(found.header, 'hex');
}

export interface HeaderEdits {
  version?: [number, number, number, number];
  fileSize?: bigint;
  targets?: number;
  cudaDriver?: bigint;
  cudaRuntime?: bigint;
  weightBytes?: bigint;
  /** u32 at 8 */
  layout?: number;
}

/** A copy of a real header with other numbers in it. */
export function editHeader(header: Uint8Array, edits: HeaderEdits): Buffer {
  const copy = Buffer.from(header);
  if (edits.version) copy.set(edits.version, 24);
  if (edits.fileSize !== undefined) copy.writeBigUInt64LE(edits.fileSize, 16);
  if (edits.targets !== undefined) copy.writeUInt32LE(edits.targets, 32);
  if (edits.cudaDriver !== undefined) copy.writeBigInt64LE(edits.cudaDriver, 40);
  if (edits.cudaRuntime !== undefined) copy.writeBigInt64LE(edits.cudaRuntime, 48);
  if (edits.weightBytes !== undefined) copy.writeBigInt64LE(edits.weightBytes, 56);
  if (edits.layout !== undefined) copy.writeUInt32LE(edits.layout, 8);
  return copy;
}

/** Facts of a file that begins with these bytes; its length is the one in the header unless said otherwise. */
export function factsOf(
  prefix: Uint8Array,
  { file = 'model.engine', size }: { file?: string; size?: number } = {},
): FileFacts {
  const said =
    prefix.length >= 24
      ? Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(16, true))
      : prefix.length;
  const isEngine = Buffer.from(prefix.subarray(0, 4)).toString('latin1') === 'vtrt';
  return makeFileFacts({
    file,
    prefix,
    size: size ?? (isEngine ? said : prefix.length),
    modified: Date.UTC(2026, 10, 20, 9, 30),
  });
}

export function runtimeOf(version = '1.7.1.116'): RuntimeFacts {
  return {
    version,
    path: `/opt/tensorrt-rtx-${version}/libtensorrt_rtx.so.1`,
    cudaRuntimeVersion:
      runtimeReleases.find((r) => r.version === version)?.cudaRuntimeVersion ?? null,
  };
}

const gib = 2 ** 30;

export function machineOf(
  name: string,
  computeCapability: `${number}.${number}`,
  totalMemory = 8 * gib,
  driverVersion = 13010,
): MachineFacts {
  const gpu = { name, index: 0, computeCapability, totalMemory, freeMemory: totalMemory - gib };
  return { gpu, gpus: [gpu], driverVersion, displayDriver: '580.159.04', whyNoGpu: '' };
}

export const rtx4060 = machineOf('NVIDIA GeForce RTX 4060', '8.9');

export const noDriver: MachineFacts = {
  gpu: null,
  gpus: [],
  driverVersion: null,
  displayDriver: null,
  whyNoGpu: 'No NVIDIA driver was found: libcuda.so.1: cannot open shared object file.',
};

/** Lines as bytes or text, as the library writes them. */
export function answerOf(
  validity: number,
  diagnostics: number,
  lines: [severity: number, text: string | Uint8Array][] = [],
): RuntimeAnswer {
  return {
    validity,
    diagnostics,
    lines: lines.map(([severity, text]) => ({ severity, text: libraryLine(text) })),
  };
}

/** The lines of the real library, as printed by the release named. */
export const realLines = {
  gpuNotReadable17:
    'Error reading CUDA GPU properties: In getCurrentCC at /_src/runtime/dispatch/planHeaders.cpp:130 (cudaError 35: CUDA driver version is insufficient for CUDA runtime version) Ensure that the GPU driver is installed and up to date.',
  gpuNotReadable14:
    'Error reading CUDA GPU properties: In getCurrentCC at /_src/runtime/dispatch/planHeaders.cpp:107 Ensure that the GPU driver is installed and up to date.',
  version16in17:
    'The engine has been created with TensorRT-RTX version \x01.\x06.\x01, but the current runtime is TensorRT-RTX version 1.7.1. Rebuild the engine with the same version of TensorRT-RTX as the current runtime.',
  version15Cut: 'The engine has been created with TensorRT-RTX version \x01.\x05.',
  gpu90:
    'The engine cannot run on this GPU, which has compute capability 9.0. Supported compute capabilities: 8.0 8.6 8.9 12.0 12.1 >12.0. TensorRT-RTX does not support this compute capability, so the engine cannot be rebuilt for it.',
  gpu75:
    'The engine cannot run on this GPU, which has compute capability 7.5. Supported compute capabilities: 8.0 8.6 8.9 12.0 12.1 >12.0. Rebuild the engine for compute capability 7.5 with IBuilderConfig::setComputeCapability, or leave the compute capability unset.',
  memory:
    'The engine requires 10093173145 bytes of GPU memory, but the current GPU only has 8589934592 bytes of memory. Consider using weight streaming to reduce the memory requirements.',
  malformed:
    'The engine header does not conform to the expected format for TensorRT-RTX. Ensure that the engine was created with the same version of TensorRT-RTX as the current runtime.',
  suboptimal: 'The engine may run on the current GPU with suboptimal performance.',
} as const;

export const testTime = Date.UTC(2026, 10, 22, 17, 35);

export function inputOf(facts: FileFacts, more: Partial<ReportInput> = {}): ReportInput {
  return {
    facts,
    answer: null,
    runtime: runtimeOf(),
    machine: rtx4060,
    knownRuntimes: [],
    now: testTime,
    ...more,
  };
}

/** What the runtime would answer by the rule: for cases whose lines do not matter. */
export function ruleAnswer(input: ReportInput): RuntimeAnswer {
  const gpu = input.machine?.gpu;
  if (!gpu || !input.runtime) throw new Error('the rule needs a GPU and a runtime');
  const { validity, diagnostics } = predictVerdict(input.facts.headerBytes, {
    computeCapability: gpu.computeCapability,
    totalGpuMemory: gpu.totalMemory,
    driverVersion: input.machine?.driverVersion ?? 0,
    tensorrtRtx: input.runtime.version,
    cudaRuntimeVersion: input.runtime.cudaRuntimeVersion ?? 0,
  });
  return { validity, diagnostics, lines: [] };
}
