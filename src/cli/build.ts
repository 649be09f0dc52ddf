/**
 * `engine-inspector build MODEL.onnx -o OUT.engine …`: builds an engine and its recipe, replacing an old one safely.
 * `engine-inspector build --recipe R [--check]`: builds what a recipe says, or says whether that is due.
 *
 * stdout holds the result (one line, or JSON), stderr the progress: one line that is rewritten on a terminal, nothing in
 * CI or a pipe. Exit codes: 0 built, or no rebuild due; 1 the build failed, or a rebuild is due; 2 wrong use, or it could
 * not be checked; 130 cancelled with Ctrl+C, the old engine kept.
 */
import * as path from 'node:path';

import { Command, InvalidArgumentError, Option } from 'commander';

import { formatBytes } from '../core/formats';
import { plainText } from '../core/plainText';
import { planSummary } from '../core/rebuildPlan';
import { parseShapeRange, profilesOf } from '../core/rebuildProfiles';
import {
  defaultEngineOptions,
  profilingVerbosities,
  weightStreamingFlag,
  type EngineOptions,
  type ProfilingVerbosity,
  type ShapeRange,
} from '../core/rebuildOptions';
import { rebuildDue, recipePathOf, type Recipe } from '../core/recipe';
import { asHostError, HostError } from '../host/hostError';
import {
  BuildEvents,
  modelPathOf,
  readRecipeFile,
  Rebuilder,
  type RebuildProgress,
  type RebuildResult,
} from '../host/rebuild';
import { engineFileOf, lookAround } from '../host/recipeSurroundings';
import { chooseRuntime, findRuntimes, type FoundRuntime } from '../host/runtimes';
import { listShims, shimFolderOf } from '../host/shims';
import { EngineHostSupervisor } from '../host/supervisor';

/** Where the bundles are, and where to write. */
export interface BuildSurface {
  /** The folder of engineHost.js and native/. */
  dist: string;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
}

interface BuildArguments {
  output?: string;
  recipe?: string;
  weightStreaming?: boolean;
  computeCapability?: string[];
  profile?: string[];
  flag?: string[];
  verbosity?: ProfilingVerbosity;
  memoryPool?: string[];
  runtime?: string;
  keepBackups: number;
  json?: boolean;
  check?: boolean;
}

export const buildExitCodes = { done: 0, failedOrDue: 1, wrongUse: 2, cancelled: 130 } as const;

/** The sub-command; it sets process.exitCode. */
export function buildCommand(surface: BuildSurface): Command {
  return new Command('build')
    .description('build an engine from an ONNX model, replacing an old one safely')
    .argument('[model]', 'the ONNX model; a recipe names it otherwise')
    .option('-o, --output <engine>', 'the engine to write (default: beside the model)')
    .option(
      '--recipe <file>',
      'build as this recipe (NAME.engine.json) says; other options go before it',
    )
    .option('--check', 'with --recipe: build nothing, say whether a rebuild is due')
    .option('--weight-streaming', 'weights need not all fit on the GPU')
    .option(
      '--compute-capability <list...>',
      'GPUs to build for: 7.5, 8.0, 8.6, 8.9, 12.0, 12.1, or current alone (default: all but 7.5)',
    )
    .option(
      '--profile <input:min:opt:max...>',
      "a dynamic input's range, for example image:1x3x64x64:1x3x224x224:4x3x512x512; repeated for the same input: further profiles",
    )
    .option(
      '--flag <name...>',
      'builder flags by their names in NvInfer.h, for example kSPARSE_WEIGHTS',
    )
    .addOption(
      new Option('--verbosity <level>', 'what the engine tells about its layers').choices(
        profilingVerbosities,
      ),
    )
    .option('--memory-pool <name=bytes...>', 'limits by pool, for example kWORKSPACE=1073741824')
    .option(
      '--runtime <library>',
      'TensorRT-RTX to build with: its library, its folder, or a version',
    )
    .option('--keep-backups <count>', 'how many old engines stay as .bak, .bak2, …', parseCount, 1)
    .option('--json', 'write the result as JSON')
    .action(async (model: string | undefined, args: BuildArguments) => {
      process.exitCode = await runBuild(surface, model, args);
    });
}

