import * as assert from 'node:assert/strict';

import { tensorTypes } from '../inspect/inspection';
import {
  conversionTo,
  isNpy,
  NpyError,
  npyHeader,
  npyHeaderLength,
  npyWriting,
  parseNpyHeader,
  swapBytes,
  cOrderPieces,
} from './npy';
import { decodeValues, encodeValues } from './tensorTypes';

function headerOf(text: string, version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + text.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, text.length, true);
  else view.setUint32(8, text.length, true);
  bytes.set(new TextEncoder().encode(text), start);
  return bytes;
}
const parse = (text: string, version?: number) => parseNpyHeader(headerOf(text, version));
const refused = (act: () => unknown, predicate: RegExp): void => {
  assert.throws(act, (error) => error instanceof NpyError && predicate.test(error.predicate));
};

describe('.npy headers', () => {
  it('are read in versions 1, 2 and 3', () => {
    for (const version of [1, 2, 3]) {
      const header = parse(
        `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), } \n`,
        version,
      );
      assert.equal(header.type, 'float32');
      assert.deepEqual(header.shape, [1, 3]);
      assert.equal(header.dataLength, 12);
      assert.equal(header.fortran, false);
      assert.equal(header.bigEndian, false);
    }
  });

  it('are read as Python writes them in other ways', () => {
    assert.deepEqual(parse(`{"shape": (), "descr": ">i8", "fortran_order": True}`).shape, []);
    assert.equal(parse(`{'descr': '>i8','fortran_order':True,'shape':(5,)}`).bigEndian, true);
    assert.deepEqual(
      parse(`{'descr': '|b1', 'fortran_order': False, 'shape': (2L, 3L)}`).shape,
      [2, 3],
    );
    assert.equal(parse(`{'descr': '<V2', 'fortran_order': False, 'shape': (4,)}`).type, 'void16');
  });

  it('are refused with the reason', () => {
    const dictionary = (descr: string, shape = '(1,)') =>
      `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}}`;
    refused(() => parse(dictionary(`'|O'`)), /Python objects/);
    refused(() => parse(dictionary(`'<U7'`)), /text/);
    refused(() => parse(dictionary(`'<c8'`)), /complex/);
    refused(() => parse(dictionary(`'<M8[ns]'`)), /dates or times/);
    refused(() => parse(dictionary(`[('a', '<f4')]`)), /structured/);
    refused(() => parse(dictionary(`'<f16'`)), /"<f16"/);
    refused(() => parse(dictionary(`'<f4'`, '(-1,)')), /damaged/);
    refused(() => parse(dictionary(`'<f4'`, '(999999999999, 999999999999)')), /more than any file/);
    refused(() => parse(dictionary(`'<f4'`, `(${'1,'.repeat(65)})`)), /65 dimensions/);
    refused(() => parse(`{'descr': '<f4', 'shape': (1,)}`), /damaged/);
    refused(() => parse(`{'descr': '<f4', 'evil': __import__('os')}`), /damaged/);
    refused(() => parse('no dictionary'), /damaged/);
    refused(() => parse(dictionary(`'<f4'`), 9), /version 9\.0/);
    refused(() => npyHeaderLength(new Uint8Array(12)), /no \.npy file/);
    refused(() => npyHeaderLength(headerOf('').subarray(0, 8)), /cut short/);
    const long = headerOf('', 2);
    new DataView(long.buffer).setUint32(8, 0xffffffff, true);
    refused(() => npyHeaderLength(long), /more than any real array/);
    refused(() => parseNpyHeader(headerOf(dictionary(`'<f4'`)).subarray(0, 40)), /cut short/);
  });

  it('are written as NumPy does', () => {
    const header = npyHeader('<f4', [3]);
    assert.ok(isNpy(header));
    assert.equal(header.length % 64, 0);
    assert.equal(
      new TextDecoder().decode(header.subarray(10)).trimEnd(),
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
    );
    for (const shape of [[], [0], [1, 2, 3]]) {
      assert.deepEqual(parseNpyHeader(npyHeader('<i8', shape)).shape, shape);
    }
  });
});

