/**
 * One engine host process for one inspection or run: what it runs is the code of a file, so it never shares a process
 * with anything else, and the end of the process is what gives the GPU memory back for sure. Follows its stages, ends it
 * when it gives no sign of life, and makes one clear Failure of whatever went wrong.
 */
import { formatDuration } from '../../core/text/formats';
import { libraryLine, plainText } from '../../core/text/plainText';
import { makeRunFailure } from '../../core/run/runFailures';
import type { RunFailure, RunProgress } from '../../core/run/runReport';
import { EngineHostClient, type HostLogLine } from '../engineHost/client';
import type { EngineFile } from '../check/engineFile';
import { asFailure, Failure, type FailureCode } from '../../core/wire/failure';
import type {
  GpusInfo,
  RequestName,
  RequestParams,
  RequestResult,
  RuntimeInfo,
} from '../engineHost/protocol';
import { doing, StageFollower, type StageLimits } from './runStages';

export interface EngineJobOptions {
  hostMain: string;
  shimFolder: string;
  environment: Readonly<Record<string, string>>;
  nodePath?: string | undefined;
  mayLoad: ((library: string) => Promise<void>) | undefined;
  onLog: (line: HostLogLine) => void;
}

export interface EngineJobPlan {
  engine: EngineFile;
  attempts: number;
  warmUp: number;
  profiledIterations: number;
  limits: StageLimits;
}

export interface JobCallbacks {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: RunProgress) => void) | undefined;
}

export interface LibraryLine {
  severity: number;
  /** Printable. */
  text: string;
}

/** Failures of loading and running, whose words depend on how far it came. */
const aboutRunning: ReadonlySet<FailureCode> = new Set([
  'runtime-failed',
  'cuda-failed',
  'gpu-out-of-memory',
  'out-of-memory',
  'no-driver',
  'host-exited',
  'host-timeout',
  'internal',
] as const);

const keptLines = 200;
/** Progress is told at most this often, but for a new stage. Milliseconds. */
const gatherMs = 100;

/** As it is thrown, and as it stands in the report of a run. */
export class EngineJobError extends Failure {
  constructor(
    code: FailureCode,
    readonly failure: RunFailure,
    detail: string,
    /** What the library said before. */
    readonly lines: readonly LibraryLine[],
  ) {
    const { sentence, nextStep, stage, cuda } = failure;
    super(code, sentence, nextStep, detail, { stage, cuda });
  }
}

export class EngineJob {
  /** What the library said, information and worse, printable; the first and the last when it said a lot. */
  readonly lines: LibraryLine[] = [];
  private readonly client: EngineHostClient;
  private readonly follower: StageFollower;
  private watchdog: NodeJS.Timeout | null = null;
  private stalledMs = 0;
  private asked: RequestName = 'run';
  private toldAt = -Infinity;
  /** The GPU that will be used and its driver, once gpuMemory() was asked; null: not known. */
  gpuKey: readonly string[] | null = null;
  private gpu: { name: string; computeCapability: string } | null = null;

  constructor(
    options: EngineJobOptions,
    private readonly plan: EngineJobPlan,
    private readonly callbacks: JobCallbacks,
  ) {
    this.follower = new StageFollower({ ...plan, engineBytes: plan.engine.size });
    this.client = new EngineHostClient({
      hostMain: options.hostMain,
      shimFolder: options.shimFolder,
      environment: options.environment,
      mayLoad: options.mayLoad,
      ...(options.nodePath === undefined ? {} : { nodePath: options.nodePath }),
      onLog: (line) => {
        this.keep(line);
        options.onLog(line);
      },
      onRunPhase: (phase) => {
        const before = this.follower.stage;
        const isNews = this.follower.see(phase);
        this.signOfLife();
        if (isNews) this.tell(this.follower.stage !== before);
      },
    });
    this.tell(true);
  }

  get pid(): number | undefined {
    return this.client.pid;
  }

  /** How far it came. */
  get stage(): string {
    return this.follower.stage;
  }

  async load(runtime: string): Promise<RuntimeInfo> {
    this.follower.enter('load');
    this.tell(true);
    const info = await this.client.request(
      'load',
      { libraryPath: runtime },
      { signal: this.callbacks.signal },
    );
    this.follower.enter('check');
    return info;
  }

  /** Before a library is loaded: without a driver nothing comes of it. */
  async needDriver(): Promise<void> {
    const found = await this.gpus();
    if (found === null || found.cudaDriverVersion !== null) return;
    const at = { stage: 'deserialize', cuda: 0 };
    throw new Failure('no-driver', found.message, 'Install the NVIDIA driver.', '', at);
  }

