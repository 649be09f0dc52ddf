/**
 * From "this engine does not run here" to the options of a new one: which rebuilds a report offers, what each of them
 * means for this engine, and whether anything must be asked before it can start. The same plan for page, quick fix,
 * task and command line.
 */
import {
  familyLabel,
  runsOnSentence,
  targetSet,
  type ComputeCapability,
} from '../gpu/computeCapability';
import type { EngineReport } from '../report/engineReport';
import type { OnnxFacts } from './onnxFacts';
import type { Recipe } from './recipe';
import {
  checkOptions,
  computeCapabilitiesFor,
  computeCapabilitiesOf,
  defaultEngineOptions,
  weightStreamingFlag,
  type BuildSurroundings,
  type EngineOptions,
  type OptionProblem,
  type RebuildChoice,
} from './rebuildOptions';
import type { ModelTrait } from './onnxTraits';
import { checkProfiles, defaultProfiles } from './rebuildProfiles';
import { requirementProblems, requirementsOf, withoutCode } from './requirements';

export interface PlanInput {
  choice: RebuildChoice;
  /** Of the engine to be replaced; null: there is none yet. */
  report: EngineReport | null;
  recipe: Recipe | null;
  /** null: the model is not known or could not be read yet. */
  facts: OnnxFacts | null;
  /** For 'chosen-gpus'. */
  gpus?: readonly ComputeCapability[];
  /** The GPU of this machine; null: none, or it cannot be read. */
  gpu: ComputeCapability | null;
  surroundings: BuildSurroundings;
}

export interface RebuildPlan {
  options: EngineOptions;
  /** The profiles are a guess: show them before building. */
  profilesAreGuessed: boolean;
  problems: OptionProblem[];
  /** Nothing needs asking: no errors, nothing guessed. */
  complete: boolean;
  /** "for RTX 30, 40 and 50 series; newer ones by PTX, with weight streaming" */
  summary: string;
}

export function planRebuild(input: PlanInput): RebuildPlan {
  const { choice, recipe, report, facts, surroundings } = input;
  const options = structuredClone(recipe?.options ?? defaultEngineOptions());
  const version = surroundings.runtimeVersion ?? '';
  const before =
    recipe?.options.computeCapabilities ??
    (report?.header ? computeCapabilitiesOf(report.header) : []);
  const header = report?.header ?? null;
  // An engine that keeps its weights off the GPU was built that way on purpose.
  const streamed = header !== null && header.weightBytes === 0 && (facts?.weightBytes ?? 0) > 0;
  if (recipe === null && streamed) addFlag(options, weightStreamingFlag);

  switch (choice) {
    case 'this-machine':
      options.computeCapabilities = targetsOnThisMachine(input, before, version);
      break;
    case 'weight-streaming':
      options.computeCapabilities = targetsOnThisMachine(input, before, version);
      addFlag(options, weightStreamingFlag);
      break;
    case 'chosen-gpus':
      options.computeCapabilities = [...(input.gpus ?? [])];
      break;
    case 'from-recipe':
      break;
  }

  let profilesAreGuessed = false;
  if (facts !== null && options.profiles.length === 0) {
    options.profiles = defaultProfiles(facts.inputs);
    profilesAreGuessed = options.profiles.length > 0;
  }
  const problems = checkPlan(options, facts, surroundings);
  return {
    options,
    profilesAreGuessed,
    problems,
    complete:
      facts !== null && !profilesAreGuessed && problems.every((p) => p.severity !== 'error'),
    summary: planSummary(options, version, facts?.traits ?? []),
  };
}

/** Everything known to be wrong with these options for this model, before the library is asked. */
export function checkPlan(
  options: EngineOptions,
  facts: OnnxFacts | null,
  surroundings: BuildSurroundings,
): OptionProblem[] {
  const problems = checkOptions(options, surroundings);
  if (facts === null) return problems;
  problems.push(...checkProfiles(options.profiles, facts.inputs));
  const streaming = options.flags.indexOf(weightStreamingFlag);
  if (streaming >= 0 && facts.weightBytes === 0) {
    problems.push({
      path: ['flags', streaming],
      id: 'impossible',
      severity: 'warning',
      sentence: 'The model holds no weights, so there is nothing to stream.',
    });
  }
  // A graph that is too large to be looked through is the library's to judge.
  problems.push(...requirementProblems(options, facts.traits ?? [], surroundings));
  return problems;
}

/** What will be built, in words. */
export function planSummary(
  options: EngineOptions,
  runtimeVersion: string,
  traits: readonly ModelTrait[] = [],
): string {
  const { targets } = targetSet(runtimeVersion);
  const usual = targets.map((t) => t.computeCapability).filter((cc) => cc !== '7.5');
  // The header will list them; code for them there will not be.
  const without = withoutCode(requirementsOf(traits, runtimeVersion), usual).flatMap(
    ({ families }) => families,
  );
  const named = options.computeCapabilities;
  const gpus =
    named.length === 0
      ? runsOnSentence(
          usual.filter((cc) => !without.includes(cc)),
          true,
        )
      : named.includes('current')
        ? 'the GPU of this machine'
        : runsOnSentence(named as ComputeCapability[], false);
  const notes = [
    ...(options.flags.includes(weightStreamingFlag) ? ['with weight streaming'] : []),
    ...options.clearedFlags.map((flag) => `without ${flag.replace(/^k/, '')}`),
    ...(options.profilingVerbosity === 'detailed' ? ['with layer details'] : []),
  ];
  return [`for ${gpus}`, ...notes].join(', ');
}

/** One line of a pick list of GPUs to build for. */
export interface TargetRow {
  computeCapability: ComputeCapability;
  /** "RTX 40 series (Ada)" */
  label: string;
  picked: boolean;
}

/** For "Rebuild for Chosen GPUs…": all that this TensorRT-RTX can build for, the engine's own and this machine's picked. */
export function targetRows(
  runtimeVersion: string,
  before: readonly string[],
  gpu: ComputeCapability | null,
): TargetRow[] {
  const { targets } = targetSet(runtimeVersion);
  return targets.map(({ computeCapability }) => ({
    computeCapability,
    label: familyLabel(computeCapability),
    picked:
      computeCapability === gpu ||
      (before.length === 0 ? computeCapability !== '7.5' : before.includes(computeCapability)),
  }));
}

function targetsOnThisMachine(
  { gpu }: PlanInput,
  before: readonly string[],
  version: string,
): string[] {
  if (before.includes('current')) return ['current'];
  // The default set stays the default set, which is wider than its list: newer GPUs run it by PTX.
  if (before.length === 0 && gpu !== '7.5') return [];
  return computeCapabilitiesFor(gpu, before, version);
}

function addFlag(options: EngineOptions, flag: string): void {
  if (!options.flags.includes(flag)) options.flags.push(flag);
}
