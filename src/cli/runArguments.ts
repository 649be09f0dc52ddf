/** What `run` and `sweep` take on the command line, as RunChoices: parsed here, checked against the engine in core. */
import { InvalidArgumentError } from 'commander';

import { formatCount } from '../core/text/formats';
import { plainText } from '../core/text/plainText';
import {
  defaultRunChoices,
  type BudgetChoice,
  type ImageLayout,
  type InputChoice,
  type InputSource,
  type RunChoices,
  runSwitches,
  type RunSwitch,
  switchesOf,
} from '../core/run/runReport';

/** What both commands share. */
export interface EngineRunArguments extends Partial<Record<RunSwitch, boolean>> {
  input?: [string, InputSource][];
  shape?: [string, number[]][];
  image?: [string, ImageLayout][];
  profile: number;
  iterations?: number;
  seconds?: number;
  warmUp: number;
  streams: number;
  /** commander's way of --no-cache. */
  cache: boolean;
}

/** A budget as it was written; a share needs the engine's streamable weights. */
export type BudgetArgument = BudgetChoice | { share: number };

const mostIterations = 1_000_000;
const mostSeconds = 3600;

/** `--input NAME=SPEC`, once for each input. */
export function parseInput(
  text: string,
  before: [string, InputSource][] = [],
): [string, InputSource][] {
  const [name, spec] = nameAndValue(text, 'NAME=SPEC, for example image=random:7 or image=cat.png');
  return [...before, [name, parseSource(spec)]];
}

/** `--shape NAME=1x3x720x1280`, once for each input. "NAME=scalar" has no dimension. */
export function parseShapeOf(
  text: string,
  before: [string, number[]][] = [],
): [string, number[]][] {
  const [name, value] = nameAndValue(text, 'NAME=SHAPE, for example image=1x3x720x1280');
  if (value === 'scalar') return [...before, [name, []]];
  if (!/^\d{1,10}(x\d{1,10})*$/.test(value)) {
    throw new InvalidArgumentError(
      `"${shown(value)}" is not a shape: write sizes with x between them, such as 1x3x720x1280.`,
    );
  }
  return [...before, [name, value.split('x').map(Number)]];
}

/** random[:SEED], zeros, ones, range:FROM..TO[:SEED], else a file; of an .npz also FILE.npz:ENTRY. */
export function parseSource(spec: string): InputSource {
  if (spec === 'zeros') return { kind: 'zeros' };
  if (spec === 'ones') return { kind: 'ones' };
  if (spec === 'random') return { kind: 'random', seed: 0 };
  const random = /^random:(.*)$/.exec(spec);
  if (random !== null) return { kind: 'random', seed: parseSeed(random[1] ?? '') };
  const range = /^range:(.*?)\.\.(.*?)(?::(.*))?$/.exec(spec);
  if (range !== null) {
    const [, from = '', to = '', seed] = range;
    return {
      kind: 'range',
      from: parseNumber(from),
      to: parseNumber(to),
      seed: seed === undefined ? 0 : parseSeed(seed),
    };
  }
  if (/^range(:|$)/.test(spec)) {
    throw new InvalidArgumentError(`"${shown(spec)}" is not a range: write range:FROM..TO.`);
  }
  const entry = /^(.+\.npz):([^/\\]+)$/i.exec(spec);
  if (entry !== null) return { kind: 'file', path: entry[1] ?? '', entry: entry[2] ?? '' };
  return { kind: 'file', path: spec };
}

