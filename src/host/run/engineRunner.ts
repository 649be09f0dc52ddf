/**
 * Inspects engines and runs them, one at a time. Each inspection and each run has an engine host process of its own
 * (engineJob.ts), because both run code from the file: a crash or a hang costs one clear message and nothing else, and
 * when the process is gone all of its GPU memory is free again, whatever happened.
 *
 * Only for files that the user trusts and asked for; callers see to that, and to engineIntegrity.ts before.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import type { Inspection, InspectionFacts, TensorFacts } from '../../core/inspect/inspection';
import { makeInspection } from '../../core/inspect/makeInspection';
import { plainText } from '../../core/text/plainText';
import { nextBudgets } from '../../core/run/goal';
import {
  joinSearch,
  kernelSentence,
  makeRunReport,
  type RunFacts,
} from '../../core/run/makeRunReport';
import { completeChoices, limits as choiceLimits } from '../../core/run/runChoices';
import { type Goal, type RunChoices, type RunReport, switchesOf } from '../../core/run/runReport';
import { budgetToAsk } from '../../core/run/weightBudget';
import { EngineHostClient, type HostLogLine } from '../engineHost/client';
import {
  type EngineFile,
  readEngineFile,
  refuseOtherVersion,
  canDeferWeights,
  refuseTooLarge,
} from '../check/engineFile';
import { recordedHash } from '../check/engineIntegrity';
import { hashFile } from '../check/hashFile';
import { EngineJob, EngineJobError, type JobCallbacks } from './engineJob';
import { Failure } from '../../core/wire/failure';
import { readOutputs } from './inputs/outputs';
import type { RunOptions, RunResult, RuntimeInfo } from '../engineHost/protocol';
import { readLibraryFile } from '../runtimes/libraryFileAsync';
import { joinReference, referenceAlone, type ReferenceTools } from './referenceRuns';
import {
  type CacheFile,
  pruneRuntimeCaches,
  runtimeCacheFile,
  touchRuntimeCache,
} from './runtimeCaches';
import { type PreparedInput, prepareInputs, refuseBadChoices } from './runInputs';
import { defaultStageLimits, type RunStage, type StageLimits, stageSentence } from './runStages';

export interface EngineRunnerOptions {
  /** The bundled child: dist/engineHost.js. */
  hostMain: string;
  shimFolder: string;
  /** Where compiled kernels are kept; made when it is needed. */
  cacheFolder: string;
  /** Set beside this process's own environment, e.g. CUDA_VISIBLE_DEVICES for the chosen GPU. */
  environment: () => Readonly<Record<string, string>>;
  /** Asked before a library is loaded; throws a Failure where it may not be. */
  mayLoad?: (library: string) => Promise<void>;
  onLog: (line: HostLogLine) => void;
  /** The Node or Electron to run it with; this process's own when not given. */
  nodePath?: string;
  timeouts?: Partial<StageLimits>;
}

export interface InspectRequest {
  engine: string;
  /** The TensorRT-RTX library. */
  runtime: string;
  /** Also the inspector's JSON of all layers. */
  layers: boolean;
}

export interface RunRequest {
  engine: string;
  /** The TensorRT-RTX library. */
  runtime: string;
  choices: RunChoices;
  kind: 'run' | 'sweep';
  /** Of a sweep, bytes; a run takes the one of its choices. */
  budgets: readonly number[];
  /** Private to this run; it exists. Inputs and outputs stay in it. */
  folder: string;
  id: string;
  /** Also compare with ONNX Runtime on the CPU. */
  reference: { model: string } | null;
}

export interface SearchRequest extends Omit<RunRequest, 'kind' | 'budgets' | 'reference'> {
  goal: Goal;
  /** As the engine was inspected; bytes. */
  streamable: number;
}

export interface ReferenceRequest {
  engine: string;
  choices: RunChoices;
  model: string;
  folder: string;
  id: string;
  /** As the engine was inspected; null: it could not be, and the model tells. */
  tensors: TensorFacts[] | null;
}

/** Only of the GPU that would be used; bytes. */
export interface FreeMemory {
  free: number | null;
  total: number | null;
}

export class EngineRunner {
  private last: Promise<unknown> = Promise.resolve();
  private underWay = 0;
  private readonly ending = new AbortController();
  /** What engines were found to take, by file, its state and the runtime: a run after an inspection loads it once. */
  private readonly known = new Map<string, InspectionFacts>();
  /** SHA-256 by file and its state. */
  private readonly hashes = new Map<string, string>();
  private readonly limits: StageLimits;

  constructor(private readonly options: EngineRunnerOptions) {
    this.limits = { ...defaultStageLimits, ...options.timeouts };
  }

