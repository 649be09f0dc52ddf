/**
 * The whole way from a model to an engine in its place, for the extension and the command line alike: read the model →
 * check the options → reserve the name → build in the engine host into a temporary file → check the new header with the
 * runtime → hash the model → replace, with the recipe. Whatever goes wrong before the last step, the old engine is
 * untouched and nothing else remains.
 *
 * One build at a time for each engine host: others wait their turn. A cancel ends a build within a second, also in a
 * phase of the library that never asks: then its process is killed (client.ts).
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { headerSize, readEngineHeader, type EngineHeader } from '../../core/file/engineHeader';
import type { MachineFacts } from '../../core/report/engineReport';
import { formatCount, threeParts } from '../../core/text/formats';
import type { OnnxFacts } from '../../core/rebuild/onnxFacts';
import { libraryLine, plainText } from '../../core/text/plainText';
import { explainRefusal, type ExplainedRefusal } from '../../core/rebuild/refusals';
import type { ModelTrait } from '../../core/rebuild/onnxTraits';
import { checkPlan } from '../../core/rebuild/rebuildPlan';
import { profileOptions } from '../../core/rebuild/rebuildProfiles';
import {
  computeCapabilityNumber,
  type BuildSurroundings,
  type EngineOptions,
  type OptionProblem,
} from '../../core/rebuild/rebuildOptions';
import { expectedRefusal, recipeRequirements } from '../../core/rebuild/requirements';
import { optionsFingerprint, recipePathOf, writeRecipe } from '../../core/rebuild/recipe';
import { staleTrial, type TrialSubject } from '../../core/trial/recipeEvidence';
import { diagnosticBit, hasBit } from '../../core/report/validity';
import { machineOf } from '../check/machineFacts';
import { CheckRecords, packPaths } from '../check/checkRecords';
import type { BuildPhase, HostLogLine } from '../engineHost/client';
import { asFailure, Failure } from '../../core/wire/failure';
import { hashModel, readOnnxFile } from './onnxFile';
import type {
  BuildOptions,
  BuildResult,
  CheckResult,
  GpusInfo,
  RuntimeInfo,
} from '../engineHost/protocol';
import { quoteHere } from '../quoteHere';
import { readRecipeFile } from './recipeFile';
import { beginReplacement } from './replaceFile';

/** What is needed of EngineHostSupervisor. */
export interface BuildHosts {
  load(runtime: string, options?: { signal?: AbortSignal | undefined }): Promise<RuntimeInfo>;
  request(
    runtime: string,
    name: 'build',
    params: BuildOptions,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<BuildResult>;
  checkFiles(runtime: string, paths: Uint8Array, count: number): Promise<CheckResult>;
  gpus(options?: { signal?: AbortSignal | undefined }): Promise<GpusInfo>;
  fileUsers(file: string): Promise<string>;
}

export interface RebuildRequest {
  /** Path of the ONNX file. */
  model: string;
  /** Path of the engine to be written or replaced. */
  engine: string;
  options: EngineOptions;
  /** Path of the TensorRT-RTX library. */
  runtime: string;
  /** How many old engines stay as .bak, .bak2, … */
  keepBackups: number;
  /** Folders that the engine may lie in besides its own, where a link leads there. */
  workspace?: readonly string[];
  /** The real path outside of them that a person agreed to. */
  confirmed?: string | null;
  /** Milliseconds that the same build took before (recipe); null: unknown. */
  estimateMs: number | null;
}

export type RebuildStage = 'model' | 'waiting' | 'loading' | 'building' | 'checking' | 'replacing';

export interface RebuildProgress {
  stage: RebuildStage;
  /** For people: "Building: Determining refit engines". The library's names are made printable. */
  text: string;
  /** Of the whole rebuild, without the time it waited its turn. Milliseconds. */
  elapsedMs: number;
  /** What the recipe recorded; the library itself cannot say how long it will take. */
  estimateMs: number | null;
}

export interface RebuildResult {
  engine: string;
  recipe: string;
  /** The old engine; null: there was none, or none is kept. */
  backup: string | null;
  engineSize: number;
  sha256: string;
  header: EngineHeader | null;
  runtime: RuntimeInfo;
  /** Milliseconds: all of it, reading and parsing the model, building. */
  durationMs: number;
  parseMs: number;
  buildMs: number;
  /** What of the model decides for which GPUs there is code. */
  traits: readonly ModelTrait[];
  /** Sentences that the user should see although all went well. */
  warnings: string[];
  /** The library's own warnings while it read and built the model, each once. */
  libraryWarnings: string[];
}

export interface RebuildCallbacks {
  signal?: AbortSignal;
  /** On every change of stage, on changes of phase up to ten times and without any change twice a second. */
  onProgress?: (progress: RebuildProgress) => void;
  /** The library's lines while it builds, made printable. Severity as in ILogger: 0 internal error … 4 verbose. */
  onLine?: (line: { severity: number; text: string }) => void;
}

/** Which build a phase or line belongs to: give its two functions to the supervisor's options. */
export class BuildEvents {
  private readonly builds = new Map<
    string,
    { phase(p: BuildPhase): void; line(l: HostLogLine): void }
  >();

