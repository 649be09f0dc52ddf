/**
 * What the Run tab's form holds, and how it becomes RunChoices. Texts stay as they were typed, so that a wrong one can
 * be mended where it stands. Pure; it survives structured cloning and a trip through JSON, because the page keeps it.
 */
import type { TensorFacts } from '../../../core/inspect/inspection';
import {
  type BudgetChoice,
  defaultRunChoices,
  type Goal,
  type ImageLayout,
  type InputChoice,
  type InputSource,
  type RunChoices,
  type RunSwitch,
  runSwitches,
  switchesOf,
} from '../../../core/run/runReport';
import { checkChoices, limits } from '../../../core/run/runChoices';
import { strings } from './strings';

export type SourceKind = InputSource['kind'];
type FileSource = Extract<InputSource, { kind: 'file' }>;

export const goalKinds = ['memory', 'latency'] as const satisfies readonly Goal['kind'][];

export interface InputDraft {
  name: string;
  source: SourceKind;
  seed: string;
  from: string;
  to: string;
  /** By dimension; missing or null: the file's own, else the profile's opt. */
  dimensions: (string | null)[];
  /** The file that was picked last, and what it turned out to be. */
  file: { source: FileSource; shape: number[] | null; sentence: string } | null;
}

export interface RunForm extends Record<RunSwitch, boolean> {
  profile: number;
  inputs: InputDraft[];
  budget: BudgetChoice;
  /** As typed; null: said by `budget`. */
  budgetText: string | null;
  iterations: string;
  seconds: string;
  warmUp: string;
  streams: string;
  profiledIterations: string;
  runtimeCache: boolean;
  goalKind: Goal['kind'];
  /** As typed; empty: none. */
  goalText: string;
  /** The run that is shown; null: the newest. */
  shown: string | null;
  /** The point of a sweep that is shown; null: the knee's, else the first. */
  attempt: { run: string; index: number } | null;
  /** Runs picked to be compared, at most two. */
  compared: string[];
  /** How many layers are listed. */
  layersShown: number;
}

export const layersAtFirst = 20;

export function emptyForm(): RunForm {
  return {
    profile: 0,
    inputs: [],
    budget: defaultRunChoices.budget,
    budgetText: null,
    iterations: String(defaultRunChoices.iterations),
    seconds: String(defaultRunChoices.seconds),
    warmUp: String(defaultRunChoices.warmUp),
    streams: String(defaultRunChoices.streams),
    profiledIterations: String(defaultRunChoices.profiledIterations),
    ...runSwitches,
    runtimeCache: defaultRunChoices.runtimeCache,
    goalKind: 'memory',
    goalText: '',
    shown: null,
    attempt: null,
    compared: [],
    layersShown: layersAtFirst,
  };
}

export function emptyInput(name: string): InputDraft {
  return {
    name,
    source: 'random',
    seed: '0',
    from: '0',
    to: '1',
    dimensions: [],
    file: null,
  };
}

// ---- what was kept ------------------------------------------------------------------------------------------------

type Loose<T> = { [K in keyof T]?: unknown };
const loose = <T>(value: unknown): Loose<T> =>
  typeof value === 'object' && value !== null ? value : {};
const text = (value: unknown, other: string) => (typeof value === 'string' ? value : other);
const bool = (value: unknown, other: boolean) => (typeof value === 'boolean' ? value : other);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown, other: number) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : other;

const sourceKinds: readonly SourceKind[] = ['random', 'zeros', 'ones', 'range', 'file'];
const budgetNames = ['default', 'automatic', 'rule'] as const;

/** What an older version of the page kept may have any shape. */
export function readForm(kept: unknown): RunForm {
  const from = loose<RunForm>(kept);
  const other = emptyForm();
  const attempt = loose<{ run: string; index: number }>(from.attempt);
  return {
    profile: count(from.profile, 0),
    inputs: list(from.inputs).flatMap((value) => readInput(loose<InputDraft>(value))),
    budget:
      typeof from.budget === 'number'
        ? count(from.budget, 0)
        : (budgetNames.find((name) => name === from.budget) ?? other.budget),
    budgetText: typeof from.budgetText === 'string' ? from.budgetText : null,
    iterations: text(from.iterations, other.iterations),
    seconds: text(from.seconds, other.seconds),
    warmUp: text(from.warmUp, other.warmUp),
    streams: text(from.streams, other.streams),
    profiledIterations: text(from.profiledIterations, other.profiledIterations),
    ...switchesOf((name) => bool(from[name], other[name])),
    runtimeCache: bool(from.runtimeCache, other.runtimeCache),
    goalKind: goalKinds.find((kind) => kind === from.goalKind) ?? other.goalKind,
    goalText: text(from.goalText, other.goalText),
    shown: typeof from.shown === 'string' ? from.shown : null,
    attempt:
      typeof attempt.run === 'string' ? { run: attempt.run, index: count(attempt.index, 0) } : null,
    compared: list(from.compared)
      .filter((id): id is string => typeof id === 'string')
      .slice(0, 2),
    layersShown: count(from.layersShown, layersAtFirst),
  };
}

