/**
 * The functions of engine_shim.h through koffi. Pointers are Buffers of ours or addresses as bigint; sizes are far
 * below 2^53.
 */
import koffi from 'koffi';

import { failureCodeOf, type FailureCode } from '../../../core/wire/failure';

export type Native = ReturnType<typeof bind>;

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

export function lastError(native: Native, status: number): ShimError {
  const sentence = textOf(native.lastError);
  return new ShimError(
    failureCodeOf(status),
    sentence === '' ? `the shim's status is ${status}` : sentence,
  );
}

/** What C writes into a buffer of ours and ends with a NUL, as es_last_error does. */
export function textOf(write: (buffer: Buffer, size: number) => unknown): string {
  const buffer = Buffer.alloc(4096);
  write(buffer, buffer.length);
  const end = buffer.indexOf(0);
  return buffer.toString('utf8', 0, end < 0 ? buffer.length : end);
}

export function cString(text: string): Buffer {
  if (text.includes('\0')) throw new ShimError('invalid-argument', 'a text holds a NUL');
  return Buffer.from(`${text}\0`, 'utf8');
}

export function bind(file: string) {
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
    fileUsers: lazily<(path: Buffer, buffer: Buffer, size: number) => number | bigint>(
      'uint64_t es_file_users(const void *path, void *buffer, uint64_t size)',
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
    submitLoadUntested: lazily<(session: bigint, path: Buffer, job: Buffer) => number>(
      'int es_submit_load_untested(void *session, const void *path, void *job)',
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
    buildClearFlag: lazily<(build: bigint, name: Buffer) => number>(
      'int es_build_clear_flag(void *build, const void *name)',
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
