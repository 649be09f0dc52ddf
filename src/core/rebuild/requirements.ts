/**
 * Which GPUs TensorRT-RTX has code for, for a model with these traits (onnxTraits.ts): what NVIDIA's own builder answered
 * in 10,017 recorded builds, as rules. A builder that is not told GPUs by name checks none of this and lists families in
 * the engine's header for which it has no code; told by name it refuses them.
 */
import {
  compareComputeCapabilities,
  targetSet,
  type ComputeCapability,
} from '../gpu/computeCapability';
import { joinWords, threeParts } from '../text/formats';
import { plainText } from '../text/plainText';
import type { EngineOptions, BuildSurroundings, OptionProblem } from './rebuildOptions';
import type { RecipeRequirement } from '../trial/recipeTrial';
import type { ModelTrait, TraitId } from './onnxTraits';

interface Rule {
  trait: TraitId;
  /** refused: by the compiler where these GPUs are named; needs-gpu: by a builder without a GPU. */
  kind: 'refused' | 'needs-gpu';
  /** all: whatever GPUs are named, and where none is. */
  families: 'all' | readonly ComputeCapability[];
  /** Minor versions, first and last; absent: from the first known one, up to the newest. */
  from?: number;
  to?: number;
  /** Within a sentence: "FP8 values". */
  what: string;
  /** What helps, as a sentence. */
  help: string;
}

const newer = (what: string, families: readonly ComputeCapability[], trait: TraitId): Rule => ({
  trait,
  kind: 'refused',
  families,
  what,
  help: 'Leave these GPUs out, or convert the model to FP16 for them.',
});
const turing = {
  families: ['7.5'],
  help: 'Convert the model to FP16, or leave 7.5 out.',
} as const;

/** In the order in which they win. */
export const rules: readonly Rule[] = [
  {
    trait: 'attention-without-kernel',
    kind: 'refused',
    families: 'all',
    what: 'Attention in FP32, or with heads of up to 8 or more than 256',
    help: 'Export the model with FP16, or give the node the attribute TRT_decomposable=1.',
  },
  {
    trait: 'bf16-deconvolution',
    kind: 'refused',
    families: 'all',
    what: 'ConvTranspose in BF16',
    help: 'Convert this operator to FP16 or FP32.',
  },
  newer('FP4 values', ['7.5', '8.0', '8.6', '8.9'], 'fp4'),
  newer('FP8 values', ['7.5', '8.0', '8.6'], 'fp8'),
  newer('BF16 values', ['7.5'], 'bf16'),
  newer('INT4 values', ['7.5'], 'int4'),
  {
    trait: 'int8-convolution',
    kind: 'refused',
    families: 'all',
    to: 6,
    what: 'quantized INT8 convolutions',
    help: 'Use TensorRT-RTX 1.7 or newer, or leave convolutions unquantized.',
  },
  { trait: 'fp32-product', kind: 'refused', from: 7, what: 'matrix products in FP32', ...turing },
  { trait: 'fp32-conv3d', kind: 'refused', from: 7, what: '3-D convolutions in FP32', ...turing },
  {
    trait: 'quantized',
    kind: 'needs-gpu',
    families: 'all',
    to: 4,
    what: 'quantized models',
    help: 'Use TensorRT-RTX 1.5 or newer, which needs none, or build on a machine with a GPU.',
  },
];

/** A rule that holds for a model and a version. */
export interface Requirement {
  trait: TraitId;
  /** doubtful: this version builds what a later one refuses, and wrong results were reported. */
  kind: 'refused' | 'needs-gpu' | 'doubtful';
  /** Those that this version can build for by name, ascending. */
  families: ComputeCapability[];
  /** Also where no GPU is named. */
  everywhere: boolean;
  what: string;
  help: string;
  /** "QuantizeLinear /x"; '' where it is not known. */
  where: string;
}

/** version: "1.7.1". What the newest known release refuses is told of newer ones, too. */
export function requirementsOf(traits: readonly ModelTrait[], version: string): Requirement[] {
  const minor = minorOf(version);
  const known = targetSet(version).targets.map((target) => target.computeCapability);
  return rules.flatMap((rule): Requirement[] => {
    const trait = traits.find(({ id }) => id === rule.trait);
    if (!trait || minor > (rule.to ?? minor)) return [];
    const { families } = rule;
    return [
      {
        trait: rule.trait,
        kind: minor < (rule.from ?? minor) ? 'doubtful' : rule.kind,
        families: families === 'all' ? known : known.filter((family) => families.includes(family)),
        everywhere: families === 'all',
        what: rule.what,
        help: rule.help,
        where: plainText([trait.operator, trait.node].filter(Boolean).join(' '), 200),
      },
    ];
  });
}

/** What the builder answers on a machine without a GPU. target: null where none is named. */
export function builderAnswer(
  traits: readonly ModelTrait[],
  version: string,
  target: ComputeCapability | null,
): 'builds' | 'refused' | 'needs-gpu' {
  const first = requirementsOf(traits, version).find(
    ({ kind, families, everywhere }) =>
      kind !== 'doubtful' && (everywhere || (target !== null && families.includes(target))),
  );
  return first === undefined ? 'builds' : first.kind === 'needs-gpu' ? 'needs-gpu' : 'refused';
}

