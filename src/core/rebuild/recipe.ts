/**
 * The recipe: NAME.engine.json beside NAME.engine says how the engine was built and from what, so that it can be built
 * again with one click, and what it was when it was new, so that damage and change are seen.
 *
 * A person may write or edit one: only schemaVersion and model.path are required. What we build is recorded in `built`
 * and `engine`. The JSON schema for editors, schemas/engineRecipe.schema.json, is held equal to this parser by a test.
 */
import {
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import * as v from 'valibot';

import type { Foreign } from './foreignPath';
import { parseComputeCapability, type ComputeCapability } from '../gpu/computeCapability';
import { threeParts } from '../text/formats';
import { plainText } from '../text/plainText';
import { isTooDeep, mostJsonLevels } from '../text/jsonDepth';
import { trialAnswers, type RecipeRequirement, type RecipeTrial } from '../trial/recipeTrial';
import { defaultEngineOptions, profilingVerbosities, type EngineOptions } from './rebuildOptions';

export const recipeSchemaVersion = 1;
export const recipeSuffix = '.json';

/** Past this a recipe is no recipe; bytes. */
export const maxRecipeBytes = 4 * 1024 * 1024;
/** Nobody reads more at once. */
const mostProblems = 50;

const sha256 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  v.description('SHA-256, 64 lower-case hex digits.'),
);
const bytes = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(Number.MAX_SAFE_INTEGER),
  v.description('Bytes.'),
);
const text = v.string();
const name = v.pipe(v.string(), v.minLength(1));
const size = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));
const shape = (which: string) =>
  v.pipe(v.array(size), v.maxLength(64), v.description(`${which} size.`));

const fileRecord = v.strictObject({
  path: v.pipe(name, v.description("Relative to the model's folder, with forward slashes.")),
  sha256,
  size: bytes,
});

const family = v.pipe(
  v.string(),
  v.regex(/^\d{1,3}\.\d{1,2}$/, 'must be a compute capability such as "8.6"'),
);
const families = v.pipe(v.array(family), v.maxLength(100));
const told = (what: string) => v.optional(v.pipe(text, v.description(what)));

