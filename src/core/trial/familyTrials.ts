/**
 * What NVIDIA's own compiler answers when it builds a model for one GPU family alone: the proof for GPUs that nobody here
 * has. Made by host/build/trial.ts, kept in the recipe while model, options and TensorRT-RTX stay the same.
 */
import { familyLabel, type ComputeCapability } from '../gpu/computeCapability';
import type { ModelTrait } from '../rebuild/onnxTraits';
import { explainRefusal, parserRefusals, type RefusedModel } from '../rebuild/refusals';
import { builderAnswer, requirementsOf } from '../rebuild/requirements';
import { formatDuration, joinWords, threeParts } from '../text/formats';
import { plainText } from '../text/plainText';
import type { FamilyAnswer, TrialAnswer } from './recipeTrial';

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

const wantsGpu = /Cuda Runtime \(In |CUDA_SUCCESS|cudaError \d+/;
/** Follows each refusal of 1.4 on a machine without a driver, and is not its reason. */
const noise = /catchCudaError/;

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
  const errors = tried.errors.filter((line) => !noise.test(line));
  const [first = ''] = errors;
  const refusal = explainRefusal(errors, model);
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
  const [parsed] = parserRefusals(errors);
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
    sentence: libraryWords(parsed?.reason ?? first),
    why:
      parsed === undefined && requirement !== undefined
        ? named(requirement)
        : plainText(refusal?.what ?? '', 400),
    // The rule's own words are the same for every GPU that it refuses.
    nextStep: (parsed === undefined ? requirement?.help : undefined) ?? refusal?.nextStep ?? '',
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
    .replace(/ In \S+ at (?:\/|[A-Z]:\\)[^\n]*$/, '');
  return plainText(text.split('\n')[0]?.trim() ?? '', 400);
}

const answerWords: Readonly<Record<TrialAnswer, string>> = {
  builds: 'builds',
  refused: 'refused',
  failed: 'unknown',
};

/** All of a trial as text. */
export function trialText(
  model: string,
  version: string,
  answers: readonly (FamilyAnswer & { durationMs: number; kept: boolean })[],
  paint: (answer: TrialAnswer | 'dim', text: string) => string = (_answer, text) => text,
): string {
  const widest = Math.max(...answers.map((one) => familyLabel(one.computeCapability).length));
  const steps = [...new Set(answers.map(({ nextStep }) => nextStep).filter((step) => step !== ''))];
  return [
    `${plainText(model)}: tried with TensorRT-RTX ${version} for each GPU family alone:`,
    ...answers.map(({ computeCapability, answer, kept, durationMs }) => {
      const time = kept ? 'known from before' : formatDuration(durationMs);
      const name = familyLabel(computeCapability).padEnd(widest);
      const word = paint(answer, answerWords[answer].padEnd(7));
      return `  ${computeCapability.padStart(4)}  ${name}  ${word}  ${paint('dim', time)}`;
    }),
    ...answerReasons(answers),
    ...steps.map((step) => `What helps: ${step}`),
  ].join('\n');
}

/** Why, each reason once with the families that it is for; what is built without a word has none. */
function answerReasons(answers: readonly FamilyAnswer[]): string[] {
  const groups = new Map<string, FamilyAnswer[]>();
  for (const answer of answers) {
    const { node, operator, sentence, why, warning } = answer;
    if (answer.answer === 'builds' && warning === '') continue;
    const key = [answer.answer, warning, why || [operator, node, sentence].join(' ')].join('\0');
    groups.set(key, [...(groups.get(key) ?? []), answer]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const families = joinWords(group.map(({ computeCapability }) => computeCapability));
    return first ? [reasonText(first, families)] : [];
  });
}

function reasonText(
  { answer, node, operator, sentence, why, warning }: FamilyAnswer,
  families: string,
): string {
  switch (answer) {
    case 'builds':
      return warning;
    case 'refused': {
      const where = [operator, node].filter((part) => part !== '').join(' ');
      const told = why === '' ? where : why;
      return `Refused for ${families}${told === '' ? '' : `: ${told}`}. NVIDIA: “${sentence}”`;
    }
    case 'failed':
      return `Not known for ${families}: ${sentence}`;
  }
}