/** Families of those that are listed for which a model with these requirements has no code (or none to be trusted). */
export function withoutCode(
  requirements: readonly Requirement[],
  listed: readonly ComputeCapability[],
): { requirement: Requirement; families: ComputeCapability[] }[] {
  return requirements.flatMap((requirement) => {
    const { kind, everywhere } = requirement;
    if (kind === 'needs-gpu' || everywhere) return [];
    const families = listed.filter((family) => requirement.families.includes(family));
    return families.length > 0 ? [{ requirement, families }] : [];
  });
}

/** The least GPU that these requirements leave; null: no requirement of that kind. */
export function leastFamily(
  requirements: readonly Requirement[],
  version: string,
): ComputeCapability | null {
  const refused = requirements.flatMap(({ kind, families, everywhere }) =>
    kind === 'refused' && !everywhere ? families : [],
  );
  if (refused.length === 0) return null;
  const left = targetSet(version)
    .targets.map((target) => target.computeCapability)
    .filter((family) => !refused.includes(family));
  return left.sort(compareComputeCapabilities)[0] ?? null;
}

/** What is to be said before such a model is built with these options: the library decides, so these are warnings. */
export function requirementProblems(
  options: EngineOptions,
  traits: readonly ModelTrait[],
  { runtimeVersion, hasGpu }: BuildSurroundings,
): OptionProblem[] {
  if (runtimeVersion === null) return [];
  const listed = listedFamilies(options, runtimeVersion);
  const isNamed = options.computeCapabilities.length > 0;
  const library = `TensorRT-RTX ${threeParts(runtimeVersion)}`;
  return requirementsOf(traits, runtimeVersion).flatMap((requirement): OptionProblem[] => {
    const { kind, what, help, everywhere, where } = requirement;
    const holds = `The model has ${what}${where === '' ? '' : ` (${where})`}`;
    const problem = (id: OptionProblem['id'], sentence: string): OptionProblem[] => [
      { path: ['computeCapabilities'], id, severity: 'warning', sentence },
    ];
    if (kind === 'needs-gpu') {
      return hasGpu === true
        ? []
        : problem('needs-gpu', `${library} needs a GPU to build ${what}. ${help}`);
    }
    if (everywhere) return problem('impossible', `${holds}, which ${library} refuses. ${help}`);
    const [concerned] = withoutCode([requirement], listed);
    if (!concerned) return [];
    const gpus = joinWords(concerned.families);
    if (kind === 'doubtful') {
      const sentence = `${holds}: ${library} builds them for ${gpus}, but they are reported to give zeros there, and TensorRT-RTX 1.7 refuses them. ${help}`;
      return problem('impossible', sentence);
    }
    if (isNamed) {
      return problem('impossible', `${holds}, which ${library} refuses for ${gpus}. ${help}`);
    }
    const least = leastFamily([requirement], runtimeVersion);
    const needs = least === null ? '' : ` They need a GPU of compute capability ${least} or newer.`;
    return problem(
      'impossible',
      `${holds}.${needs} The engine's header will list ${gpus} all the same, but it will hold no code for them.`,
    );
  });
}

/** As a recipe keeps them: what a later report says of GPUs that the engine's header lists without code. */
export function recipeRequirements(
  traits: readonly ModelTrait[],
  version: string,
): RecipeRequirement[] {
  return requirementsOf(traits, version).flatMap(({ kind, everywhere, families, what, where }) =>
    kind !== 'refused' || everywhere || families.length === 0
      ? []
      : [{ what: where === '' ? what : `${what} (${where})`, withoutCode: families }],
  );
}

/** Why a build with these options failed, where that was to be expected; null: it was not. */
export function expectedRefusal(
  options: EngineOptions,
  traits: readonly ModelTrait[],
  { runtimeVersion, hasGpu }: BuildSurroundings,
): { why: string; help: string } | null {
  if (runtimeVersion === null) return null;
  const named: readonly string[] = options.computeCapabilities;
  const library = `TensorRT-RTX ${threeParts(runtimeVersion)}`;
  for (const { kind, what, help, everywhere, families } of requirementsOf(traits, runtimeVersion)) {
    if (kind === 'needs-gpu') {
      if (hasGpu !== true) return { why: `${library} needs a GPU to build ${what}`, help };
      continue;
    }
    const refused = families.filter((family) => named.includes(family));
    if (kind === 'doubtful' || (!everywhere && refused.length === 0)) continue;
    const where = everywhere ? '' : ` for ${joinWords(refused)}`;
    return { why: `the model has ${what}, which ${library} refuses${where}`, help };
  }
  return null;
}

/** Those that the header of an engine with these options will list. */
function listedFamilies(options: EngineOptions, version: string): ComputeCapability[] {
  const known = targetSet(version).targets.map((target) => target.computeCapability);
  const named: readonly string[] = options.computeCapabilities;
  return named.length === 0
    ? known.filter((family) => family !== '7.5')
    : known.filter((family) => named.includes(family));
}

function minorOf(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 ? Number.MAX_SAFE_INTEGER : minor;
}
