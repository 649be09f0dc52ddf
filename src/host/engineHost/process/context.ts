/** What the request handlers of one engine host share. */
import { Failure } from '../../../core/wire/failure';
import type { NotificationName, NotificationParams, RuntimeInfo } from '../protocol';
import { loadRuntime, openBareSession } from './runtimeLoader';
import type { RunPhases } from './runPhases';
import { ShimError } from './binding';
import type { ShimEvents, ShimJob, ShimPhase, ShimSession } from './session';
import { parseJson } from '../../../core/text/parseJson';

/** Phases of a build wait so long for others. Milliseconds. */
const gatherMs = 50;

export type Notify = <N extends NotificationName>(name: N, params: NotificationParams<N>) => void;

/** A host holds one session: bare until its one runtime is loaded. */
export class HostContext {
  private bare: ShimSession | null = null;
  private loaded: ShimSession | null = null;
  private info: RuntimeInfo | null = null;
  /** Job of a build to its output path: the name its phases are reported under. */
  readonly buildOutputs = new Map<bigint, string>();
  private readonly buildPhases = new Map<string, ShimPhase[]>();
  private telling: NodeJS.Timeout | undefined;
  /** Job of an inspection or a run to what tells its stages. */
  readonly runs = new Map<bigint, RunPhases>();

  constructor(
    private readonly shimFolder: string,
    private readonly notify: Notify,
  ) {}

  session(): ShimSession {
    return this.loaded ?? (this.bare ??= openBareSession(this.shimFolder, this.events));
  }

  /** Throws a Failure where no runtime is loaded. */
  runtimeSession(doing: string): ShimSession {
    if (this.info?.untested === true) throw onlyChecks(doing, this.info);
    if (this.loaded) return this.loaded;
    throw new Failure(
      'invalid-argument',
      `${doing} needs TensorRT-RTX, and no library of it is loaded.`,
      'Choose or install a TensorRT-RTX.',
    );
  }

  async load(libraryPath: string): Promise<RuntimeInfo> {
    if (this.info) {
      if (this.info.path === libraryPath) return this.info;
      throw new Failure(
        'invalid-argument',
        `This engine host has ${this.info.path} loaded, not ${libraryPath}.`,
        'Reload the window.',
      );
    }
    const { session, info } = await loadRuntime(libraryPath, this.shimFolder, this.events, {
      // This process may be lost.
      mayCrash: true,
    });
    this.loaded = session;
    this.info = { ...info, path: libraryPath };
    return this.info;
  }

  private readonly events: ShimEvents = {
    onLog: (severity, bytes) =>
      this.notify('log', { severity, text: Buffer.from(bytes).toString('utf8') }),
    onLost: (count) => this.notify('lost', { count }),
    onPhase: (phase, job) => {
      const stage = this.runs.get(job)?.tell(phase);
      if (stage) this.notify('runPhase', stage);
      const output = this.buildOutputs.get(job);
      if (output === undefined) return;
      const gathered = this.buildPhases.get(output);
      if (gathered) gathered.push(phase);
      else this.buildPhases.set(output, [phase]);
      this.telling ??= setTimeout(() => this.tellBuildPhases(), gatherMs);
    },
  };

  /** A message for each would take as much of a core as parsing the model does. */
  tellBuildPhases(): void {
    clearTimeout(this.telling);
    this.telling = undefined;
    for (const [output, phases] of this.buildPhases) this.notify('buildPhases', { output, phases });
    this.buildPhases.clear();
  }
}

function onlyChecks(doing: string, { path, version }: RuntimeInfo): Failure {
  return new Failure(
    'unsupported-version',
    `${doing} is not possible with ${path}: TensorRT-RTX ${version} is newer than this version of Engine Inspector, which only checks headers with it.`,
    'Choose or install an older TensorRT-RTX, or update Engine Inspector.',
  );
}

/** Waits for a job, passing a cancel on; what fails is a Failure with the library's own lines as detail. */
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

export function fromShim(error: ShimError, nextStep: string): Failure {
  const lines = error.lines.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));
  return new Failure(error.code, error.message, nextStep, lines.join('\n'), failedAt(error));
}

/** How far an inspection or a run that failed came, from the report that it left; undefined: it left none. */
function failedAt({ result }: ShimError): { stage: string; cuda: number } | undefined {
  const start = result?.indexOf('{') ?? -1;
  if (!result || start < 0 || start > longestResultHead) return undefined;
  const end = result.lastIndexOf('}') + 1;
  try {
    const left = parseJson(result.toString('utf8', start, end));
    const { stage, cuda } = left as { stage?: unknown; cuda?: unknown };
    if (typeof stage !== 'string') return undefined;
    return { stage, cuda: typeof cuda === 'number' ? cuda : 0 };
  } catch {
    // Another job's result: es_library_info, for one.
    return undefined;
  }
}

/** es_run_result; es_inspect_result is shorter, and a report may stand alone. */
const longestResultHead = 24;
