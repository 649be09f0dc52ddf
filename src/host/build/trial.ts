/**
 * Asks NVIDIA's own compiler whether it builds a model for one GPU family alone: on the CPU, one family after the other,
 * into nothing. In an engine host of its own, so that a crash or a lack of memory costs one answer and nobody's checks.
 */
import * as fs from 'node:fs/promises';

import type { ComputeCapability } from '../../core/gpu/computeCapability';
import { compareComputeCapabilities } from '../../core/gpu/computeCapability';
import { checkPlan } from '../../core/rebuild/rebuildPlan';
import { defaultProfiles, profileOptions } from '../../core/rebuild/rebuildProfiles';
import type { EngineOptions, OptionProblem, Profile } from '../../core/rebuild/rebuildOptions';
import { libraryLine, plainText } from '../../core/text/plainText';
import { familyAnswer } from '../../core/trial/familyTrials';
import { keptAnswers, trialFingerprint, type TrialSubject } from '../../core/trial/recipeEvidence';
import {
  familyAnswerJson,
  type FamilyAnswer,
  type RecipeTrial,
} from '../../core/trial/recipeTrial';
import { asFailure, Failure, type FailureCode } from '../../core/wire/failure';
import { EngineHostClient, type HostLogLine } from '../engineHost/client';
import type { RuntimeInfo } from '../engineHost/protocol';
import { hashModel, readOnnxFile, type OnnxFile } from './onnxFile';
import { quoteHere } from '../quoteHere';
import { hostOptions } from './rebuild';

export interface TrialHost {
  /** dist/engineHost.js */
  hostMain: string;
  shimFolder: string;
  environment?: () => Readonly<Record<string, string>>;
  mayLoad?: ((library: string) => Promise<void>) | undefined;
  onLog?: (line: HostLogLine) => void;
  /** Of each engine host that is started, for tests. */
  onStart?: (pid: number | undefined) => void;
}

export interface TrialRequest {
  /** Path of the ONNX file. */
  model: string;
  /** GPUs that they name do not count. */
  options: EngineOptions;
  /** Path of the TensorRT-RTX library. */
  runtime: string;
  /** Each once; such as this TensorRT-RTX can build for. */
  families: (version: string) => readonly ComputeCapability[];
  /** What was answered before; answers that still hold are not asked for again. */
  before: RecipeTrial | null;
}

export interface TrialProgress {
  /** "Building model.onnx for 8.9 (3 of 6)" */
  text: string;
  /** "8.9 (3 of 6)": where the file stands already. */
  short: string;
  done: number;
  all: number;
}

export interface TriedFamily extends FamilyAnswer {
  /** Milliseconds. */
  durationMs: number;
  /** Known from before. */
  kept: boolean;
}

export interface TrialResult {
  runtime: RuntimeInfo;
  modelSha256: string;
  answers: TriedFamily[];
  /** Ranges that were made up for dynamic inputs without any; empty: none were. */
  madeUpProfiles: Profile[];
  /** What a recipe keeps: with what was known of other families. */
  trial: RecipeTrial;
}

export interface TrialCallbacks {
  signal?: AbortSignal | undefined;
  onProgress?: (progress: TrialProgress) => void;
}

const maxErrorLines = 20_000;

const died: ReadonlySet<FailureCode> = new Set(['host-exited', 'host-timeout'] as const);
const ranOut: ReadonlySet<FailureCode> = new Set(['out-of-memory', 'gpu-out-of-memory'] as const);
const answered: ReadonlySet<FailureCode> = new Set([
  'runtime-failed',
  'model-rejected',
  'no-driver',
  'cuda-failed',
] as const);

/** Throws a Failure where nothing could be tried, and "cancelled". Leaves nothing behind, whatever happens. */
export async function tryFamilies(
  host: TrialHost,
  request: TrialRequest,
  { signal, onProgress }: TrialCallbacks = {},
): Promise<TrialResult> {
  const shown = plainText(request.model);
  const builder = new AloneBuilder(host, request.runtime);
  try {
    onProgress?.({ text: 'Reading the model', short: 'Reading the model', done: 0, all: 0 });
    const model = await readOnnxFile(request.model, signal);
    const { options, madeUpProfiles } = completed(request.options, model);
    const runtime = await builder.load(signal);
    refuseImpossible(options, model, runtime, shown);
    const { sha256 } = await hashModel(model, signal ? { signal } : {});
    const subject: TrialSubject = {
      modelSha256: sha256,
      options: request.options,
      tensorrtRtx: runtime.version,
    };
    const known = keptAnswers(request.before, subject);
    const families = request.families(runtime.version);
    const answers: TriedFamily[] = [];
    for (const [index, family] of families.entries()) {
      const before = known.find(({ computeCapability }) => computeCapability === family);
      if (before) {
        answers.push({ ...before, durationMs: 0, kept: true });
        continue;
      }
      onProgress?.({
        text: `Building ${shown} for ${family} (${index + 1} of ${families.length})`,
        short: `${family} (${index + 1} of ${families.length})`,
        done: index,
        all: families.length,
      });
      const start = performance.now();
      const tried = await builder.build(
        { model: request.model, options: { ...options, computeCapabilities: [family] } },
        signal,
      );
      answers.push({
        ...familyAnswer(family, tried, model.facts, runtime.version),
        durationMs: Math.round(performance.now() - start),
        kept: false,
      });
    }
    await refuseChanged(model, shown);
    return {
      runtime,
      modelSha256: sha256,
      answers,
      madeUpProfiles,
      trial: {
        tensorrtRtx: runtime.version,
        modelSha256: sha256,
        optionsFingerprint: trialFingerprint(request.options),
        finishedAt: new Date().toISOString(),
        answers: merged(known, answers),
      },
    };
  } catch (error) {
    if (signal?.aborted === true) {
      throw new Failure('cancelled', `Trying ${shown} was cancelled.`, '');
    }
    throw asFailure(error, `Trying ${shown}`);
  } finally {
    await builder.dispose();
  }
}

