/**
 * NumPy's .npy format, versions 1 to 3: reading into TensorRT's types and writing from them. Bytes in, bytes out; files
 * are the caller's (host/run/inputs). Format: numpy.lib.format.
 *
 * NumPy itself knows no bfloat16, float8, float4 and int4. Such tensors are written so that any NumPy reads them without
 * losing a value: the floats as float32, int4 as int8. What ml_dtypes saved as raw bytes (V2 for bfloat16, V1 for
 * float8) is read as what the tensor is.
 */
import { plainText } from '../text/plainText';
import type { TensorType } from '../inspect/inspection';
import { decodeValues, elementCount, encodeValues, integerRange, isFloat } from './tensorTypes';

export class NpyError extends Error {
  constructor(
    /** Completes "<file> …": "is cut short: …". */
    readonly predicate: string,
    readonly nextStep = 'Save it again with numpy.save.',
  ) {
    super(`The array ${predicate}.`);
    this.name = 'NpyError';
  }
}

export const npyTypes = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
  'void8',
  'void16',
] as const;
/** void8, void16: one or two bytes that only the tensor's type can explain. */
export type NpyType = (typeof npyTypes)[number];

export interface NpyHeader {
  type: NpyType;
  /** Bytes of one element. */
  itemSize: number;
  bigEndian: boolean;
  fortran: boolean;
  shape: number[];
  /** Where the elements begin. */
  dataOffset: number;
  /** Bytes that the elements take. */
  dataLength: number;
}

/** Read this much first: enough for npyHeaderLength. */
export const npyPreamble = 12;
/** NumPy's own headers are a few hundred bytes. */
const maxHeader = 1024 * 1024;

export function isNpy(head: Uint8Array): boolean {
  return head[0] === 0x93 && new TextDecoder('latin1').decode(head.subarray(1, 6)) === 'NUMPY';
}

/** How many bytes from the beginning parseNpyHeader needs. Throws NpyError. */
export function npyHeaderLength(head: Uint8Array): number {
  if (!isNpy(head)) throw new NpyError('is no .npy file: it does not begin as one');
  if (head.length < npyPreamble) throw new NpyError('is cut short: its header is not whole');
  const major = head[6] ?? 0;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length =
    major === 1
      ? 10 + view.getUint16(8, true)
      : major === 2 || major === 3
        ? 12 + view.getUint32(8, true)
        : 0;
  if (length === 0) {
    throw new NpyError(`has the .npy version ${major}.${head[7] ?? 0}, which is not supported`);
  }
  if (length > maxHeader)
    throw new NpyError(`has a header of ${length} bytes, more than any real array`);
  return length;
}

/** head: the first npyHeaderLength bytes, more do no harm. Throws NpyError. */
export function parseNpyHeader(head: Uint8Array): NpyHeader {
  const dataOffset = npyHeaderLength(head);
  if (head.length < dataOffset) throw new NpyError('is cut short: its header is not whole');
  const start = head[6] === 1 ? 10 : 12;
  const encoding = head[6] === 3 ? 'utf-8' : 'latin1';
  const text = new TextDecoder(encoding).decode(head.subarray(start, dataOffset));
  const { descr, fortran, shape } = parseDictionary(text);
  const element = parseDescr(descr);
  const dataLength = elementCount(shape) * element.itemSize;
  if (!Number.isSafeInteger(dataLength)) {
    throw new NpyError(`claims a shape of ${shape.join(' x ')}, more than any file can hold`);
  }
  return { ...element, fortran, shape, dataOffset, dataLength };
}

interface Dictionary {
  descr: string;
  fortran: boolean;
  shape: number[];
}

