/** One tensor's numbers, on their way between processes and as they are kept (core/run/runReport.ts says what they mean). */
import * as v from 'valibot';
import { tensorTypes } from '../inspect/inspection';
import type { TensorSummary } from '../run/runReport';

/** Of what was measured and computed, so NaN and infinities too. */
export const anyNumber = v.custom<number>((value) => typeof value === 'number', 'not a number');
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const optional = v.nullable(anyNumber);

export const tensorSummary = v.object({
  name: v.string(),
  type: v.picklist(tensorTypes),
  shape: v.array(anyNumber),
  count,
  min: optional,
  max: optional,
  mean: optional,
  standardDeviation: optional,
  nan: count,
  infinite: count,
  zeros: count,
  first: v.array(anyNumber),
}) satisfies v.GenericSchema<unknown, TensorSummary>;