  /** Throws a Failure; with `at` where the engine host was asked already. */
  inspect(
    request: InspectRequest,
    callbacks: JobCallbacks = {},
  ): Promise<{ inspection: Inspection; layers: Uint8Array }> {
    return this.inTurn(callbacks, (signal) => this.inspectNow(request, { ...callbacks, signal }));
  }

  /**
   * Throws a Failure for what could not be tried: no such file, an input that does not fit, cancelled, no runtime. What
   * failed while it was tried is in the report.
   */
  run(request: RunRequest, callbacks: JobCallbacks = {}): Promise<RunReport> {
    return this.inTurn(callbacks, (signal) => this.runNow(request, { ...callbacks, signal }));
  }

  /** Measures one budget after the other until the goal is met as exactly as is worth it. Throws as run does. */
  search(request: SearchRequest, callbacks: JobCallbacks = {}): Promise<RunReport> {
    return this.inTurn(callbacks, (signal) => this.searchNow(request, { ...callbacks, signal }));
  }

  /** ONNX Runtime alone, for machines where the engine itself cannot run. Throws and fails as run does. */
  reference(request: ReferenceRequest, callbacks: JobCallbacks = {}): Promise<RunReport> {
    return this.inTurn(callbacks, (signal) => this.referenceNow(request, { ...callbacks, signal }));
  }

  /** Runs the reference with the inputs of a run that is there, and joins it. */
  compare(
    report: RunReport,
    request: { model: string; folder: string },
    callbacks: JobCallbacks = {},
  ): Promise<RunReport> {
    return this.inTurn(callbacks, (signal) =>
      joinReference(report, request, this.referenceTools({ ...callbacks, signal })),
    );
  }

  /** Without creating a CUDA context; also while something runs. Nulls: not known. */
  async freeMemory(signal?: AbortSignal): Promise<FreeMemory> {
    const client = new EngineHostClient({
      hostMain: this.options.hostMain,
      shimFolder: this.options.shimFolder,
      environment: this.options.environment(),
      ...(this.options.nodePath === undefined ? {} : { nodePath: this.options.nodePath }),
      onLog: this.options.onLog,
    });
    try {
      const { gpus } = await client.request('gpus', {}, { signal });
      const gpu = gpus.find(({ index }) => index === 0) ?? gpus[0];
      return { free: gpu?.freeMemory ?? null, total: gpu?.totalMemory ?? null };
    } finally {
      await client.dispose();
    }
  }

  /** Ends what is under way; resolves when its process is gone. */
  async dispose(): Promise<void> {
    this.ending.abort();
    await this.last;
  }

  // ---- one at a time ----

  private async inTurn<T>(
    { signal, onProgress }: JobCallbacks,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const both =
      signal === undefined ? this.ending.signal : AbortSignal.any([signal, this.ending.signal]);
    const before = this.last;
    let done = (): void => undefined;
    const own = new Promise<void>((resolve) => (done = resolve));
    this.last = Promise.all([before, own]);
    if (this.underWay > 0) {
      const sentence = 'Waiting for another inspection or run to end';
      onProgress?.({ stage: 'start', sentence, fraction: null });
    }
    this.underWay += 1;
    try {
      await orAborted(before, both);
      if (both.aborted) throw new Failure('cancelled', 'Cancelled.', 'Nothing to do.');
      return await work(both);
    } finally {
      this.underWay -= 1;
      done();
    }
  }

  // ---- inspecting ----

  private async inspectNow(
    { engine: file, runtime, layers }: InspectRequest,
    callbacks: JobCallbacks,
  ): Promise<{ inspection: Inspection; layers: Uint8Array }> {
    const engine = await readEngineFile(file);
    const hash = await recordedHash(file);
    const job = this.job(engine, { attempts: 1, warmUp: 0, profiledIterations: 0 }, callbacks);
    try {
      const info = await this.prepare(job, engine, runtime);
      const result = await job.request('inspect', {
        token: randomUUID(),
        engine: file,
        layers,
        budgets: [], // the shim knows how much can be streamed
      });
      const inspection = makeInspection({
        file,
        report: result.report,
        layers: result.layers,
        layersAsked: layers,
        runtime: { version: info.version, path: plainText(info.path) },
        hashRecorded: hash !== null,
        libraryLines: job.lines,
        now: Date.now(),
      });
      remember(this.known, keyOf(engine, runtime), inspection.facts);
      return { inspection, layers: result.layers };
    } catch (error) {
      throw job.explain(error);
    } finally {
      await job.close();
    }
  }

  /** Loads the runtime and refuses what cannot work, before code of the file runs. */
  private async prepare(job: EngineJob, engine: EngineFile, runtime: string): Promise<RuntimeInfo> {
    await needDriver(job, engine, runtime);
    const info = await job.load(runtime);
    refuseOtherVersion(engine, info);
    // Asked in any case: a failure to load names the GPU. From 1.6 on the weights that don't fit stay in the file.
    const memory = await job.gpuMemory();
    refuseTooLarge(engine, canDeferWeights(info.version) ? null : (memory?.total ?? null));
    return info;
  }

