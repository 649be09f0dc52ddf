/** What a recipe knows of the GPUs that its engine holds code for, and whether that still is about this engine. */
import type { EngineHeader } from '../file/engineHeader';
import type { ComputeCapability } from '../gpu/computeCapability';
import { optionsFingerprint, type Recipe } from '../rebuild/recipe';
import type { EngineOptions } from '../rebuild/rebuildOptions';
import type { CodeAnswer } from '../report/codeFacts';
import { sameVersion } from '../report/runtimeReleases';
import { formatDate, joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import type { FamilyAnswer, RecipeTrial, TrialAnswer } from './recipeTrial';

/** A trial as a report speaks of it. */
export interface TrialFacts {
  /** "NVIDIA's compiler (…) builds the model for 8.9, and refuses it for 8.6." */
  sentence: string;
  /** Why it is no evidence for this engine, a sentence; empty: it is. */
  stale: string;
  tensorrtRtx: string;
  finishedAt: string;
  answers: FamilyAnswer[];
}

export interface RecipeEvidence {
  answers: CodeAnswer[];
  trial: TrialFacts | null;
}

/** Options without the GPUs that they name: each family is tried alone whatever they are. */
export function trialFingerprint(options: EngineOptions): string {
  return optionsFingerprint({ ...options, computeCapabilities: [] });
}

/** What a kept trial would have to be of. */
export interface TrialSubject {
  modelSha256: string | null;
  options: EngineOptions;
  /** "1.7.1.116" */
  tensorrtRtx: string;
}

/** Why a trial says nothing of this, after "The trial was made "; empty: it does. */
export function staleTrial(trial: RecipeTrial, subject: TrialSubject): string {
  if (trial.modelSha256 !== subject.modelSha256) return 'from another model';
  if (trial.optionsFingerprint !== trialFingerprint(subject.options)) return 'with other options';
  if (!sameVersion(trial.tensorrtRtx, subject.tensorrtRtx)) {
    return `with TensorRT-RTX ${plainText(trial.tensorrtRtx, 40)}, not ${plainText(subject.tensorrtRtx, 40)}`;
  }
  return '';
}

/** Answers that stay true as long as nothing changes; what failed is tried again. */
export function keptAnswers(
  trial: RecipeTrial | null | undefined,
  subject: TrialSubject,
): FamilyAnswer[] {
  if (!trial || staleTrial(trial, subject) !== '') return [];
  return trial.answers.filter(({ answer }) => answer !== 'failed');
}

export function recipeEvidence(
  recipe: Recipe,
  { header, size }: { header: EngineHeader | null; size: number | null },
): RecipeEvidence {
  const { built, engine, requirements, trial } = recipe;
  const isThis =
    built !== null &&
    engine !== null &&
    engine.size === size &&
    header !== null &&
    sameVersion(header.version, built.tensorrtRtx);
  const stale = trial ? staleness(recipe, trial, isThis) : '';
  return {
    answers: [
      ...(trial && stale === '' ? [answerOfTrial(trial)] : []),
      ...(isThis ? (requirements ?? []).map(answerOfRequirement) : []),
    ],
    trial: trial
      ? {
          sentence: trialSentence(trial),
          stale,
          tensorrtRtx: plainText(trial.tensorrtRtx, 40),
          finishedAt: plainText(trial.finishedAt, 40),
          answers: trial.answers,
        }
      : null,
  };
}

function staleness(recipe: Recipe, trial: RecipeTrial, isThis: boolean): string {
  const { built, model, options } = recipe;
  if (built === null || !isThis) {
    return "It is not used here: the recipe doesn't record this engine, which may come from another model.";
  }
  if (built.optionsFingerprint !== optionsFingerprint(options)) {
    return 'It is not used here: the options in the recipe were edited after the engine was built.';
  }
  const subject = { modelSha256: model.sha256, options, tensorrtRtx: built.tensorrtRtx };
  const why = staleTrial(trial, subject);
  return why === '' ? '' : `It is not used here: the trial was made ${why}. Try again.`;
}

/** For which the compiler refuses the engine's model, whatever its header lists: no rebuild from it helps there. */
export function refusedFamilies(trial: TrialFacts | null | undefined): ComputeCapability[] {
  if (!trial || trial.stale !== '') return [];
  return trial.answers.flatMap((one) => (one.answer === 'refused' ? [one.computeCapability] : []));
}

function answerOfTrial({ answers }: RecipeTrial): CodeAnswer {
  const of = (answer: TrialAnswer): FamilyAnswer[] =>
    answers.filter((one) => one.answer === answer);
  const refused = of('refused');
  return {
    evidence: 'compiler',
    without: refused.map(({ computeCapability }) => computeCapability),
    holds: of('builds').map(({ computeCapability }) => computeCapability),
    // Ascending: what the newest of them lacks is what all lack.
    what: refused.at(-1)?.why ?? '',
  };
}

function answerOfRequirement({
  what,
  withoutCode,
}: {
  what: string;
  withoutCode: CodeAnswer['without'];
}): CodeAnswer {
  return { evidence: 'recipe', without: withoutCode, holds: [], what };
}

function trialSentence({ tensorrtRtx, finishedAt, answers }: RecipeTrial): string {
  const time = Date.parse(finishedAt);
  const when = Number.isNaN(time) ? '' : `, ${formatDate(time)}`;
  return `NVIDIA's compiler (TensorRT-RTX ${plainText(tensorrtRtx, 40)}${when}) ${trialSummary(answers)}.`;
}

/** "builds the model for 8.9 and 12.0, and refuses it for 8.6" */
export function trialSummary(answers: readonly FamilyAnswer[]): string {
  const list = (answer: TrialAnswer): string =>
    joinWords(answers.flatMap((one) => (one.answer === answer ? [one.computeCapability] : [])));
  const [builds, refused, failed] = [list('builds'), list('refused'), list('failed')];
  const parts = [
    ...(builds === '' ? [] : [`builds the model for ${builds}`]),
    ...(refused === '' ? [] : [`refuses ${builds === '' ? 'the model' : 'it'} for ${refused}`]),
    ...(failed === '' ? [] : [`gave no answer for ${failed}`]),
  ];
  // "8.9 and 12.0" holds an "and" of its own.
  return parts.length < 2
    ? parts.join('')
    : `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1) ?? ''}`;
}
