/** What the reference's process and its client say to each other; both sides parse it. */
import * as v from 'valibot';
import { tensorTypes } from '../../../core/inspect/inspection';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const tensor = {
  name: v.string(),
  type: v.picklist(tensorTypes),
  shape: v.array(count),
  /** Raw bytes, C order, little endian. */
  dataPath: v.string(),
};

export const referenceTask = v.object({
  model: v.string(),
  /** Weights beside the model: as the model names them, and where they are. */
  externalFiles: v.array(v.object({ location: v.string(), path: v.string() })),
  inputs: v.array(v.object(tensor)),
  /** Outputs go there as reference-<index>.bin. */
  folder: v.string(),
  /** Holds ort-wasm-simd-threaded.wasm and .mjs. */
  wasmFolder: v.string(),
  threads: count,
});
export type ReferenceTask = v.InferOutput<typeof referenceTask>;

export const referenceAnswer = v.variant('type', [
  v.object({ type: v.literal('stage'), stage: v.picklist(['load', 'inputs', 'run', 'outputs']) }),
  v.object({
    type: v.literal('done'),
    version: v.string(),
    ms: v.number(),
    outputs: v.array(v.object({ ...tensor, told: v.string() })),
  }),
  v.object({
    type: v.literal('failed'),
    stage: v.string(),
    code: v.string(),
    sentence: v.string(),
    nextStep: v.string(),
    detail: v.string(),
  }),
]);
export type ReferenceAnswer = v.InferOutput<typeof referenceAnswer>;
