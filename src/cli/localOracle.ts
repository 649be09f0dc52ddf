/**
 * Asks TensorRT-RTX in this very process, which saves starting another one: header checks only. A second runtime, and
 * everything after a check that did not answer in time, is asked in engine hosts, which can be killed. So is everything on
 * Windows.
 */
import * as path from 'node:path';
import type { Oracle, OracleOptions } from '../host/check/oracle';
import { checkRecordSize } from '../host/check/checkRecordSize';
import { asFailure, Failure } from '../core/wire/failure';
import { readGpus } from '../host/engineHost/process/gpuRecords';
import { hardExit } from '../host/engineHost/process/hardExit';
import {
  loadRuntime,
  openBareSession,
  UntestedRuntime,
} from '../host/engineHost/process/runtimeLoader';
import type { ShimEvents, ShimJob, ShimSession } from '../host/engineHost/process/session';
import type { CheckResult, GpusInfo, RuntimeInfo } from '../host/engineHost/protocol';
import type { EngineHostSupervisor } from '../host/engineHost/supervisor';
import { distFolder } from './distFolder';
import { complain, setHardExit } from './output';

const silent: ShimEvents = {
  onLog: () => undefined,
  onLost: () => undefined,
  onPhase: () => undefined,
};

interface Local {
  runtime: string;
  /** Fails where it cannot be loaded, or not in time. */
  loaded: Promise<{ session: ShimSession; info: RuntimeInfo }>;
}

export class LocalOracle implements Oracle {
  private local: Local | null = null;
  /**
   * Nothing native is called in this process (any more): a call did not come back. On Windows from the beginning, where a
   * missing NVIDIA driver has ended processes inside TensorRT-RTX.
   */
  private hostsOnly = process.platform === 'win32';
  private hosts: Promise<EngineHostSupervisor> | null = null;
  /** Limits of checks, which a session makes one after the other. */
  private readonly checksInLine = new Set<NodeJS.Timeout>();

  constructor(
    private readonly shimFolder: string,
    private readonly limitMs: number,
  ) {
    setHardExit(hardExit);
  }

  async load(runtime: string, options?: OracleOptions): Promise<RuntimeInfo> {
    if (!this.isLocal(runtime)) return (await this.supervisor()).load(runtime, options);
    this.local ??= {
      runtime,
      loaded: this.inTime(this.open(runtime), 'loading TensorRT-RTX', this.limitMs),
    };
    try {
      return (await this.local.loaded).info;
    } catch (error) {
      if (!(error instanceof UntestedRuntime)) throw error;
      this.hostsOnly = true;
      return (await this.supervisor()).load(runtime, options);
    }
  }

  async checkFiles(
    runtime: string,
    paths: Uint8Array,
    count: number,
    options?: OracleOptions,
  ): Promise<CheckResult> {
    if (!this.isLocal(runtime)) {
      return (await this.supervisor()).checkFiles(runtime, paths, count, options);
    }
    const { session } = await this.localSession();
    return this.records(session.checkFiles(paths, count), count, options);
  }

  async checkHeaders(
    runtime: string,
    headers: Uint8Array,
    stride: number,
    lengths: number[],
    options?: OracleOptions,
  ): Promise<CheckResult> {
    if (!this.isLocal(runtime)) {
      return (await this.supervisor()).checkHeaders(runtime, headers, stride, lengths, options);
    }
    const { session } = await this.localSession();
    const job = session.checkHeaders(headers, stride, Uint32Array.from(lengths));
    return this.records(job, lengths.length, options);
  }

  async gpus(): Promise<GpusInfo> {
    if (this.hostsOnly) return (await this.supervisor()).gpus();
    // Beside the checks; a library that was refused leaves none, and GPUs need none.
    const loaded = this.local?.loaded.then(
      ({ session }) => session,
      () => null,
    );
    const session = (await loaded) ?? openBareSession(this.shimFolder, silent);
    return readGpus(await this.inTime(session.gpus().result, 'reading the GPUs', this.limitMs));
  }

  async dispose(): Promise<void> {
    if (this.hosts) await (await this.hosts).dispose();
  }

  private isLocal(runtime: string): boolean {
    return !this.hostsOnly && (this.local === null || this.local.runtime === runtime);
  }

  private async open(runtime: string): Promise<{ session: ShimSession; info: RuntimeInfo }> {
    const { session, info } = await loadRuntime(runtime, this.shimFolder, silent, {
      mayCrash: false,
    });
    return { session, info: { ...info, path: runtime } };
  }

  private localSession(): Promise<{ session: ShimSession; info: RuntimeInfo }> {
    if (!this.local) throw new Error('no runtime was loaded');
    return this.local.loaded;
  }

  private async records(
    job: ShimJob<Buffer>,
    count: number,
    options?: OracleOptions,
  ): Promise<CheckResult> {
    const limitMs = options?.timeoutMs ?? this.limitMs;
    let result: Buffer;
    try {
      result = await this.inTime(job.result, 'checking engines', limitMs, this.checksInLine);
      // The next ones were waiting for this one: their time begins now.
      for (const waiting of this.checksInLine) waiting.refresh();
    } catch (error) {
      throw asFailure(error, 'Checking engines');
    }
    const end = count * checkRecordSize;
    return { count, records: result.subarray(0, end), text: result.subarray(end) };
  }

  /** Past its limit nothing more is asked in this process, and the process ends without waiting for what hangs. */
  private async inTime<T>(
    work: Promise<T>,
    doing: string,
    limitMs: number,
    limits = new Set<NodeJS.Timeout>(),
  ): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.hostsOnly = true;
        const limit = `${Math.round(limitMs / 100) / 10} s`;
        const message = `TensorRT-RTX did not answer within ${limit} while ${doing}.`;
        complain(`${message} Asking in a process of its own.`);
        reject(
          new Failure(
            'host-timeout',
            message,
            'Try again; if it hangs every time, the file or the driver is damaged.',
          ),
        );
      }, limitMs);
      limits.add(timer);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      if (timer) limits.delete(timer);
    }
  }

  private supervisor(): Promise<EngineHostSupervisor> {
    this.hosts ??= (async () => {
      const { EngineHostSupervisor } = await import('../host/engineHost/supervisor');
      return new EngineHostSupervisor({
        hostMain: path.join(distFolder(), 'engineHost.js'),
        shimFolder: this.shimFolder,
        timeouts: { load: this.limitMs, checkFiles: this.limitMs, checkHeaders: this.limitMs },
        onLog: () => undefined,
      });
    })();
    return this.hosts;
  }
}