function readInput(from: Loose<InputDraft>): InputDraft[] {
  if (typeof from.name !== 'string') return [];
  const other = emptyInput(from.name);
  const file = readFile(from.file);
  const source = sourceKinds.find((kind) => kind === from.source) ?? other.source;
  return [
    {
      name: from.name,
      source: source === 'file' && !file ? 'random' : source,
      seed: text(from.seed, other.seed),
      from: text(from.from, other.from),
      to: text(from.to, other.to),
      dimensions: list(from.dimensions).map((value) => (typeof value === 'string' ? value : null)),
      file,
    },
  ];
}

function readFile(value: unknown): InputDraft['file'] {
  const from = loose<NonNullable<InputDraft['file']>>(value);
  const source = loose<FileSource>(from.source);
  if (typeof source.path !== 'string') return null;
  return {
    source: {
      kind: 'file',
      path: source.path,
      ...(typeof source.entry === 'string' && { entry: source.entry }),
      ...(isImageLayout(source.image) && { image: source.image }),
    },
    shape: Array.isArray(from.shape) ? from.shape.map((size) => count(size, 0)) : null,
    sentence: text(from.sentence, ''),
  };
}

function isImageLayout(value: unknown): value is ImageLayout {
  const image = loose<ImageLayout>(value);
  const numbers = (of: unknown) => Array.isArray(of) && of.every((n) => typeof n === 'number');
  return (
    (image.layout === 'nchw' || image.layout === 'nhwc') &&
    (image.colors === 'rgb' || image.colors === 'bgr' || image.colors === 'gray') &&
    numbers(image.scale) &&
    numbers(image.offset)
  );
}

// ---- changing it --------------------------------------------------------------------------------------------------

export function inputOf(form: RunForm, name: string): InputDraft {
  return form.inputs.find((input) => input.name === name) ?? emptyInput(name);
}

export function withInput(form: RunForm, name: string, change: Partial<InputDraft>): RunForm {
  const next = { ...inputOf(form, name), ...change };
  const others = form.inputs.filter((input) => input.name !== name);
  return { ...form, inputs: [...others, next] };
}

/** Puts what a run was done with back into the form. */
export function withChoices(form: RunForm, choices: RunChoices): RunForm {
  return {
    ...form,
    profile: choices.profile,
    inputs: choices.inputs.map(draftOf),
    budget: choices.budget,
    budgetText: null,
    iterations: String(choices.iterations),
    seconds: String(choices.seconds),
    warmUp: String(choices.warmUp),
    streams: String(choices.streams),
    profiledIterations: String(choices.profiledIterations),
    ...switchesOf((name) => choices[name]),
    runtimeCache: choices.runtimeCache,
  };
}

function draftOf({ name, shape, source }: InputChoice): InputDraft {
  const draft = emptyInput(name);
  const isFile = source.kind === 'file';
  return {
    ...draft,
    source: source.kind,
    seed: 'seed' in source ? String(source.seed) : draft.seed,
    from: source.kind === 'range' ? String(source.from) : draft.from,
    to: source.kind === 'range' ? String(source.to) : draft.to,
    dimensions: shape && !isFile ? shape.map(String) : [],
    file: isFile ? { source, shape, sentence: '' } : null,
  };
}

// ---- what it says -------------------------------------------------------------------------------------------------

