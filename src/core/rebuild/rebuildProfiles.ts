/**
 * Optimization profiles: the ranges of dynamic inputs. Makes sensible ones to start from, checks what a user made of them
 * against the model, reads and writes the command line's form `input:min:opt:max` (`image:1x3x64x64:1x3x224x224:4x3x512x512`).
 */
import { isDynamic, shapeText, type OnnxDimension, type OnnxValueFacts } from './onnxFacts';
import { plainText } from '../text/plainText';
import type { OptionProblem, Profile, ShapeRange } from './rebuildOptions';

/** The inputs of the model, for checking; null: the model has not been read. */
export type ModelInputs = readonly OnnxValueFacts[];

/** What the library counts dimensions with. */
const maxDimension = 2 ** 31 - 1;

export class ProfileSyntaxError extends Error {}

/** One --profile: "image:1x3x64x64:1x3x224x224:4x3x512x512", or "image:1x3x224x224" for one size only. */
export function parseShapeRange(text: string): ShapeRange {
  // Names may hold colons ("input:0"), shapes cannot: read from the end.
  const three = /^(.+):([-\dx]+):([-\dx]+):([-\dx]+)$/.exec(text);
  const one = /^(.+):([-\dx]+)$/.exec(text);
  const found = three ?? one;
  if (found === null) {
    throw new ProfileSyntaxError(
      `"${plainText(text, 200)}" is not a profile: write INPUT:MIN:OPT:MAX, for example image:1x3x64x64:1x3x224x224:4x3x512x512.`,
    );
  }
  const [, input = '', min = '', opt = min, max = min] = found;
  return { input, min: parseShape(min), opt: parseShape(opt), max: parseShape(max) };
}

/** "1x3x224x224" → [1, 3, 224, 224]. */
export function parseShape(text: string): number[] {
  // Negative ones are values: an input that shapes are computed with may hold -1.
  if (!/^-?\d+(x-?\d+)*$/.test(text)) {
    throw new ProfileSyntaxError(
      `"${plainText(text, 200)}" is not a shape: write sizes with x between them, for example 1x3x224x224.`,
    );
  }
  const shape = text.split('x').map(Number);
  if (shape.some((size) => Math.abs(size) > maxDimension)) {
    throw new ProfileSyntaxError(`A size in "${plainText(text, 200)}" is above ${maxDimension}.`);
  }
  return shape;
}

/** Several --profile of one input make several profiles: the n-th of each input belongs to the n-th profile. */
export function profilesOf(ranges: readonly ShapeRange[]): Profile[] {
  const profiles: Profile[] = [];
  const seen = new Map<string, number>();
  for (const range of ranges) {
    const index = seen.get(range.input) ?? 0;
    seen.set(range.input, index + 1);
    (profiles[index] ??= []).push(range);
  }
  return profiles;
}

export function shapeRangeText({ input, min, opt, max }: ShapeRange): string {
  return [input, ...[min, opt, max].map((shape) => shape.join('x'))].join(':');
}

/** Larger sizes that were only suggested follow one that was given: the typical one is no smaller than the smallest. */
export function widenRange(range: ShapeRange, given: 'min' | 'opt'): ShapeRange {
  const atLeast = (size: readonly number[], than: readonly number[]) =>
    size.map((one, axis) => Math.max(one, than[axis] ?? one));
  const opt = given === 'min' ? atLeast(range.opt, range.min) : range.opt;
  return { ...range, opt, max: atLeast(range.max, opt) };
}

/**
 * A profile to start from, for the user to change: batches of 1 to 4, images from 32 to 1024 (224 typical), sequences of
 * 1 to 512 (128 typical). A dimension that inputs share by name gets the same range everywhere. [] when nothing is dynamic.
 */
export function defaultProfiles(inputs: ModelInputs): Profile[] {
  const dynamic = inputs.filter((input) => isDynamic(input) && input.shape !== null);
  if (dynamic.length === 0) return [];
  const byName = new Map<string, readonly [number, number, number]>();
  return [
    dynamic.map((input) => {
      const shape = input.shape ?? [];
      const ranges = shape.map((dimension, axis): readonly [number, number, number] => {
        if (typeof dimension === 'number') return [dimension, dimension, dimension];
        const guess = byName.get(dimension) ?? guessRange(dimension, axis, shape);
        if (dimension !== '' && dimension !== '?') byName.set(dimension, guess);
        return guess;
      });
      return {
        input: input.name,
        min: ranges.map(([min]) => min),
        opt: ranges.map(([, opt]) => opt),
        max: ranges.map(([, , max]) => max),
      };
    }),
  ];
}

