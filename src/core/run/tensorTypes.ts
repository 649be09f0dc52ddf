/**
 * TensorRT's element types as bytes: little endian, C order, as the library stores them linearly. int4 and float4e2m1
 * are packed two to a byte, the first in the low half.
 *
 * Values are numbers; int64 beyond 2^53 loses its last digits here (whoever copies bytes loses nothing). Encoding rounds
 * to the nearest, ties to even, and keeps within what a type can hold: 300 becomes 255 as uint8, 1000 becomes 448 as
 * float8e4m3. Floats that have an infinity keep it.
 */
import { bitsOfType, tensorTypes, type TensorFacts, type TensorType } from '../inspect/inspection';

/** DataType as NVIDIA's enum numbers it. */
export function typeOfNumber(number: number): TensorFacts['type'] {
  return tensorTypes[number] ?? `unknown (${number})`;
}

export function isTensorType(type: string): type is TensorType {
  return (tensorTypes as readonly string[]).includes(type);
}

export const bitsOf = (type: TensorType): number => bitsOfType[type];

/** Of `count` elements, the half byte at the end of packed types included. */
export function byteLength(type: TensorType, count: number): number {
  return Math.ceil((count * bitsOfType[type]) / 8);
}

/** 1 for a scalar, 0 where a dimension is 0; NaN where one is still open (-1) or not a whole number. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= Number.isInteger(size) && size >= 0 ? size : NaN;
  return count;
}

export function isFloat(type: TensorType): boolean {
  switch (type) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
    case 'float8e4m3':
    case 'float8e8m0':
    case 'float4e2m1':
      return true;
    case 'int8':
    case 'int32':
    case 'bool':
    case 'uint8':
    case 'int64':
    case 'int4':
      return false;
  }
}

/** What an integer type holds; bool is 0 and 1. */
export function integerRange(type: TensorType): { min: number; max: number } | null {
  switch (type) {
    case 'int8':
      return { min: -128, max: 127 };
    case 'uint8':
      return { min: 0, max: 255 };
    case 'int4':
      return { min: -8, max: 7 };
    case 'int32':
      return { min: -(2 ** 31), max: 2 ** 31 - 1 };
    case 'int64':
      return { min: -(2 ** 63), max: 2 ** 63 };
    case 'bool':
      return { min: 0, max: 1 };
    case 'float32':
    case 'float16':
    case 'bfloat16':
    case 'float8e4m3':
    case 'float8e8m0':
    case 'float4e2m1':
      return null;
  }
}

// ---- decoding -----------------------------------------------------------------------------------------------------

/**
 * `count` elements from the beginning of `bytes`, which must hold them. May be a view of `bytes`: use it before they
 * change. Packed types begin at a whole byte.
 */
export function decodeValues(
  type: TensorType,
  bytes: Uint8Array,
  count: number,
): ArrayLike<number> {
  switch (type) {
    case 'float32': {
      const at = aligned(bytes, 4, count);
      return new Float32Array(at.buffer, at.byteOffset, count);
    }
    case 'int32': {
      const at = aligned(bytes, 4, count);
      return new Int32Array(at.buffer, at.byteOffset, count);
    }
    case 'int64': {
      const at = aligned(bytes, 8, count);
      return Float64Array.from(new BigInt64Array(at.buffer, at.byteOffset, count), Number);
    }
    case 'int8':
      return new Int8Array(bytes.buffer, bytes.byteOffset, count);
    case 'uint8':
      return bytes.subarray(0, count);
    case 'bool':
      return bytes.subarray(0, count).map((byte) => (byte === 0 ? 0 : 1));
    case 'float16':
      return looked(words(bytes, count), float16Table());
    case 'bfloat16': {
      const values = new Uint32Array(count);
      const halves = words(bytes, count);
      for (let i = 0; i < count; i++) values[i] = (halves[i] ?? 0) << 16;
      return new Float32Array(values.buffer);
    }
    case 'float8e4m3':
      return looked(bytes.subarray(0, count), e4m3Table);
    case 'float8e8m0':
      return looked(bytes.subarray(0, count), e8m0Table);
    case 'int4':
      return halves(bytes, count, (code) => (code < 8 ? code : code - 16));
    case 'float4e2m1':
      return halves(bytes, count, (code) => e2m1Table[code] ?? 0);
  }
}