/** Ids of fields, as in the page: where an error is told and which field is marked. */
export const fieldIds = {
  dimension: (input: number, dimension: number) => `run-input-${input}-dimension-${dimension}`,
  source: (input: number) => `run-input-${input}-source`,
  seed: (input: number) => `run-input-${input}-seed`,
  from: (input: number) => `run-input-${input}-from`,
  to: (input: number) => `run-input-${input}-to`,
  profile: 'run-profile',
  budget: 'run-budget',
  goal: 'run-goal',
  iterations: 'run-iterations',
  seconds: 'run-seconds',
  warmUp: 'run-warm-up',
  streams: 'run-streams',
  profiledIterations: 'run-profiled',
};

const settingFields: Partial<Record<keyof RunChoices, string>> = {
  profile: fieldIds.profile,
  budget: fieldIds.budget,
  iterations: fieldIds.iterations,
  seconds: fieldIds.seconds,
  warmUp: fieldIds.warmUp,
  streams: fieldIds.streams,
  profiledIterations: fieldIds.profiledIterations,
};

export interface FormReading {
  choices: RunChoices;
  /** Sentences by field; empty: all is well and `choices` may be sent. */
  errors: ReadonlyMap<string, string>;
}

/** The sizes of an input as the form has them now: what was typed, the file's, the profile's opt, else null. */
export function dimensionTexts(
  draft: InputDraft,
  tensor: TensorFacts,
  profile: number,
): (string | null)[] {
  const opt = tensor.profiles[profile]?.opt ?? null;
  const own = draft.source === 'file' ? (draft.file?.shape ?? null) : null;
  return tensor.shape.map((size, i) => {
    if (size >= 0) return String(size);
    const typed = draft.dimensions[i] ?? null;
    if (typed !== null) return typed;
    const fallback = own?.[i] ?? opt?.[i];
    return fallback === undefined ? null : String(fallback);
  });
}

export function readChoices(
  form: RunForm,
  tensors: readonly TensorFacts[],
  streamable: number,
  profileCount: number,
): FormReading {
  const errors = new Map<string, string>();
  /** A whole number from a field; what is wrong with it goes to `errors`. */
  const whole = (id: string, value: string, least: number, most: number): number => {
    const parsed = wholeNumber(value);
    if (parsed !== null && parsed >= least && parsed <= most) return parsed;
    errors.set(id, strings.wholeNumber(least, most));
    return least;
  };
  const decimal = (id: string, value: string, least: number, sentence: string): number => {
    const parsed = decimalNumber(value);
    if (parsed !== null && parsed >= least) return parsed;
    errors.set(id, sentence);
    return Math.max(least, 0);
  };
  const profiles = Math.max(1, profileCount);
  const profile = form.profile < profiles ? form.profile : 0;

  const source = (draft: InputDraft, i: number): InputSource => {
    const seed = () => whole(fieldIds.seed(i), draft.seed, 0, 0xffff_ffff);
    switch (draft.source) {
      case 'random':
        return { kind: 'random', seed: seed() };
      case 'range': {
        const from = decimal(fieldIds.from(i), draft.from, -Infinity, strings.number);
        const to = decimal(fieldIds.to(i), draft.to, -Infinity, strings.number);
        if (from > to && !errors.has(fieldIds.from(i)) && !errors.has(fieldIds.to(i))) {
          errors.set(fieldIds.to(i), strings.rangeTurned);
        }
        return { kind: 'range', from, to, seed: seed() };
      }
      case 'file':
        return draft.file?.source ?? { kind: 'random', seed: 0 };
      case 'zeros':
      case 'ones':
        return { kind: draft.source };
    }
  };

  const inputs = tensors
    .filter(({ mode }) => mode === 'input')
    .map((tensor, i): InputChoice => {
      const draft = inputOf(form, tensor.name);
      const typed = tensor.shape.some(
        (size, d) => size < 0 && (draft.dimensions[d] ?? null) !== null,
      );
      const range = tensor.profiles[profile] ?? null;
      const shape = dimensionTexts(draft, tensor, profile).map((value, d) => {
        if (tensor.shape[d]! >= 0) return tensor.shape[d]!;
        const id = fieldIds.dimension(i, d);
        if (value === null) {
          errors.set(id, strings.sizeNeeded);
          return 0;
        }
        const least = range?.min[d] ?? 0;
        const most = range?.max[d] ?? 2 ** 31 - 1;
        const parsed = wholeNumber(value);
        if (parsed === null || parsed < least || parsed > most) {
          errors.set(id, strings.sizeRange(least, most, range !== null));
          return least;
        }
        return parsed;
      });
      return { name: tensor.name, shape: typed ? shape : null, source: source(draft, i) };
    });

  const iterations = whole(fieldIds.iterations, form.iterations, 0, limits.samples);
  const seconds = decimal(fieldIds.seconds, form.seconds, 0, strings.secondsNumber);
  if (seconds > limits.seconds) errors.set(fieldIds.seconds, strings.secondsNumber);
  if (
    iterations === 0 &&
    seconds === 0 &&
    !errors.has(fieldIds.iterations) &&
    !errors.has(fieldIds.seconds)
  ) {
    errors.set(fieldIds.iterations, strings.timesOrSeconds);
  }

  let { budget } = form;
  if (streamable === 0) budget = 'default';
  else if (form.budgetText !== null) {
    const bytes = parseBytes(form.budgetText);
    if (bytes === null) errors.set(fieldIds.budget, strings.budgetText);
    else if (bytes > streamable) errors.set(fieldIds.budget, strings.budgetTooLarge);
    else budget = bytes;
  } else if (typeof budget === 'number') budget = Math.min(budget, streamable);

  const choices: RunChoices = {
    profile,
    inputs,
    budget,
    warmUp: whole(fieldIds.warmUp, form.warmUp, 0, limits.warmUp),
    iterations,
    seconds,
    streams: whole(fieldIds.streams, form.streams, 1, limits.streams),
    ...switchesOf((name) => form[name]),
    runtimeCache: form.runtimeCache,
    profiledIterations: whole(
      fieldIds.profiledIterations,
      form.profiledIterations,
      0,
      limits.profiledIterations,
    ),
  };
  addRefusals(errors, choices, tensors, profiles);
  return { choices, errors };
}