function guessRange(
  name: string,
  axis: number,
  shape: readonly OnnxDimension[],
): readonly [number, number, number] {
  const lower = name.toLowerCase();
  if (/height|width|(^|_)[hw]$/.test(lower)) return [32, 224, 1024];
  if (/seq|len|time|token|frame/.test(lower)) return [1, 128, 512];
  if (axis === 0 || /batch|^n$/.test(lower)) return [1, 1, 4];
  // NCHW: the two last of four are an image's sides.
  if (shape.length === 4 && axis >= 2) return [32, 224, 1024];
  return [1, 128, 512];
}

/** Everything about profiles that the library would refuse, in sentences that name the input and the sizes. */
export function checkProfiles(profiles: readonly Profile[], inputs: ModelInputs): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const impossible = inputs.filter((input) => !isTensor(input));
  if (impossible.length > 0) {
    const names = impossible.map((i) => `"${plainText(i.name, 80)}" (${plainText(i.type, 40)})`);
    return [
      {
        path: ['profiles'],
        id: 'model',
        severity: 'error',
        sentence: `The model's input${names.length > 1 ? 's' : ''} ${names.join(', ')} can't be taken by TensorRT-RTX, which only knows tensors as inputs: export the model with tensors in their place.`,
      },
    ];
  }
  const unranked = inputs.filter((input) => input.shape === null);
  if (unranked.length > 0) {
    const names = unranked.map((i) => `"${plainText(i.name, 80)}"`);
    return [
      {
        path: ['profiles'],
        id: 'model',
        severity: 'error',
        sentence: `The model gives no shape for its input${names.length > 1 ? 's' : ''} ${names.join(', ')}, not even the number of dimensions, so TensorRT-RTX would take ${names.length > 1 ? 'them for scalars' : 'it for a scalar'}: set it in the export (onnx.tools.update_model_dims.update_inputs_outputs_dims).`,
      },
    ];
  }
  const dynamic = inputs.filter(isDynamic);
  if (profiles.length === 0) {
    if (dynamic.length === 0) return [];
    const names = dynamic.map((i) => `"${plainText(i.name, 80)}" (${printableShape(i)})`);
    return [
      {
        path: ['profiles'],
        id: 'profile',
        severity: 'error',
        sentence: `The model's input${names.length > 1 ? 's' : ''} ${names.join(', ')} ${names.length > 1 ? 'have' : 'has'} dynamic sizes: give each a range (smallest, typical and largest size).`,
      },
    ];
  }
  profiles.forEach((profile, p) => {
    const add = (path: (string | number)[], sentence: string): void => {
      problems.push({ path: ['profiles', p, ...path], id: 'profile', severity: 'error', sentence });
    };
    const seen = new Set<string>();
    profile.forEach((range, r) => {
      const name = `"${plainText(range.input, 80)}"`;
      if (seen.has(range.input)) add([r], `The input ${name} is listed twice in profile ${p}.`);
      seen.add(range.input);
      const input = inputs.find((candidate) => candidate.name === range.input);
      if (input === undefined) {
        const names = inputs.map((i) => `"${plainText(i.name, 80)}"`).join(', ');
        add(
          [r, 'input'],
          `The model has no input ${name}${names === '' ? '' : `: it has ${names}`}.`,
        );
        return;
      }
      for (const problem of checkRange(range, input)) add([r, ...problem.path], problem.sentence);
    });
    for (const input of dynamic) {
      if (!seen.has(input.name)) {
        add(
          [],
          `Profile ${p} gives no range for the dynamic input "${plainText(input.name, 80)}" (${printableShape(input)}).`,
        );
      }
    }
    for (const problem of checkSharedDimensions(profile, inputs)) {
      add(problem.path, problem.sentence);
    }
  });
  return problems;
}

type RangeProblem = Pick<OptionProblem, 'path' | 'sentence'>;

