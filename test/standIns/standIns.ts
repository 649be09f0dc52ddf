/**
 * A machine with a GPU that is none, a TensorRT-RTX that is none, and engines for it: README.md tells what they can do.
 * Everything that a person can see of them says STAND-IN.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { StandInNvml, type StandInGpu } from './nvml/standInNvml';
import { standInWeights } from './standInModel';

export { writeStandInModel, type StandInModelOptions } from './standInModel';

// A bundle does not know where it came from.
const repositoryRoot =
  process.env['ENGINE_INSPECTOR_REPOSITORY'] ?? path.resolve(__dirname, '../..');
const inRoot = (...parts: string[]): string => path.join(repositoryRoot, ...parts);

/** Of the stand-in TensorRT-RTX; NVIDIA never released it. */
export const standInVersion = '1.7.0.99';

// ---- compiling ----

export interface StandInLibraries {
  /** libtensorrt_rtx.so.1 */
  runtime: string;
  /** The folder of libcuda.so.1 and libnvidia-ml.so.1. */
  drivers: string;
  nvml: string;
}

let compiled: StandInLibraries | undefined;

/** Where those for Windows lie, which are made on Linux and run under Wine (test/windows/standIns.ts). */
export const windowsStandIns = {
  folder: 'build/standIns/windows',
  runtime: 'STAND-IN-tensorrt-rtx/tensorrt_rtx_1_7.dll',
  cuda: 'STAND-IN-drivers/nvcuda.dll',
  nvml: 'STAND-IN-drivers/nvml.dll',
  oldNvml: 'STAND-IN-drivers/standInNvml-old.dll',
} as const;

/**
 * Compiles the libraries with the machine's compilers (CC, CXX), once for each state of their sources: build/standIns has
 * a folder for each, which comes into being whole or not at all.
 */
export function compileStandIns(): StandInLibraries {
  if (compiled !== undefined) return compiled;
  if (process.platform === 'win32') {
    const file = (name: string): string => inRoot(windowsStandIns.folder, name);
    compiled = {
      runtime: file(windowsStandIns.runtime),
      drivers: path.dirname(file(windowsStandIns.cuda)),
      nvml: file(windowsStandIns.nvml),
    };
    return compiled;
  }
  const cxx = process.env['CXX'] ?? 'c++';
  const cc = process.env['CC'] ?? 'cc';
  const common = ['-Wall', '-Wextra', '-Werror', '-O2', '-fPIC', '-shared', '-fvisibility=hidden'];
  const source = (name: string): string => inRoot('test/standIns', name);
  const headers = inRoot('.deps/headers');
  const runtimeSources = fs
    .readdirSync(source('tensorRtRtx'))
    .filter((name) => name.endsWith('.cpp'))
    .sort()
    .map((name) => source(path.join('tensorRtRtx', name)));
  const steps: { output: string; command: string; args: string[] }[] = [
    {
      output: 'STAND-IN-tensorrt-rtx/libtensorrt_rtx.so.1',
      command: cxx,
      args: [
        ...['-std=c++17', ...common, '-DTENSORRT_BUILD_LIB', '-Wl,-soname,libtensorrt_rtx.so.1'],
        ...['-isystem', path.join(headers, '1.7'), '-isystem', headers],
        ...[...runtimeSources, '-ldl', '-pthread'],
      ],
    },
    {
      output: 'STAND-IN-drivers/libcuda.so.1',
      command: cxx,
      args: [
        ...['-std=c++17', ...common, '-Wl,-soname,libcuda.so.1'],
        ...[source('cudaDriver/standInCuda.cpp'), '-pthread'],
      ],
    },
    {
      output: 'STAND-IN-drivers/libnvidia-ml.so.1',
      command: cc,
      args: [
        ...['-std=gnu99', ...common, '-Wl,-soname,libnvidia-ml.so.1'],
        source('nvml/standInNvml.c'),
      ],
    },
  ];
  const hash = createHash('sha256').update(JSON.stringify(steps));
  for (const command of [cxx, cc]) hash.update(execFileSync(command, ['--version']));
  for (const folder of ['.', 'tensorRtRtx', 'cudaDriver', 'nvml']) {
    for (const name of fs.readdirSync(source(folder)).sort()) {
      if (/\.(c|cpp|h)$/.test(name)) {
        hash.update(name).update(fs.readFileSync(source(path.join(folder, name))));
      }
    }
  }
  hash.update(fs.readFileSync(path.join(headers, '1.7/NvInferImpl.h')));

  const parent = inRoot('build/standIns');
  const folder = path.join(parent, hash.digest('hex').slice(0, 16));
  if (!fs.existsSync(folder)) {
    fs.mkdirSync(parent, { recursive: true });
    const unfinished = fs.mkdtempSync(path.join(parent, 'unfinished-'));
    for (const { output, command, args } of steps) {
      const file = path.join(unfinished, output);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      execFileSync(command, [...args, '-o', file]);
    }
    try {
      fs.renameSync(unfinished, folder);
    } catch (error) {
      // Another process was quicker, and made the same.
      fs.rmSync(unfinished, { recursive: true });
      if (!fs.existsSync(folder)) throw error;
    }
  }
  compiled = {
    runtime: path.join(folder, 'STAND-IN-tensorrt-rtx/libtensorrt_rtx.so.1'),
    drivers: path.join(folder, 'STAND-IN-drivers'),
    nvml: path.join(folder, 'STAND-IN-drivers/libnvidia-ml.so.1'),
  };
  return compiled;
}

