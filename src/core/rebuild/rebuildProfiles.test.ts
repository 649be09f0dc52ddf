import assert from 'node:assert/strict';

import fc from 'fast-check';

import type { OnnxValueFacts } from './onnxFacts';
import {
  checkProfiles,
  profileOptions,
  defaultProfiles,
  parseShape,
  parseShapeRange,
  profilesOf,
  widenRange,
  shapeRangeText,
} from './rebuildProfiles';
import type { ShapeRange } from './rebuildOptions';

const value = (name: string, shape: OnnxValueFacts['shape']): OnnxValueFacts => ({
  name,
  type: 'float32',
  shape,
});
const image = value('image', ['batch', 3, 'height', 'width']);

function sentences(ranges: ShapeRange[], inputs: OnnxValueFacts[]): string[] {
  return checkProfiles([ranges], inputs).map((problem) => problem.sentence);
}

describe('rebuildProfiles', () => {
  it('reads the command line’s form', () => {
    assert.deepEqual(parseShapeRange('image:1x3x64x64:1x3x224x224:4x3x512x512'), {
      input: 'image',
      min: [1, 3, 64, 64],
      opt: [1, 3, 224, 224],
      max: [4, 3, 512, 512],
    });
    assert.deepEqual(parseShapeRange('tokens:0:1:8:64'), {
      input: 'tokens:0',
      min: [1],
      opt: [8],
      max: [64],
    });
    const one = parseShapeRange('x:2x4');
    assert.deepEqual([one.min, one.opt, one.max], [[2, 4], [2, 4], [2, 4]]); // prettier-ignore
  });

  it('says how it should be written', () => {
    for (const text of ['', 'image', 'image:', 'image:1xx3', 'a:--1', 'a:1x-']) {
      assert.throws(() => parseShapeRange(text), /is not a (profile|shape): write/, text);
    }
    assert.throws(() => parseShape('9999999999'), /above 2147483647/);
  });

  it('reads negative values, which inputs that shapes are computed with may hold', () => {
    assert.deepEqual(parseShapeRange('axes:-1:0:3').min, [-1]);
    assert.deepEqual(parseShapeRange('target:1x-1').max, [1, -1]);
  });

  it('tells inputs that are no tensors, and those without a rank, from dynamic ones', () => {
    const sentence = (type: string, shape: null | number[]): string =>
      checkProfiles([], [{ name: 'seq', type, shape }])[0]?.sentence ?? '';
    assert.match(sentence('sequence', null), /"seq" \(sequence\) can't be taken by TensorRT-RTX/);
    assert.match(sentence('float32', null), /gives no shape for its input "seq"/);
    assert.equal(sentence('float32', [1]), '');
  });

  it('writes the options to start from', () => {
    const options = profileOptions(
      [{ name: 'x', type: 'float32', shape: ['N', 3, 'H', 'W'] }],
      String,
    );
    assert.equal(options, '--profile x:1x3x32x32:1x3x224x224:4x3x1024x1024');
    assert.equal(profileOptions([{ name: 'x', type: 'float32', shape: [1] }], String), '');
  });

  it('writes what it reads', () => {
    const shape = fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), shape, shape, shape, (input, min, opt, max) => {
        // A name that itself ends like a shape cannot be told from one.
        fc.pre(!/:[\dx]+$/.test(input) && !input.includes('\n') && !input.includes('\r'));
        fc.pre(!/[\u2028\u2029]/.test(input));
        const range = { input, min, opt, max };
        assert.deepEqual(parseShapeRange(shapeRangeText(range)), range);
      }),
    );
  });

  it('puts the n-th range of an input into the n-th profile', () => {
    const profiles = profilesOf(['a:1', 'b:2', 'a:3', 'b:4'].map(parseShapeRange));
    assert.deepEqual(
      profiles.map((profile) => profile.map((range) => `${range.input}${range.opt[0]}`)),
      [
        ['a1', 'b2'],
        ['a3', 'b4'],
      ],
    );
  });

  it('proposes ranges that pass its own checks', () => {
    assert.deepEqual(defaultProfiles([value('fixed', [1, 3])]), []);
    assert.deepEqual(defaultProfiles([image, value('fixed', [1, 3])]), [
      [{ input: 'image', min: [1, 3, 32, 32], opt: [1, 3, 224, 224], max: [4, 3, 1024, 1024] }],
    ]);
    const dimension = fc.oneof(
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('batch', 'seq_len', 'height', '', 'p2o.DynamicDimension.0'),
    );
    const shapes = fc.array(fc.array(dimension, { maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, (list) => {
        const inputs = list.map((shape, i) => value(`i${i}`, shape));
        assert.deepEqual(checkProfiles(defaultProfiles(inputs), inputs), []);
      }),
    );
  });

  it('asks for a profile of a dynamic input', () => {
    assert.match(checkProfiles([], [image])[0]?.sentence ?? '', /input "image" \(batch x 3 x/);
    assert.deepEqual(checkProfiles([], [value('fixed', [1])]), []);
    assert.deepEqual(sentences([], [image]), [
      'Profile 0 gives no range for the dynamic input "image" (batch x 3 x height x width).',
    ]);
  });

  it('refuses what the library would refuse', () => {
    const bad = (text: string): string => sentences([parseShapeRange(text)], [image]).join(' ');
    assert.equal(
      bad('image:1x3x64x64:1x3x32x64:1x3x128x128'),
      'min of "image" is above opt in dimension 2 (height): 64 > 32.',
    );
    assert.equal(
      bad('image:1x3x64x64:1x3x64x256:1x3x128x128'),
      'opt of "image" is above max in dimension 3 (width): 256 > 128.',
    );
    assert.match(bad('image:1x3x64'), /min of "image" has 3 sizes .* has 4/);
    assert.match(bad('image:1x4x64x64'), /Dimension 1 of "image" is 3 in the model/);
    assert.match(bad('imag:1x3x64x64'), /The model has no input "imag": it has "image"/);
    const twice = [parseShapeRange('image:1x3x64x64'), parseShapeRange('image:1x3x64x64')];
    assert.deepEqual(sentences(twice, [image]), [
      'The input "image" is listed twice in profile 0.',
    ]);
  });

  it('finds ranges that contradict each other by a shared name', () => {
    const inputs = [value('x', ['batch', 4]), value('state', ['batch', 128])];
    const check = (x: string, state: string): string =>
      sentences([parseShapeRange(x), parseShapeRange(state)], inputs).join(' ');
    assert.match(
      check('x:1x4', 'state:2x128:2x128:8x128'),
      /dimension of "x" and of "state" "batch".* 1 to 1 and 2 to 8 contradict/,
    );
    assert.match(check('x:1x4:2x4:4x4', 'state:1x128:3x128:4x128'), /opt sizes are 2 and 3/);
    assert.equal(check('x:1x4:2x4:4x4', 'state:1x128:2x128:8x128'), '');
  });
});

describe('widenRange', () => {
  const range = { input: 'image', min: [1, 3, 32], opt: [1, 3, 224], max: [4, 3, 1024] };
  it('lets suggestions follow a size that is larger, and leaves them where it is not', () => {
    assert.deepEqual(widenRange(range, 'min'), range);
    assert.deepEqual(widenRange({ ...range, min: [8, 3, 512] }, 'min'), {
      input: 'image',
      min: [8, 3, 512],
      opt: [8, 3, 512],
      max: [8, 3, 1024],
    });
    assert.deepEqual(widenRange({ ...range, opt: [1, 3, 2048] }, 'opt').max, [4, 3, 2048]);
  });
});