/** What core refuses beside what cannot be read as a number: with the field that it is about. */
function addRefusals(
  errors: Map<string, string>,
  choices: RunChoices,
  tensors: readonly TensorFacts[],
  profileCount: number,
): void {
  const inputs = tensors.filter(({ mode }) => mode === 'input');
  const settings = new Map(Object.entries(settingFields));
  for (const { field, sentence, nextStep } of checkChoices(choices, { tensors, profileCount })) {
    const input = inputs.findIndex(({ name }) => field.startsWith(`inputs.${name}.`));
    const dimension = inputs[input]?.shape.indexOf(-1) ?? -1;
    const id =
      input < 0
        ? (settings.get(field) ?? fieldIds.iterations)
        : field.endsWith('.shape') && dimension >= 0
          ? fieldIds.dimension(input, dimension)
          : fieldIds.source(input);
    const told =
      input < 0
        ? errors.has(id)
        : [...errors.keys()].some((key) => key.startsWith(`run-input-${input}-`));
    if (!told) errors.set(id, `${sentence} ${nextStep}`);
  }
}

function wholeNumber(value: string): number | null {
  return /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : null;
}

function decimalNumber(value: string): number | null {
  return /^\s*[-+−]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?\s*$/i.test(value)
    ? Number(value.replace('−', '-'))
    : null;
}

/** null: nothing, or not what it asks for. */
export function readGoal({ goalKind, goalText }: RunForm): Goal | null {
  if (goalKind === 'memory') {
    const bytes = parseBytes(goalText);
    return bytes === null || bytes === 0 ? null : { kind: 'memory', bytes };
  }
  const match = /^\s*(\d{1,9}|\d{0,9}\.\d{1,9})\s*(ms|s)?\s*$/i.exec(goalText);
  const ms = match ? Number(match[1]) * (match[2]?.toLowerCase() === 's' ? 1000 : 1) : 0;
  return ms > 0 ? { kind: 'latency', ms } : null;
}

const unitBytes = new Map([
  ['', 1],
  ['b', 1],
  ['byte', 1],
  ['bytes', 1],
  ['k', 2 ** 10],
  ['kib', 2 ** 10],
  ['m', 2 ** 20],
  ['mib', 2 ** 20],
  ['g', 2 ** 30],
  ['gib', 2 ** 30],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
]);

/** "2.35 GiB", "512 MiB", "100000"; null: not a size. */
export function parseBytes(value: string): number | null {
  const match = /^\s*(\d{1,16}|\d{0,12}\.\d{1,12})\s*([a-z]*)\s*$/i.exec(value.replaceAll(',', ''));
  const unit = match && unitBytes.get(match[2]!.toLowerCase());
  if (!match || unit === undefined || unit === null) return null;
  return Math.round(Number(match[1]) * unit);
}