  /** Of the GPU that will be used, without a CUDA context; null: not known. Bytes. */
  async gpuMemory(): Promise<{ free: number | null; total: number } | null> {
    const found = await this.gpus();
    const gpu = found?.gpus.find(({ index }) => index === 0) ?? found?.gpus[0];
    if (!found || !gpu) return null;
    const { cudaDriverVersion, driverVersion } = found;
    const { name, computeCapability, totalMemory } = gpu;
    this.gpuKey = [name, computeCapability, totalMemory, cudaDriverVersion, driverVersion].map(
      String,
    );
    this.gpu = { name: gpu.name, computeCapability: gpu.computeCapability };
    return { free: gpu.freeMemory, total: gpu.totalMemory };
  }

  private async gpus(): Promise<GpusInfo | null> {
    try {
      return await this.client.request('gpus', {}, { signal: this.callbacks.signal });
    } catch (error) {
      // Only facts to choose by: what is wrong with the GPU is told by loading the engine.
      if (this.callbacks.signal?.aborted === true || !this.client.isRunning) throw error;
      return null;
    }
  }

  /** Ends the process when nothing is heard of it any more: the limits are those of its stages. */
  async request<N extends Extract<RequestName, 'inspect' | 'run'>>(
    name: N,
    params: RequestParams<N>,
  ): Promise<RequestResult<N>> {
    this.asked = name;
    this.follower.enter('read');
    this.tell(true);
    this.signOfLife();
    try {
      return await this.client.request<N>(name, params, {
        signal: this.callbacks.signal,
        timeoutMs: Infinity,
      });
    } finally {
      if (this.watchdog !== null) clearTimeout(this.watchdog);
      this.watchdog = null;
    }
  }

  /** Resolves when the process is gone, and with it everything that it held on the GPU. */
  async close(): Promise<void> {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    await this.client.dispose();
  }

  /** What went wrong, in the user's terms: the same words whether it is thrown or part of a report. */
  explain(thrown: unknown): Failure {
    const error = asFailure(thrown, `${this.plan.engine.name}: ${doing(this.stage)}`);
    const at = error.at ?? { stage: this.stage, cuda: 0 };
    // Ctrl+C in a terminal also ends the process itself.
    if (error.code === 'cancelled' || this.callbacks.signal?.aborted === true) {
      const { name } = this.plan.engine;
      return new Failure(
        'cancelled',
        `Cancelled while ${doing(at.stage)}: ${name}.`,
        'Nothing to do.',
        error.detail,
        at,
      );
    }
    if (!aboutRunning.has(error.code) || at.stage === 'load') {
      // About the files and the installation: said where it was found.
      return new Failure(error.code, error.message, error.nextStep, error.detail, at);
    }
    const made = makeRunFailure({
      file: this.plan.engine.path,
      stage: at.stage,
      code: error.code,
      cuda: at.cuda,
      sentence: this.hostWords(error),
      lines: this.lines,
      gpu: this.gpu,
      // Its header says whether weights can be streamed; how many is not known yet.
      streamable: (this.plan.engine.header?.weightBytes ?? 0) > 0 ? 0 : null,
      nextStep: error.nextStep,
    });
    // Found before anything was tried: the words are there already.
    const failure =
      at.stage === 'check' && error.at !== undefined
        ? { ...made, sentence: error.message, nextStep: error.nextStep }
        : made;
    const said = this.lines.filter(({ severity }) => severity <= 2).map(({ text }) => text);
    const detail = [plainText(error.message), ...error.detail.split('\n'), ...said.slice(-20)]
      .filter((text, index, all) => text !== '' && all.indexOf(text) === index)
      .join('\n');
    return new EngineJobError(error.code, failure, detail, this.lines);
  }

  /** What is behind a process that ended. */
  private hostWords(error: Failure): string {
    if (error.code === 'host-exited') {
      const how = /\(([^()]+)\)/.exec(error.message)?.[1];
      const ended =
        how === undefined ? 'Nothing' : `It ended with ${how}, then or a moment later; nothing`;
      return `${ended} else was lost.`;
    }
    if (error.code === 'host-timeout' && this.stalledMs > 0) {
      return `Nothing was heard of it for ${formatDuration(this.stalledMs)}; its process and its GPU memory are gone.`;
    }
    return error.message;
  }

  private signOfLife(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    const limit = this.follower.limitMs();
    this.watchdog = setTimeout(() => {
      this.stalledMs = limit;
      this.client.kill('timeout', this.asked);
    }, limit);
  }

  private tell(isNewStage: boolean): void {
    const now = performance.now();
    if (!isNewStage && now - this.toldAt < gatherMs) return;
    this.toldAt = now;
    this.callbacks.onProgress?.(this.follower.progress());
  }

  private keep({ source, severity, text }: HostLogLine): void {
    if (source !== 'library' || severity > 3) return;
    const clean = libraryLine(text);
    if (clean === '') return;
    if (this.lines.length >= keptLines) this.lines.splice(keptLines / 2, 1);
    this.lines.push({ severity, text: clean });
  }
}