describe('.npy elements', () => {
  it('of Fortran order become C order', () => {
    // numpy.array([[1, 2, 3], [4, 5, 6]], order='F').tobytes('A') is 1 4 2 5 3 6
    const toCOrder = (...given: Parameters<typeof cOrderPieces>) =>
      Buffer.concat([...cOrderPieces(...given)]);
    assert.deepEqual([...toCOrder(Uint8Array.of(1, 4, 2, 5, 3, 6), 1, [2, 3])], [1, 2, 3, 4, 5, 6]);
    const shape = [2, 3, 4];
    const fortran: number[] = [];
    for (let k = 0; k < 4; k++)
      for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) fortran.push(i * 12 + j * 4 + k);
    const ordered = toCOrder(encodeValues('float32', fortran), 4, shape);
    assert.deepEqual(
      Array.from(decodeValues('float32', ordered, 24)),
      Array.from({ length: 24 }, (_, i) => i),
    );
    assert.equal(toCOrder(new Uint8Array(0), 4, [0, 3]).length, 0);
    // More than one piece: others get their turn between them.
    const [rows, columns] = [700, 500];
    const large = Uint32Array.from({ length: rows * columns }, (_, at) => {
      const [row, column] = [at % rows, Math.floor(at / rows)];
      return row * columns + column;
    });
    const pieces = [...cOrderPieces(new Uint8Array(large.buffer), 4, [rows, columns])];
    assert.ok(pieces.length > 2 && pieces.every(({ length }) => length <= 1 << 20));
    const whole = new Uint32Array(new Uint8Array(Buffer.concat(pieces)).buffer);
    assert.ok(whole.every((value, at) => value === at));
  });

  it('of big endian are turned round', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    swapBytes(bytes, 4);
    assert.deepEqual([...bytes], [4, 3, 2, 1, 8, 7, 6, 5]);
  });

  it('are rounded among floats', () => {
    const doubles = new Uint8Array(Float64Array.of(0.1, -2, 1e300).buffer);
    const { told, convert } = conversionTo('float64', 'float32');
    assert.equal(told, 'rounded to float32');
    const values = decodeValues('float32', convert(doubles), 3);
    assert.deepEqual(Array.from(values), [Math.fround(0.1), -2, Infinity]);
    assert.equal(conversionTo('float16', 'float32').told, 'as float32');
    assert.equal(conversionTo('float32', 'float32').told, '');
    const bf16 = encodeValues('bfloat16', [1, -3]);
    assert.deepEqual(conversionTo('void16', 'bfloat16').convert(bf16), bf16);
  });

  it('must fit among integers', () => {
    const longs = new Uint8Array(BigInt64Array.of(5n, -7n).buffer);
    const { told, convert } = conversionTo('int64', 'int32');
    assert.equal(told, 'as int32');
    assert.deepEqual(Array.from(decodeValues('int32', convert(longs), 2)), [5, -7]);
    const large = new Uint8Array(BigInt64Array.of(2n ** 40n).buffer);
    refused(() => convert(large), /holds 1099511627776, which int32 cannot hold/);
    const most = new Uint8Array(BigUint64Array.of(2n ** 63n).buffer);
    refused(() => conversionTo('uint64', 'int64').convert(most), /cannot hold/);
    const exact = new Uint8Array(BigUint64Array.of(2n ** 62n + 1n).buffer);
    assert.deepEqual(conversionTo('uint64', 'int64').convert(exact), exact);
    refused(() => conversionTo('uint8', 'bool').convert(Uint8Array.of(2)), /holds 2, which bool/);
    assert.deepEqual([...conversionTo('int8', 'int4').convert(Uint8Array.of(1, 0xf8))], [0x81]);
  });

  it('are not made from integers to floats, nor the other way', () => {
    refused(() => conversionTo('uint8', 'float32'), /holds uint8, but the input takes float32/);
    refused(() => conversionTo('float32', 'int64'), /holds float32, but the input takes int64/);
    refused(() => conversionTo('void16', 'float16'), /raw pairs of bytes/);
  });

  it('are written for every type so that NumPy reads them', () => {
    for (const type of tensorTypes) {
      const { descr, convert } = npyWriting(type);
      const bytes = encodeValues(type, [0, 1, 2]);
      const written = convert(bytes, 3);
      const header = parseNpyHeader(npyHeader(descr, [3]));
      assert.equal(written.length, header.dataLength, type);
    }
    assert.match(npyWriting('bfloat16').told, /as float32/);
    const halves = encodeValues('int4', [-8, 7, 1]);
    assert.deepEqual([...npyWriting('int4').convert(halves, 3)], [0xf8, 7, 1]);
  });
});
