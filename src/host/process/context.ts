/** What the request handlers of one engine host share. */
import { HostError } from '../hostError';
import type { NotificationName, NotificationParams, RuntimeInfo } from '../protocol';
import { loadRuntime, openBareSession } from './runtimeLoader';
import { type ShimEvents, ShimError, type ShimJob, type ShimSession } from './shim';

export type Notify = <N extends NotificationName>(name: N, params: NotificationParams<N>) => void;

/** A host holds one session: bare until its one runtime is loaded. */
export class HostContext {
  private bare: ShimSession | null = null;
  private loaded: ShimSession | null = null;
  private info: RuntimeInfo | null = null;
  /** Job of a build to its output path: the name its phases are reported under. */
  readonly buildOutputs = new Map<bigint, string>();

  constructor(
    private readonly shimFolder: string,
    private readonly notify: Notify,
  ) {}

  session(): ShimSession {
    return this.loaded ?? (this.bare ??= openBareSession(this.shimFolder, this.events));
  }

  /** Throws a HostError where no runtime is loaded. */
  runtimeSession(doing: string): ShimSession {
    if (this.loaded) return this.loaded;
    throw new HostError(
      'invalid-argument',
      `${doing} needs a TensorRT-RTX, and none is loaded.`,
      'Choose or install a TensorRT-RTX.',
    );
  }

  async load(libraryPath: string): Promise<RuntimeInfo> {
    if (this.info) {
      if (this.info.path === libraryPath) return this.info;
      throw new HostError(
        'invalid-argument',
        `This engine host has ${this.info.path} loaded, not ${libraryPath}.`,
        'Reload the window.',
      );
    }
    const { session, info } = await loadRuntime(libraryPath, this.shimFolder, this.events);
    this.loaded = session;
    this.info = { ...info, path: libraryPath };
    return this.info;
  }

  private readonly events: ShimEvents = {
    onLog: (severity, bytes) =>
      this.notify('log', { severity, text: Buffer.from(bytes).toString('utf8') }),
    onLost: (count) => this.notify('lost', { count }),
    onPhase: (phase, job) => {
      const output = this.buildOutputs.get(job);
      if (output !== undefined) this.notify('buildPhase', { output, ...phase });
    },
  };
}

/** Waits for a job, passing a cancel on; what fails is a HostError with the library's own lines as detail. */
export async function finish<T>(
  job: ShimJob<T>,
  signal: AbortSignal,
  nextStep: string,
): Promise<T> {
  const cancel = () => job.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await job.result;
  } catch (error) {
    throw error instanceof ShimError ? fromShim(error, nextStep) : error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

export function fromShim(error: ShimError, nextStep: string): HostError {
  const lines = error.lines.map((line) => Buffer.from(line).toString('utf8'));
  return new HostError(error.code, error.message, nextStep, lines.join('\n'));
}