/** Exported for the JSON schema; others use parseRecipe. */
export const recipeSchema = v.strictObject({
  $schema: v.optional(text),
  schemaVersion: v.pipe(v.literal(recipeSchemaVersion), v.description('Version of this format.')),
  model: v.pipe(
    v.strictObject({
      path: v.pipe(
        name,
        v.description(
          'The ONNX model, relative to the folder of this recipe, with forward slashes.',
        ),
      ),
      sha256: v.optional(sha256),
      size: v.optional(bytes),
      externalData: v.optional(
        v.pipe(v.array(fileRecord), v.description('Files beside the model that hold its weights.')),
      ),
    }),
    v.description('What the engine is built from.'),
  ),
  options: v.optional(
    v.pipe(
      v.strictObject({
        flags: v.optional(
          v.pipe(v.array(name), v.description('Builder flags by their names in NvInfer.h.')),
        ),
        clearedFlags: v.optional(
          v.pipe(
            v.array(name),
            v.description('Builder flags that are on by default and switched off: "kTF32".'),
          ),
        ),
        computeCapabilities: v.optional(
          v.pipe(
            v.array(name),
            v.description(
              'GPUs to build for: "8.6", "8.9", … or "current" alone. None: the default set, which newer GPUs may run by PTX.',
            ),
          ),
        ),
        profiles: v.optional(
          v.pipe(
            v.array(
              v.array(
                v.strictObject({
                  input: v.pipe(name, v.description("The input's name in the model.")),
                  min: shape('Smallest'),
                  opt: shape('Typical'),
                  max: shape('Largest'),
                }),
              ),
            ),
            v.description('Optimization profiles: in each, one range for every dynamic input.'),
          ),
        ),
        profilingVerbosity: v.optional(
          v.pipe(
            v.picklist(profilingVerbosities),
            v.description('How much layer information the engine keeps.'),
          ),
        ),
        memoryPoolLimits: v.optional(
          v.pipe(
            v.record(v.string(), bytes),
            v.description('Limits in bytes by memory pool (MemoryPoolType in NvInfer.h).'),
          ),
        ),
      }),
      v.description('How it is built. What is left out has the default of TensorRT-RTX.'),
    ),
  ),
  built: v.optional(
    v.pipe(
      v.strictObject({
        tensorrtRtx: v.pipe(text, v.description('Version of TensorRT-RTX, "1.7.1.116".')),
        gpu: v.nullable(v.strictObject({ name: text, computeCapability: text })),
        driver: v.pipe(
          v.nullable(text),
          v.description('Version of the NVIDIA driver, null: none.'),
        ),
        finishedAt: v.pipe(text, v.description('ISO 8601, UTC.')),
        durationMs: v.pipe(v.number(), v.minValue(0), v.description('Milliseconds.')),
        optionsFingerprint: v.pipe(
          text,
          v.description('Tells whether the options were edited since.'),
        ),
      }),
      v.description('Written by Engine Inspector after a build.'),
    ),
  ),
  engine: v.optional(
    v.pipe(
      v.strictObject({
        file: v.pipe(name, v.description('File name of the engine.')),
        sha256,
        size: bytes,
      }),
      v.description(
        'The engine as it was when it was new. Written by Engine Inspector after a build.',
      ),
    ),
  ),
  requirements: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          what: v.pipe(text, v.description('What the model has: "FP8 values (MatMul /fc)".')),
          withoutCode: v.pipe(
            families,
            v.description('GPUs that TensorRT-RTX has no code for because of it.'),
          ),
        }),
      ),
      v.maxLength(100),
      v.description('What the model needs of a GPU. Written by Engine Inspector after a build.'),
    ),
  ),
  trial: v.optional(
    v.pipe(
      v.strictObject({
        tensorrtRtx: v.pipe(text, v.description('Version of TensorRT-RTX that was asked.')),
        modelSha256: sha256,
        optionsFingerprint: v.pipe(
          text,
          v.description('Tells whether the options were edited since, GPUs aside.'),
        ),
        finishedAt: v.pipe(text, v.description('ISO 8601, UTC.')),
        answers: v.pipe(
          v.array(
            v.strictObject({
              computeCapability: family,
              answer: v.pipe(
                v.picklist(trialAnswers),
                v.description('failed: the compiler gave no answer, so it is not known.'),
              ),
              node: told('The node that is refused.'),
              operator: told('Its operator.'),
              sentence: told("NVIDIA's own sentence; of a failure what happened."),
              why: told('Why it is refused, in a few words.'),
              nextStep: told('What helps.'),
              warning: told('What is known against an engine that is built.'),
            }),
          ),
          v.maxLength(100),
        ),
      }),
      v.description(
        "What NVIDIA's compiler answered when it built the model for one GPU family alone. Written by Engine Inspector after a trial.",
      ),
    ),
  ),
});

export interface FileRecord {
  path: string;
  sha256: string;
  size: number;
}

export interface Recipe {
  model: {
    /** Relative to the recipe's folder (or absolute), with forward slashes. */
    path: string;
    /** null: written by hand, never built. */
    sha256: string | null;
    size: number | null;
    externalData: FileRecord[];
  };
  options: EngineOptions;
  built: {
    /** "1.7.1.116" */
    tensorrtRtx: string;
    /** null: built on a machine without a GPU, or none could be read. */
    gpu: { name: string; computeCapability: string } | null;
    /** "580.159.04" */
    driver: string | null;
    /** ISO 8601, UTC. */
    finishedAt: string;
    durationMs: number;
    /** Of the options at that time: tells an edited recipe from one that was built. */
    optionsFingerprint: string;
  } | null;
  engine: { file: string; sha256: string; size: number } | null;
  /** What the model needs of a GPU, as the build found it. */
  requirements?: RecipeRequirement[];
  /** What the compiler answered for single families, where it was asked. */
  trial?: RecipeTrial;
}

/** Where in the recipe's text, in UTF-16 code units. */
export interface TextRange {
  offset: number;
  length: number;
}

export interface RecipeProblem {
  id: 'syntax' | 'shape' | 'newer-schema';
  /** A whole sentence. */
  sentence: string;
  range: TextRange;
}

export type ParsedRecipe =
  | { ok: true; recipe: Recipe; locate: LocateRange }
  | { ok: false; problems: RecipeProblem[]; locate: LocateRange };

/** The range of a value by its path; of the nearest enclosing value that exists. */
export type LocateRange = (path: readonly (string | number)[]) => TextRange;

