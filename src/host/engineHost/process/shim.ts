/**
 * engine_shim.h through koffi: the only file that knows its functions, structs and numbers. All memory that C writes
 * into is a Buffer of ours. Nothing here blocks: work is submitted, and a poll loop that only runs while work is under
 * way settles the promises and hands on log lines and phases.
 *
 * Used by the engine host's child, and by the command line in its own process (header checks only). Imports no schema
 * library: the command line's cold start is measured.
 */
import koffi from 'koffi';
import { Failure, failureCodeOf, type FailureCode } from '../../../core/wire/failure';
import type { BuildOptions, RequestParams } from '../protocol';

/** ENGINE_SHIM_ABI of the header this file was written against. */
const shimAbi = 2;

const eventSize = 48;
const eventCapacity = 256;
const textCapacity = 256 * 1024;
const keptLines = 40;
/**
 * A look at the GPUs takes 0.05 ms. Waiting for it here costs a tenth of what coming back to ask would cost; a driver
 * that takes longer is asked for as other work is.
 */
const gpuWaitMs = 20;

const eventKinds = {
  log: 1,
  done: 2,
  phaseStart: 3,
  phaseStep: 4,
  phaseEnd: 5,
  lost: 6,
} as const;

export interface LibraryInfo {
  /** "1.7.1.116" */
  version: string;
  headerSize: number;
  cudaRuntimeVersion: number | null;
}

/** A failed job: its code, the shim's sentence, the library's own lines (warnings and worse, bytes). */
export class ShimError extends Error {
  constructor(
    readonly code: FailureCode,
    message: string,
    readonly lines: readonly ShimLine[] = [],
    /** What the job left although it failed: ES_UNSUPPORTED_VERSION has the library's info, a run how far it came. */
    readonly result: Buffer | null = null,
  ) {
    super(message);
    this.name = 'ShimError';
  }
}

/** A line of the library: severity as in ILogger; bytes are a copy, not necessarily UTF-8. */
export interface ShimLine {
  severity: number;
  bytes: Uint8Array;
}

export interface ShimJob<T> {
  result: Promise<T>;
  /** The library's warnings and worse so far, at most 40. */
  lines: readonly ShimLine[];
  /** Asks the job to stop; it still settles, with code "cancelled" if it did. */
  cancel: () => void;
}

export interface ShimPhase {
  kind: 'start' | 'step' | 'end';
  phase: number;
  parent: number | null;
  name: string;
  step: number;
  steps: number;
}

export interface ShimEvents {
  /** severity as in ILogger; bytes are the library's, not necessarily UTF-8, only valid during the call. */
  onLog: (severity: number, bytes: Uint8Array, job: bigint) => void;
  onLost: (count: number) => void;
  onPhase: (phase: ShimPhase, job: bigint) => void;
}

/** profilingVerbosity: its number. */
export type ShimBuildOptions = Omit<BuildOptions, 'profilingVerbosity'> & {
  profilingVerbosity: number;
};
export type ShimInspectOptions = Omit<RequestParams<'inspect'>, 'token'>;
export type ShimRunOptions = Omit<RequestParams<'run'>, 'token'>;

/** es_run_options and its flags. */
const runOptionsSize = 48;
const runFlags = { copies: 1, cudaGraph: 2 } as const;
const inspectLayers = 1;

type Native = ReturnType<typeof bind>;

/** One shim library. */
export class Shim {
  private constructor(
    readonly path: string,
    readonly native: Native,
    /** "1.7": the TensorRT-RTX it was compiled against. */
    readonly version: string,
  ) {}