  private job(
    engine: EngineFile,
    plan: { attempts: number; warmUp: number; profiledIterations: number },
    callbacks: JobCallbacks,
  ): EngineJob {
    const { hostMain, shimFolder, mayLoad, nodePath, onLog, environment } = this.options;
    return new EngineJob(
      { hostMain, shimFolder, nodePath, mayLoad, onLog, environment: environment() },
      { engine, limits: this.limits, ...plan },
      callbacks,
    );
  }

  // ---- running ----

  private async runNow(request: RunRequest, callbacks: JobCallbacks): Promise<RunReport> {
    const startedAt = Date.now();
    const engine = await readEngineFile(request.engine);
    const facts: Mutable<RunFacts> = {
      id: request.id,
      kind: request.kind,
      file: request.engine,
      startedAt,
      endedAt: startedAt,
      runtime: null,
      choices: request.choices,
      inputs: [],
      raw: null,
      samples: new Uint8Array(),
      outputs: [],
      lines: [],
      cachePath: null,
      failure: null,
      reference: null,
    };
    const finish = (): RunReport => makeRunReport({ ...facts, endedAt: Date.now() });

    let known = this.known.get(keyOf(engine, request.runtime));
    if (known === undefined) {
      // Its inputs must be known to be made.
      try {
        const { engine: file, runtime } = request;
        known = (await this.inspectNow({ engine: file, runtime, layers: false }, callbacks))
          .inspection.facts;
      } catch (error) {
        if (!(error instanceof EngineJobError)) throw error;
        facts.failure = error.failure;
        facts.lines = error.lines;
        return finish();
      }
    }
    const choices = completeChoices(request.choices, known);
    facts.choices = choices;
    refuseBadChoices(request.engine, choices, known);
    refuseEmptySweep(request);

    tell(callbacks, 'prepare');
    const inputs = await prepareInputs(
      choices,
      known.tensors,
      request.folder,
      this.referenceTools(callbacks),
      callbacks.signal,
    );
    facts.inputs = inputs.map(({ summary, source }) => ({ ...summary, source }));
    const budgets = request.kind === 'sweep' ? [...request.budgets] : null;
    const job = this.job(engine, { ...choices, attempts: budgets?.length ?? 1 }, callbacks);
    let result: RunResult;
    let cache: CacheFile = { path: null, note: null };
    try {
      await needDriver(job, engine, request.runtime);
      facts.runtime = runtimeOf(await job.load(request.runtime));
      refuseOtherVersion(engine, facts.runtime);
      const memory = await job.gpuMemory();
      refuseTooLarge(engine, memory?.total ?? null);
      if (choices.runtimeCache) {
        cache = await this.cacheFile(engine, facts.runtime.version, job.gpuKey, callbacks);
        facts.cachePath = cache.path;
      }
      result = await job.request('run', {
        ...runOptions(request, choices, inputs, cache.path),
        budgets: budgets ?? [budgetToAsk(choices.budget, known.streamable, memory?.free ?? null)],
      });
    } catch (thrown) {
      const error = job.explain(thrown);
      if (!(error instanceof EngineJobError)) throw error;
      facts.failure = error.failure;
      facts.lines = error.lines;
      return finish();
    } finally {
      await job.close();
    }
    facts.lines = job.lines;
    facts.raw = result.report;
    if (cache.path !== null) {
      await touchRuntimeCache(cache.path);
      await pruneRuntimeCaches(this.options.cacheFolder);
    }
    facts.samples = result.samples;
    tell(callbacks, 'summarize');
    const first = result.report.attempts[0];
    const read = await readOutputs(first?.outputs ?? [], request.folder, callbacks.signal);
    facts.outputs = read.outputs;
    const report = finish();
    const kernels = first?.failure === null ? kernelSentence(choices, known.tensors) : null;
    for (const sentence of [kernels, ...read.sentences, cache.note]) {
      if (sentence === null) continue;
      report.notes.push({ severity: 'information', sentence });
    }
    if (request.reference === null || first === undefined || first.failure !== null) return report;
    tell(callbacks, 'reference');
    const joined = await joinReference(
      report,
      { model: request.reference.model, folder: request.folder },
      this.referenceTools(callbacks),
    );
    // Notes are made anew with the reference; what only this side knows stays.
    const kept = report.notes.filter(
      ({ sentence }) => !joined.notes.some((note) => note.sentence === sentence),
    );
    return { ...joined, notes: [...joined.notes, ...kept], endedAt: Date.now() };
  }