/** "model.engine" → "model.engine.json". */
export function recipePathOf(enginePath: string): string {
  return enginePath + recipeSuffix;
}

/** Never throws. */
export function parseRecipe(source: string): ParsedRecipe {
  // Before anything of it is parsed: the parser calls itself for each level.
  const refused =
    source.length > maxRecipeBytes
      ? 'The recipe is far too large.'
      : isTooDeep(source)
        ? `The recipe has more than ${mostJsonLevels} lists and objects in each other.`
        : null;
  if (refused !== null) {
    const locate = locator(undefined, source);
    return { ok: false, locate, problems: [shapeProblem(refused, locate([]))] };
  }
  const errors: ParseError[] = [];
  // Comments and trailing commas are what a person who edits JSON expects to get away with.
  const root = parseTree(source, errors, { allowTrailingComma: true });
  const locate = locator(root, source);
  if (errors.length > 0 || root === undefined) {
    const problems = errors.slice(0, mostProblems).map((error): RecipeProblem => {
      return {
        id: 'syntax',
        sentence: `This is not JSON: ${sentenceOfParseError(error)}.`,
        range: { offset: error.offset, length: Math.max(1, error.length) },
      };
    });
    if (problems.length === 0) problems.push(shapeProblem('The recipe is empty.', locate([])));
    return { ok: false, problems, locate };
  }
  const value = getNodeValue(root) as unknown;
  const newer = newerSchema(value);
  if (newer !== null) {
    const problem: RecipeProblem = {
      id: 'newer-schema',
      sentence: `The recipe has schema version ${newer}, this version of Engine Inspector reads up to ${recipeSchemaVersion}. Update Engine Inspector.`,
      range: locate(['schemaVersion']),
    };
    return { ok: false, problems: [problem], locate };
  }
  const parsed = v.safeParse(recipeSchema, value);
  if (!parsed.success) {
    return {
      ok: false,
      locate,
      problems: parsed.issues.slice(0, mostProblems).map((issue) => {
        const path = (issue.path ?? []).map((item) => item.key as string | number);
        const what = path.length === 0 ? 'The recipe' : `"${path.join('.')}"`;
        return shapeProblem(`${what}: ${issue.message}.`, locate(path));
      }),
    };
  }
  return { ok: true, recipe: complete(parsed.output), locate };
}

/** As it is written to disk: stable order, two spaces, a line feed at the end. */
export function writeRecipe(recipe: Recipe): string {
  const { model, built, engine, requirements, trial } = recipe;
  const { clearedFlags, ...options } = recipe.options;
  const value: v.InferInput<typeof recipeSchema> = {
    schemaVersion: recipeSchemaVersion,
    model: {
      path: model.path,
      ...(model.sha256 === null ? {} : { sha256: model.sha256 }),
      ...(model.size === null ? {} : { size: model.size }),
      ...(model.externalData.length === 0 ? {} : { externalData: model.externalData }),
    },
    options: { ...options, ...(clearedFlags.length === 0 ? {} : { clearedFlags }) },
    ...(built === null ? {} : { built }),
    ...(engine === null ? {} : { engine }),
    ...((requirements ?? []).length === 0 ? {} : { requirements }),
    ...(trial === undefined ? {} : { trial: trialJson(trial) }),
  };
  // Shapes on one line read better than one size a line.
  const json = JSON.stringify(value, null, 2).replace(
    /\[\s+(\d+(?:,\s+\d+)*)\s+\]/g,
    (_, sizes: string) => `[${sizes.replace(/\s+/g, ' ')}]`,
  );
  return `${json}\n`;
}

/** As a recipe holds it: without what is empty. */
export function trialJson(
  trial: RecipeTrial,
): NonNullable<v.InferInput<typeof recipeSchema>['trial']> {
  return {
    ...trial,
    answers: trial.answers.map(({ computeCapability, answer, ...texts }) => ({
      computeCapability,
      answer,
      ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== '')),
    })),
  };
}

