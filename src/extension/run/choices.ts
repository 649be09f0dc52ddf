/**
 * What may be chosen for a run, parsed, with bounds for every text, list and number. They are wider than what a run
 * takes: a mistake that a person can make is told in a sentence (core/run/runChoices.ts), not dropped here.
 */
import * as v from 'valibot';
import { type Goal, type InputSource, type RunChoices, switchesOf } from '../../core/run/runReport';

export const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
export const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
export const listOf = <T extends v.GenericSchema>(item: T, most: number) =>
  v.pipe(v.array(item), v.maxLength(most));

/** Tensor names come from engines, which are files like any other. */
export const tensorName = text(4096);
/** NaN and infinities are no choices. */
const finite = v.pipe(v.number(), v.finite());
const seed = integer(0);

const source = v.variant('kind', [
  v.object({ kind: v.literal('random'), seed }),
  v.object({ kind: v.literal('zeros') }),
  v.object({ kind: v.literal('ones') }),
  v.object({ kind: v.literal('range'), from: finite, to: finite, seed }),
  v.object({
    kind: v.literal('file'),
    path: v.pipe(text(4096), v.minLength(1)),
    entry: v.optional(text(4096)),
    image: v.optional(
      v.object({
        layout: v.picklist(['nchw', 'nhwc']),
        colors: v.picklist(['rgb', 'bgr', 'gray']),
        scale: listOf(finite, 4),
        offset: listOf(finite, 4),
      }),
    ),
  }),
]) satisfies v.GenericSchema<unknown, InputSource>;

export const choices = v.object({
  profile: integer(0, 10_000),
  inputs: listOf(
    v.object({ name: tensorName, shape: v.nullable(listOf(integer(0), 8)), source }),
    1000,
  ),
  budget: v.union([integer(0), v.picklist(['default', 'automatic', 'rule'])]),
  warmUp: integer(0, 1_000_000),
  iterations: integer(0, 10_000_000),
  seconds: v.pipe(finite, v.minValue(0), v.maxValue(86_400)),
  streams: integer(0, 1000),
  ...switchesOf(() => v.boolean()),
  runtimeCache: v.boolean(),
  profiledIterations: integer(0, 100_000),
}) satisfies v.GenericSchema<unknown, RunChoices>;

export const goal = v.variant('kind', [
  v.object({ kind: v.literal('memory'), bytes: integer(1) }),
  v.object({ kind: v.literal('latency'), ms: v.pipe(finite, v.gtValue(0)) }),
]) satisfies v.GenericSchema<unknown, Goal>;