  readonly onBuildPhase = (phase: BuildPhase): void => this.builds.get(phase.output)?.phase(phase);

  /** Lines carry no build: each goes to every build that runs. Checks beside a build say little. */
  readonly onLog = (line: HostLogLine): void => {
    for (const build of this.builds.values()) build.line(line);
  };

  listen(
    output: string,
    listener: { phase(p: BuildPhase): void; line(l: HostLogLine): void },
  ): () => void {
    this.builds.set(output, listener);
    return () => this.builds.delete(output);
  }
}

/** Where nothing changes the time that passed is told this often; quick changes are gathered. Milliseconds. */
const tickMs = 500;
const gatherMs = 100;

/** Lines of a build that are kept to explain it. */
const maxErrorLines = 20_000;
const maxWarnings = 50;

export class Rebuilder {
  /** The end of the last build of each runtime's host. */
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly hosts: BuildHosts,
    private readonly events: BuildEvents,
  ) {}

  /** Throws Failure; "cancelled" when the signal asked for it. */
  async build(request: RebuildRequest, callbacks: RebuildCallbacks = {}): Promise<RebuildResult> {
    const progress = new ProgressTeller(request.estimateMs, callbacks.onProgress);
    try {
      return await this.run(request, callbacks, progress);
    } catch (error) {
      throw asFailure(error, `Building ${plainText(request.engine)}`);
    } finally {
      progress.end();
    }
  }

