import * as assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { tensorTypes } from '../inspect/inspection';
import { generatedBytes, generateInput } from './inputData';
import { summarizeTensor, TensorSummarizer } from './tensorSummary';
import { byteLength, decodeValues, encodeValues } from './tensorTypes';

describe('made-up inputs', () => {
  it('are the same for the same seed, and others for another', () => {
    const bytes = generatedBytes('float32', 1000, { kind: 'random', seed: 0 });
    // Fixed for ever: runs of different versions and machines stay comparable.
    assert.equal(createHash('sha256').update(bytes).digest('hex').slice(0, 16), '9e3715d1670bdad0');
    assert.deepEqual(bytes, generatedBytes('float32', 1000, { kind: 'random', seed: 0 }));
    assert.notDeepEqual(bytes, generatedBytes('float32', 1000, { kind: 'random', seed: 1 }));
  });

  it('stay within their ranges, for every type', () => {
    for (const type of tensorTypes) {
      const count = 4001;
      const bytes = generatedBytes(type, count, { kind: 'random', seed: 7 });
      assert.equal(bytes.length, byteLength(type, count), type);
      const { min, max, nan, infinite } = summarizeTensor('x', type, [count], bytes);
      assert.equal(nan + infinite, 0, type);
      assert.ok(min !== null && max !== null && min < max, type);
      assert.ok(min >= -1, type);
      if (type.includes('float') && type !== 'float8e8m0') assert.ok(max < 1, type);
      if (type === 'bool') assert.deepEqual([min, max], [0, 1]);
    }
  });

  it('are evenly spread', () => {
    const bytes = generatedBytes('float32', 100_000, { kind: 'random', seed: 3 });
    const { mean, standardDeviation } = summarizeTensor('x', 'float32', [100_000], bytes);
    assert.ok(Math.abs(mean ?? 1) < 0.01);
    assert.ok(Math.abs((standardDeviation ?? 0) - 1 / Math.sqrt(3)) < 0.01);
  });

  it('include both ends of a range of integers', () => {
    const bytes = generatedBytes('int64', 500, { kind: 'range', from: -1, to: 2, seed: 0 });
    const values = new Set(Array.from(decodeValues('int64', bytes, 500)));
    assert.deepEqual([...values].sort(), [-1, 0, 1, 2]);
  });

  it('come in pieces without holes', () => {
    const pieces = [...generateInput('int4', 200_001, { kind: 'ones' })];
    assert.ok(pieces.length > 1);
    assert.equal(
      pieces.reduce((sum, piece) => sum + piece.length, 0),
      byteLength('int4', 200_001),
    );
    assert.ok(pieces.slice(0, -1).every((piece) => piece.every((byte) => byte === 0x11)));
    assert.deepEqual(generatedBytes('float16', 2, { kind: 'zeros' }), new Uint8Array(4));
    assert.deepEqual([...generateInput('float32', 0, { kind: 'ones' })], []);
  });
});

describe('tensor summaries', () => {
  it('count NaN, infinite values and zeros and leave them out of the rest', () => {
    const values = [NaN, Infinity, -Infinity, 0, -0, 1, 3];
    const bytes = encodeValues('float32', values);
    const summary = summarizeTensor('y', 'float32', [7], bytes);
    assert.deepEqual(summary, {
      name: 'y',
      type: 'float32',
      shape: [7],
      count: 7,
      min: 0,
      max: 3,
      mean: 1,
      standardDeviation: Math.sqrt(1.5),
      nan: 1,
      infinite: 2,
      zeros: 2,
      first: values,
    });
  });

  it('say nothing of no values', () => {
    for (const values of [[], [NaN, NaN]]) {
      const bytes = encodeValues('float32', values);
      const summary = summarizeTensor('y', 'float32', [values.length], bytes);
      assert.deepEqual([summary.min, summary.mean, summary.standardDeviation], [null, null, null]);
    }
  });

  it('are exact far from zero and over many pieces', () => {
    const summarizer = new TensorSummarizer();
    for (let piece = 0; piece < 50; piece++) {
      summarizer.add(Float64Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2)));
    }
    const { mean, standardDeviation, first, count } = summarizer.finish('x', 'float32', [50_000]);
    assert.equal(count, 50_000);
    assert.equal(first.length, 32);
    assert.equal(mean, 1e9 + 0.5);
    assert.ok(Math.abs((standardDeviation ?? 0) - 0.5) < 1e-9);
  });
});
