import type { CheckResult, GpusInfo, RuntimeInfo } from '../engineHost/protocol';

export interface OracleOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds. */
  timeoutMs?: number | undefined;
}

/** Who can be asked: EngineHostSupervisor, or the command line's shim in its own process. */
export interface Oracle {
  load(runtime: string, options?: OracleOptions): Promise<RuntimeInfo>;
  /** paths: count paths, each ended by a NUL. */
  checkFiles(
    runtime: string,
    paths: Uint8Array,
    count: number,
    options?: OracleOptions,
  ): Promise<CheckResult>;
  checkHeaders(
    runtime: string,
    headers: Uint8Array,
    stride: number,
    lengths: number[],
    options?: OracleOptions,
  ): Promise<CheckResult>;
  gpus(options?: OracleOptions): Promise<GpusInfo>;
}
