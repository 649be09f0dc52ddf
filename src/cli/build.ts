/**
 * `engine-inspector build MODEL.onnx -o OUT.engine …`: builds an engine and its recipe, replacing an old one safely.
 * `engine-inspector build --recipe R [--check]`: builds what a recipe says, or says whether that is due.
 *
 * stdout holds the result (one line, or JSON), stderr the progress: one line that is rewritten on a terminal, nothing in
 * CI or a pipe. Exit codes: 0 built, or no rebuild due; 1 the build failed, or a rebuild is due; 2 wrong use, or it could
 * not be checked; 130 cancelled with Ctrl+C, the old engine kept.
 */
import * as path from 'node:path';

import { formatBytes, formatDuration } from '../core/text/formats';
import { plainText } from '../core/text/plainText';
import { printableJson, printedJson, type Json } from '../core/text/printableJson';
import { planSummary } from '../core/rebuild/rebuildPlan';
import { parseShapeRange, profilesOf } from '../core/rebuild/rebuildProfiles';
import {
  defaultEngineOptions,
  weightStreamingFlag,
  type EngineOptions,
  type ShapeRange,
} from '../core/rebuild/rebuildOptions';
import { rebuildDue, recipePathOf, type Recipe } from '../core/rebuild/recipe';
import { Failure, wrongUse } from '../core/wire/failure';
import {
  BuildEvents,
  ModelRefused,
  Rebuilder,
  type RebuildProgress,
  type RebuildResult,
} from '../host/build/rebuild';
import { leavesFolder, leavingPath } from '../host/build/leavingLink';
import { modelPathOf, readRecipeFile } from '../host/build/recipeFile';
import { engineFileOf, lookAround } from '../host/build/recipeSurroundings';
import { writeError } from '../host/build/writeError';
import { EngineHostSupervisor } from '../host/engineHost/supervisor';
import type { BuildArguments } from './commandArguments';
import { distFolder } from './distFolder';
import { chooseLocalRuntime } from './localRuntimes';
import { complain, print, shown } from './output';
import { exitCodeOf, exitCodes } from './exitCodes';
import { inSession, Session } from './session';

/** Resolves with the exit code. */
export function build(modelArgument: string | undefined, args: BuildArguments): Promise<number> {
  const how = { doing: 'Building the engine', json: args.json };
  return inSession(new BuildSession(args), how, async (session) => {
    // --compute-capability and the like take all words that follow, so a model at the end lands there.
    const model = modelArgument ?? takeModel(args);
    const job = await prepare(model, args);
    return args.check === true ? checkRecipe(job, args) : buildNow(job, args, session);
  });
}

class BuildSession extends Session {
  constructor(private readonly args: BuildArguments) {
    super();
  }

  /** A build that was cancelled names its engine and what became of the old one. */
  override explain(error: Failure, doing: string): Failure {
    return error.code === 'cancelled' ? error : super.explain(error, doing);
  }

  /** With --check, 1 means that a rebuild is due. */
  override exitCodeOf({ code }: Failure): number {
    const exit = exitCodeOf({ code });
    return this.args.check === true && exit === exitCodes.failed ? exitCodes.notTried : exit;
  }

  override errorJson(error: Failure): Json {
    const { code, message, nextStep, detail } = error;
    const refused = error instanceof ModelRefused ? error.refusal.operators : [];
    return {
      code,
      message: shown(message),
      nextStep: shown(nextStep),
      detail: detail.split('\n').map(shown).join('\n'),
      operators: refused.map(({ operator, domain, count, kind }) =>
        printableJson({ operator, domain, count, kind }),
      ),
    };
  }
}

interface Job {
  model: string;
  engine: string;
  options: EngineOptions;
  recipe: Recipe | null;
  recipeFile: string;
}