  private async searchNow(
    { goal, streamable, ...request }: SearchRequest,
    callbacks: JobCallbacks,
  ): Promise<RunReport> {
    const run = (budgets: number[], folder: string): Promise<RunReport> =>
      this.runNow({ ...request, kind: 'sweep', budgets, folder, reference: null }, callbacks);
    let report = await run(nextBudgets(goal, streamable, []), request.folder);
    const reports: [RunReport, ...RunReport[]] = [report];
    // What comes out is the same at every budget, and kept once.
    const folder = path.join(request.folder, 'search');
    try {
      while (report.failure === null) {
        const measured = reports.flatMap(({ attempts }) => attempts);
        const budgets = nextBudgets(goal, streamable, measured);
        if (budgets.length === 0) break;
        await fs.mkdir(folder, { recursive: true });
        report = await run(budgets, folder);
        reports.push(report);
      }
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
    return joinSearch(reports, goal);
  }

  private referenceTools({ signal, onProgress }: JobCallbacks): ReferenceTools {
    return {
      main: path.join(path.dirname(this.options.hostMain), 'reference.js'),
      nodePath: this.options.nodePath,
      signal,
      onProgress,
    };
  }

  private async cacheFile(
    engine: EngineFile,
    runtimeVersion: string,
    gpu: readonly string[] | null,
    { signal }: JobCallbacks,
  ): Promise<CacheFile> {
    if (gpu === null) return { path: null, note: null };
    const key = keyOf(engine, '');
    const sha256 = this.hashes.get(key) ?? (await hashFile(engine.path, signal ? { signal } : {}));
    remember(this.hashes, key, sha256);
    return runtimeCacheFile(this.options.cacheFolder, { sha256, runtimeVersion, gpu });
  }

  // ---- the reference alone ----

  private async referenceNow(
    request: ReferenceRequest,
    callbacks: JobCallbacks,
  ): Promise<RunReport> {
    const startedAt = Date.now();
    tell(callbacks, 'reference');
    const { reference, inputs, choices } = await referenceAlone(
      request,
      this.referenceTools(callbacks),
    );
    return makeRunReport({
      id: request.id,
      kind: 'reference',
      file: request.engine,
      startedAt,
      endedAt: Date.now(),
      runtime: null,
      choices,
      inputs,
      raw: null,
      samples: new Uint8Array(),
      outputs: [],
      lines: [],
      cachePath: null,
      failure: null,
      reference,
    });
  }
}

/** Settles with the promise, which never rejects, or as soon as the signal is aborted. */
async function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (stop = resolve));
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', stop);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const keyOf = (engine: EngineFile, runtime: string): string =>
  [engine.path, engine.size, engine.modified, runtime].join('\n');

/** Of many engines, those that were looked at last. */
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.delete(key);
  if (known.size >= 50) known.delete(known.keys().next().value ?? '');
  known.set(key, value);
}

const runtimeOf = ({ version, path: file }: RuntimeInfo): { version: string; path: string } => ({
  version,
  path: file,
});

function tell({ onProgress }: JobCallbacks, stage: RunStage): void {
  onProgress?.({ stage, sentence: stageSentence(stage), fraction: null });
}

/** Before the library is loaded. What would stand in the way with a driver, too, is said first. */
async function needDriver(job: EngineJob, engine: EngineFile, runtime: string): Promise<void> {
  try {
    await job.needDriver();
  } catch (error) {
    if (error instanceof Failure && error.code === 'no-driver') {
      const library = await readLibraryFile(runtime);
      // Of a Windows library of 1.4 only the minor version is known.
      if (/^\d+(\.\d+){3}$/.test(library.version)) refuseOtherVersion(engine, library);
    }
    throw error;
  }
}

function refuseEmptySweep({ engine, kind, budgets }: RunRequest): void {
  if (kind === 'run' || budgets.length > 0) return;
  throw new Failure(
    'invalid-argument',
    `${plainText(engine)} has no weights that can be streamed: there are no budgets to sweep.`,
    'Run it, or rebuild it with weight streaming.',
  );
}

function runOptions(
  { engine, kind, folder }: RunRequest,
  choices: RunChoices,
  inputs: readonly PreparedInput[],
  runtimeCache: string | null,
): Omit<RunOptions, 'budgets'> {
  return {
    token: randomUUID(),
    engine,
    inputs: inputs.map(({ name, shape, dataPath }) => ({ name, shape, dataPath })),
    runtimeCache,
    outputFolder: folder,
    profile: choices.profile,
    warmUp: choices.warmUp,
    iterations: choices.iterations,
    durationNs: Math.round(choices.seconds * 1e9),
    maxSamples: choiceLimits.samples,
    streams: choices.streams,
    ...switchesOf((name) => choices[name]),
    // A sweep compares budgets; per-layer times of each would only cost time.
    profiledIterations: kind === 'sweep' ? 0 : choices.profiledIterations,
  };
}