/** `--image NAME=nchw,bgr,scale:0.0039,offset:-1`: how a picture becomes that input; what is left out is usual. */
export function parseImage(
  text: string,
  before: [string, ImageLayout][] = [],
): [string, ImageLayout][] {
  const [name, value] = nameAndValue(
    text,
    'NAME=WORDS, for example image=nchw,bgr,scale:1,offset:0',
  );
  const image: ImageLayout = { layout: 'nchw', colors: 'rgb', scale: [1 / 255], offset: [0] };
  for (const word of value.split(',').map((part) => part.trim())) {
    const numbers = /^(scale|offset):(.+)$/.exec(word);
    if (word === 'nchw' || word === 'nhwc') image.layout = word;
    else if (word === 'rgb' || word === 'bgr' || word === 'gray') image.colors = word;
    else if (numbers?.[1] === 'scale') image.scale = parseNumbers(numbers[2] ?? '');
    else if (numbers?.[1] === 'offset') image.offset = parseNumbers(numbers[2] ?? '');
    else {
      throw new InvalidArgumentError(
        `"${shown(word)}" is none of nchw, nhwc, rgb, bgr, gray, scale:NUMBERS and offset:NUMBERS.`,
      );
    }
  }
  // One number stands for each channel.
  const channels = image.colors === 'gray' ? 1 : 3;
  const each = (numbers: number[]): number[] =>
    numbers.length === 1 ? Array<number>(channels).fill(numbers[0] ?? 0) : numbers;
  return [...before, [name, { ...image, scale: each(image.scale), offset: each(image.offset) }]];
}

/** "0.5" or, for each channel, "0.5/0.4/0.3". */
function parseNumbers(text: string): number[] {
  const numbers = text.split('/').map(parseNumber);
  if (numbers.length === 1 || numbers.length === 3) return numbers;
  throw new InvalidArgumentError('Scale and offset are one number, or three with / between them.');
}

/** default, auto, rule, bytes with or without a unit (1.5GiB, 200MB), or a share of the streamable weights (50%). */
export function parseBudget(text: string): BudgetArgument {
  switch (text) {
    case 'default':
    case 'rule':
      return text;
    case 'auto':
    case 'automatic':
      return 'automatic';
  }
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (share !== null) {
    const percent = Number(share[1]);
    if (percent <= 100) return { share: percent / 100 };
    throw new InvalidArgumentError('A share is from 0% to 100%.');
  }
  const size = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)?$/i.exec(text);
  if (size === null || (size[2] === undefined && /\./.test(text))) {
    throw new InvalidArgumentError(
      `"${shown(text)}" is not a budget: write default, auto, rule, bytes (1073741824), a size (1.5GiB) or a share (50%).`,
    );
  }
  return Math.round(Number(size[1]) * unit(size[2] ?? 'b'));
}

/** `--fits-in 6GiB`: bytes with or without a unit. */
export function parseMemory(text: string): number {
  const size = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b)?$/i.exec(text);
  const bytes = size === null ? 0 : Math.round(Number(size[1]) * unit(size[2] ?? 'b'));
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError(
    `"${shown(text)}" is not an amount of memory: write bytes or a size such as 6GiB.`,
  );
}

/** `--under 20ms`: milliseconds, also as seconds (0.5s). */
export function parseLatency(text: string): number {
  const time = /^(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s)?$/.exec(text);
  const ms = time === null ? 0 : Number(time[1]) * (time[2] === 's' ? 1000 : 1);
  if (ms > 0) return ms;
  throw new InvalidArgumentError(
    `"${shown(text)}" is not a time: write milliseconds such as 20ms, or seconds such as 0.5s.`,
  );
}

/** How a sweep names its budgets: so many, evenly from all weights to none, or a list, or null: chosen for the engine. */
export type SweepBudgets = { count: number } | { list: BudgetArgument[] } | null;

export function parseBudgets(text: string): SweepBudgets {
  if (/^\d{1,2}$/.test(text)) {
    const count = Number(text);
    if (count >= 2 && count <= 64) return { count };
    throw new InvalidArgumentError(
      'A number of budgets is from 2 to 64; one budget in bytes is written as 5B.',
    );
  }
  const list = text.split(',').map((part) => parseBudget(part.trim()));
  if (list.length > 64) throw new InvalidArgumentError('At most 64 budgets.');
  return { list };
}

/** What stands for a budget where the engine is known. Bytes, or a name that the host understands. */
export function resolveBudget(budget: BudgetArgument, facts: { streamable: number }): BudgetChoice {
  return typeof budget === 'object' ? Math.floor(budget.share * facts.streamable) : budget;
}

