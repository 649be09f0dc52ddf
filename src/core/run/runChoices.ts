/**
 * What was chosen for a run against what the engine takes: every mistake is told before anything is loaded, with the
 * field it is in, what is wrong and what to do.
 */
import { plainText } from '../text/plainText';
import { formatIn, type ProfileShape, type TensorFacts } from '../inspect/inspection';
import { formatShape } from './runFormats';
import { defaultRunChoices, type InputChoice, type RunChoices } from './runReport';
import { elementCount, integerRange, isTensorType } from './tensorTypes';

/** What of an engine is needed (InspectionFacts has it all). */
export interface RunTarget {
  tensors: readonly TensorFacts[];
  profileCount: number;
}

export interface ChoiceError {
  /** "profile", "iterations", "inputs", "inputs.<name>.shape", "inputs.<name>.source", … */
  field: string;
  sentence: string;
  nextStep: string;
}

/** The shim's own limits (engine_shim.h). */
export const limits = {
  streams: 16,
  samples: 1_000_000,
  seconds: 3600,
  warmUp: 100_000,
  profiledIterations: 10_000,
} as const;

export const inputsOf = (target: RunTarget): TensorFacts[] =>
  target.tensors.filter(({ mode }) => mode === 'input');

/** Random inputs at the profile's opt shapes. */
export function defaultChoices(target: RunTarget, profile = 0): RunChoices {
  return {
    ...defaultRunChoices,
    profile,
    inputs: inputsOf(target).map(({ name }) => ({
      name,
      shape: null,
      source: { kind: 'random', seed: 0 },
    })),
  };
}

/** Inputs that were not chosen get random values; unknown ones stay, so that they are told of. */
export function completeChoices(choices: RunChoices, target: RunTarget): RunChoices {
  const missing = defaultChoices(target).inputs.filter(
    ({ name }) => !choices.inputs.some((input) => input.name === name),
  );
  return { ...choices, inputs: [...choices.inputs, ...missing] };
}

/** Empty: it can be tried. What is in files is looked at when they are read. */
export function checkChoices(choices: RunChoices, target: RunTarget): ChoiceError[] {
  const errors = [...checkNumbers(choices, target), ...checkInputNames(choices, target)];
  // Without a profile there are no shapes to compare with.
  if (errors.some(({ field }) => field === 'profile')) return errors;
  for (const input of choices.inputs) {
    const tensor = target.tensors.find(({ name, mode }) => name === input.name && mode === 'input');
    if (tensor !== undefined) errors.push(...checkInput(input, tensor, choices.profile));
  }
  return errors;
}

function checkNumbers(choices: RunChoices, target: RunTarget): ChoiceError[] {
  const errors: ChoiceError[] = [];
  const refuse = (field: string, sentence: string, nextStep: string): void => {
    errors.push({ field, sentence, nextStep });
  };
  const whole = (
    field: 'warmUp' | 'iterations' | 'streams' | 'profiledIterations',
    name: string,
    least: number,
    most: number,
  ): void => {
    const value = choices[field];
    if (Number.isInteger(value) && value >= least && value <= most) {
      return;
    }
    refuse(
      field,
      `${name} is ${plainText(String(value), 40)}.`,
      `Give a whole number from ${least} to ${most}.`,
    );
  };
  const last = Math.max(0, target.profileCount - 1);
  if (!Number.isInteger(choices.profile) || choices.profile < 0 || choices.profile > last) {
    refuse(
      'profile',
      `There is no optimization profile ${plainText(String(choices.profile), 40)}.`,
      last === 0 ? 'This engine has profile 0 only.' : `Choose one from 0 to ${last}.`,
    );
  }
  whole('warmUp', 'The number of warm-up iterations', 0, limits.warmUp);
  whole('iterations', 'The number of iterations', 0, limits.samples);
  whole('streams', 'The number of streams', 1, limits.streams);
  whole('profiledIterations', 'The number of profiled iterations', 0, limits.profiledIterations);
  if (!(choices.seconds >= 0 && choices.seconds <= limits.seconds)) {
    refuse(
      'seconds',
      `The time to measure is ${plainText(String(choices.seconds), 40)} s.`,
      `Give seconds from 0 to ${limits.seconds}.`,
    );
  }
  if (choices.iterations === 0 && choices.seconds === 0) {
    refuse(
      'iterations',
      'Nothing would be measured: iterations and seconds are both 0.',
      'Give a number of iterations or a time.',
    );
  }
  if (
    typeof choices.budget === 'number' &&
    !(Number.isInteger(choices.budget) && choices.budget >= 0)
  ) {
    refuse(
      'budget',
      `The weight streaming budget is ${choices.budget} bytes.`,
      'Give a whole number of bytes, 0 or more.',
    );
  }
  return errors;
}

