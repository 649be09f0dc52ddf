import * as assert from 'node:assert/strict';

import { compareValues } from './compareOutputs';

describe('comparing outputs', () => {
  const reference = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));

  it('agrees where all is equal', () => {
    const same = compareValues('float32', reference, reference);
    assert.deepEqual(
      { ...same, cosine: 1 },
      {
        maxAbsolute: 0,
        maxRelative: 0,
        cosine: 1,
        mismatched: 0,
        sentence: 'Agrees: all elements are equal.',
        state: 'good',
      },
    );
  });

  it('tells by how much', () => {
    const near = reference.map((value, i) => value + (i === 500 ? 2e-3 : 0));
    const { state, sentence, maxAbsolute, maxRelative } = compareValues('float32', near, reference);
    assert.equal(state, 'good');
    assert.ok(Math.abs((maxAbsolute ?? 0) - 2e-3) < 1e-6);
    assert.ok((maxRelative ?? 0) > 1e-3);
    assert.match(sentence, /^Agrees: max abs 0\.002, max rel 0\.0\d+, cosine 0\.99999\d*\.$/);
  });

  it('never rounds a cosine up to 1', () => {
    const near = reference.map((value) => value * (1 + 1e-9) + 1e-5);
    assert.match(compareValues('float32', near, reference).sentence, /cosine 0\.9{5}/);
  });

  it('warns where one value is far off, and differs where all are', () => {
    const one = reference.map((value, i) => (i === 3 ? value + 0.3 : value));
    assert.equal(compareValues('float32', one, reference).state, 'warning');
    const other = reference.map((value) => -value);
    const { state, cosine, sentence } = compareValues('float32', other, reference);
    assert.equal(state, 'bad');
    assert.ok((cosine ?? 0) < -0.99);
    assert.match(sentence, /^Differs: /);
  });

  it('asks less of smaller types', () => {
    const coarse = reference.map((value, i) => value + 0.03 * Math.cos(i * 7));
    assert.notEqual(compareValues('float32', coarse, reference).state, 'good');
    assert.equal(compareValues('bfloat16', coarse, reference).state, 'good');
  });

  it('takes what rounding makes of tiny values as agreement, and says how alike they are', () => {
    const tiny = Float32Array.from({ length: 1000 }, (_, i) => (i % 7) * 1e-7);
    const other = tiny.map((value, i) => value + (i % 3) * 1e-7);
    const { state, sentence } = compareValues('float32', other, tiny);
    assert.equal(state, 'good');
    assert.match(sentence, /^Agrees: max abs 2e-7, .*cosine 0\.9/);
    assert.equal(
      compareValues(
        'float32',
        other.map((value) => value * 1000),
        tiny.map((value) => value * 1000),
      ).state,
      'bad',
    );
  });

  it('takes NaN on one side only as different, on both as equal', () => {
    const some = compareValues('float32', [NaN, 1, Infinity], [NaN, 1, Infinity]);
    assert.equal(some.state, 'good');
    assert.equal(some.mismatched, 0);
    const one = compareValues('float32', [NaN, 1, Infinity], [0, 1, -Infinity]);
    assert.equal(one.state, 'bad');
    assert.equal(one.mismatched, 2);
    assert.match(one.sentence, /^Differs: 2 of 3 elements are NaN or infinite on one side only/);
  });

  it('counts unequal integers', () => {
    const classes = Array.from({ length: 1000 }, (_, i) => i % 7);
    const nearly = classes.map((value, i) => (i === 5 ? 6 : value));
    const { state, sentence } = compareValues('int64', nearly, classes);
    assert.equal(state, 'warning');
    assert.match(sentence, /^Nearly agrees: 1 of 1,000 elements are not equal/);
    assert.equal(
      compareValues(
        'int64',
        classes.map((value) => value + 1),
        classes,
      ).state,
      'bad',
    );
  });

  it('does with zeros, constants and nothing', () => {
    assert.equal(compareValues('float32', [0, 0], [0, 0]).state, 'good');
    assert.equal(compareValues('float32', [0, 0], [1, 1]).state, 'bad');
    assert.equal(compareValues('float32', [], []).state, 'good');
    assert.equal(compareValues('float32', [NaN], [NaN]).maxAbsolute, null);
  });
});