  private async run(
    request: RebuildRequest,
    { signal, onLine }: RebuildCallbacks,
    progress: ProgressTeller,
  ): Promise<RebuildResult> {
    const stop = (): void => {
      if (signal?.aborted === true) throw cancelled(request.engine);
    };
    stop();
    progress.tell('model', 'Reading the model');
    const model = await readOnnxFile(request.model, signal);
    await refuseToOverwrite(request);
    const { engine, keepBackups, workspace = [], confirmed = null } = request;
    const replacement = await beginReplacement(engine, {
      keepBackups,
      workspace,
      confirmed,
      usersOf: (file) => this.hosts.fileUsers(file),
    });
    try {
      progress.tell('loading', 'Loading TensorRT-RTX');
      const runtime = await this.hosts.load(request.runtime, { signal });
      const machine = await this.machine(signal);
      const surroundings: BuildSurroundings = {
        runtimeVersion: runtime.version,
        hasGpu: machine === null ? null : machine.gpu !== null,
      };
      const warnings = refuseImpossible(request, model.facts, surroundings);
      stop();
      // Hashed while the library builds: another thread, and the model is read anyway.
      const hashing = abortable(signal);
      const hash = hashModel(model, { signal: hashing.signal });
      hash.catch(() => undefined);
      try {
        const built = await this.inTurn(request.runtime, signal, progress, () =>
          this.buildInto(replacement.temporaryPath, request, signal, progress, onLine, {
            facts: model.facts,
            surroundings,
            whyNoGpu: machine?.whyNoGpu ?? '',
          }),
        );
        await replacement.adopt();
        stop();
        progress.tell('checking', 'Checking the new engine');
        const header = await this.checkNew(replacement.temporaryPath, request, runtime, built);
        const hashed = await hash;
        await refuseChangedModel(model.path, model.size, model.modified);
        const durationMs = progress.elapsedMs();
        stop();
        progress.tell('replacing', 'Putting the new engine in place');
        // A trial of the same model with the same options holds for the new engine, too.
        const before = await readRecipeFile(recipePathOf(request.engine)).catch(() => null);
        const subject: TrialSubject = {
          modelSha256: hashed.sha256,
          options: request.options,
          tensorrtRtx: runtime.version,
        };
        const trial = before?.trial;
        const files = await replacement.commit((file) =>
          writeRecipe({
            model: { path: relativeModel(request), ...hashed },
            options: request.options,
            built: {
              tensorrtRtx: runtime.version,
              gpu: machine?.gpu
                ? {
                    name: plainText(machine.gpu.name, 200),
                    computeCapability: machine.gpu.computeCapability,
                  }
                : null,
              driver: machine?.displayDriver ?? null,
              finishedAt: new Date().toISOString(),
              durationMs: Math.round(durationMs),
              optionsFingerprint: optionsFingerprint(request.options),
            },
            engine: { file, sha256: built.sha256, size: built.engineSize },
            requirements: recipeRequirements(model.facts.traits ?? [], runtime.version),
            ...(trial && staleTrial(trial, subject) === '' ? { trial } : {}),
          }),
        );
        return {
          ...files,
          engineSize: built.engineSize,
          sha256: built.sha256,
          header,
          runtime,
          durationMs,
          parseMs: built.parseMs,
          buildMs: built.buildMs,
          traits: model.facts.traits ?? [],
          warnings,
          libraryWarnings: built.warnings,
        };
      } finally {
        hashing.abort();
        await hash.catch(() => undefined);
      }
    } finally {
      await replacement.abort();
    }
  }

  private async buildInto(
    output: string,
    request: RebuildRequest,
    signal: AbortSignal | undefined,
    progress: ProgressTeller,
    onLine: RebuildCallbacks['onLine'],
    known: KnownOfBuild,
  ): Promise<BuildResult & { warnings: string[] }> {
    progress.tell('building', 'Building');
    const errors: string[] = [];
    const warnings = new Set<string>();
    const phases = new PhaseStack();
    const unlisten = this.events.listen(output, {
      phase: (phase) => progress.tell('building', phases.step(phase)),
      line: ({ severity, text }) => {
        const clean = libraryLine(text);
        if (clean === '') return;
        // A model may hold thousands of nodes that are refused: each is a line, with its context in others.
        if (severity <= 1 && errors.length < maxErrorLines) errors.push(clean);
        if (severity === 2 && warnings.size < maxWarnings) warnings.add(clean);
        onLine?.({ severity, text: clean });
      },
    });
    try {
      const built = await this.hosts.request(
        request.runtime,
        'build',
        hostOptions(request, output),
        { signal },
      );
      return { ...built, warnings: [...warnings] };
    } catch (error) {
      if (signal?.aborted === true) throw cancelled(request.engine);
      throw withoutDriver(failedBuild(error, request, output, errors, known), known.whyNoGpu);
    } finally {
      unlisten();
    }
  }