/** Bytes, largest first, each once. */
export function resolveSweepBudgets(
  budgets: Exclude<SweepBudgets, null>,
  facts: {
    streamable: number;
    automaticBudget: number | null;
    ruleBudget: number | null;
  },
): number[] {
  const { streamable } = facts;
  if (streamable <= 0) return [];
  const bytes =
    'count' in budgets
      ? Array.from({ length: budgets.count }, (_, index) =>
          Math.round(streamable * (1 - index / (budgets.count - 1))),
        )
      : budgets.list.map((budget) => {
          const choice = resolveBudget(budget, facts);
          if (choice === 'default') return streamable;
          if (choice === 'automatic') return facts.automaticBudget ?? streamable;
          if (choice === 'rule') return facts.ruleBudget ?? Math.floor(streamable / 2);
          return Math.min(choice, streamable);
        });
  return [...new Set(bytes)].sort((a, b) => b - a);
}

export function runChoices(
  args: EngineRunArguments,
  budget: BudgetChoice,
  profiledIterations: number,
): RunChoices {
  return {
    profile: args.profile,
    inputs: inputChoices(args),
    budget,
    warmUp: args.warmUp,
    // A time alone is a time, not also a number of iterations.
    iterations: args.iterations ?? (args.seconds === undefined ? defaultRunChoices.iterations : 0),
    seconds: args.seconds ?? defaultRunChoices.seconds,
    streams: args.streams,
    ...switchesOf((name) => args[name] ?? runSwitches[name]),
    runtimeCache: args.cache,
    profiledIterations,
  };
}

/** Those that were named; the engine's others get random values. A name that was given twice stays, and is refused. */
function inputChoices({ input = [], shape = [], image = [] }: EngineRunArguments): InputChoice[] {
  const choices = input.map(([name, source]): InputChoice => ({ name, shape: null, source }));
  for (const [name, sizes] of shape) {
    const choice = choices.find((one) => one.name === name && one.shape === null);
    if (choice !== undefined) choice.shape = sizes;
    else choices.push({ name, shape: sizes, source: { kind: 'random', seed: 0 } });
  }
  for (const [name, layout] of image) {
    const choice = choices.find((one) => one.name === name && one.source.kind === 'file');
    if (choice?.source.kind === 'file') choice.source = { ...choice.source, image: layout };
  }
  return choices;
}

/** Names of --image that no --input gives a file for. */
export function imagesWithoutFile({ input = [], image = [] }: EngineRunArguments): string[] {
  return image
    .map(([name]) => name)
    .filter((name) => !input.some(([other, source]) => other === name && source.kind === 'file'));
}

// ---- numbers of options ----

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(
      `It is a whole number from ${formatCount(least)} to ${formatCount(most)}.`,
    );
  };
}

export const parseIterations = wholeNumber(1, mostIterations);

export function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN;
  if (seconds > 0 && seconds <= mostSeconds) return seconds;
  throw new InvalidArgumentError(`It is a number of seconds, at most ${mostSeconds}.`);
}

function parseSeed(text: string): number {
  const seed = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (seed <= 0xffffffff) return seed;
  throw new InvalidArgumentError(
    `"${shown(text)}" is not a seed: expected a whole number from 0 to 4294967295.`,
  );
}

function parseNumber(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw new InvalidArgumentError(
    `"${shown(text)}" is not a number: expected one such as 0.5, -3 or 1e-3.`,
  );
}

function unit(name: string): number {
  const letter = name.toLowerCase();
  const base = letter.includes('i') ? 1024 : 1000;
  const power = { b: 0, k: 1, m: 2, g: 3, t: 4 }[letter.charAt(0)] ?? 0;
  return base ** power;
}

function nameAndValue(text: string, form: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError(`"${shown(text)}" is not of the form ${form}.`);
}

const shown = (text: string): string => plainText(text, 200);
