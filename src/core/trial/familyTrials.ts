/**
 * What NVIDIA's own compiler answers when it builds a model for one GPU family alone: the proof for GPUs that nobody here
 * has. Made by host/build/trial.ts, kept in the recipe while model, options and TensorRT-RTX stay the same.
 */
import { familyLabel, type ComputeCapability } from '../gpu/computeCapability';
import type { CodeAnswer } from '../report/codeFacts';
import type { ModelTrait } from '../rebuild/onnxTraits';
import { explainRefusal, parserRefusals, type RefusedModel } from '../rebuild/refusals';
import { optionsFingerprint } from '../rebuild/recipe';
import type { EngineOptions } from '../rebuild/rebuildOptions';
import { builderAnswer, requirementsOf } from '../rebuild/requirements';
import { formatDate, joinWords, threeParts } from '../text/formats';
import { plainText } from '../text/plainText';
import type { FamilyAnswer, RecipeTrial, TrialAnswer } from './recipeTrial';

/** What one family's build ended with; null: an engine came of it. */
export interface TriedBuild {
  /** The library's errors, printable, in their order; the failure's own words where it left none. */
  errors: readonly string[];
  /** The process died, memory ran out, nothing answered: no answer of the compiler. Empty: it answered. */
  noAnswer: string;
}

/** What of the model helps to say why. */
export interface TriedModel extends RefusedModel {
  traits?: readonly ModelTrait[] | null;
}

const noGpu = 'TensorRT-RTX asked for a GPU to build this model with, and none can be used here.';

/** The library's own line about a missing GPU; catchCudaError follows each refusal of 1.4 and means nothing. */
const wantsGpu = /Cuda Runtime \(In (?!catchCudaError)|CUDA_SUCCESS|cudaError \d+/;

/** version: of the TensorRT-RTX that was asked. */
export function familyAnswer(
  computeCapability: ComputeCapability,
  tried: TriedBuild | null,
  model: TriedModel,
  version: string,
): FamilyAnswer {
  const traits = model.traits ?? [];
  const requirements = requirementsOf(traits, version).filter(({ families, everywhere }) =>
    everywhere ? true : families.includes(computeCapability),
  );
  const empty = { computeCapability, node: '', operator: '', sentence: '', why: '', nextStep: '' };
  const library = `TensorRT-RTX ${threeParts(version)}`;
  if (tried === null) {
    const doubtful = requirements.find(({ kind }) => kind === 'doubtful');
    const warning = doubtful
      ? `${library} builds ${named(doubtful)} for ${computeCapability}, but they are reported to give zeros there, and TensorRT-RTX 1.7 refuses them. ${doubtful.help}`
      : '';
    return { ...empty, answer: 'builds', warning };
  }
  const failed = (sentence: string, nextStep: string): FamilyAnswer => ({
    ...empty,
    answer: 'failed',
    sentence,
    nextStep,
    warning: '',
  });
  if (tried.noAnswer !== '') {
    return failed(tried.noAnswer, 'Try again; whether it can be built is not known.');
  }
  const [first = ''] = tried.errors;
  const refusal = explainRefusal(tried.errors, model);
  const kind = refusal?.kinds[0];
  const needsGpu =
    wantsGpu.test(first) || builderAnswer(traits, version, computeCapability) === 'needs-gpu';
  if (kind === 'driver' || (needsGpu && kind !== 'target')) {
    const rule = requirements.find((one) => one.kind === 'needs-gpu');
    return failed(noGpu, rule?.help ?? 'Try it on a machine with a GPU.');
  }
  if (kind === 'memory' || kind === 'profile') {
    return failed(libraryWords(first), refusal?.nextStep ?? '');
  }
  // The parser names node and operator; the compiler a node at most, and the model's traits say which it must be.
  const [parsed] = parserRefusals(tried.errors);
  const requirement = requirements.find((one) => one.kind === 'refused');
  const operation = /operation '([^']+)'/.exec(first)?.[1] ?? '';
  const trait =
    traits.find(({ node }) => operation !== '' && node === operation) ??
    (operation === '' ? traits.find(({ id }) => id === requirement?.trait) : undefined);
  return {
    computeCapability,
    answer: 'refused',
    node: plainText(parsed?.name ?? (operation || (trait?.node ?? '')), 200),
    operator: plainText(parsed?.operator ?? trait?.operator ?? '', 80),
    sentence: libraryWords(first),
    why:
      parsed === undefined && requirement !== undefined
        ? named(requirement)
        : plainText(refusal?.what ?? '', 400),
    nextStep: refusal?.nextStep ?? requirement?.help ?? '',
    warning: '',
  };
}

