/** Trials and requirements as a recipe keeps them: shapes alone, so that the recipe's parser needs nothing else. */
import type { ComputeCapability } from '../gpu/computeCapability';

/** failed: the compiler gave no answer (a crash, memory, a GPU that it wants): not known. */
export const trialAnswers = ['builds', 'refused', 'failed'] as const;
export type TrialAnswer = (typeof trialAnswers)[number];

/** The answer for one family. Texts are printable; empty where there is nothing to say. */
export interface FamilyAnswer {
  computeCapability: ComputeCapability;
  answer: TrialAnswer;
  node: string;
  operator: string;
  /** NVIDIA's own; of a failure what happened. */
  sentence: string;
  /** Within a sentence: "FP8 values (QuantizeLinear /fc/q)". */
  why: string;
  nextStep: string;
  /** What is known against an engine that is built. */
  warning: string;
}

export interface RecipeTrial {
  /** "1.7.1.116" */
  tensorrtRtx: string;
  modelSha256: string;
  /** Of the options without the GPUs that they name. */
  optionsFingerprint: string;
  /** ISO 8601, UTC. */
  finishedAt: string;
  /** Ascending by family. */
  answers: FamilyAnswer[];
}

/** What the model needs, as it was found when the engine was built. */
export interface RecipeRequirement {
  /** Within a sentence: "FP8 values (QuantizeLinear /fc/q)". */
  what: string;
  /** GPUs that there is no code for. */
  withoutCode: ComputeCapability[];
}

/** As it is printed: field by field, so that what is added is public on purpose. */
export function familyAnswerJson(answer: FamilyAnswer): FamilyAnswer {
  return {
    computeCapability: answer.computeCapability,
    answer: answer.answer,
    node: answer.node,
    operator: answer.operator,
    sentence: answer.sentence,
    why: answer.why,
    nextStep: answer.nextStep,
    warning: answer.warning,
  };
}