/** A Python literal with exactly these keys: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), } */
function parseDictionary(text: string): Dictionary {
  const found: Partial<Dictionary> = {};
  const damaged = new NpyError('has a damaged .npy header');
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) throw damaged;
  let rest = trimmed.slice(1, -1).trim();
  while (rest !== '') {
    const key = /^(['"])(\w+)\1\s*:\s*/.exec(rest);
    if (key === null) throw damaged;
    rest = rest.slice(key[0].length);
    let value: RegExpExecArray | null = null;
    switch (key[2]) {
      case 'descr': {
        if (rest.startsWith('[') || rest.startsWith('(')) {
          throw new NpyError(
            'holds a structured array, where a tensor has one type',
            'Save one field of it with numpy.save.',
          );
        }
        value = /^(['"])([^'"]*)\1/.exec(rest);
        found.descr = value?.[2] ?? '';
        break;
      }
      case 'fortran_order':
        value = /^(?:True|False)\b/.exec(rest);
        found.fortran = value?.[0] === 'True';
        break;
      case 'shape': {
        value = /^\(([\d\sL,]*)\)/.exec(rest);
        const sizes = (value?.[1] ?? '').split(',').map((size) => size.trim().replace(/L$/, ''));
        if (sizes.at(-1) === '') sizes.pop();
        if (!sizes.every((size) => /^\d+$/.test(size))) throw damaged;
        found.shape = sizes.map(Number);
        break;
      }
      case undefined:
      default:
        throw damaged;
    }
    if (value === null) throw damaged;
    rest = rest.slice(value[0].length).trimStart();
    if (rest !== '' && !rest.startsWith(',')) throw damaged;
    rest = rest.slice(1).trimStart();
  }
  const { descr, fortran, shape } = found;
  if (descr === undefined || fortran === undefined || shape === undefined) throw damaged;
  if (shape.length > 64) throw new NpyError(`has ${shape.length} dimensions, more than any tensor`);
  return { descr, fortran, shape };
}

const kinds: Readonly<Record<string, NpyType>> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  V1: 'void8',
  V2: 'void16',
};

function parseDescr(descr: string): { type: NpyType; itemSize: number; bigEndian: boolean } {
  const match = /^([<>=|])([A-Za-z])(\d*)$/.exec(descr);
  const type = match === null ? undefined : kinds[`${match[2]}${match[3]}`];
  if (match === null || type === undefined) {
    const what = /^.?O/.test(descr)
      ? 'Python objects, which only Python can read'
      : /^.?[SUa]/.test(descr)
        ? 'text'
        : /^.?c/.test(descr)
          ? 'complex numbers'
          : /^.?[mM]/.test(descr)
            ? 'dates or times'
            : `elements of the type "${plainText(descr, 40)}"`;
    throw new NpyError(
      `holds ${what}; no tensor has those`,
      'Save it as numbers: numpy.save("input.npy", array.astype("float32")).',
    );
  }
  return { type, itemSize: Number(match[3]), bigEndian: match[1] === '>' };
}

// ---- element order ------------------------------------------------------------------------------------------------

/** In place: the bytes of each element the other way round. */
export function swapBytes(bytes: Uint8Array, itemSize: number): void {
  if (itemSize === 1) return;
  for (let at = 0; at + itemSize <= bytes.length; at += itemSize) {
    bytes.subarray(at, at + itemSize).reverse();
  }
}

/** An even number of elements; some ten milliseconds, after which others get their turn. */
const orderedAtOnce = 1 << 17;

/** Fortran order (first index fastest) to C order (last index fastest), in pieces: all of it may take seconds. */
export function* cOrderPieces(
  bytes: Uint8Array,
  itemSize: number,
  shape: readonly number[],
): Generator<Uint8Array, void, void> {
  const count = elementCount(shape);
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const index = shape.map(() => 0);
  let from = 0;
  let ordered = new Uint8Array();
  for (let done = 0; done < count; done++) {
    const to = done % orderedAtOnce;
    if (to === 0) {
      if (done > 0) yield ordered;
      ordered = new Uint8Array(Math.min(orderedAtOnce, count - done) * itemSize);
    }
    for (let byte = 0; byte < itemSize; byte++) {
      ordered[to * itemSize + byte] = bytes[from * itemSize + byte] ?? 0;
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      from += strides[axis] ?? 0;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      from -= (strides[axis] ?? 0) * (shape[axis] ?? 0);
      index[axis] = 0;
    }
  }
  if (count > 0) yield ordered;
}

// ---- into a tensor's type -----------------------------------------------------------------------------------------

export interface NpyConversion {
  /** "rounded to float16", "as int32"; empty: nothing is changed. */
  told: string;
  /** Whole elements, little endian, at an even position of the tensor. Throws NpyError for one that does not fit. */
  readonly convert: (piece: Uint8Array) => Uint8Array;
}

/** Floats may be rounded, integers must fit; one is not made into the other. Throws NpyError. */
export function conversionTo(from: NpyType, to: TensorType): NpyConversion {
  if (from === to && from !== 'bool') return { told: '', convert: (piece) => piece };
  if (from === 'void16' && to === 'bfloat16') return { told: '', convert: (piece) => piece };
  if (from === 'void8' && (to === 'float8e4m3' || to === 'float8e8m0')) {
    return { told: '', convert: (piece) => piece };
  }
  if (from.startsWith('float') && isFloat(to)) {
    return {
      told: widens(from, to) ? `as ${to}` : `rounded to ${to}`,
      convert: (piece) => encodeValues(to, readFloats(from, piece)),
    };
  }
  const range = integerRange(to);
  if (range !== null && (from === 'bool' || /^u?int/.test(from))) {
    return {
      told: from === to ? '' : `as ${to}`,
      convert: (piece) => convertIntegers(from, to, range, piece),
    };
  }
  const saved = isFloat(to) ? 'float32' : to === 'int4' ? 'int8' : to;
  throw new NpyError(
    `holds ${npyTypeName(from)}, but the input takes ${to}`,
    `Save it as ${saved}: numpy.save("input.npy", array.astype("${saved}")).`,
  );
}

export const npyTypeName = (type: NpyType): string =>
  type === 'void8' ? 'raw bytes' : type === 'void16' ? 'raw pairs of bytes' : type;

function widens(from: NpyType, to: TensorType): boolean {
  return to === 'float32' && from === 'float16';
}

function readFloats(from: NpyType, piece: Uint8Array): ArrayLike<number> {
  if (from === 'float16') return decodeValues('float16', piece, piece.length / 2);
  if (from === 'float32') return decodeValues('float32', piece, piece.length / 4);
  const at = piece.byteOffset % 8 === 0 ? piece : piece.slice();
  return new Float64Array(at.buffer, at.byteOffset, at.byteLength / 8);
}

function convertIntegers(
  from: NpyType,
  to: TensorType,
  range: { min: number; max: number },
  piece: Uint8Array,
): Uint8Array {
  const values = readIntegers(from, piece);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    // 2^63 itself is one too many for int64.
    if (value >= range.min && value <= range.max && !(to === 'int64' && value >= 2 ** 63)) continue;
    throw new NpyError(
      `holds ${value}, which ${to} cannot hold`,
      `Save values from ${range.min} to ${range.max}.`,
    );
  }
  // Numbers lose the last digits of 64 bits; bytes do not.
  if (to === 'int64' && from === 'uint64') return piece;
  return encodeValues(to, values);
}

function readIntegers(from: NpyType, piece: Uint8Array): ArrayLike<number> {
  const at = piece.byteOffset % 8 === 0 ? piece : piece.slice();
  const { buffer, byteOffset: offset, byteLength: length } = at;
  switch (from) {
    case 'bool':
      return at.map((byte) => (byte === 0 ? 0 : 1));
    case 'int8':
      return new Int8Array(buffer, offset, length);
    case 'int16':
      return new Int16Array(buffer, offset, length / 2);
    case 'int32':
      return new Int32Array(buffer, offset, length / 4);
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, offset, length / 8), Number);
    case 'uint16':
      return new Uint16Array(buffer, offset, length / 2);
    case 'uint32':
      return new Uint32Array(buffer, offset, length / 4);
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer, offset, length / 8), Number);
    case 'uint8':
    case 'float16':
    case 'float32':
    case 'float64':
    case 'void8':
    case 'void16':
      return at;
  }
}