  /** Throws a Failure when the file cannot be loaded or speaks another ABI. */
  static open(file: string): Shim {
    let native: Native;
    try {
      native = bind(file);
    } catch (error) {
      throw new Failure(
        'internal',
        `The engine shim ${file} could not be loaded.`,
        'Reinstall the extension.',
        error instanceof Error ? error.message : String(error),
      );
    }
    const abi = native.abiVersion();
    if (abi !== shimAbi) {
      throw new Failure(
        'internal',
        `The engine shim ${file} has ABI ${abi}, not ${shimAbi}.`,
        'Reinstall the extension.',
      );
    }
    return new Shim(file, native, native.tensorRtRtxVersion());
  }

  session(events: ShimEvents): ShimSession {
    const out = Buffer.alloc(8);
    const status = this.native.sessionCreate(out);
    if (status !== 0) throw lastError(this.native, status);
    return new ShimSession(this.native, out.readBigUInt64LE(0), events);
  }
}

interface PendingJob {
  settle: (result: Buffer) => void;
  reject: (error: ShimError) => void;
  lines: ShimLine[];
}

/** A session of the shim: at most one TensorRT-RTX library, its jobs and its events. */
export class ShimSession {
  private readonly jobs = new Map<bigint, PendingJob>();
  private readonly events = Buffer.alloc(eventSize * eventCapacity);
  private readonly text = Buffer.alloc(textCapacity);
  private readonly count = Buffer.alloc(4);
  private lastActivity = 0;
  private polling = false;

  constructor(
    private readonly native: Native,
    private readonly session: bigint,
    private readonly listener: ShimEvents,
  ) {}

  /** libraryPath in the system's own encoding, without a NUL. */
  load(libraryPath: string): ShimJob<LibraryInfo> {
    return this.submit(
      (job) => this.native.submitLoad(this.session, cString(libraryPath), job),
      readLibraryInfo,
    );
  }

  /** paths: count paths, each ended by a NUL. The answer is count records, then their text. */
  checkFiles(paths: Uint8Array, count: number): ShimJob<Buffer> {
    return this.submit(
      (job) => this.native.submitCheckFiles(this.session, paths, paths.byteLength, count, job),
      (result) => result,
    );
  }

  checkHeaders(headers: Uint8Array, stride: number, lengths: Uint32Array): ShimJob<Buffer> {
    return this.submit(
      (job) =>
        this.native.submitCheckHeaders(this.session, headers, stride, lengths, lengths.length, job),
      (result) => result,
    );
  }

  gpus(): ShimJob<Buffer> {
    return this.submit(
      (job) => this.native.submitGpus(this.session, job),
      (result) => result,
    );
  }

  /** How the GPUs' memory stands, through NVML alone. library: a stand-in for NVML in tests. */
  gpuPoll({ processes, library }: { processes: boolean; library: string | null }): ShimJob<Buffer> {
    return this.submit(
      (job) =>
        this.native.submitGpuPoll(
          this.session,
          processes ? 1 : 0,
          library === null ? null : cString(library),
          job,
        ),
      (result) => result,
      { waitMs: gpuWaitMs },
    );
  }

  /** onJob tells the number under which the phases of this build come. */
  build(options: ShimBuildOptions, onJob: (job: bigint) => void): ShimJob<Buffer> {
    const { native } = this;
    const out = Buffer.alloc(8);
    const check = (status: number) => {
      if (status !== 0) throw lastError(native, status);
    };
    check(native.buildCreate(out));
    const build = out.readBigUInt64LE(0);
    try {
      check(native.buildSetModel(build, cString(options.model)));
      check(native.buildSetOutput(build, cString(options.output)));
      for (const flag of options.flags) check(native.buildAddFlag(build, cString(flag)));
      for (const computeCapability of options.computeCapabilities) {
        check(native.buildAddComputeCapability(build, computeCapability));
      }
      options.profiles.forEach((profile, index) => {
        for (const { input, min, opt, max } of profile) {
          const shapes = [min, opt, max].map((shape) => BigInt64Array.from(shape, BigInt));
          check(
            native.buildAddProfileShape(
              build,
              index,
              cString(input),
              ...(shapes as [BigInt64Array, BigInt64Array, BigInt64Array]),
              min.length,
            ),
          );
        }
      });
      check(native.buildSetProfilingVerbosity(build, options.profilingVerbosity));
      for (const [pool, bytes] of Object.entries(options.memoryPoolLimits)) {
        check(native.buildSetMemoryPoolLimit(build, cString(pool), bytes));
      }
      return this.submit(
        (job) => native.submitBuild(this.session, build, job),
        (result) => result,
        { onJob },
      );
    } finally {
      native.buildDestroy(build);
    }
  }