  /** The runtime's own opinion of the new header: whole, and of this version. */
  private async checkNew(
    file: string,
    request: RebuildRequest,
    runtime: RuntimeInfo,
    built: BuildResult,
  ): Promise<EngineHeader | null> {
    const shown = plainText(request.engine);
    const bad = (why: string): Failure =>
      new Failure(
        'runtime-failed',
        `The new engine for ${shown} is not usable: ${why}. The old one was kept.`,
        'Build again; if it fails again, report it with the log.',
      );
    const { size } = await fs.stat(file);
    if (size !== built.engineSize) {
      throw bad(
        `it has ${formatCount(size)} bytes, TensorRT-RTX wrote ${formatCount(built.engineSize)}`,
      );
    }
    const records = new CheckRecords(
      await this.hosts.checkFiles(request.runtime, packPaths([file]), 1),
    );
    const header = readEngineHeader(records.header(0).slice(0, headerSize));
    const diagnostics = records.diagnostics(0);
    if (hasBit(diagnostics, diagnosticBit.kMALFORMED_ENGINE)) throw bad('its header is malformed');
    if (hasBit(diagnostics, diagnosticBit.kVERSION_MISMATCH)) {
      throw bad('its header names another version of TensorRT-RTX');
    }
    // A layout of a release to come cannot be read here; the runtime just did.
    if (header === null) return null;
    if (threeParts(header.version) !== threeParts(runtime.version)) {
      throw bad(`its header names TensorRT-RTX ${header.version}, not ${runtime.version}`);
    }
    if (header.fileSize !== size) {
      throw bad(
        `its header speaks of ${formatCount(header.fileSize)} bytes, the file has ${formatCount(size)}`,
      );
    }
    return header;
  }

  private async machine(signal: AbortSignal | undefined): Promise<MachineFacts | null> {
    try {
      return machineOf(await this.hosts.gpus({ signal }));
    } catch (error) {
      if (signal?.aborted === true) throw error;
      // A build needs no GPU; without these facts the recipe just holds less.
      return null;
    }
  }

  /** Runs when no other build runs in that host; a cancel while waiting leaves the queue in order. */
  private async inTurn<T>(
    runtime: string,
    signal: AbortSignal | undefined,
    progress: ProgressTeller,
    work: () => Promise<T>,
  ): Promise<T> {
    const before = this.queues.get(runtime);
    let done = (): void => undefined;
    const own = new Promise<void>((resolve) => (done = resolve));
    const last = Promise.all([before, own]);
    this.queues.set(runtime, last);
    try {
      if (before !== undefined) {
        progress.tell('waiting', 'Waiting for another build');
        await progress.paused(orAborted(before, signal));
        if (signal?.aborted === true) throw new Failure('cancelled', 'Cancelled.', '');
      }
      return await work();
    } finally {
      done();
      if (this.queues.get(runtime) === last) this.queues.delete(runtime);
    }
  }
}

/** The options as the engine host wants them. */
export function hostOptions(
  request: Pick<RebuildRequest, 'model' | 'options'>,
  output: string | null,
): BuildOptions {
  return {
    ...request.options,
    model: request.model,
    output,
    computeCapabilities: request.options.computeCapabilities.map((text) => {
      const number = computeCapabilityNumber(text);
      if (number === null) throw new Error(`"${text}" is not a compute capability`);
      return number;
    }),
  };
}

/** With forward slashes, so that a recipe means the same everywhere; absolute only on another Windows drive. */
function relativeModel({ model, engine }: RebuildRequest): string {
  const relative = path.relative(path.dirname(path.resolve(engine)), path.resolve(model));
  return relative.split(path.sep).join('/');
}

async function refuseToOverwrite({ model, engine }: RebuildRequest): Promise<void> {
  const real = async (file: string): Promise<string> =>
    fs.realpath(file).catch(() => path.resolve(file));
  if ((await real(model)) !== (await real(engine))) return;
  throw new Failure(
    'invalid-argument',
    `The engine would replace its own model ${plainText(model)}.`,
    'Give the engine another name.',
  );
}

/** Returns warnings; throws where the build would fail for sure. */
function refuseImpossible(
  { options, engine }: RebuildRequest,
  facts: OnnxFacts,
  surroundings: BuildSurroundings,
): string[] {
  const problems = checkPlan(options, facts, surroundings);
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) {
    throw new Failure(
      'invalid-argument',
      `${plainText(engine)} cannot be built like this: ${errors.map((e) => e.sentence).join(' ')}`,
      missingProfile(options, errors, facts) ??
        (errors.every(({ id }) => id === 'model')
          ? 'No option of the build helps: build from a changed model.'
          : 'Change these options and build again.'),
    );
  }
  return problems.map((problem) => problem.sentence);
}

