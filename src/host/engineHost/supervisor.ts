/**
 * Keeps one engine host for each runtime in use: started with the first request, closed when idle, started again after
 * a crash until the crash budget is used up (hostLifecycle.ts decides). Requests that change nothing are asked once more
 * when their host was killed for the sake of another request.
 */
import * as fs from 'node:fs/promises';
import {
  EngineHostClient,
  type EngineHostClientOptions,
  type HostExit,
  HostExitedError,
  type RequestOptions,
} from './client';
import { asFailure, Failure } from '../../core/wire/failure';
import {
  type CrashBudget,
  defaultCrashBudget,
  type HostEvent,
  type HostAction,
  type HostLifecycle,
  initialLifecycle,
  stepLifecycle,
} from './hostLifecycle';
import type {
  CheckResult,
  GpusInfo,
  RequestName,
  RequestParams,
  RequestResult,
  RuntimeInfo,
} from './protocol';

/** A TensorRT-RTX library file; null: a host without one, which reads headers and GPUs but asks nobody. */
export type RuntimePath = string | null;

export interface SupervisorOptions extends EngineHostClientOptions {
  /** A host without requests is closed after this. Milliseconds. */
  idleMs?: number;
  crashBudget?: CrashBudget;
  /** After a crash or a hang that leaves another try: the next request starts a new process. */
  onCrash?: (runtime: RuntimePath, error: Failure) => void;
  /** Once when a runtime's crash budget is used up. */
  onGaveUp?: (runtime: RuntimePath, error: Failure) => void;
  /** After every change: for status displays and tests. */
  onStateChange?: (runtime: RuntimePath, state: HostLifecycle['state']) => void;
}

const defaultIdleMs = 5 * 60_000;

interface Entry {
  readonly runtime: RuntimePath;
  lifecycle: HostLifecycle;
  client: EngineHostClient | null;
  info: RuntimeInfo | null;
  /** Settles when the state is no longer starting or closing, with the error of a start that failed. */
  changing: Promise<Failure | null>;
  /** mtime and size of the library when it was refused. */
  refusedFile: string;
  requestsUnderWay: number;
  idleTimer: NodeJS.Timeout | null;
}

export class EngineHostSupervisor {
  private readonly entries = new Map<RuntimePath, Entry>();
  private disposed: Promise<void> | null = null;

  constructor(private readonly options: SupervisorOptions) {}

  /** Loads a runtime if it is not loaded yet and says what it is. */
  async load(runtime: string, options: RequestOptions = {}): Promise<RuntimeInfo> {
    const info = await this.withHost(runtime, options.signal, (_client, loaded) =>
      Promise.resolve(loaded),
    );
    if (!info) throw new Error('a host with a runtime has no info');
    return info;
  }

  /** Asks the host of that runtime; starts it first where there is none. */
  request<N extends Exclude<RequestName, 'load'>>(
    runtime: RuntimePath,
    name: N,
    params: RequestParams<N>,
    options: RequestOptions = {},
  ): Promise<RequestResult<N>> {
    const ask = () =>
      this.withHost(runtime, options.signal, (client) => client.request(name, params, options));
    return ask().catch((error: unknown) => {
      const retry =
        name !== 'build' && isKilledForAnother(error) && options.signal?.aborted !== true;
      if (retry) return ask();
      throw error;
    });
  }

  checkFiles(
    runtime: RuntimePath,
    paths: Uint8Array,
    count: number,
    options: RequestOptions = {},
  ): Promise<CheckResult> {
    return this.request(runtime, 'checkFiles', { paths, count }, options);
  }

  checkHeaders(
    runtime: RuntimePath,
    headers: Uint8Array,
    stride: number,
    lengths: number[],
    options: RequestOptions = {},
  ): Promise<CheckResult> {
    return this.request(runtime, 'checkHeaders', { headers, stride, lengths }, options);
  }