// ---- a machine ----

/** Where the machine fails. Numbers of CUDA are CUresults; "th" counts from 1 in each process. */
export interface StandInFaults {
  /** The nth allocation fails with "out of memory". */
  oom_alloc?: number;
  /** Each allocation of more bytes fails so. */
  oom_above?: number;
  /** No pinned memory. */
  oom_host?: 0 | 1;
  /** The nth inference loses the GPU: every later call gives lost_code (719). */
  lost_launch?: number;
  lost_code?: number;
  /** What waits for the nth inference waits for ever. */
  hang_launch?: number;
  /** Every nth inference takes slow_ms longer. */
  slow_every?: number;
  slow_ms?: number;
  /** A CUDA number that making a CUDA context, deserializing, making an execution context or the first inference gives. */
  context_create?: number;
  deserialize?: number;
  context?: number;
  jit?: number;
  hang_deserialize?: 0 | 1;
  hang_context?: 0 | 1;
  hang_enqueue?: 0 | 1;
  crash_deserialize?: 0 | 1;
  crash_context?: 0 | 1;
  crash_enqueue?: 0 | 1;
  /** Outputs hold NaN and infinity. */
  nan?: 0 | 1;
  /** There is no IEngineInspector. */
  no_inspector?: 0 | 1;
  /** Milliseconds for each 4 MB of an engine. */
  slow_read_ms?: number;
}

export interface StandInState {
  /** Behind "STAND-IN ". */
  name?: string;
  computeCapability?: string;
  /** Bytes. */
  totalMemory?: number;
  /** Bytes that others hold. */
  usedMemory?: number;
  /** Of the CUDA driver: 13000 = 13.0. */
  cudaDriver?: number;
  /** CUresult of cuInit. */
  init?: number;
  /** Bytes that a CUDA context takes. */
  contextMemory?: number;
  /** No GPU at all. */
  noGpu?: boolean;
  faults?: StandInFaults;
}

export interface StandInComputer {
  /** The stand-in libtensorrt_rtx.so.1. */
  runtime: string;
  /** For the engine host, the command line, code-server: the loader finds the stand-ins before anything else. */
  environment: Record<string, string>;
  /** Changes what is named, from now on also for processes that run. faults: the new ones, instead of the old. */
  configure(change: StandInState): void;
  /** Bytes of GPU memory that living processes hold. */
  memoryInUse(): number;
  dispose(): void;
}