/** The options to paste where ranges are missing altogether. */
function missingProfile(
  { profiles }: EngineOptions,
  errors: readonly OptionProblem[],
  facts: OnnxFacts,
): string | null {
  const start = profileOptions(facts.inputs, quoteHere);
  if (profiles.length > 0 || start === '' || errors.some(({ id }) => id !== 'profile')) return null;
  return `Choose ranges that your application needs; to start from: ${start}`;
}

async function refuseChangedModel(model: string, size: number, modified: number): Promise<void> {
  const now = await fs.stat(model).catch(() => null);
  if (now !== null && now.size === size && now.mtimeMs === modified) return;
  throw new Failure(
    'file-error',
    `The model ${plainText(model)} changed while the engine was built from it.`,
    'Build again; the old engine was kept.',
  );
}

/** What is known of a build before it begins, and explains why it failed. */
interface KnownOfBuild {
  facts: OnnxFacts;
  surroundings: BuildSurroundings;
  /** Why there is no usable GPU, as a sentence; empty: there is one, or it is not known. */
  whyNoGpu: string;
}

/**
 * Without a usable NVIDIA driver TensorRT-RTX's libraries for Windows read through a null pointer in some builds (1.6 with
 * weight streaming, 1.7 with a model that it refuses), where those for Linux only log it.
 */
function withoutDriver(error: Failure, whyNoGpu: string): Failure {
  const why = plainText(whyNoGpu);
  if (process.platform !== 'win32' || error.code !== 'host-exited' || why === '') return error;
  return new Failure(
    error.code,
    `${error.message} ${why}`,
    'On Windows some builds of TensorRT-RTX need an NVIDIA driver: install one, or build where there is one.',
    error.detail,
  );
}

/** The host's error in the user's terms: the file they know instead of the temporary one, and what helps. */
function failedBuild(
  thrown: unknown,
  { engine, model, options }: RebuildRequest,
  output: string,
  errors: readonly string[],
  { facts, surroundings }: KnownOfBuild,
): Failure {
  const error = asFailure(thrown, `Building ${plainText(engine)}`);
  const message = error.message.replaceAll(output, engine);
  const words = plainText(message);
  const all = [words, ...errors].join('\n');
  // The host gathers the same lines as it answers; one that died could not.
  const detail =
    error.detail === '' || error.code === 'host-exited'
      ? [error.detail, ...errors].filter((line) => line !== '').join('\n')
      : error.detail;
  if (/ENOSPC|no space left|disk is full|disk quota|not enough space on the disk/i.test(all)) {
    return new Failure(
      'file-error',
      `The engine ${plainText(engine)} could not be written: the disk is full. The old one was kept.`,
      'Free space, or choose another folder, and build again.',
      detail,
    );
  }
  const needsGpu = options.flags.some((flag) => /^k(REFIT|STRIP_PLAN|REFIT_IDENTICAL)$/.test(flag));
  if (needsGpu && /CUDA_SUCCESS|cudaError/.test(all)) {
    return new Failure(
      error.code,
      `${words} The flags ${options.flags.join(', ')} need a GPU while building.`,
      'Build on a machine with a GPU that TensorRT-RTX supports, or leave these flags out.',
      detail,
    );
  }
  const expected = expectedRefusal(options, facts.traits ?? [], surroundings);
  const foreseen =
    expected &&
    new Failure(
      error.code,
      `TensorRT-RTX could not build ${plainText(model)}: ${expected.why}.`,
      expected.help,
      [words, detail].filter(Boolean).join('\n'),
    );
  if (error.code === 'host-exited') {
    if (foreseen) return foreseen;
    return new Failure(
      error.code,
      `TensorRT-RTX ended unexpectedly while building ${plainText(engine)} from ${plainText(model)}. The old engine was kept.`,
      'Build again; if it ends every time, the model or the memory of this machine is the cause: see the log.',
      [error.message, detail].join('\n'),
    );
  }
  const refusal =
    explainRefusal(errors, facts, quoteHere) ?? explainRefusal([words], facts, quoteHere);
  if (foreseen && (refusal === null || refusal.kinds[0] === 'driver')) return foreseen;
  if (refusal === null) return new Failure(error.code, words, error.nextStep, detail);
  const sentence =
    refusal.what === '' ? words : `TensorRT-RTX refused ${plainText(model)}: ${refusal.what}.`;
  return new ModelRefused(error.code, sentence, refusal, detail);
}