function named({ what, where }: { what: string; where: string }): string {
  return where === '' ? what : `${what} (${where})`;
}

/** NVIDIA's sentence without the files and functions of its source. */
export function libraryWords(line: string): string {
  const text = line
    .replace(/^[^]*?Error Code \d+: [\w ]+ \((?=[^]*\)\s*$)([^]*)\)\s*$/, '$1')
    .replace(/^\[[\w.]+:\d+: \w+\]\s*/, '')
    .replace(/ In \w+ at \/[^\n]*$/, '');
  return plainText(text.split('\n')[0]?.trim() ?? '', 400);
}

// ---- kept in the recipe ----

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

/** Why a trial says nothing of this; empty: it does. */
export function staleTrial(trial: RecipeTrial, subject: TrialSubject): string {
  if (trial.modelSha256 !== subject.modelSha256) return 'the model is another one now';
  if (trial.optionsFingerprint !== trialFingerprint(subject.options)) {
    return 'the options are others now';
  }
  if (trial.tensorrtRtx !== subject.tensorrtRtx) {
    return `it was made with TensorRT-RTX ${plainText(trial.tensorrtRtx, 40)}`;
  }
  return '';
}

/** Answers that stay true as long as nothing changes; what failed is tried again. */
export function keptAnswers(
  trial: RecipeTrial | null,
  subject: TrialSubject,
): readonly FamilyAnswer[] {
  if (trial === null || staleTrial(trial, subject) !== '') return [];
  return trial.answers.filter(({ answer }) => answer !== 'failed');
}

/** The families whose answers say something of the engine itself. */
export function answerOfTrial(trial: RecipeTrial): CodeAnswer {
  const of = (answer: TrialAnswer): FamilyAnswer[] =>
    trial.answers.filter((one) => one.answer === answer);
  const refused = of('refused');
  return {
    evidence: 'compiler',
    without: refused.map(({ computeCapability }) => computeCapability),
    holds: of('builds').map(({ computeCapability }) => computeCapability),
    // Ascending: what the newest of them lacks is what all lack.
    what: refused.at(-1)?.why ?? '',
  };
}

/** "NVIDIA's compiler (TensorRT-RTX 1.7.1.116, 2026-11-28) builds the model for 8.9 and 12.0, and refuses it for 8.6." */
export function trialSentence({ tensorrtRtx, finishedAt, answers }: RecipeTrial): string {
  const families = (answer: TrialAnswer): string =>
    joinWords(
      answers.filter((one) => one.answer === answer).map((one) => one.computeCapability),
    );
  const [builds, refused, failed] = [families('builds'), families('refused'), families('failed')];
  const parts = [
    ...(builds === '' ? [] : [`builds the model for ${builds}`]),
    ...(refused === '' ? [] : [`refuses it for ${refused}`]),
    ...(failed === '' ? [] : [`gave no answer for ${failed}`]),
  ];
  const time = Date.parse(finishedAt);
  const when = Number.isNaN(time) ? '' : `, ${formatDate(time)}`;
  return `NVIDIA's compiler (TensorRT-RTX ${plainText(tensorrtRtx, 40)}${when}) ${joinWords(parts)}.`;
}

// ---- in words ----

export const answerWords: Readonly<Record<TrialAnswer, string>> = {
  builds: 'builds',
  refused: 'refused',
  failed: 'unknown',
};

/** Why, in one line; empty: there is nothing to say. */
export function answerText({ answer, node, operator, sentence, why, warning }: FamilyAnswer): string {
  switch (answer) {
    case 'builds':
      return warning;
    case 'refused': {
      const where = [operator, node].filter((part) => part !== '').join(' ');
      const told = why === '' ? where : why;
      return [told, sentence === '' ? '' : `NVIDIA: “${sentence}”`]
        .filter((part) => part !== '')
        .join('. ');
    }
    case 'failed':
      return sentence;
  }
}

/** Of one trial as a whole: "Builds for 8.9 and 12.0, refused for 8.6." */
export function trialSummary(answers: readonly FamilyAnswer[]): string {
  const list = (answer: TrialAnswer): string =>
    joinWords(
      answers
        .filter((one) => one.answer === answer)
        .map(({ computeCapability }) => computeCapability),
    );
  const parts = [
    ...(list('builds') === '' ? [] : [`builds for ${list('builds')}`]),
    ...(list('refused') === '' ? [] : [`is refused for ${list('refused')}`]),
    ...(list('failed') === '' ? [] : [`gave no answer for ${list('failed')}`]),
  ];
  return joinWords(parts);
}

/** "8.9  RTX 40 series (Ada)" */
export function familyText(computeCapability: ComputeCapability): string {
  return `${computeCapability} ${familyLabel(computeCapability)}`;
}