async function runBuild(
  surface: BuildSurface,
  modelArgument: string | undefined,
  args: BuildArguments,
): Promise<number> {
  try {
    // --compute-capability and the like take all words that follow, so a model at the end lands there.
    const model = modelArgument ?? takeModel(args);
    const job = await prepare(model, args);
    if (args.check === true) return await check(surface, job, args);
    return await build(surface, job, args);
  } catch (thrown) {
    const error = asHostError(thrown, 'build');
    tellError(surface, error, args);
    return error.code === 'invalid-argument' && thrown instanceof UsageError
      ? buildExitCodes.wrongUse
      : error.code === 'cancelled'
        ? buildExitCodes.cancelled
        : args.check === true
          ? buildExitCodes.wrongUse
          : buildExitCodes.failedOrDue;
  }
}

class UsageError extends HostError {
  constructor(message: string) {
    super('invalid-argument', message, 'engine-inspector build --help shows how it is used.');
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
    if (recipe === null) throw new UsageError(`There is no recipe ${plainText(args.recipe)}.`);
  } else if (args.check === true) {
    throw new UsageError('--check needs --recipe.');
  }
  const model =
    modelArgument ??
    (recipe !== null && args.recipe !== undefined ? modelPathOf(recipe, args.recipe) : undefined);
  if (model === undefined) throw new UsageError('Name the ONNX model, or a recipe with --recipe.');
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
  const flags = [...base.flags, ...(args.flag ?? []).flatMap((text) => text.split(','))];
  if (args.weightStreaming === true) flags.push(weightStreamingFlag);
  return {
    flags: [...new Set(flags)],
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
    throw new UsageError(`"${plainText(text, 200)}" is no limit: write NAME=BYTES.`);
  }
  return [match[1] ?? '', Number(match[2])];
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function takeModel(args: BuildArguments): string | undefined {
  for (const list of [args.computeCapability, args.profile, args.flag, args.memoryPool]) {
    const last = list?.at(-1);
    if (last !== undefined && list !== undefined && /\.onnx$/i.test(last)) return list.pop();
  }
  return undefined;
}

// ---- is a rebuild due? ----

async function check(surface: BuildSurface, job: Job, args: BuildArguments): Promise<number> {
  const { recipe, recipeFile } = job;
  if (recipe === null) throw new UsageError('--check needs --recipe.');
  const found = await findAll(surface, args.runtime);
  const { runtime } = choose(found, args.runtime);
  const around = await lookAround(recipe, recipeFile);
  const { due, reasons } = rebuildDue(recipe, {
    ...around,
    runtimeVersion: runtime?.version ?? null,
  });
  const missing = reasons.some((reason) => reason.id === 'model-missing');
  if (args.json === true) {
    writeJson(surface, {
      recipe: recipeFile,
      engine: engineFileOf(recipeFile),
      due,
      reasons: reasons.map(({ id, sentence }) => ({ id, sentence })),
      runtime: runtime === null ? null : { version: runtime.version, path: runtime.path },
    });
  } else {
    const shown = plainText(recipeFile);
    write(
      surface.stdout,
      [
        reasons.length === 0
          ? `${shown}: no rebuild is due.`
          : `${shown}: ${due ? 'a rebuild is due.' : 'nothing can be built.'}`,
        ...reasons.map((reason) => `  ${plainText(reason.sentence)}`),
      ].join('\n'),
    );
  }
  if (missing) return buildExitCodes.wrongUse;
  return due ? buildExitCodes.failedOrDue : buildExitCodes.done;
}

// ---- building ----

async function build(surface: BuildSurface, job: Job, args: BuildArguments): Promise<number> {
  const found = await findAll(surface, args.runtime);
  const chosen = choose(found, args.runtime);
  if (chosen.runtime === null) {
    throw new HostError('library-not-loaded', chosen.why, chosen.nextStep);
  }
  const events = new BuildEvents();
  const supervisor = new EngineHostSupervisor({
    hostMain: path.join(surface.dist, 'engineHost.js'),
    onLog: events.onLog,
    onBuildPhase: events.onBuildPhase,
  });
  const cancel = new AbortController();
  const onSignal = (): void => cancel.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const progress = new ProgressLine(surface);
  try {
    const result = await new Rebuilder(supervisor, events).build(
      {
        model: job.model,
        engine: job.engine,
        options: job.options,
        runtime: chosen.runtime.path,
        keepBackups: args.keepBackups,
        estimateMs: job.recipe?.built?.durationMs ?? null,
      },
      { signal: cancel.signal, onProgress: (now) => progress.show(now) },
    );
    progress.clear();
    tellResult(surface, result, job, args);
    return buildExitCodes.done;
  } finally {
    progress.clear();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await supervisor.dispose();
  }
}

function findAll(surface: BuildSurface, runtime: string | undefined): Promise<FoundRuntime[]> {
  const shims = shimFolderOf(surface.dist);
  return findRuntimes({
    setting: runtime === undefined || isVersion(runtime) ? null : runtime,
    env: surface.env,
    installed: null,
    workspaceFolders: [],
    selectedPython: null,
    supported: [...listShims(shims).keys()],
  });
}

function choose(
  found: readonly FoundRuntime[],
  wanted: string | undefined,
): ReturnType<typeof chooseRuntime> {
  if (wanted === undefined || !isVersion(wanted)) return chooseRuntime(found, { mode: 'newest' });
  const matching = found.filter(
    ({ version }) => version === wanted || version.startsWith(`${wanted}.`),
  );
  if (matching.length > 0) return chooseRuntime(matching, { mode: 'newest' });
  return {
    runtime: null,
    why: `No TensorRT-RTX ${wanted} was found on this machine.`,
    nextStep: 'Install it, or name the path of its library with --runtime.',
  };
}

function isVersion(text: string): boolean {
  return /^\d+(\.\d+){1,3}$/.test(text);
}

// ---- telling ----

function tellResult(
  surface: BuildSurface,
  result: RebuildResult,
  job: Job,
  args: BuildArguments,
): void {
  const { runtime, header } = result;
  if (args.json === true) {
    writeJson(surface, {
      engine: result.engine,
      recipe: result.recipe,
      backup: result.backup,
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
    });
    return;
  }
  for (const warning of result.warnings) write(surface.stderr, `warning: ${plainText(warning)}`);
  const lines = [
    `${plainText(result.engine)}: built in ${seconds(result.durationMs)} with TensorRT-RTX ${runtime.version}, ${formatBytes(result.engineSize)}, ${planSummary(job.options, runtime.version)}.`,
    ...(result.backup === null ? [] : [`The old engine is ${plainText(result.backup)}.`]),
  ];
  write(surface.stdout, lines.join('\n'));
}

function tellError(surface: BuildSurface, error: HostError, args: BuildArguments): void {
  if (args.json === true) {
    const { code, message, nextStep } = error;
    writeJson(surface, { error: { code, message, nextStep } });
    return;
  }
  const details = error.detail.split('\n').filter((line) => line.trim() !== '');
  const lines = [
    plainText(error.message),
    ...(error.nextStep === '' ? [] : [plainText(error.nextStep)]),
    ...(error.code === 'cancelled'
      ? []
      : details.slice(0, 10).map((line) => `  ${plainText(line)}`)),
  ];
  write(surface.stderr, lines.join('\n'));
}

/** One line that is rewritten; nothing where nobody watches. */
class ProgressLine {
  private readonly visible: boolean;
  private shown = false;

  constructor(private readonly surface: BuildSurface) {
    const ci = surface.env['CI'];
    this.visible =
      surface.stderr.isTTY && (ci === undefined || ci === '' || ci === 'false' || ci === '0');
  }

  show({ text, elapsedMs, estimateMs }: RebuildProgress): void {
    if (!this.visible) return;
    const before = estimateMs === null ? '' : `, took ${seconds(estimateMs)} before`;
    const line = `${text}: ${seconds(elapsedMs)}${before}`;
    const width = Math.max(20, (this.surface.stderr.columns || 80) - 1);
    this.surface.stderr.write(`\r\x1b[K${plainText(line).slice(0, width)}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.surface.stderr.write('\r\x1b[K');
    this.shown = false;
  }
}

function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function write(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${text}\n`);
}

function writeJson(surface: BuildSurface, value: unknown): void {
  write(surface.stdout, JSON.stringify(value, null, 2));
}

function parseCount(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('Write a number from 0 to 999.');
  return Number(text);
}