function checkInputNames(choices: RunChoices, target: RunTarget): ChoiceError[] {
  const inputs = inputsOf(target);
  const names = inputs.map(({ name }) => `"${plainText(name, 100)}"`);
  const known =
    inputs.length === 0 ? 'This engine has no inputs.' : `Its inputs: ${names.join(', ')}.`;
  const errors: ChoiceError[] = [];
  const seen = new Set<string>();
  for (const { name } of choices.inputs) {
    const shown = plainText(name, 100);
    if (!inputs.some((tensor) => tensor.name === name)) {
      const output = target.tensors.some((tensor) => tensor.name === name);
      errors.push({
        field: `inputs.${name}`,
        sentence: output ? `"${shown}" is an output.` : `The engine has no input "${shown}".`,
        nextStep: known,
      });
    } else if (seen.has(name)) {
      errors.push({
        field: `inputs.${name}`,
        sentence: `The input "${shown}" is given twice.`,
        nextStep: 'Give it once.',
      });
    }
    seen.add(name);
  }
  for (const { name } of inputs) {
    if (seen.has(name)) continue;
    errors.push({
      field: `inputs.${name}`,
      sentence: `The input "${plainText(name, 100)}" is missing.`,
      nextStep: 'Choose its values.',
    });
  }
  return errors;
}

function checkInput(input: InputChoice, tensor: TensorFacts, profile: number): ChoiceError[] {
  const shown = plainText(tensor.name, 100);
  const { source } = input;
  const errors: ChoiceError[] = [];
  const refuseSource = (sentence: string, nextStep: string): void => {
    errors.push({ field: `inputs.${tensor.name}.source`, sentence, nextStep });
  };
  if (!isTensorType(tensor.type)) {
    refuseSource(
      `The input "${shown}" has the type ${tensor.type}, which this version does not know.`,
      'Update Engine Inspector.',
    );
  } else if (!formatIn(tensor, profile).linear) {
    refuseSource(
      `The input "${shown}" is not row major linear (${plainText(formatIn(tensor, profile).format, 200)}): its bytes cannot be written in C order.`,
      'Rebuild the engine with linear inputs.',
    );
  }
  const seed = source.kind === 'random' || source.kind === 'range' ? source.seed : 0;
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    refuseSource(
      `The seed of the input "${shown}" is ${plainText(String(seed), 40)}.`,
      'Give a whole number from 0 to 4294967295.',
    );
  }
  if (source.kind === 'range') {
    const held = isTensorType(tensor.type) ? integerRange(tensor.type) : null;
    if (!Number.isFinite(source.from) || !Number.isFinite(source.to) || source.from > source.to) {
      refuseSource(
        `The range of the input "${shown}" goes from ${source.from} to ${source.to}.`,
        'Give two numbers, the smaller one first.',
      );
    } else if (held !== null && (source.from < held.min || source.to > held.max)) {
      refuseSource(
        `The range of the input "${shown}", ${source.from} to ${source.to}, is more than ${tensor.type} holds.`,
        `Stay within ${held.min} to ${held.max}.`,
      );
    } else if (held !== null && Math.ceil(source.from) > Math.floor(source.to)) {
      refuseSource(
        `There is no whole number from ${source.from} to ${source.to} for the input "${shown}".`,
        'Give a range with a whole number in it.',
      );
    }
  }
  if (source.kind === 'file' && source.path === '') {
    refuseSource(`No file is chosen for the input "${shown}".`, 'Choose one, or made-up values.');
  }
  if (input.shape !== null) errors.push(...checkShape(input.shape, tensor, profile));
  else if (source.kind !== 'file') {
    const shape = shapeWithout(tensor, profile);
    if (shape === null) {
      errors.push({
        field: `inputs.${tensor.name}.shape`,
        sentence: `The input "${shown}" is dynamic (${formatShape(tensor.shape)}) and its profile gives no shape.`,
        nextStep: 'Give a shape.',
      });
    }
  }
  return errors;
}

