/**
 * One engine host process, seen from its parent: started with fork, spoken to with the requests of protocol.ts, killed
 * when it does not answer in time or does not stop when it is told to. A client lives as long as its process; starting
 * a new one after a crash is the supervisor's business.
 */
import { fork, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import * as v from 'valibot';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { withAbsolutePaths } from './absolutePaths';
import { shimFolderOf } from '../runtimes/shims';
import { hostEnvironment } from './hostEnvironment';
import { Failure } from '../../core/wire/failure';
import {
  errorData,
  type NotificationName,
  type NotificationParams,
  notifications,
  type RequestName,
  type RequestParams,
  type RequestResult,
  requests,
} from './protocol';

export interface HostLogLine {
  /** library: through ILogger; stdout, stderr: what native code printed; host: our own words. */
  source: 'library' | 'stdout' | 'stderr' | 'host';
  /** As in ILogger: 0 internal error, 1 error, 2 warning, 3 info, 4 verbose. */
  severity: number;
  /** Hostile text: render it as text. */
  text: string;
}
export type BuildPhase = NotificationParams<'buildPhases'>['phases'][number] & { output: string };
export type RunPhase = NotificationParams<'runPhase'>;

export interface EngineHostClientOptions {
  /** The bundled child: dist/engineHost.js. */
  hostMain: string;
  /** Where the shims are; beside the child in native/<platform>-<arch> when not given. */
  shimFolder?: string;
  /** The Node or Electron to run it with; this process's own when not given. */
  nodePath?: string;
  /** Set beside this process's own environment, e.g. CUDA_VISIBLE_DEVICES for the chosen GPU. */
  environment?: Readonly<Record<string, string>>;
  /** Asked before each load of a library; throws a Failure where it may not be loaded. */
  mayLoad?: ((library: string) => Promise<void>) | undefined;
  onLog: (line: HostLogLine) => void;
  onBuildPhase?: (phase: BuildPhase) => void;
  onRunPhase?: (phase: RunPhase) => void;
  /** Milliseconds, instead of defaultTimeouts. */
  timeouts?: Partial<Record<RequestName, number>>;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds; Infinity for none. */
  timeoutMs?: number | undefined;
}

/** How a process ended. `killed` says who wanted it: nobody (a crash), its time limit, or a caller. */
export interface HostExit {
  cause: 'crash' | 'timeout' | 'cancel' | 'dispose';
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The process ended before it answered. */
export class HostExitedError extends Failure {
  constructor(
    readonly exit: HostExit,
    message: string,
    stderr: string,
  ) {
    const nextStep = 'It is started again with the next request; its last messages are in the log.';
    super('host-exited', message, nextStep, stderr);
  }
}

/** Past these the process is killed; a build may take as long as it takes. Milliseconds. */
export const defaultTimeouts: Readonly<Record<RequestName, number>> = {
  load: 30_000,
  gpus: 20_000,
  gpuMemory: 20_000,
  fileUsers: 10_000,
  checkFiles: 20_000,
  checkHeaders: 10_000,
  build: Infinity,
  inspect: 120_000,
  run: Infinity,
};

/** A cancelled request that has not ended after this is ended with its process. Milliseconds. */
export const cancelGraceMs = 700;
/** Asked to end, a process gets this long before it is killed. Milliseconds. */
const closeGraceMs = 2_000;
const keptStderrLines = 8;

interface Exited {
  exit: HostExit;
  stderr: string;
}

export class EngineHostClient {
  /** Limits of checks of files, which the process makes one after the other. */
  private readonly checksInLine = new Set<NodeJS.Timeout>();
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private readonly lastStderr: string[] = [];
  private endedBy: HostExit['cause'] = 'crash';
  private killedRequest = '';
  /** Resolves when the process is gone and what it printed has been read; never rejects. */
  readonly exited: Promise<HostExit>;
  private readonly ended: Promise<Exited>;
  private hasEnded = false;
  /** What fails the requests under way when the process ends. A race with `ended` would keep each answer until then. */
  private readonly underWay = new Set<(ended: Exited) => void>();

  constructor(private readonly options: EngineHostClientOptions) {
    this.child = fork(
      options.hostMain,
      [options.shimFolder ?? shimFolderOf(path.dirname(options.hostMain))],
      {
        env: { ...hostEnvironment(process.env), ...options.environment },
        // Native code looks for drivers in the current folder as well where the environment tells it to.
        cwd: path.dirname(path.resolve(options.hostMain)),
        execArgv: [],
        ...(options.nodePath === undefined ? {} : { execPath: options.nodePath }),
        // Native libraries print to stdout when they please, so requests never travel there.
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        serialization: 'advanced',
      },
    );
    this.readLines('stdout');
    this.readLines('stderr');
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        if (this.hasEnded) return;
        this.hasEnded = true;
        resolve({
          exit: { cause: this.endedBy, code, signal },
          stderr: this.lastStderr.join('\n'),
        });
      };
      // close comes after the last output; a grandchild that holds the pipes open must not hold us up.
      this.child.once('close', end);
      const readToEnd = Promise.all([ended(this.child.stdout), ended(this.child.stderr)]);
      this.child.once('exit', (code, signal) => {
        setTimeout(() => end(code, signal), 250).unref();
        // After our own disconnect Node never tells close; nothing more is expected then but the output.
        if (this.endedBy === 'dispose') void readToEnd.then(() => end(code, signal));
      });
      this.child.once('error', (error) => {
        this.keepStderr(error.message);
        end(null, null);
      });
    });
    this.exited = this.ended.then(({ exit }) => exit);

    this.connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    // Both end with the process, whose exit says more than either.
    this.connection.onError(([error]) => this.keepStderr(error.message));
    this.onNotification('log', ({ severity, text }) =>
      options.onLog({ source: 'library', severity, text }),
    );
    this.onNotification('lost', ({ count }) =>
      options.onLog({
        source: 'host',
        severity: 2,
        text: `${count} log lines came too fast and were dropped.`,
      }),
    );
    this.onNotification('buildPhases', ({ output, phases }) => {
      for (const phase of phases) options.onBuildPhase?.({ ...phase, output });
    });
    this.onNotification('runPhase', (phase) => options.onRunPhase?.(phase));
    this.connection.listen();
    void this.ended.then((ended) => {
      for (const fail of this.underWay) fail(ended);
      this.connection.dispose();
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isRunning(): boolean {
    return !this.hasEnded && this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * Sends one request. Fails with a Failure only; past its time limit, and when a cancelled one does not stop, the
   * whole process is killed, which also fails every other request under way.
   */
  async request<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
    { signal, timeoutMs }: RequestOptions = {},
  ): Promise<RequestResult<N>> {
    if (signal?.aborted) throw cancelled(name);
    if (name === 'load')
      await this.options.mayLoad?.((params as RequestParams<'load'>).libraryPath);
    if (!this.isRunning) throw this.exitError(await this.ended, name);
    const limit = timeoutMs ?? this.options.timeouts?.[name] ?? defaultTimeouts[name];
    const cancellation = new CancellationTokenSource();
    const timers = new Set<NodeJS.Timeout>();
    const killAfter = (ms: number, cause: 'timeout' | 'cancel') => {
      if (ms === Infinity) return null;
      const timer = setTimeout(() => this.kill(cause, name), ms);
      timers.add(timer);
      return timer;
    };
    const onAbort = () => {
      cancellation.cancel();
      killAfter(cancelGraceMs, 'cancel');
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const limitTimer = killAfter(limit, 'timeout');
    const inLine = name === 'checkFiles' && limitTimer ? limitTimer : null;
    if (inLine) this.checksInLine.add(inLine);
    let fail: (ended: Exited) => void = () => {};
    try {
      const received = await new Promise<unknown>((resolve, reject) => {
        fail = (ended) => reject(this.exitError(ended, name, limit, signal));
        this.underWay.add(fail);
        // The connection rejects what is pending when the process ends; the exit tells more.
        this.connection
          .sendRequest<unknown>(name, withAbsolutePaths(name, params), cancellation.token)
          .then(resolve, reject);
      });
      // The next ones were waiting for this one: their time begins now.
      if (inLine) for (const waiting of this.checksInLine) waiting.refresh();
      const parsed = v.safeParse(requests[name].result, received);
      if (!parsed.success) throw badMessage(`the answer to "${name}"`, parsed.issues[0].message);
      return parsed.output;
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (!this.isRunning) throw this.exitError(await this.ended, name, limit, signal);
      throw fromResponse(error, name);
    } finally {
      this.underWay.delete(fail);
      signal?.removeEventListener('abort', onAbort);
      for (const timer of timers) clearTimeout(timer);
      if (inLine) this.checksInLine.delete(inLine);
      cancellation.dispose();
    }
  }

  /** Asks the process to end, kills it when it does not. Resolves when it is gone. */
  async dispose(): Promise<HostExit> {
    if (this.isRunning) {
      this.endedBy = 'dispose';
      // The child ends itself when the channel closes: the same way it follows a parent that dies.
      if (this.child.connected) this.child.disconnect();
      const timer = setTimeout(() => this.child.kill('SIGKILL'), closeGraceMs);
      void this.exited.then(() => clearTimeout(timer));
    }
    return this.exited;
  }

  /** Ends the process at once. */
  kill(cause: 'timeout' | 'cancel' | 'dispose', request = ''): void {
    if (!this.isRunning) return;
    this.endedBy = cause;
    this.killedRequest = request;
    this.child.kill('SIGKILL');
  }

  private onNotification<N extends NotificationName>(
    name: N,
    handle: (params: NotificationParams<N>) => void,
  ): void {
    this.connection.onNotification(name, (received: unknown) => {
      const parsed = v.safeParse(notifications[name], received);
      if (parsed.success) {
        handle(parsed.output);
        return;
      }
      this.options.onLog({
        source: 'host',
        severity: 2,
        text: `The engine host sent a "${name}" message that could not be read: ${parsed.issues[0].message}`,
      });
    });
  }

  private readLines(source: 'stdout' | 'stderr'): void {
    const stream = this.child[source];
    if (!stream) return;
    let rest = '';
    const emit = (text: string) => {
      if (text.trim() === '') return;
      if (source === 'stderr') this.keepStderr(text);
      this.options.onLog({ source, severity: 3, text });
    };
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split(/\r?\n/);
      // A line without an end must not grow without an end.
      rest = (lines.pop() ?? '').slice(-8192);
      lines.forEach(emit);
    });
    stream.on('end', () => {
      emit(rest);
      rest = '';
    });
    stream.on('error', () => undefined);
  }

  private keepStderr(line: string): void {
    this.lastStderr.push(line.slice(0, 500));
    if (this.lastStderr.length > keptStderrLines) this.lastStderr.shift();
  }

  private exitError(
    { exit, stderr }: Exited,
    request: RequestName,
    limitMs = 0,
    signal?: AbortSignal,
  ): Failure {
    const doing = describeRequest[request];
    switch (exit.cause) {
      case 'cancel':
        if (signal?.aborted !== true) break;
        return cancelled(request);
      case 'timeout':
        if (this.killedRequest !== request) break;
        return new Failure(
          'host-timeout',
          `${request === 'gpuMemory' ? 'The NVIDIA driver' : 'TensorRT-RTX'} did not answer within ${seconds(limitMs)} while ${doing}; the engine host was stopped.`,
          'Try again; if it hangs every time, the file or the driver is damaged: see the log.',
          stderr,
        );
      case 'crash':
      case 'dispose':
        break;
    }
    if (exit.code === null && exit.signal === null) {
      return new Failure(
        'host-start-failed',
        'The engine host could not be started.',
        'Reinstall the extension; the log holds what the system said.',
        stderr,
      );
    }
    const how =
      exit.cause === 'crash'
        ? `ended by itself (${exit.signal ?? exitCodeText(exit.code)})`
        : 'was stopped for another request';
    return new HostExitedError(exit, `The engine host ${how} while ${doing}.`, stderr);
  }
}

/** Windows ends a process with the number of the exception that nobody caught. */
const windowsExceptions: Readonly<Record<number, string>> = {
  0xc0000005: 'it accessed memory that is not its own',
  0xc000001d: 'an instruction that this processor lacks',
  0xc00000fd: 'its stack was full',
  0xc0000135: 'a library that it needs was not found',
  0xc0000142: 'a library could not start up',
  0xc0000374: 'its heap was damaged',
  0xc0000409: 'a security check failed',
  0xe06d7363: 'a C++ exception that nobody caught',
};

export function exitCodeText(code: number | null): string {
  if (code === null || code < 0x8000_0000) return `exit code ${code}`;
  const name = windowsExceptions[code];
  return `Windows exception 0x${code.toString(16)}${name === undefined ? '' : `: ${name}`}`;
}

const describeRequest: Record<RequestName, string> = {
  load: 'loading TensorRT-RTX',
  gpus: 'reading the GPUs',
  gpuMemory: 'reading GPU memory',
  fileUsers: 'asking who uses a file',
  checkFiles: 'checking engines',
  checkHeaders: 'checking engine headers',
  build: 'building an engine',
  inspect: 'inspecting an engine',
  run: 'running an engine',
};

function seconds(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms / 1000)} s` : `${ms} ms`;
}

function cancelled(name: RequestName): Failure {
  return new Failure('cancelled', `Cancelled while ${describeRequest[name]}.`, 'Nothing to do.');
}

function badMessage(what: string, issue: string): Failure {
  return new Failure(
    'bad-message',
    `The engine host sent something else than ${what}: ${issue}`,
    'Reload the window; if that does not help, reinstall the extension.',
  );
}

function fromResponse(error: unknown, name: RequestName): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const parsed = v.safeParse(errorData, error instanceof ResponseError ? error.data : undefined);
  if (!parsed.success) return badMessage(`an answer to "${name}"`, message);
  return new Failure(
    parsed.output.code,
    message,
    parsed.output.nextStep,
    parsed.output.detail,
    parsed.output.at,
  );
}

/** Resolves when the stream has been read to its end, or was given up. */
function ended(stream: NodeJS.ReadableStream | null): Promise<void> {
  return new Promise((resolve) => {
    if (stream === null) resolve();
    else stream.once('close', () => resolve());
  });
}