// ---- writing ------------------------------------------------------------------------------------------------------

/** How a tensor's type is written. */
export interface NpyWriting {
  descr: string;
  /** "as float32, which NumPy knows"; empty: as it is. */
  told: string;
  /** `count` elements, at an even position of the tensor. */
  readonly convert: (piece: Uint8Array, count: number) => Uint8Array;
}

export function npyWriting(type: TensorType): NpyWriting {
  const asIs = (descr: string): NpyWriting => ({ descr, told: '', convert: (piece) => piece });
  switch (type) {
    case 'float32':
      return asIs('<f4');
    case 'float16':
      return asIs('<f2');
    case 'int8':
      return asIs('|i1');
    case 'int32':
      return asIs('<i4');
    case 'int64':
      return asIs('<i8');
    case 'uint8':
      return asIs('|u1');
    case 'bool':
      return asIs('|b1');
    case 'int4':
      return {
        descr: '|i1',
        told: 'as int8, because NumPy knows no int4',
        convert: (piece, count) => encodeValues('int8', decodeValues(type, piece, count)),
      };
    case 'bfloat16':
    case 'float8e4m3':
    case 'float8e8m0':
    case 'float4e2m1':
      return {
        descr: '<f4',
        told: `as float32, because NumPy knows no ${type}`,
        convert: (piece, count) => encodeValues('float32', decodeValues(type, piece, count)),
      };
  }
}

/** Version 1.0, padded so that the elements begin at a multiple of 64, as NumPy does. */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = new Uint8Array(length).fill(0x20);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(header.buffer).setUint16(8, length - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  header[length - 1] = 0x0a;
  return header;
}