/** Against the rank, the fixed dimensions and the profile. Empty: it fits. */
export function checkShape(
  shape: readonly number[],
  tensor: TensorFacts,
  profile: number,
): ChoiceError[] {
  const shown = plainText(tensor.name, 100);
  const refuse = (sentence: string, nextStep: string): ChoiceError[] => [
    { field: `inputs.${tensor.name}.shape`, sentence, nextStep },
  ];
  const given = formatShape(shape);
  if (!shape.every((size) => Number.isInteger(size) && size >= 0 && size < 2 ** 31)) {
    return refuse(
      `The shape of the input "${shown}" is ${given}.`,
      'Give whole numbers, 0 or more.',
    );
  }
  if (shape.length !== tensor.shape.length) {
    return refuse(
      `The input "${shown}" has ${dimensions(tensor.shape.length)} (${formatShape(tensor.shape)}), but ${given} has ${shape.length}.`,
      `Give ${dimensions(tensor.shape.length)}.`,
    );
  }
  const wrong = shape.findIndex((size, i) => tensor.shape[i] !== -1 && tensor.shape[i] !== size);
  if (wrong >= 0) {
    return refuse(
      `Dimension ${wrong} of the input "${shown}" is ${tensor.shape[wrong]}, not ${shape[wrong]}.`,
      `Give ${formatShape(tensor.shape)}${tensor.shape.includes(-1) ? ', where ? may be chosen' : ''}.`,
    );
  }
  const range = tensor.profiles[profile];
  if (range !== null && range !== undefined) {
    const outside = shape.findIndex(
      (size, i) => size < (range.min[i] ?? 0) || size > (range.max[i] ?? Infinity),
    );
    if (outside >= 0) {
      return refuse(
        `Dimension ${outside} of the input "${shown}" is ${shape[outside]}; profile ${profile} allows ${rangeText(range, outside)}.`,
        `Stay within ${formatShape(range.min)} to ${formatShape(range.max)}, or rebuild with a wider profile.`,
      );
    }
  }
  if (elementCount(shape) > Number.MAX_SAFE_INTEGER / 8) {
    return refuse(
      `The shape ${given} of the input "${shown}" is larger than any memory.`,
      'Give a smaller one.',
    );
  }
  return [];
}

/** Without a file and without a choice: the fixed shape, or the profile's opt; null: neither is there. */
export function shapeWithout(tensor: TensorFacts, profile: number): number[] | null {
  const opt = tensor.profiles[profile]?.opt;
  if (!tensor.shape.includes(-1)) return [...tensor.shape];
  if (opt === undefined || opt.length !== tensor.shape.length || opt.some((size) => size < 0)) {
    return null;
  }
  return [...opt];
}

/** What this input will have: the choice, the file's own shape, else opt; null: nothing tells. */
export function resolveShape(
  input: InputChoice,
  tensor: TensorFacts,
  profile: number,
  fileShape: readonly number[] | null,
): number[] | null {
  if (input.shape !== null) return [...input.shape];
  if (fileShape !== null) return [...fileShape];
  return shapeWithout(tensor, profile);
}

const rangeText = (range: ProfileShape, i: number): string =>
  range.min[i] === range.max[i] ? `${range.min[i]} only` : `${range.min[i]} to ${range.max[i]}`;

const dimensions = (count: number): string =>
  `${count} ${count === 1 ? 'dimension' : 'dimensions'}`;
