/**
 * A session of the shim: its structs and numbers. All memory that C writes into is a Buffer of ours. Nothing here
 * blocks: work is submitted, and a poll loop that only runs while work is under way settles the promises and hands on
 * log lines and phases.
 */
import { type RunSwitch, switchesOf } from '../../../core/run/runReport';
import { failureCodeOf } from '../../../core/wire/failure';
import { monotonicMs } from '../../monotonic';
import type { BuildOptions, RequestParams } from '../protocol';
import { cString, lastError, type Native, ShimError, type ShimLine, textOf } from './binding';

const eventSize = 48;
const eventCapacity = 256;
const textCapacity = 256 * 1024;
const keptLines = 40;
/**
 * A look at the GPUs takes 0.05 ms. Waiting for it here costs a tenth of what coming back to ask would cost; a driver
 * that takes longer is asked for as other work is.
 */
const gpuWaitMs = 20;
/** Until a new request is heard that comes during a build. */
const longWaitMs = 10;

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
  /** Newer than the shim: only headers are checked with it. */
  untested?: boolean;
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
const runFlags: Readonly<Record<RunSwitch, number>> = { copies: 1, cudaGraph: 2, lazyKernels: 4 };
const inspectLayers = 1;

interface PendingJob {
  /** It takes seconds and tells a thousand steps, none of which anybody waits for. */
  long: boolean;
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

  /** The same for a newer version than this shim's: headers are checked, nothing else. It may end the process. */
  loadUntested(libraryPath: string): ShimJob<LibraryInfo> {
    return this.submit(
      (job) => this.native.submitLoadUntested(this.session, cString(libraryPath), job),
      (result) => ({ ...readLibraryInfo(result), untested: true }),
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

  /** Waits up to a second or so; empty: the system doesn't say. */
  fileUsers(file: string): string {
    return textOf((buffer, size) => this.native.fileUsers(cString(file), buffer, size));
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
    const { check, native } = this;
    const out = Buffer.alloc(8);
    check(native.buildCreate(out));
    const build = out.readBigUInt64LE(0);
    try {
      check(native.buildSetModel(build, cString(options.model)));
      if (options.output !== null) {
        check(native.buildSetOutput(build, cString(options.output)));
      }
      for (const flag of options.flags) check(native.buildAddFlag(build, cString(flag)));
      for (const flag of options.clearedFlags) check(native.buildClearFlag(build, cString(flag)));
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
        { onJob, long: true },
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
    const { check, native } = this;
    const out = Buffer.alloc(8);
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

  private readonly check = (status: number): void => {
    if (status !== 0) throw lastError(this.native, status);
  };

  private submit<T>(
    call: (job: Buffer) => number,
    read: (result: Buffer) => T,
    {
      onJob,
      waitMs = 0,
      long = false,
    }: { onJob?: (job: bigint) => void; waitMs?: number; long?: boolean } = {},
  ): ShimJob<T> {
    const out = Buffer.alloc(8);
    const status = call(out);
    if (status !== 0) throw lastError(this.native, status);
    const job = out.readBigUInt64LE(0);
    onJob?.(job);
    const lines: ShimLine[] = [];
    const result = new Promise<Buffer>((settle, reject) => {
      this.jobs.set(job, { settle, reject, lines, long });
    }).then(read);
    this.lastActivity = monotonicMs();
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

  /**
   * At first in every turn of the loop (a header check takes microseconds), then less and less often. While there are only
   * long jobs, a look at their steps a hundred times a second is enough, and their end is heard at once.
   */
  private schedule(): void {
    if (this.polling || this.jobs.size === 0) return;
    this.polling = true;
    const [first] = this.jobs.keys();
    const onlyLong = [...this.jobs.values()].every(({ long }) => long);
    const poll = () => {
      this.polling = false;
      const waits = onlyLong || monotonicMs() - this.lastActivity < 5;
      // A moment of waiting leaves the core to the job's thread; turning in circles would take it away.
      if (first !== undefined && waits && this.jobs.has(first)) {
        this.native.jobWait(this.session, first, onlyLong ? longWaitMs : 1, this.count);
      }
      this.poll();
      this.schedule();
    };
    if (onlyLong) {
      setImmediate(poll);
      return;
    }
    const quietMs = monotonicMs() - this.lastActivity;
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
      this.lastActivity = monotonicMs();
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
  const flags = switchesOf((name) => (options[name] ? runFlags[name] : 0));
  buffer.writeUInt32LE(
    Object.values(flags).reduce((all, flag) => all | flag, 0),
    40,
  );
  return buffer;
}