/** A model that TensorRT-RTX refuses, explained. */
export class ModelRefused extends Failure {
  constructor(
    code: Failure['code'],
    sentence: string,
    readonly refusal: ExplainedRefusal,
    detail: string,
  ) {
    super(code, sentence, refusal.nextStep, detail);
  }
}

function cancelled(engine: string): Failure {
  return new Failure(
    'cancelled',
    `Building ${plainText(engine)} was cancelled. The old engine was kept.`,
    'Nothing to do.',
  );
}

/** Settles with the promise, whatever it says, or as soon as the signal is aborted. */
async function orAborted(
  promise: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (stop = resolve));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([promise.then(stop, stop), aborted]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** An AbortController that follows another signal and can be aborted by itself. */
function abortable(signal: AbortSignal | undefined): AbortController {
  const controller = new AbortController();
  if (signal?.aborted === true) controller.abort();
  signal?.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
}

/** The phases that run now, outermost first; told as one line. */
class PhaseStack {
  private readonly running: { phase: number; name: string; step: number; steps: number }[] = [];

  /** "Building: Determining refit engines (3 of 12)" */
  step({ kind, phase, name, step, steps }: BuildPhase): string {
    const known = this.running.findIndex((entry) => entry.phase === phase);
    switch (kind) {
      case 'start':
        this.running.push({ phase, name, step: 0, steps });
        break;
      case 'step': {
        const entry = this.running[known];
        if (entry !== undefined) entry.step = step;
        break;
      }
      case 'end':
        // A phase that ends takes those inside it along.
        if (known >= 0) this.running.splice(known);
        break;
    }
    const innermost = this.running.at(-1);
    if (innermost === undefined) return 'Building';
    const count =
      innermost.steps > 1 && innermost.step > 0 && innermost.step <= innermost.steps
        ? ` (${innermost.step} of ${innermost.steps})`
        : '';
    return `Building: ${plainText(innermost.name, 120)}${count}`;
  }
}

/** Tells the stage, the phase and the time that passed. */
class ProgressTeller {
  private readonly start = performance.now();
  private pausedMs = 0;
  private toldAt = -Infinity;
  private now: { stage: RebuildStage; text: string } | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly estimateMs: number | null,
    private readonly onProgress: RebuildCallbacks['onProgress'],
  ) {}

  elapsedMs(): number {
    return performance.now() - this.start - this.pausedMs;
  }

  /** A new stage is told at once; phases of the library come by the hundred, so the last of a moment is told. */
  tell(stage: RebuildStage, text: string): void {
    if (this.now?.stage === stage && this.now.text === text) return;
    const isNewStage = this.now?.stage !== stage;
    this.now = { stage, text };
    const wait = this.toldAt + gatherMs - performance.now();
    if (isNewStage || wait <= 0) this.emit();
    else this.schedule(wait);
  }

  /** Time that does not count. */
  async paused<T>(promise: Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await promise;
    } finally {
      this.pausedMs += performance.now() - begin;
    }
  }

  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.now = null;
  }

  private emit(): void {
    if (this.now === null || this.onProgress === undefined) return;
    this.toldAt = performance.now();
    this.schedule(tickMs);
    this.onProgress({ ...this.now, elapsedMs: this.elapsedMs(), estimateMs: this.estimateMs });
  }

  private schedule(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.emit(), ms);
    this.timer.unref();
  }
}