  /** Asked of any host that runs, else of a bare one. */
  gpus(options: RequestOptions = {}): Promise<GpusInfo> {
    const running = [...this.entries.values()].find((entry) => entry.lifecycle.state === 'ready');
    return this.request(running?.runtime ?? null, 'gpus', {}, options);
  }

  /** The programs that have a file open, by name; empty: the system doesn't say. */
  async fileUsers(path: string): Promise<string> {
    const running = [...this.entries.values()].find((entry) => entry.lifecycle.state === 'ready');
    return this.request(running?.runtime ?? null, 'fileUsers', { path }).catch(() => '');
  }

  /** Forgets refusals and crashes, of one runtime or of all: the user asked again. */
  askAgain(runtime?: RuntimePath): void {
    for (const entry of this.entries.values()) {
      if (runtime === undefined || entry.runtime === runtime) {
        this.step(entry, { event: 'asked-again' });
      }
    }
  }

  state(runtime: RuntimePath): HostLifecycle['state'] {
    return this.entries.get(runtime)?.lifecycle.state ?? 'absent';
  }

  /** Process ids of the hosts that run now. */
  get pids(): number[] {
    return [...this.entries.values()].flatMap((entry) => entry.client?.pid ?? []);
  }

  /** Ends every host; requests under way fail. Resolves when no process is left. */
  dispose(): Promise<void> {
    this.disposed ??= (async () => {
      const clients = [...this.entries.values()].flatMap((entry) => {
        this.cancelIdle(entry);
        return entry.client ? [entry.client.dispose()] : [];
      });
      await Promise.all(clients);
    })();
    return this.disposed;
  }

  private async withHost<T>(
    runtime: RuntimePath,
    signal: AbortSignal | undefined,
    use: (client: EngineHostClient, info: RuntimeInfo | null) => Promise<T>,
  ): Promise<T> {
    const entry = this.entry(runtime);
    entry.requestsUnderWay++;
    this.cancelIdle(entry);
    try {
      const client = await this.ready(entry, signal);
      return await use(client, entry.info);
    } finally {
      entry.requestsUnderWay--;
      this.armIdle(entry);
    }
  }

  private async ready(entry: Entry, signal: AbortSignal | undefined): Promise<EngineHostClient> {
    if (
      entry.lifecycle.state === 'refused' &&
      (await fileStamp(entry.runtime)) !== entry.refusedFile
    ) {
      this.step(entry, { event: 'asked-again' });
    }
    for (;;) {
      if (this.disposed) throw disposedError();
      if (signal?.aborted) {
        throw new Failure('cancelled', 'Cancelled before the engine host was asked.', '');
      }
      const action = this.step(entry, { event: 'needed' });
      switch (action) {
        case 'start':
          entry.changing = this.start(entry);
          await failWith(entry.changing);
          break;
        case 'wait':
          await failWith(entry.changing);
          break;
        case 'use':
          if (!entry.client) throw new Error('a ready host has no process');
          if (entry.client.isRunning) return entry.client;
          // It ended just now; onExit tells the state before this goes on.
          await entry.client.exited;
          break;
        case 'refuse':
          if (entry.lifecycle.state === 'refused') throw entry.lifecycle.error;
          break;
        case 'refuse-given-up':
          throw this.gaveUpError(entry.runtime);
        case 'none':
        case 'close':
        case 'give-up':
          throw new Error(`unexpected ${action}`);
      }
    }
  }

  /** Resolves with why it could not be started; the state is up to date by then. */
  private async start(entry: Entry): Promise<Failure | null> {
    const client = new EngineHostClient(this.options);
    entry.client = client;
    entry.info = null;
    const left = client.exited.then((exit) => this.onExit(entry, client, exit));
    try {
      if (entry.runtime !== null) {
        entry.info = await client.request('load', { libraryPath: entry.runtime });
      }
      this.step(entry, { event: 'started' });
      return null;
    } catch (thrown) {
      const error = asFailure(thrown, 'Starting the engine host');
      if (client.isRunning) {
        entry.refusedFile = await fileStamp(entry.runtime);
        this.step(entry, { event: 'load-refused', error });
        await client.dispose();
      }
      await left;
      return error;
    }
  }