function checkRange(range: ShapeRange, input: OnnxValueFacts): RangeProblem[] {
  const name = `"${plainText(input.name, 80)}"`;
  const shape = input.shape;
  if (holdsSizes(input) && range.min.length === (shape?.[0] ?? 1)) return [];
  for (const key of ['min', 'opt', 'max'] as const) {
    const sizes = range[key];
    if (sizes.some((size) => !Number.isInteger(size) || size < 0 || size > maxDimension)) {
      return [{ path: [key], sentence: `${key} of ${name} holds a size that cannot be.` }];
    }
    if (shape !== null && sizes.length !== shape.length) {
      return [
        {
          path: [key],
          sentence: `${key} of ${name} has ${sizes.length} sizes (${sizes.join('x')}), but the model's input has ${shape.length} (${printableShape(input)}).`,
        },
      ];
    }
  }
  if (range.min.length !== range.opt.length || range.opt.length !== range.max.length) {
    return [{ path: [], sentence: `min, opt and max of ${name} have different numbers of sizes.` }];
  }
  const problems: RangeProblem[] = [];
  range.min.forEach((min, axis) => {
    const opt = range.opt[axis] ?? 0;
    const max = range.max[axis] ?? 0;
    const dimension = shape?.[axis];
    const named = typeof dimension === 'string' && dimension !== '' && dimension !== '?';
    const where = `dimension ${axis}${named ? ` (${plainText(dimension, 80)})` : ''}`;
    if (min > opt) {
      problems.push({
        path: ['min', axis],
        sentence: `min of ${name} is above opt in ${where}: ${min} > ${opt}.`,
      });
    } else if (opt > max) {
      problems.push({
        path: ['opt', axis],
        sentence: `opt of ${name} is above max in ${where}: ${opt} > ${max}.`,
      });
    } else if (typeof dimension === 'number' && (min !== dimension || max !== dimension)) {
      problems.push({
        path: [min !== dimension ? 'min' : 'max', axis],
        sentence: `Dimension ${axis} of ${name} is ${dimension} in the model, so the profile must say ${dimension} as well.`,
      });
    }
  });
  return problems;
}

/**
 * A short list of whole numbers may be a shape that the model computes with. Its profile then holds values instead of
 * sizes, which only the library can judge.
 */
function holdsSizes({ type, shape }: OnnxValueFacts): boolean {
  return (
    (type === 'int32' || type === 'int64') &&
    shape !== null &&
    shape.length <= 1 &&
    typeof (shape[0] ?? 1) === 'number'
  );
}

/**
 * One name, one size: dimensions that the model calls the same must be able to be equal. TensorRT-RTX refuses ranges
 * that do not meet and different opt values; different ends of overlapping ranges it accepts.
 */
function checkSharedDimensions(profile: Profile, inputs: ModelInputs): RangeProblem[] {
  const problems: RangeProblem[] = [];
  const first = new Map<string, { input: string; min: number; opt: number; max: number }>();
  profile.forEach((range, r) => {
    const shape = inputs.find((input) => input.name === range.input)?.shape ?? [];
    shape.forEach((dimension, axis) => {
      const min = range.min[axis];
      const opt = range.opt[axis];
      const max = range.max[axis];
      if (typeof dimension !== 'string' || dimension === '' || dimension === '?') return;
      if (min === undefined || opt === undefined || max === undefined) return;
      const other = first.get(dimension);
      if (other === undefined) {
        first.set(dimension, { input: range.input, min, opt, max });
        return;
      }
      const both = `The model calls a dimension of "${plainText(other.input, 80)}" and of "${plainText(range.input, 80)}" "${plainText(dimension, 80)}", so they must be equal`;
      if (min > other.max || max < other.min) {
        problems.push({
          path: [r, 'min', axis],
          sentence: `${both}, but their ranges ${other.min} to ${other.max} and ${min} to ${max} contradict each other.`,
        });
      } else if (opt !== other.opt) {
        problems.push({
          path: [r, 'opt', axis],
          sentence: `${both}, but their opt sizes are ${other.opt} and ${opt}.`,
        });
      }
    });
  });
  return problems;
}

/** Sequences, maps and optional values are none. */
function isTensor({ type }: OnnxValueFacts): boolean {
  return !/^(sequence|map|optional|sparse tensor|unknown)/.test(type);
}

/**
 * The command line's options for profiles to start from: "--profile image:1x3x32x32:…"; '' where none is needed. quote: as the
 * shell that they are pasted into wants it; names of inputs have spaces and brackets.
 */
export function profileOptions(inputs: ModelInputs, quote: (word: string) => string): string {
  return defaultProfiles(inputs)
    .flat()
    .map((range) => `--profile ${plainText(quote(shapeRangeText(range)), 400)}`)
    .join(' ');
}

function printableShape(input: OnnxValueFacts): string {
  return plainText(shapeText(input.shape), 200);
}
