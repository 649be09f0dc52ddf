/**
 * `engine-inspector trial MODEL|ENGINE|RECIPE`: for which GPU families NVIDIA's compiler builds the model. With an engine
 * or a recipe its model, profiles and flags are taken, and the answers are kept in the recipe.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import {
  compareComputeCapabilities,
  familyLabel,
  parseComputeCapability,
  targetSet,
  type ComputeCapability,
} from '../core/gpu/computeCapability';
import { parseShapeRange, profilesOf, shapeRangeText } from '../core/rebuild/rebuildProfiles';
import { defaultEngineOptions, type ShapeRange } from '../core/rebuild/rebuildOptions';
import { recipePathOf, type Recipe } from '../core/rebuild/recipe';
import { chooseTargets } from '../core/targets/chooseTargets';
import type { Target } from '../core/targets/targets';
import { joinWords, threeParts } from '../core/text/formats';
import { plainText } from '../core/text/plainText';
import { printableJson, printedJson } from '../core/text/printableJson';
import { trialText } from '../core/trial/familyTrials';
import { familyAnswerJson, type TrialAnswer } from '../core/trial/recipeTrial';
import { asFailure, Failure, wrongUse } from '../core/wire/failure';
import { keepTrial } from '../host/build/keepTrial';
import { quoteHere } from '../host/quoteHere';
import { modelPathOf, readRecipeFile } from '../host/build/recipeFile';
import { tryFamilies, type TrialResult, type TriedFamily } from '../host/build/trial';
import type { TrialArguments } from './commandArguments';
import { defaultCheckOptions } from './checkOptions';
import { distFolder } from './distFolder';
import { exitCodes } from './exitCodes';
import { modelNamedAlike } from './fixes';
import { gateSettings } from './gate/settings';
import { chooseLocalRuntime, shimFolder } from './localRuntimes';
import { complain, hasColour, painter, print, shown } from './output';
import { inSession, Session } from './session';

interface Subject {
  model: string;
  recipe: Recipe | null;
  /** Where the answers are kept; null: nowhere. */
  recipeFile: string | null;
}

/** Resolves with the exit code. */
export function trial(file: string | undefined, args: TrialArguments): Promise<number> {
  const how = { doing: 'The trial', json: args.json };
  return inSession(new TrialSession(), how, (session) => tryAll(file, args, session));
}

class TrialSession extends Session {
  /** What is no answer of the compiler is none for any GPU. */
  override exitCodeOf({ code }: Failure): number {
    return code === 'cancelled' ? exitCodes.cancelled : exitCodes.notTried;
  }
}

async function tryAll(
  file: string | undefined,
  args: TrialArguments,
  { signal, progress }: Session,
): Promise<number> {
  // --compute-capability and the like take all words that follow, so the file at the end lands there.
  const subject = await subjectOf(file ?? takeFile(args));
  const { recipe } = subject;
  const chosen = await chooseLocalRuntime(args.runtime, recipe?.built?.tensorrtRtx ?? null);
  if (chosen.runtime === null) {
    throw new Failure('library-not-loaded', chosen.why, chosen.nextStep);
  }
  const wanted = await wantedFamilies(args);
  const notes: string[] = [];
  const options = recipe?.options ?? defaultEngineOptions();
  const profiles = (args.profile ?? []).map(rangeOf);
  const result = await tryFamilies(
    {
      hostMain: path.join(distFolder(), 'engineHost.js'),
      shimFolder: shimFolder(),
      onLog: ({ text }) => {
        if (process.env['ENGINE_INSPECTOR_DEBUG'] === undefined) return;
        progress.clear();
        complain(shown(text));
      },
    },
    {
      model: subject.model,
      options: profiles.length === 0 ? options : { ...options, profiles: profilesOf(profiles) },
      runtime: chosen.runtime.path,
      families: (version) => familiesFor(wanted, version, notes),
      before: args.again === true ? null : (recipe?.trial ?? null),
    },
    { signal, onProgress: ({ text }) => progress.show(text) },
  );
  progress.clear();
  const kept = await keep(subject, args, result, profiles.length > 0, notes);
  const json = printedJson(printableJson(resultJson(subject, result, kept, notes)));
  if (args.output !== undefined) await writeOutput(args.output, json);
  if (args.json === true) await print(json);
  else await printText(subject, result, kept, notes);
  return codeOf(result.answers);
}

// ---- what is tried ----

async function subjectOf(file: string | undefined): Promise<Subject> {
  if (file === undefined) throw wrong('Name an ONNX model, an engine or a recipe.');
  if (/\.onnx$/i.test(file)) return { model: file, recipe: null, recipeFile: null };
  const recipeFile = /\.json$/i.test(file) ? file : recipePathOf(file);
  const recipe = await readRecipeFile(recipeFile);
  if (recipe !== null) {
    return { model: relative(modelPathOf(recipe, recipeFile)), recipe, recipeFile };
  }
  const name = plainText(file);
  if (recipeFile !== file && (await fs.stat(file).catch(() => null)) === null) {
    throw new Failure('wrong-use', `${name} is not there.`, 'Check the path.');
  }
  const beside = modelNamedAlike(file.replace(/\.json$/i, ''));
  throw new Failure(
    'wrong-use',
    recipeFile === file
      ? `There is no recipe ${name}.`
      : `There is no recipe beside ${name}, so the model that it was built from is not known.`,
    `Name the ONNX model instead: engine-inspector trial ${beside === null ? 'MODEL.onnx' : quoteHere(beside)}`,
  );
}

/** As short as it can be told. */
function relative(file: string): string {
  const short = path.relative('.', file);
  return short.startsWith('..') ? file : short;
}