  /** onJob tells the number under which the phases of this inspection come. */
  inspect(
    { engine, layers, budgets }: ShimInspectOptions,
    onJob: (job: bigint) => void,
  ): ShimJob<Buffer> {
    const asked = BigInt64Array.from(budgets, BigInt);
    return this.submit(
      (job) =>
        this.native.submitInspect(
          this.session,
          cString(engine),
          layers ? inspectLayers : 0,
          asked,
          asked.length,
          job,
        ),
      (result) => result,
      { onJob },
    );
  }

  /** onJob tells the number under which the phases of this run come. */
  run(options: ShimRunOptions, onJob: (job: bigint) => void): ShimJob<Buffer> {
    const { native } = this;
    const out = Buffer.alloc(8);
    const check = (status: number) => {
      if (status !== 0) throw lastError(native, status);
    };
    check(native.runCreate(out));
    const run = out.readBigUInt64LE(0);
    try {
      check(native.runSetEngine(run, cString(options.engine)));
      for (const { name, shape, dataPath } of options.inputs) {
        const dims = BigInt64Array.from(shape, BigInt);
        check(native.runAddInput(run, cString(name), dims, dims.length, cString(dataPath)));
      }
      for (const budget of options.budgets) check(native.runAddBudget(run, BigInt(budget)));
      if (options.runtimeCache !== null) {
        check(native.runSetRuntimeCache(run, cString(options.runtimeCache)));
      }
      if (options.outputFolder !== null) {
        check(native.runSetOutputFolder(run, cString(options.outputFolder)));
      }
      const numbers = runOptions(options);
      return this.submit(
        (job) => native.submitRun(this.session, run, numbers, job),
        (result) => result,
        { onJob },
      );
    } finally {
      native.runDestroy(run);
    }
  }

  /** Waits for running native calls; a process that must not wait ends itself instead. */
  destroy(): void {
    this.native.sessionDestroy(this.session);
  }

  private submit<T>(
    call: (job: Buffer) => number,
    read: (result: Buffer) => T,
    { onJob, waitMs = 0 }: { onJob?: (job: bigint) => void; waitMs?: number } = {},
  ): ShimJob<T> {
    const out = Buffer.alloc(8);
    const status = call(out);
    if (status !== 0) throw lastError(this.native, status);
    const job = out.readBigUInt64LE(0);
    onJob?.(job);
    const lines: ShimLine[] = [];
    const result = new Promise<Buffer>((settle, reject) => {
      this.jobs.set(job, { settle, reject, lines });
    }).then(read);
    this.lastActivity = performance.now();
    // The promise was made before: what the wait brings settles it.
    if (waitMs > 0 && this.native.jobWait(this.session, job, waitMs, this.count) === 0) this.poll();
    this.schedule();
    return {
      result,
      lines,
      cancel: () => {
        if (this.jobs.has(job)) this.native.jobCancel(this.session, job);
      },
    };
  }

  /** At first in every turn of the loop (a header check takes microseconds), then less and less often. */
  private schedule(): void {
    if (this.polling || this.jobs.size === 0) return;
    this.polling = true;
    const poll = () => {
      this.polling = false;
      const [first] = this.jobs.keys();
      // A moment of waiting leaves the core to the job's thread; turning in circles would take it away.
      if (first !== undefined && performance.now() - this.lastActivity < 5) {
        this.native.jobWait(this.session, first, 1, this.count);
      }
      this.poll();
      this.schedule();
    };
    const quietMs = performance.now() - this.lastActivity;
    if (quietMs < 5) setImmediate(poll);
    else setTimeout(poll, quietMs < 300 ? 1 : quietMs < 5_000 ? 10 : 20);
  }