/** One engine host, a new one after each that died. */
class AloneBuilder {
  private client: EngineHostClient | null = null;
  private errors: string[] = [];

  constructor(
    private readonly host: TrialHost,
    private readonly library: string,
  ) {}

  async load(signal: AbortSignal | undefined): Promise<RuntimeInfo> {
    const { hostMain, shimFolder, environment, mayLoad, onLog, onStart } = this.host;
    const client = new EngineHostClient({
      hostMain,
      shimFolder,
      environment: environment?.() ?? {},
      mayLoad,
      onLog: (line) => {
        const { source, severity, text } = line;
        const clean = libraryLine(text);
        const counts = source === 'library' && severity <= 1 && clean !== '';
        if (counts && this.errors.length < maxErrorLines) this.errors.push(clean);
        onLog?.(line);
      },
    });
    this.client = client;
    onStart?.(client.pid);
    return client.request('load', { libraryPath: this.library }, { signal });
  }

  /** null: it was built. Throws where that says nothing of the family. */
  async build(
    request: { model: string; options: EngineOptions },
    signal: AbortSignal | undefined,
  ): Promise<{ errors: string[]; noAnswer: string } | null> {
    if (this.client?.isRunning !== true) await this.load(signal);
    this.errors = [];
    try {
      await this.client?.request('build', hostOptions(request, null), { signal });
      return null;
    } catch (thrown) {
      const error = asFailure(thrown, 'Building');
      if (signal?.aborted === true) throw error;
      const said = this.errors.length > 0 ? this.errors : [libraryLine(error.message)];
      if (died.has(error.code)) return { errors: said, noAnswer: plainText(error.message) };
      if (ranOut.has(error.code)) {
        return { errors: said, noAnswer: `Memory ran out: ${plainText(error.message)}` };
      }
      // Anything else is about files, options or the installation: the same for every family.
      if (!answered.has(error.code)) throw error;
      return { errors: said, noAnswer: '' };
    }
  }

  async dispose(): Promise<void> {
    await this.client?.dispose();
  }
}

/** Dynamic inputs need ranges; which ones hardly ever decides for which GPUs a model can be built. */
function completed(
  options: EngineOptions,
  { facts }: OnnxFile,
): { options: EngineOptions; madeUpProfiles: Profile[] } {
  if (options.profiles.length > 0) return { options, madeUpProfiles: [] };
  const madeUpProfiles = defaultProfiles(facts.inputs);
  return { options: { ...options, profiles: madeUpProfiles }, madeUpProfiles };
}

function refuseImpossible(
  options: EngineOptions,
  { facts }: OnnxFile,
  runtime: RuntimeInfo,
  shown: string,
): void {
  const problems: OptionProblem[] = checkPlan({ ...options, computeCapabilities: [] }, facts, {
    runtimeVersion: runtime.version,
    hasGpu: null,
  });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const start = profileOptions(facts.inputs, quoteHere);
  const ofProfile = errors.every(({ id }) => id === 'profile') && start !== '';
  throw new Failure(
    'invalid-argument',
    `${shown} cannot be built like this: ${errors.map((e) => e.sentence).join(' ')}`,
    ofProfile
      ? `Give ranges, to start from: ${start}`
      : errors.every(({ id }) => id === 'model')
        ? 'No option helps: try a changed model.'
        : 'Change these options and try again.',
  );
}

async function refuseChanged({ path, size, modified }: OnnxFile, shown: string): Promise<void> {
  const now = await fs.stat(path).catch(() => null);
  if (now !== null && now.size === size && now.mtimeMs === modified) return;
  throw new Failure('file-error', `The model ${shown} changed while it was tried.`, 'Try again.');
}

/** The new answers beside those of families that were not asked for. */
function merged(known: readonly FamilyAnswer[], answers: readonly TriedFamily[]): FamilyAnswer[] {
  const all = new Map(known.map((one) => [one.computeCapability, one]));
  for (const answer of answers) all.set(answer.computeCapability, familyAnswerJson(answer));
  return [...all.values()].sort((a, b) =>
    compareComputeCapabilities(a.computeCapability, b.computeCapability),
  );
}
