import * as assert from 'node:assert/strict';

import { tensorTypes, type TensorType } from '../inspect/inspection';
import {
  bitsOf,
  byteLength,
  decodeValues,
  elementCount,
  elementReader,
  encodeValues,
  typeOfNumber,
} from './tensorTypes';

const decode = (type: TensorType, bytes: number[], count: number): number[] =>
  Array.from(decodeValues(type, Uint8Array.from(bytes), count));
const round = (type: TensorType, value: number): number =>
  decodeValues(type, encodeValues(type, [value]), 1)[0] as number;

describe('tensor types', () => {
  it('counts bytes, halves of bytes too', () => {
    assert.equal(byteLength('float32', 3), 12);
    assert.equal(byteLength('int4', 3), 2);
    assert.equal(byteLength('float4e2m1', 4), 2);
    assert.equal(byteLength('bool', 0), 0);
    assert.equal(elementCount([]), 1);
    assert.equal(elementCount([2, 0]), 0);
    assert.ok(Number.isNaN(elementCount([2, -1])));
    assert.equal(typeOfNumber(7), 'bfloat16');
    assert.equal(typeOfNumber(99), 'unknown (99)');
  });

  it('decodes what NumPy and ml_dtypes encode', () => {
    // bytes made with numpy and ml_dtypes
    assert.deepEqual(decode('float16', [0x00, 0x3c, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc], 4), [
      1,
      2 ** -24,
      65504,
      -Infinity,
    ]);
    assert.deepEqual(decode('bfloat16', [0x80, 0x3f, 0x49, 0xc0], 2), [1, -3.140625]);
    assert.deepEqual(decode('float8e4m3', [0x7e, 0x01, 0x38, 0xb8], 4), [448, 2 ** -9, 1, -1]);
    assert.ok(Number.isNaN(decode('float8e4m3', [0x7f], 1)[0]));
    assert.deepEqual(decode('float8e8m0', [127, 0, 254], 3), [1, Math.fround(2 ** -127), 2 ** 127]);
    assert.deepEqual(decode('float4e2m1', [0x21, 0xf7], 4), [0.5, 1, 6, -6]);
    assert.deepEqual(decode('int4', [0x81, 0x0f], 3), [1, -8, -1]);
    assert.deepEqual(decode('int64', [255, 255, 255, 255, 255, 255, 255, 255], 1), [-1]);
    assert.deepEqual(decode('bool', [0, 2, 1], 3), [0, 1, 1]);
  });

  it('reads bytes that do not lie as typed arrays need them', () => {
    const bytes = new Uint8Array(17);
    bytes.set(encodeValues('float32', [1.5, -2]), 1);
    assert.deepEqual(Array.from(decodeValues('float32', bytes.subarray(1), 2)), [1.5, -2]);
    bytes.set(encodeValues('int64', [7, -9]), 1);
    assert.deepEqual(Array.from(decodeValues('int64', bytes.subarray(1), 2)), [7, -9]);
  });

  it('rounds to the nearest, ties to even, and stays within the type', () => {
    assert.equal(round('float16', 1 + 2 ** -11), 1);
    assert.equal(round('float16', 1 + 3 * 2 ** -11), 1 + 2 ** -9);
    assert.equal(round('float16', 65519), 65504);
    assert.equal(round('float16', 65520), Infinity);
    assert.equal(round('float16', 2 ** -25), 0);
    assert.equal(round('float16', 1.0000001 * 2 ** -25), 2 ** -24);
    assert.equal(round('bfloat16', 1 + 2 ** -8), 1);
    assert.equal(round('bfloat16', 1 + 3 * 2 ** -8), 1 + 2 ** -6);
    assert.ok(Number.isNaN(round('bfloat16', NaN)));
    assert.equal(round('float8e4m3', 1000), 448);
    assert.equal(round('float8e4m3', -1.0625), -1);
    assert.equal(round('float8e4m3', 1.1875), 1.25);
    assert.equal(round('float4e2m1', 2.5), 2);
    assert.equal(round('float4e2m1', 3.5), 4);
    assert.equal(round('float4e2m1', -100), -6);
    assert.equal(round('float8e8m0', 3), 4);
    assert.equal(round('uint8', 300), 255);
    assert.equal(round('uint8', 2.5), 2);
    assert.equal(round('int4', -20), -8);
    assert.equal(round('int32', NaN), 0);
    assert.equal(round('int64', 2 ** 70), 2 ** 63);
    assert.equal(round('bool', -3), 1);
  });

  it('gives back every value that a small type has', () => {
    for (const type of tensorTypes.filter((each) => bitsOf(each) <= 16)) {
      const count = 2 ** bitsOf(type);
      const bytes = new Uint8Array(byteLength(type, count));
      for (let code = 0; code < count; code++) {
        if (bitsOf(type) === 16) bytes.set([code & 255, code >> 8], code * 2);
        else if (bitsOf(type) === 8) bytes[code] = code;
        else bytes[code >> 1] = (bytes[code >> 1] ?? 0) | (code << ((code & 1) * 4));
      }
      const values = Array.from(decodeValues(type, bytes, count));
      const again = decodeValues(type, encodeValues(type, values), count);
      assert.deepEqual(Array.from(again), values, type);
      const read = elementReader(type, bytes);
      assert.deepEqual(
        values.map((_, i) => read(i)),
        values,
        type,
      );
    }
  });
});