  private poll(): void {
    for (;;) {
      const status = this.native.poll(
        this.session,
        this.events,
        eventCapacity,
        this.count,
        this.text,
        textCapacity,
      );
      if (status !== 0) {
        const error = lastError(this.native, status);
        for (const job of this.jobs.values()) job.reject(error);
        this.jobs.clear();
        return;
      }
      const count = this.count.readUInt32LE(0);
      if (count === 0) return;
      this.lastActivity = performance.now();
      for (let at = 0; at < count * eventSize; at += eventSize) this.onEvent(at);
    }
  }

  private onEvent(at: number): void {
    const { events } = this;
    const kind = events.readUInt32LE(at);
    const code = events.readInt32LE(at + 4);
    const job = events.readBigUInt64LE(at + 8);
    const a = Number(events.readBigInt64LE(at + 16));
    const b = Number(events.readBigInt64LE(at + 24));
    const textOffset = events.readUInt32LE(at + 40);
    const bytes = this.text.subarray(textOffset, textOffset + events.readUInt32LE(at + 44));
    switch (kind) {
      case eventKinds.log: {
        const lines = this.jobs.get(job)?.lines;
        if (lines && code <= 2 && lines.length < keptLines) {
          lines.push({ severity: code, bytes: Buffer.from(bytes) });
        }
        this.listener.onLog(code, bytes, job);
        return;
      }
      case eventKinds.done:
        this.onDone(job, code, a, bytes.toString('utf8'));
        return;
      case eventKinds.lost:
        this.listener.onLost(a);
        return;
      case eventKinds.phaseStart:
        this.listener.onPhase(
          {
            kind: 'start',
            phase: a,
            parent: b === -1 ? null : b,
            name: bytes.toString('utf8'),
            step: 0,
            steps: Math.max(code, 0),
          },
          job,
        );
        return;
      case eventKinds.phaseStep:
      case eventKinds.phaseEnd:
        this.listener.onPhase(
          {
            kind: kind === eventKinds.phaseStep ? 'step' : 'end',
            phase: a,
            parent: null,
            name: '',
            step: kind === eventKinds.phaseStep ? Math.max(b, 0) : 0,
            steps: 0,
          },
          job,
        );
        return;
      default:
        // A newer shim's event that this ABI does not know: nothing waits for it.
        return;
    }
  }

  private onDone(job: bigint, status: number, size: number, sentence: string): void {
    const pending = this.jobs.get(job);
    if (!pending) return;
    this.jobs.delete(job);
    const result = Buffer.allocUnsafeSlow(Math.max(size, 0));
    const needed = Buffer.alloc(8);
    const fetched = this.native.jobResult(this.session, job, result, result.length, needed);
    if (status !== 0) {
      const left = fetched === 0 && size > 0 ? result : null;
      pending.reject(new ShimError(failureCodeOf(status), sentence, pending.lines, left));
      return;
    }
    if (fetched !== 0) {
      pending.reject(lastError(this.native, fetched));
      return;
    }
    pending.settle(result);
  }
}

/** es_library_info. Also what a job that failed with "unsupported-version" left. */
export function readLibraryInfo(result: Buffer): LibraryInfo {
  const cudaRuntime = result.readInt32LE(20);
  return {
    version: [0, 4, 8, 12].map((at) => result.readInt32LE(at)).join('.'),
    headerSize: result.readInt32LE(16),
    cudaRuntimeVersion: cudaRuntime > 0 ? cudaRuntime : null,
  };
}