/** An RTX 4060 of 8 GiB, of which 1 GiB is taken, unless told otherwise. */
export function standInMachine(initial: StandInState = {}): StandInComputer {
  const libraries = compileStandIns();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stand-in-machine-'));
  const nvml = new StandInNvml(folder, libraries.nvml);
  const usage = path.join(folder, 'usage.bin');
  let state: StandInState = {};
  const configure = (change: StandInState): void => {
    state = { ...state, ...change };
    const gpu: StandInGpu = {
      uuid: 'GPU-57a4d199-0000-4000-8000-000000000001',
      name: state.name ?? 'GeForce RTX 4060',
      total: BigInt(state.totalMemory ?? 8 * 1024 ** 3),
      used: BigInt(state.usedMemory ?? 1024 ** 3),
      cc: state.computeCapability ?? '8.9',
    };
    nvml.become({
      machine: { cuda: state.cudaDriver ?? 13000, driver: '580.1' },
      gpus: state.noGpu === true ? [] : [gpu],
      more: [
        ['cuda', { init: state.init ?? 0, context: state.contextMemory ?? 96 * 1024 ** 2 }],
        ['fault', { ...state.faults }],
      ],
    });
  };
  configure(initial);
  const variable = process.platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH';
  const searched = [path.dirname(libraries.runtime), libraries.drivers];
  if (process.env[variable]) searched.push(process.env[variable]);
  return {
    runtime: libraries.runtime,
    environment: {
      ...nvml.environment,
      STAND_IN_GPU_USAGE: usage,
      [variable]: searched.join(path.delimiter),
    },
    configure,
    memoryInUse: () => heldBytes(usage),
    dispose: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

/** The file that standInCuda.cpp writes: u32 pid, u32, u64 bytes, again and again. */
function heldBytes(file: string): number {
  if (!fs.existsSync(file)) return 0;
  const bytes = fs.readFileSync(file);
  let sum = 0;
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const pid = bytes.readUInt32LE(at);
    if (pid !== 0 && isAlive(pid)) sum += Number(bytes.readBigUInt64LE(at + 8));
  }
  return sum;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

// ---- engines ----

export interface StandInRange {
  min: number[];
  opt: number[];
  max: number[];
}
export interface StandInProfile {
  /** [N, 3, H, W] each. */
  image: StandInRange;
  /** The two values of the shape tensor, each. */
  size?: StandInRange;
}

export interface StandInEngineOptions {
  name?: string;
  /** N, H and W are dynamic (else 1x3x64x64). */
  dynamic?: boolean;
  /** Only for dynamic ones. */
  profiles?: StandInProfile[];
  /** Also an input "size" (int64 on the host: height and width) and an output "resized". */
  shapeTensor?: boolean;
  /** Floats are FP16. */
  half?: boolean;
  /** Bytes of weights, at least 336; a hole in the file from where the network's own end, read all the same. */
  weightBytes?: number;
  /** Built with weight streaming. */
  streaming?: boolean;
  /** Bytes that streaming takes at any budget below all. */
  scratchBytes?: number;
  /** Below it no execution context can be made. */
  leastBudget?: number;
  /** Of one inference at the profile's opt shape. */
  latencyMs?: number;
  /** How long it takes to bring all streamable weights; what lies beyond the latency costs time. */
  streamMs?: number;
  /** What the first inference takes longer without a runtime cache. */
  jitMs?: number;
  /** At least 4. */
  layers?: number;
  verbosity?: 'detailed' | 'layer-names-only' | 'none';
  auxStreams?: number;
  refittable?: boolean;
  /** The output "picture" is written where the input "image" is read (getAliasedInputTensor). */
  alias?: boolean;
  /** In this profile "picture" is not row major linear. */
  vectorizedProfile?: number;
  /** Of the header: "1.7.0.99", 0x7e, 0, 0. */
  version?: string;
  targets?: number;
  cudaDriver?: number;
  cudaRuntime?: number;
  /**
   * truncated: a part is missing; weights: one bit is wrong and found; padding: one bit is wrong and not found, as in
   * most damaged engines; hang, crash: what deserializing it does.
   */
  damage?: 'truncated' | 'weights' | 'padding' | 'hang' | 'crash';
}

export interface StandInEngine {
  file: string;
  /** Bytes. */
  size: number;
  streamable: number;
  scratch: number;
}

export const standInProfile: StandInProfile = {
  image: { min: [1, 3, 8, 8], opt: [1, 3, 64, 64], max: [4, 3, 256, 256] },
  size: { min: [1, 1], opt: [32, 32], max: [256, 256] },
};

const verbosities = { 'layer-names-only': 0, none: 1, detailed: 2 } as const;
const headerSize = 64;
const checkedWeights = 84 * 4;

/** Writes an engine that the stand-in TensorRT-RTX takes, and no other does. plan.cpp tells how it looks. */
export function writeStandInEngine(
  file: string,
  options: StandInEngineOptions = {},
): StandInEngine {
  const {
    dynamic = true,
    shapeTensor = false,
    weightBytes = 8_000_000,
    streaming = true,
    latencyMs = 2,
  } = options;
  if (weightBytes < checkedWeights) throw new RangeError('the network alone has 336 bytes');
  const scratch = options.scratchBytes ?? Math.floor(weightBytes / 16);
  const fixed = [1, 3, 64, 64];
  const profiles = dynamic
    ? (options.profiles ?? [standInProfile])
    : [{ ...standInProfile, image: { min: fixed, opt: fixed, max: fixed } }];
  const nanoseconds = (ms: number): number => Math.round(ms * 1e6);
  const lines = [
    'STAND-IN ENGINE 1',
    `name ${options.name ?? 'STAND-IN tiny network'}`,
    `half ${Number(options.half ?? false)}`,
    `shape_tensor ${Number(shapeTensor)}`,
    `streaming ${Number(streaming)}`,
    `refittable ${Number(options.refittable ?? false)}`,
    `alias ${Number(options.alias ?? false)}`,
    `vectorized_profile ${options.vectorizedProfile ?? -1}`,
    `weights ${weightBytes}`,
    `scratch ${streaming ? scratch : 0}`,
    `least_budget ${options.leastBudget ?? 0}`,
    `latency_ns ${nanoseconds(latencyMs)}`,
    `stream_ns ${nanoseconds(options.streamMs ?? 2.5 * latencyMs)}`,
    `jit_ns ${nanoseconds(options.jitMs ?? 60)}`,
    `layers ${options.layers ?? 4}`,
    `aux_streams ${options.auxStreams ?? 1}`,
    `verbosity ${verbosities[options.verbosity ?? 'detailed']}`,
    `image ${dims(dynamic ? [-1, 3, -1, -1] : fixed)}`,
    ...profiles.map((profile) => {
      const size = profile.size ?? standInProfile.size;
      const values = shapeTensor && size !== undefined ? ` ${range(size)}` : '';
      return `profile ${range(profile.image)}${values}`;
    }),
    ...(options.damage === 'hang' || options.damage === 'crash'
      ? [`suffers ${options.damage}`]
      : []),
  ];
  const description = Buffer.from(`${lines.join('\n')}\n`);
  const weights = Buffer.from(standInWeights().buffer);
  const weightsAt = Math.ceil((headerSize + 4 + description.length) / 256) * 256;
  const size = weightsAt + weightBytes + 8;

  const start = Buffer.alloc(weightsAt + weights.length + 8);
  start.write('vtrt', 0, 'latin1');
  start.writeUInt32LE(2, 8);
  start.writeBigUInt64LE(BigInt(size), 16);
  Buffer.from((options.version ?? standInVersion).split('.').map(Number)).copy(start, 24);
  start.write('vtrt', 28, 'latin1');
  start.writeUInt32LE(options.targets ?? 0x7e, 32);
  start.writeBigInt64LE(BigInt(options.cudaDriver ?? 0), 40);
  start.writeBigInt64LE(BigInt(options.cudaRuntime ?? 0), 48);
  start.writeBigInt64LE(BigInt(streaming ? 0 : weightBytes), 56);
  start.writeUInt32LE(description.length, headerSize);
  description.copy(start, headerSize + 4);
  weights.copy(start, weightsAt);
  start.writeBigUInt64LE(fnv(Buffer.concat([description, weights])), weightsAt + weights.length);
  if (options.damage === 'weights') start[weightsAt + 9] = (start[weightsAt + 9] ?? 0) ^ 4;

  const descriptor = fs.openSync(file, 'w');
  try {
    fs.writeSync(descriptor, start);
    fs.ftruncateSync(descriptor, options.damage === 'truncated' ? Math.floor(size * 0.7) : size);
    if (options.damage === 'padding') fs.writeSync(descriptor, Buffer.of(4), 0, 1, size - 100);
  } finally {
    fs.closeSync(descriptor);
  }
  return {
    file,
    size,
    streamable: streaming ? weightBytes : 0,
    scratch: streaming ? scratch : 0,
  };
}

const dims = (values: readonly number[]): string => `${values.length} ${values.join(' ')}`;
const range = ({ min, opt, max }: StandInRange): string => [min, opt, max].map(dims).join(' ');

function fnv(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