  private onExit(entry: Entry, client: EngineHostClient, exit: HostExit): void {
    if (entry.client !== client) return;
    entry.client = null;
    entry.info = null;
    this.cancelIdle(entry);
    if (entry.lifecycle.state === 'closing') {
      this.step(entry, { event: 'closed' });
      return;
    }
    const crashed = exit.cause === 'crash' || exit.cause === 'timeout';
    const action = this.step(
      entry,
      crashed ? { event: 'crashed', at: performance.now() } : { event: 'killed-on-purpose' },
    );
    if (action === 'give-up') {
      this.options.onGaveUp?.(entry.runtime, this.gaveUpError(entry.runtime));
    } else if (crashed) {
      this.options.onCrash?.(entry.runtime, crashError(entry.runtime, exit));
    }
  }

  private step(entry: Entry, event: HostEvent): HostAction {
    const before = entry.lifecycle.state;
    const { next, action } = stepLifecycle(
      entry.lifecycle,
      event,
      this.options.crashBudget ?? defaultCrashBudget,
    );
    entry.lifecycle = next;
    if (next.state !== before) this.options.onStateChange?.(entry.runtime, next.state);
    return action;
  }

  private entry(runtime: RuntimePath): Entry {
    let entry = this.entries.get(runtime);
    if (!entry) {
      entry = {
        runtime,
        lifecycle: initialLifecycle,
        client: null,
        info: null,
        changing: Promise.resolve(null),
        refusedFile: '',
        requestsUnderWay: 0,
        idleTimer: null,
      };
      this.entries.set(runtime, entry);
    }
    return entry;
  }

  private armIdle(entry: Entry): void {
    if (entry.requestsUnderWay > 0 || !entry.client || this.disposed) return;
    this.cancelIdle(entry);
    entry.idleTimer = setTimeout(() => {
      const client = entry.client;
      if (!client || this.step(entry, { event: 'idle' }) !== 'close') return;
      entry.changing = client.dispose().then(() => null);
    }, this.options.idleMs ?? defaultIdleMs);
    entry.idleTimer.unref();
  }

  private cancelIdle(entry: Entry): void {
    if (entry.idleTimer) clearTimeout(entry.idleTimer);
    entry.idleTimer = null;
  }

  private gaveUpError(runtime: RuntimePath): Failure {
    const budget = this.options.crashBudget ?? defaultCrashBudget;
    return new Failure(
      'host-crash-budget',
      `The engine host${runtime === null ? '' : ` for ${runtime}`} ended unexpectedly ${budget.maxRestarts + 1} times within ${Math.round(budget.windowMs / 60_000)} minutes and is not started again.`,
      'Choose another TensorRT-RTX, or check again to try once more; its last messages are in the log.',
    );
  }
}

/** The host was stopped because another request hung or was cancelled: asking again is worth it. */
function isKilledForAnother(error: unknown): boolean {
  if (!(error instanceof HostExitedError)) return false;
  const { cause } = error.exit;
  return cause === 'timeout' || cause === 'cancel';
}

function crashError(runtime: RuntimePath, { cause, code, signal }: HostExit): Failure {
  const host = `The engine host${runtime === null ? '' : ` for ${runtime}`}`;
  const sentence =
    cause === 'timeout'
      ? `${host} did not answer in time and was stopped.`
      : `${host} ended unexpectedly (${signal ?? `exit code ${code}`}).`;
  return new Failure('host-exited', sentence, 'It is started again with the next check.');
}

function disposedError(): Failure {
  return new Failure('cancelled', 'The engine host is closed.', 'Reload the window.');
}

async function failWith(changing: Promise<Failure | null>): Promise<void> {
  const error = await changing;
  if (error) throw error;
}

async function fileStamp(file: RuntimePath): Promise<string> {
  if (file === null) return '';
  try {
    const { mtimeMs, size, ino } = await fs.stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'gone';
  }
}