async function prepare(modelArgument: string | undefined, args: BuildArguments): Promise<Job> {
  let recipe: Recipe | null = null;
  if (args.recipe !== undefined) {
    recipe = await readRecipeFile(args.recipe);
    if (recipe === null) throw wrong(`There is no recipe ${plainText(args.recipe)}.`);
  } else if (args.check === true) {
    throw wrong('--check needs --recipe.');
  }
  const model =
    modelArgument ??
    (recipe !== null && args.recipe !== undefined ? modelPathOf(recipe, args.recipe) : undefined);
  if (model === undefined) throw wrong('Name the ONNX model, or a recipe with --recipe.');
  const engine =
    args.output ??
    (args.recipe !== undefined && /\.json$/i.test(args.recipe)
      ? engineFileOf(args.recipe)
      : `${model.replace(/\.onnx$/i, '')}.engine`);
  return {
    model,
    engine,
    options: optionsOf(recipe?.options ?? defaultEngineOptions(), args),
    recipe: recipe ?? (await readRecipeFile(recipePathOf(engine)).catch(() => null)),
    recipeFile: args.recipe ?? recipePathOf(engine),
  };
}

function optionsOf(base: EngineOptions, args: BuildArguments): EngineOptions {
  const set = (args.flag ?? []).flatMap((text) => text.split(','));
  if (args.weightStreaming === true) set.push(weightStreamingFlag);
  const cleared = (args.clearFlag ?? []).flatMap((text) => text.split(','));
  const merged = (before: string[], now: string[], other: string[]): string[] => [
    ...new Set([...before.filter((flag) => !other.includes(flag)), ...now]),
  ];
  return {
    flags: merged(base.flags, set, cleared),
    clearedFlags: merged(base.clearedFlags, cleared, set),
    computeCapabilities:
      args.computeCapability?.flatMap((text) => text.split(',')) ?? base.computeCapabilities,
    profiles:
      args.profile === undefined
        ? base.profiles
        : profilesOf(args.profile.map((text): ShapeRange => usage(() => parseShapeRange(text)))),
    profilingVerbosity: args.verbosity ?? base.profilingVerbosity,
    memoryPoolLimits: {
      ...base.memoryPoolLimits,
      ...Object.fromEntries((args.memoryPool ?? []).map(parsePool)),
    },
  };
}

function parsePool(text: string): [string, number] {
  const match = /^(\w+)=(\d{1,15})$/.exec(text);
  if (match === null) {
    throw wrong(
      `"${plainText(text, 200)}" is not a limit of a memory pool: write NAME=BYTES, such as kWORKSPACE=1073741824.`,
    );
  }
  return [match[1] ?? '', Number(match[2])];
}

const wrong = (message: string): Failure => wrongUse('build', message);

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function takeModel(args: BuildArguments): string | undefined {
  const lists = [
    ...[args.computeCapability, args.profile, args.flag, args.clearFlag],
    args.memoryPool,
  ];
  for (const list of lists) {
    const last = list?.at(-1);
    if (last !== undefined && list !== undefined && /\.onnx$/i.test(last)) return list.pop();
  }
  return undefined;
}

// ---- is a rebuild due? ----

async function checkRecipe(job: Job, args: BuildArguments): Promise<number> {
  const { recipe, recipeFile } = job;
  if (recipe === null) throw wrong('--check needs --recipe.');
  const { runtime } = await chooseLocalRuntime(args.runtime);
  const around = await lookAround(recipe, recipeFile);
  const { due, reasons } = rebuildDue(recipe, {
    ...around,
    runtimeVersion: runtime?.version ?? null,
  });
  const missing = reasons.some((reason) => reason.id === 'model-missing');
  if (args.json === true) {
    await printObject({
      recipe: recipeFile,
      engine: engineFileOf(recipeFile),
      due,
      reasons: reasons.map(({ id, sentence }) => ({ id, sentence })),
      runtime: runtime === null ? null : { version: runtime.version, path: runtime.path },
    });
  } else {
    const shown = plainText(recipeFile);
    await print(
      [
        reasons.length === 0
          ? `${shown}: no rebuild is due.`
          : `${shown}: ${due ? 'a rebuild is due.' : 'nothing can be built.'}`,
        ...reasons.map((reason) => `  ${plainText(reason.sentence)}`),
        '',
      ].join('\n'),
    );
  }
  if (missing) return exitCodes.notTried;
  return due ? exitCodes.failed : exitCodes.done;
}