/** Any element of a tensor that is wholly in memory. */
export function elementReader(type: TensorType, bytes: Uint8Array): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'float32':
      return (index) => view.getFloat32(index * 4, true);
    case 'int32':
      return (index) => view.getInt32(index * 4, true);
    case 'int64':
      return (index) => Number(view.getBigInt64(index * 8, true));
    case 'int8':
      return (index) => view.getInt8(index);
    case 'uint8':
      return (index) => view.getUint8(index);
    case 'bool':
      return (index) => (view.getUint8(index) === 0 ? 0 : 1);
    case 'float16': {
      const table = float16Table();
      return (index) => table[view.getUint16(index * 2, true)] ?? 0;
    }
    case 'bfloat16':
      return (index) => {
        float32Bits.setUint32(0, view.getUint16(index * 2, true) << 16);
        return float32Bits.getFloat32(0);
      };
    case 'float8e4m3':
      return (index) => e4m3Table[view.getUint8(index)] ?? 0;
    case 'float8e8m0':
      return (index) => e8m0Table[view.getUint8(index)] ?? 0;
    case 'int4':
      return (index) => {
        const code = (view.getUint8(index >> 1) >> ((index & 1) * 4)) & 15;
        return code < 8 ? code : code - 16;
      };
    case 'float4e2m1':
      return (index) => e2m1Table[(view.getUint8(index >> 1) >> ((index & 1) * 4)) & 15] ?? 0;
  }
}

/** A copy where the bytes do not lie as a typed array needs them. */
function aligned(bytes: Uint8Array, size: number, count: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : bytes.slice(0, count * size);
}

function words(bytes: Uint8Array, count: number): Uint16Array {
  const at = aligned(bytes, 2, count);
  return new Uint16Array(at.buffer, at.byteOffset, count);
}

function looked(codes: ArrayLike<number>, table: Float32Array): Float32Array {
  const values = new Float32Array(codes.length);
  for (let i = 0; i < values.length; i++) values[i] = table[codes[i] ?? 0] ?? 0;
  return values;
}

function halves(bytes: Uint8Array, count: number, valueOf: (code: number) => number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = valueOf(((bytes[i >> 1] ?? 0) >> ((i & 1) * 4)) & 15);
  }
  return values;
}

// ---- encoding -----------------------------------------------------------------------------------------------------

/** The bytes of these values; packed types fill up the last byte with zero. */
export function encodeValues(type: TensorType, values: ArrayLike<number>): Uint8Array {
  // The engine's own conversions round as this file promises, and are many times faster.
  if (type === 'float32') return new Uint8Array(Float32Array.from(values).buffer);
  if (type === 'uint8') return new Uint8Array(Uint8ClampedArray.from(values).buffer);
  const bytes = new Uint8Array(byteLength(type, values.length));
  const view = new DataView(bytes.buffer);
  const code = encoderOf(type);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    switch (type) {
      case 'int32':
        view.setInt32(i * 4, code(value), true);
        break;
      case 'int64':
        view.setBigInt64(i * 8, toInt64(value), true);
        break;
      case 'float16':
      case 'bfloat16':
        view.setUint16(i * 2, code(value), true);
        break;
      case 'int8':
      case 'bool':
      case 'float8e4m3':
      case 'float8e8m0':
        bytes[i] = code(value) & 255;
        break;
      case 'int4':
      case 'float4e2m1':
        bytes[i >> 1] = (bytes[i >> 1] ?? 0) | ((code(value) & 15) << ((i & 1) * 4));
        break;
    }
  }
  return bytes;
}

