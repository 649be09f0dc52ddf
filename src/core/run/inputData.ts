/**
 * Made-up inputs, the same on every machine for the same seed. Piece by piece, so that a large input is never whole in
 * memory.
 */
import type { TensorType } from '../inspect/inspection';
import { randomBits } from './randomBits';
import type { InputSource } from './runReport';
import { byteLength, encodeValues, integerRange, isFloat } from './tensorTypes';

export type GeneratedSource = Exclude<InputSource, { kind: 'file' }>;

/** Even: packed types end a piece with a whole byte. */
const pieceElements = 64 * 1024;

/** The bytes of `count` elements, one piece after the other. */
export function* generateInput(
  type: TensorType,
  count: number,
  source: GeneratedSource,
): Generator<Uint8Array, void, void> {
  const next = valueMaker(type, source);
  const values = new Float64Array(Math.min(pieceElements, count));
  for (let at = 0; at < count; at += pieceElements) {
    const length = Math.min(pieceElements, count - at);
    for (let i = 0; i < length; i++) values[i] = next();
    yield encodeValues(type, values.subarray(0, length));
  }
}

/** All at once, for small ones. */
export function generatedBytes(
  type: TensorType,
  count: number,
  source: GeneratedSource,
): Uint8Array {
  const bytes = new Uint8Array(byteLength(type, count));
  let at = 0;
  for (const piece of generateInput(type, count, source)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** "random values, seed 0", for a person. */
export function generatedName(source: GeneratedSource): string {
  switch (source.kind) {
    case 'random':
      return `random values, seed ${source.seed}`;
    case 'zeros':
      return 'zeros';
    case 'ones':
      return 'ones';
    case 'range':
      return `values from ${source.from} to ${source.to}, seed ${source.seed}`;
  }
}

function valueMaker(type: TensorType, source: GeneratedSource): () => number {
  switch (source.kind) {
    case 'zeros':
      return () => 0;
    case 'ones':
      return () => 1;
    case 'random':
      return isFloat(type)
        ? randomFloats(type, randomBits(source.seed))
        : integersIn(randomIntegers(type), randomBits(source.seed));
    case 'range': {
      const { from, to, seed } = source;
      const bits = randomBits(seed);
      if (!isFloat(type)) return integersIn({ min: Math.ceil(from), max: Math.floor(to) }, bits);
      return () => from + (to - from) * (bits() / 0xffffffff);
    }
  }
}

/** Significant bits: with no more than these, a value below 1 is never rounded to 1. */
const significantBits: Partial<Record<TensorType, number>> = {
  float32: 24,
  float16: 11,
  bfloat16: 8,
  float8e4m3: 4,
  float4e2m1: 2,
};

function randomFloats(type: TensorType, bits: () => number): () => number {
  // Powers of two only, none below zero: 2^-7 … 1.
  if (type === 'float8e8m0') return () => 2 ** -(bits() >>> 29);
  const significant = significantBits[type] ?? 24;
  const half = 2 ** (significant - 1);
  return () => (bits() >>> (32 - significant)) / half - 1;
}

/** Bytes are often pictures; others are often indices, where small ones are safest. */
function randomIntegers(type: TensorType): { min: number; max: number } {
  const most = type === 'uint8' ? 255 : 9;
  return { min: 0, max: Math.min(most, integerRange(type)?.max ?? most) };
}

/** Both ends included. */
function integersIn({ min, max }: { min: number; max: number }, bits: () => number): () => number {
  const size = max - min + 1;
  return () => min + Math.floor((bits() / 2 ** 32) * size);
}