// ---- building ----

async function buildNow(
  job: Job,
  args: BuildArguments,
  { signal, progress }: Session,
): Promise<number> {
  const workspace = [process.cwd()];
  const confirmed = await refuseLeaving(job.engine, workspace, args);
  const chosen = await chooseLocalRuntime(args.runtime);
  if (chosen.runtime === null) {
    throw new Failure('library-not-loaded', chosen.why, chosen.nextStep);
  }
  const events = new BuildEvents();
  const supervisor = new EngineHostSupervisor({
    hostMain: path.join(distFolder(), 'engineHost.js'),
    onLog: events.onLog,
    onBuildPhase: events.onBuildPhase,
  });
  // Its process starts while the model is read and the name is taken. What goes wrong there, the build meets again.
  void supervisor.load(chosen.runtime.path, { signal }).catch(() => undefined);
  try {
    const result = await new Rebuilder(supervisor, events).build(
      {
        model: job.model,
        engine: job.engine,
        options: job.options,
        runtime: chosen.runtime.path,
        keepBackups: args.keepBackups,
        workspace,
        confirmed,
        estimateMs: job.recipe?.built?.durationMs ?? null,
      },
      { signal, onProgress: (now) => progress.show(progressText(now)) },
    );
    progress.clear();
    await printResult(result, job, args);
    return exitCodes.done;
  } finally {
    await supervisor.dispose();
  }
}

/** The real path that --follow-links agrees to; null: no link leads out. */
async function refuseLeaving(
  engine: string,
  workspace: readonly string[],
  { followLinks }: BuildArguments,
): Promise<string | null> {
  const real = await leavingPath(engine, workspace).catch((error: unknown) => {
    throw writeError(error, `The engine ${plainText(engine)} can't be written`);
  });
  if (real === null || followLinks === true) return real;
  throw leavesFolder(
    engine,
    real,
    'To write it there, build with --follow-links, or name that path with --output.',
  );
}

// ---- output ----

/** The backup as the engine is given: relative where that is, unless a link leads elsewhere. */
function backupAsGiven({ engine, backup }: RebuildResult): string | null {
  if (backup === null || path.resolve(path.dirname(engine)) !== path.dirname(backup)) return backup;
  return path.join(path.dirname(engine), path.basename(backup));
}

async function printResult(result: RebuildResult, job: Job, args: BuildArguments): Promise<void> {
  const { runtime, header } = result;
  if (args.json === true) {
    await printObject({
      engine: result.engine,
      recipe: result.recipe,
      backup: backupAsGiven(result),
      size: result.engineSize,
      sha256: result.sha256,
      header: header && {
        version: header.version,
        computeCapabilities: header.computeCapabilities,
        ptxForNewer: header.ptxForNewer,
        fileSize: header.fileSize,
        weightBytes: header.weightBytes,
      },
      runtime: { version: runtime.version, path: runtime.path },
      durationMs: Math.round(result.durationMs),
      warnings: result.warnings,
      libraryWarnings: result.libraryWarnings,
    });
    return;
  }
  for (const warning of result.warnings) complain(`warning: ${plainText(warning)}`);
  for (const warning of result.libraryWarnings) complain(`TensorRT-RTX: ${plainText(warning)}`);
  const lines = [
    `${plainText(result.engine)}: built in ${formatDuration(result.durationMs)} with TensorRT-RTX ${runtime.version}, ${formatBytes(result.engineSize)}, ${planSummary(job.options, runtime.version, result.traits)}.`,
    ...(result.backup === null ? [] : [`The old engine is ${plainText(result.backup)}.`]),
    '',
  ];
  await print(lines.join('\n'));
}

function progressText({ text, elapsedMs, estimateMs }: RebuildProgress): string {
  const before = estimateMs === null ? '' : `, took ${formatDuration(estimateMs)} before`;
  return `${text}: ${formatDuration(elapsedMs)}${before}`;
}

async function printObject(value: Readonly<Record<string, unknown>>): Promise<void> {
  await print(printedJson(printableJson(value)));
}