/** es_run_options. */
function runOptions(options: ShimRunOptions): Buffer {
  const buffer = Buffer.alloc(runOptionsSize);
  buffer.writeInt32LE(options.profile, 0);
  buffer.writeInt32LE(options.warmUp, 4);
  buffer.writeBigInt64LE(BigInt(options.iterations), 8);
  buffer.writeBigInt64LE(BigInt(options.durationNs), 16);
  buffer.writeBigInt64LE(BigInt(options.maxSamples), 24);
  buffer.writeInt32LE(options.streams, 32);
  buffer.writeInt32LE(options.profiledIterations, 36);
  const flags =
    (options.copies ? runFlags.copies : 0) | (options.cudaGraph ? runFlags.cudaGraph : 0);
  buffer.writeUInt32LE(flags, 40);
  return buffer;
}

function lastError(native: Native, status: number): ShimError {
  const buffer = Buffer.alloc(4096);
  const needed = Number(native.lastError(buffer, buffer.length));
  const end = buffer.indexOf(0);
  const sentence = buffer.toString('utf8', 0, end < 0 ? Math.min(needed, buffer.length) : end);
  return new ShimError(
    failureCodeOf(status),
    sentence === '' ? `the shim's status is ${status}` : sentence,
  );
}

function cString(text: string): Buffer {
  if (text.includes('\0')) throw new ShimError('invalid-argument', 'a text holds a NUL');
  return Buffer.from(`${text}\0`, 'utf8');
}