function takeFile(args: TrialArguments): string | undefined {
  for (const list of [args.computeCapability, args.target, args.profile]) {
    const last = list?.at(-1);
    if (last !== undefined && /\.(onnx|json|engine|trt|plan|rtxplan)$/i.test(last)) {
      return list?.pop();
    }
  }
  return undefined;
}

interface Wanted {
  /** Named one by one: each must be possible. */
  named: ComputeCapability[];
  targets: readonly Target[];
}

async function wantedFamilies(args: TrialArguments): Promise<Wanted> {
  const words = (args.computeCapability ?? []).flatMap((text) => text.split(','));
  const bad = words.filter((word) => parseComputeCapability(word) === null);
  if (bad.length > 0) {
    const list = joinWords(bad.map((word) => `"${plainText(word, 80)}"`));
    throw wrong(
      `${list} ${bad.length === 1 ? 'is not a compute capability' : 'are not compute capabilities'}: write 8.9.`,
    );
  }
  const named = words.flatMap((word) => parseComputeCapability(word) ?? []);
  if (named.length > 0 && args.target === undefined) return { named, targets: [] };
  const { config } = await gateSettings({
    ...defaultCheckOptions(),
    ...(args.config === undefined ? {} : { config: args.config }),
  });
  const names = (args.target ?? []).flatMap((text) => text.split(','));
  const chosen = chooseTargets({ names, tensorrtRtx: null, configured: config.targets });
  if (chosen.problems.length > 0) {
    const lines = chosen.problems.map(({ sentence, nextStep }) => `${sentence} ${nextStep}`);
    throw wrong(lines.join('\n'));
  }
  return { named, targets: chosen.targets };
}

function familiesFor({ named, targets }: Wanted, version: string, notes: string[]) {
  const known = targetSet(version).targets.map(({ computeCapability }) => computeCapability);
  const library = `TensorRT-RTX ${threeParts(version)}`;
  const impossible = named.filter((family) => !known.includes(family));
  if (impossible.length > 0) {
    throw wrong(
      `${library} cannot build for ${joinWords(impossible)}: it knows ${joinWords(known)}.`,
    );
  }
  for (const { name, computeCapability } of targets) {
    if (known.includes(computeCapability)) continue;
    notes.push(
      `${name} was left out: ${library} builds for no GPU of compute capability ${computeCapability} by name.`,
    );
  }
  const chosen = [...named, ...targets.map(({ computeCapability }) => computeCapability)];
  if (chosen.length === 0) return known;
  const families = known.filter((family) => chosen.includes(family));
  if (families.length === 0) throw wrong(notes.join(' '));
  return families.sort(compareComputeCapabilities);
}

function rangeOf(text: string): ShapeRange {
  try {
    return parseShapeRange(text);
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

const wrong = (message: string): Failure => wrongUse('trial', message);

// ---- what came of it ----

/** The recipe with the answers in it; null: they are kept nowhere. */
async function keep(
  { recipeFile }: Subject,
  args: TrialArguments,
  { trial, answers }: TrialResult,
  otherProfiles: boolean,
  notes: string[],
): Promise<string | null> {
  if (recipeFile === null || args.save === false) return null;
  if (answers.every(({ kept }) => kept)) return recipeFile;
  if (otherProfiles) {
    notes.push('The answers are not kept in the recipe: they are of other profiles than its own.');
    return null;
  }
  try {
    await keepTrial(recipeFile, trial);
    return recipeFile;
  } catch (error) {
    const { message, nextStep } = asFailure(error, 'Keeping the answers');
    notes.push(`The answers are not kept in the recipe. ${message} ${nextStep}`);
    return null;
  }
}

function resultJson(
  { model }: Subject,
  result: TrialResult,
  recipe: string | null,
  notes: readonly string[],
) {
  const { runtime, answers, modelSha256, madeUpProfiles } = result;
  return {
    model,
    sha256: modelSha256,
    recipe,
    runtime: { version: runtime.version, path: runtime.path },
    answers: answers.map((answer) => ({
      ...familyAnswerJson(answer),
      name: familyLabel(answer.computeCapability),
      durationMs: answer.durationMs,
      kept: answer.kept,
    })),
    madeUpProfiles: madeUpProfiles.flat().map(shapeRangeText),
    notes,
  };
}

async function printText(
  { model }: Subject,
  { runtime, answers, madeUpProfiles }: TrialResult,
  recipe: string | null,
  notes: readonly string[],
): Promise<void> {
  const paint = painter(hasColour(process.stdout));
  const colours = { builds: 'ok', refused: 'error', failed: 'warning', dim: 'dim' } as const;
  const text = trialText(model, runtime.version, answers, (answer, word) =>
    paint(colours[answer], word),
  );
  const where = recipe === null ? '' : `The answers are in ${plainText(recipe)}.\n`;
  await print(`${text}\n${where}`);
  if (madeUpProfiles.length > 0) {
    const ranges = madeUpProfiles.flat().map((range) => plainText(shapeRangeText(range), 200));
    complain(`No ranges of dynamic inputs were given; tried with --profile ${ranges.join(' ')}`);
  }
  for (const note of notes) complain(`warning: ${shown(note)}`);
}

async function writeOutput(file: string, json: string): Promise<void> {
  try {
    await fs.writeFile(file, json);
  } catch (error) {
    const { writeError } = await import('../host/build/writeError');
    throw writeError(error, `${plainText(file)} could not be written`, { again: 'try again' });
  }
}

function codeOf(answers: readonly TriedFamily[]): number {
  const has = (answer: TrialAnswer): boolean => answers.some((one) => one.answer === answer);
  if (has('refused')) return exitCodes.failed;
  return has('failed') ? exitCodes.notTried : exitCodes.done;
}