function encoderOf(type: TensorType): (value: number) => number {
  switch (type) {
    case 'float16':
      return float16Code;
    case 'bfloat16':
      return bfloat16Code;
    case 'float8e4m3':
      return (value) => signedCode(value, e4m3Table, 127, 0x7f, 0x80);
    case 'float4e2m1':
      // It has no NaN: CUDA's conversion makes the largest value of it.
      return (value) => signedCode(value, e2m1Table, 8, 7, 8);
    case 'float8e8m0':
      return e8m0Code;
    case 'bool':
      return (value) => (value === 0 || Number.isNaN(value) ? 0 : 1);
    case 'int8':
    case 'uint8':
    case 'int4':
    case 'int32': {
      const { min, max } = integerRange(type) ?? { min: 0, max: 0 };
      return (value) =>
        Number.isNaN(value) ? 0 : Math.min(max, Math.max(min, roundToEven(value)));
    }
    case 'float32':
    case 'int64':
      return (value) => value; // written by the view
  }
}

function toInt64(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  if (value <= -(2 ** 63)) return -(2n ** 63n);
  return BigInt(roundToEven(value));
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const over = value - down;
  if (over > 0.5) return down + 1;
  if (over < 0.5) return down;
  return down % 2 === 0 ? down : down + 1;
}

const float32Bits = new DataView(new ArrayBuffer(4));

function bfloat16Code(value: number): number {
  float32Bits.setFloat32(0, value);
  const all = float32Bits.getUint32(0);
  if (Number.isNaN(value)) return (all >>> 16) | 0x40;
  return (all + 0x7fff + ((all >>> 16) & 1)) >>> 16;
}

/** Rounded once, from the double: by way of float32 a tie could be made that was none. */
function float16Code(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24); // 1024 is the least normal number
  let exponent = Math.floor(Math.log2(size));
  // log2 may be off by one next to a power of two
  if (size < 2 ** exponent) exponent -= 1;
  else if (size >= 2 ** (exponent + 1)) exponent += 1;
  const mantissa = roundToEven((size / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + mantissa); // 1024 carries into the exponent
}

/** The nearest of the `count` ascending values at the beginning of the table, ties to the even code. */
function signedCode(
  value: number,
  table: Float32Array,
  count: number,
  nan: number,
  signBit: number,
): number {
  if (Number.isNaN(value)) return nan;
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const size = Math.abs(value);
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((table[middle] ?? 0) <= size) low = middle;
    else high = middle - 1;
  }
  if (low === count - 1) return sign | low;
  const below = size - (table[low] ?? 0);
  const above = (table[low + 1] ?? 0) - size;
  const up = above < below || (above === below && low % 2 === 1);
  return sign | (up ? low + 1 : low);
}

/** Powers of two only: the nearest by exponent. Nothing else than NaN has code 255. */
function e8m0Code(value: number): number {
  if (Number.isNaN(value) || value < 0) return 255;
  if (value === 0) return 0;
  return Math.min(254, Math.max(0, Math.round(Math.log2(value)) + 127));
}

// ---- tables -------------------------------------------------------------------------------------------------------

/** 1 sign, 4 exponent (bias 7), 3 mantissa bits; no infinity, 0x7f and 0xff are NaN. */
const e4m3Table = Float32Array.from({ length: 256 }, (_, code) => {
  const exponent = (code >> 3) & 15;
  const mantissa = code & 7;
  if (exponent === 15 && mantissa === 7) return NaN;
  const size = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10);
  return code < 128 ? size : -size;
});

const e8m0Table = Float32Array.from({ length: 256 }, (_, code) =>
  code === 255 ? NaN : 2 ** (code - 127),
);

const e2m1Table = Float32Array.of(0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6);

let float16Values: Float32Array | null = null;

function float16Table(): Float32Array {
  float16Values ??= Float32Array.from({ length: 65536 }, (_, code) => {
    const exponent = (code >> 10) & 31;
    const mantissa = code & 1023;
    const sign = code < 32768 ? 1 : -1;
    if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
    const size = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
    return sign * size;
  });
  return float16Values;
}