/** 16 hex digits over the options in canonical order (FNV-1a, 64 bits): tells edits, protects against nothing. */
export function optionsFingerprint(options: EngineOptions): string {
  const canonical = JSON.stringify({
    flags: [...options.flags].sort(),
    // Left out where it is empty: recipes of before know nothing of it.
    ...(options.clearedFlags.length === 0
      ? {}
      : { clearedFlags: [...options.clearedFlags].sort() }),
    computeCapabilities: [...options.computeCapabilities].sort(),
    profiles: options.profiles.map((profile) =>
      [...profile]
        .sort((a, b) => compare(a.input, b.input))
        .map(({ input, min, opt, max }) => [input, min, opt, max]),
    ),
    profilingVerbosity: options.profilingVerbosity,
    memoryPoolLimits: Object.entries(options.memoryPoolLimits).sort(([a], [b]) => compare(a, b)),
  });
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(canonical)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

// ---- is a rebuild due? ----

/** What is on disk and in use now, as far as somebody looked. */
export interface RecipeSurroundings {
  /** undefined: not looked at; null: not there. */
  engine?: { size: number; sha256?: string } | null;
  model?: { size: number; sha256?: string; externalData?: (FileRecord | null)[] } | null;
  /** Why the model is not looked at. */
  foreignModel?: Foreign;
  /** "1.7.1.116"; null: none. */
  runtimeVersion?: string | null;
}

export type DueReasonId =
  | 'never-built'
  | 'model-missing'
  | 'model-foreign'
  | 'model-changed'
  | 'engine-missing'
  | 'engine-changed'
  | 'options-changed'
  | 'runtime-changed';

export interface DueReason {
  id: DueReasonId;
  sentence: string;
  /** Where the recipe says otherwise. */
  path: (string | number)[];
}

export interface RebuildDue {
  /** False with 'model-missing' or 'model-foreign' alone: nothing can be built. */
  due: boolean;
  reasons: DueReason[];
}

export function rebuildDue(recipe: Recipe, now: RecipeSurroundings): RebuildDue {
  const reasons: DueReason[] = [];
  const add = (id: DueReasonId, path: DueReason['path'], sentence: string): void => {
    reasons.push({ id, path, sentence });
  };
  const { model, built, engine } = recipe;
  if (now.foreignModel !== undefined) {
    add(
      'model-foreign',
      ['model', 'path'],
      `The model ${model.path} is ${now.foreignModel}, so it is not looked at.`,
    );
  } else if (now.model === null) {
    add('model-missing', ['model', 'path'], `The model ${model.path} is not there.`);
  } else if (now.model !== undefined) {
    const changed = modelChange(model, now.model);
    if (changed !== null) add('model-changed', changed.path, changed.sentence);
  }
  if (built === null || engine === null) {
    add('never-built', [], 'No engine has been built from this recipe yet.');
  } else {
    if (now.engine === null) {
      add('engine-missing', ['engine', 'file'], `The engine ${engine.file} is not there.`);
    } else if (now.engine !== undefined && now.engine.size !== engine.size) {
      add(
        'engine-changed',
        ['engine', 'size'],
        `The engine file is not the one recorded: it has ${now.engine.size} bytes, the recorded one had ${engine.size}.`,
      );
    } else if (now.engine?.sha256 !== undefined && now.engine.sha256 !== engine.sha256) {
      add(
        'engine-changed',
        ['engine', 'sha256'],
        'The engine file is not the one recorded: its SHA-256 differs.',
      );
    }
    if (built.optionsFingerprint !== optionsFingerprint(recipe.options)) {
      add('options-changed', ['options'], 'The options were edited since the engine was built.');
    }
    const runtime = now.runtimeVersion ?? null;
    if (runtime !== null && !mayBeSameVersion(runtime, built.tensorrtRtx)) {
      add(
        'runtime-changed',
        ['built', 'tensorrtRtx'],
        `The engine was built with TensorRT-RTX ${built.tensorrtRtx}, the one in use is ${runtime}.`,
      );
    }
  }
  return {
    due:
      reasons.length > 0 &&
      !reasons.some(({ id }) => id === 'model-missing' || id === 'model-foreign'),
    reasons,
  };
}

/** Of a Windows library without version resource only "1.4" is known: what is not known is no difference. */
function mayBeSameVersion(one: string, other: string): boolean {
  const parts = [one, other].map((version) => threeParts(version).split('.'));
  const known = Math.min(...parts.map(({ length }) => length));
  const [first, second] = parts.map((numbers) => numbers.slice(0, known).join('.'));
  return first === second;
}

function modelChange(
  recorded: Recipe['model'],
  now: NonNullable<RecipeSurroundings['model']>,
): { path: (string | number)[]; sentence: string } | null {
  const since = 'changed since the engine was built';
  if (recorded.size !== null && recorded.size !== now.size) {
    return {
      path: ['model', 'size'],
      sentence: `The model ${recorded.path} ${since}: it had ${recorded.size} bytes, now ${now.size}.`,
    };
  }
  if (recorded.sha256 !== null && now.sha256 !== undefined && recorded.sha256 !== now.sha256) {
    return {
      path: ['model', 'sha256'],
      sentence: `The model ${recorded.path} ${since}: its SHA-256 differs.`,
    };
  }
  const external = now.externalData;
  if (external === undefined) return null;
  for (const [i, file] of recorded.externalData.entries()) {
    const at = external.find((candidate) => candidate?.path === file.path);
    if (at === undefined || at === null) {
      return {
        path: ['model', 'externalData', i, 'path'],
        sentence: `The model's external data ${file.path} no longer exists.`,
      };
    }
    if (at.size !== file.size || (at.sha256 !== '' && at.sha256 !== file.sha256)) {
      return {
        path: ['model', 'externalData', i, 'sha256'],
        sentence: `The model's external data ${file.path} ${since}.`,
      };
    }
  }
  return null;
}

// ---- helpers ----

function complete(value: v.InferOutput<typeof recipeSchema>): Recipe {
  const defaults = defaultEngineOptions();
  const options = value.options ?? {};
  return {
    model: {
      path: value.model.path,
      sha256: value.model.sha256 ?? null,
      size: value.model.size ?? null,
      externalData: value.model.externalData ?? [],
    },
    options: {
      flags: options.flags ?? defaults.flags,
      clearedFlags: options.clearedFlags ?? defaults.clearedFlags,
      computeCapabilities: options.computeCapabilities ?? defaults.computeCapabilities,
      profiles: options.profiles ?? defaults.profiles,
      profilingVerbosity: options.profilingVerbosity ?? defaults.profilingVerbosity,
      memoryPoolLimits: options.memoryPoolLimits ?? defaults.memoryPoolLimits,
    },
    built: value.built ?? null,
    engine: value.engine ?? null,
    ...(value.requirements
      ? {
          requirements: value.requirements.map(({ what, withoutCode }) => ({
            what: plainText(what, 400),
            withoutCode: known(withoutCode),
          })),
        }
      : {}),
    ...(value.trial ? { trial: completeTrial(value.trial) } : {}),
  };
}

/** Texts of a file: they are shown, so they are made printable. */
function completeTrial({
  answers,
  ...rest
}: NonNullable<v.InferOutput<typeof recipeSchema>['trial']>): RecipeTrial {
  return {
    ...rest,
    answers: answers.flatMap(({ computeCapability, answer, ...texts }) => {
      const shown = (value: string | undefined): string => plainText(value ?? '', 600);
      return known([computeCapability]).map((one) => ({
        computeCapability: one,
        answer,
        node: shown(texts.node),
        operator: shown(texts.operator),
        sentence: shown(texts.sentence),
        why: shown(texts.why),
        nextStep: shown(texts.nextStep),
        warning: shown(texts.warning),
      }));
    }),
  };
}

const known = (list: readonly string[]): ComputeCapability[] =>
  list.flatMap((one) => parseComputeCapability(one) ?? []);

function newerSchema(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value)) return null;
  const version = value.schemaVersion;
  return typeof version === 'number' && version > recipeSchemaVersion ? version : null;
}

function locator(root: Node | undefined, source: string): LocateRange {
  return (path) => {
    if (root === undefined) return { offset: 0, length: Math.min(1, source.length) };
    for (let depth = path.length; depth > 0; depth--) {
      const node = findNodeAtLocation(root, path.slice(0, depth));
      if (node === undefined) continue;
      // A whole object or array underlined helps nobody: its name does.
      const name =
        node.type === 'object' || node.type === 'array' ? node.parent?.children?.[0] : node;
      const shown = node.parent?.type === 'property' && name !== undefined ? name : node;
      return { offset: shown.offset, length: shown.length };
    }
    return { offset: root.offset, length: Math.min(1, root.length) };
  };
}

function shapeProblem(sentence: string, range: TextRange): RecipeProblem {
  return { id: 'shape', sentence, range };
}

/** "CommaExpected" → "comma expected". */
function sentenceOfParseError(error: ParseError): string {
  return printParseErrorCode(error.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