/** Pointers are Buffers of ours or addresses as bigint; sizes are far below 2^53. */
function bind(file: string) {
  const library = koffi.load(file);
  // A prototype is parsed with the first call: a check needs a third of them.
  const lazily = <F extends (...args: never[]) => unknown>(prototype: string): F => {
    let bound: F | undefined;
    return ((...args: never[]) =>
      (bound ??= library.func(prototype) as unknown as F)(...args)) as F;
  };
  return {
    abiVersion: lazily<() => number>('int32_t es_abi_version()'),
    tensorRtRtxVersion: lazily<() => string>('const char *es_tensorrt_rtx_version()'),
    lastError: lazily<(buffer: Buffer, size: number) => number | bigint>(
      'uint64_t es_last_error(void *buffer, uint64_t size)',
    ),
    sessionCreate: lazily<(out: Buffer) => number>('int es_session_create(void *out)'),
    sessionDestroy: lazily<(session: bigint) => void>('void es_session_destroy(void *session)'),
    poll: lazily<
      (
        session: bigint,
        events: Buffer,
        capacity: number,
        count: Buffer,
        text: Buffer,
        textSize: number,
      ) => number
    >(
      'int es_poll(void *session, void *events, uint32_t capacity, void *count, void *text, uint64_t text_size)',
    ),
    jobResult: lazily<
      (session: bigint, job: bigint, buffer: Buffer, size: number, needed: Buffer) => number
    >('int es_job_result(void *session, uint64_t job, void *buffer, uint64_t size, void *needed)'),
    jobCancel: lazily<(session: bigint, job: bigint) => number>(
      'int es_job_cancel(void *session, uint64_t job)',
    ),
    submitLoad: lazily<(session: bigint, path: Buffer, job: Buffer) => number>(
      'int es_submit_load(void *session, const void *path, void *job)',
    ),
    submitCheckFiles: lazily<
      (session: bigint, paths: Uint8Array, size: number, count: number, job: Buffer) => number
    >(
      'int es_submit_check_files(void *session, const void *paths, uint64_t size, uint32_t count, void *job)',
    ),
    submitCheckHeaders: lazily<
      (
        session: bigint,
        headers: Uint8Array,
        stride: number,
        lengths: Uint32Array,
        count: number,
        job: Buffer,
      ) => number
    >(
      'int es_submit_check_headers(void *session, const void *headers, uint32_t stride, const void *lengths, uint32_t count, void *job)',
    ),
    submitGpus: lazily<(session: bigint, job: Buffer) => number>(
      'int es_submit_gpus(void *session, void *job)',
    ),
    jobWait: lazily<(session: bigint, job: bigint, limitMs: number, done: Buffer) => number>(
      'int es_job_wait(void *session, uint64_t job, uint32_t limitMs, void *done)',
    ),
    // Bound with the first look: a header check, whose cold start is measured, never needs it.
    submitGpuPoll: lazily<
      (session: bigint, flags: number, library: Buffer | null, job: Buffer) => number
    >('int es_submit_gpu_poll(void *session, uint32_t flags, const void *library, void *job)'),
    buildCreate: lazily<(out: Buffer) => number>('int es_build_create(void *out)'),
    buildDestroy: lazily<(build: bigint) => void>('void es_build_destroy(void *build)'),
    buildSetModel: lazily<(build: bigint, path: Buffer) => number>(
      'int es_build_set_model(void *build, const void *path)',
    ),
    buildSetOutput: lazily<(build: bigint, path: Buffer) => number>(
      'int es_build_set_output(void *build, const void *path)',
    ),
    buildAddFlag: lazily<(build: bigint, name: Buffer) => number>(
      'int es_build_add_flag(void *build, const void *name)',
    ),
    buildAddComputeCapability: lazily<(build: bigint, computeCapability: number) => number>(
      'int es_build_add_compute_capability(void *build, int32_t computeCapability)',
    ),
    buildAddProfileShape: lazily<
      (
        build: bigint,
        profile: number,
        input: Buffer,
        min: BigInt64Array,
        opt: BigInt64Array,
        max: BigInt64Array,
        rank: number,
      ) => number
    >(
      'int es_build_add_profile_shape(void *build, uint32_t profile, const void *input, const void *min, const void *opt, const void *max, uint32_t rank)',
    ),
    buildSetProfilingVerbosity: lazily<(build: bigint, verbosity: number) => number>(
      'int es_build_set_profiling_verbosity(void *build, int32_t verbosity)',
    ),
    buildSetMemoryPoolLimit: lazily<(build: bigint, pool: Buffer, bytes: number) => number>(
      'int es_build_set_memory_pool_limit(void *build, const void *pool, uint64_t bytes)',
    ),
    submitBuild: lazily<(session: bigint, build: bigint, job: Buffer) => number>(
      'int es_submit_build(void *session, void *build, void *job)',
    ),
    submitInspect: lazily<
      (
        session: bigint,
        engine: Buffer,
        flags: number,
        budgets: BigInt64Array,
        count: number,
        job: Buffer,
      ) => number
    >(
      'int es_submit_inspect(void *session, const void *engine, uint32_t flags, const void *budgets, uint32_t count, void *job)',
    ),
    runCreate: lazily<(out: Buffer) => number>('int es_run_create(void *out)'),
    runDestroy: lazily<(run: bigint) => void>('void es_run_destroy(void *run)'),
    runSetEngine: lazily<(run: bigint, path: Buffer) => number>(
      'int es_run_set_engine(void *run, const void *path)',
    ),
    runAddInput: lazily<
      (run: bigint, name: Buffer, shape: BigInt64Array, rank: number, dataPath: Buffer) => number
    >(
      'int es_run_add_input(void *run, const void *name, const void *shape, uint32_t rank, const void *dataPath)',
    ),
    runAddBudget: lazily<(run: bigint, bytes: bigint) => number>(
      'int es_run_add_budget(void *run, int64_t bytes)',
    ),
    runSetRuntimeCache: lazily<(run: bigint, path: Buffer) => number>(
      'int es_run_set_runtime_cache(void *run, const void *path)',
    ),
    runSetOutputFolder: lazily<(run: bigint, path: Buffer) => number>(
      'int es_run_set_output_folder(void *run, const void *path)',
    ),
    submitRun: lazily<(session: bigint, run: bigint, options: Buffer, job: Buffer) => number>(
      'int es_submit_run(void *session, void *run, const void *options, void *job)',
    ),
  };
}
