import * as assert from 'node:assert/strict';

import type { TensorFacts } from '../inspect/inspection';
import { checkChoices, completeChoices, defaultChoices, resolveShape } from './runChoices';
import type { InputSource, RunChoices } from './runReport';

const tensor = (facts: Partial<TensorFacts>): TensorFacts => ({
  name: 'image',
  mode: 'input',
  type: 'float32',
  shape: [-1, 3, -1, -1],
  format: 'Row major linear FP32 format (kLINEAR)',
  linear: true,
  location: 'device',
  shapeTensor: false,
  profiles: [{ min: [1, 3, 32, 32], opt: [1, 3, 64, 64], max: [2, 3, 128, 128] }],
  profileValues: [null],
  ...facts,
});
const target = {
  tensors: [
    tensor({}),
    tensor({ name: 'ids', type: 'int32', shape: [4], profiles: [null] }),
    tensor({ name: 'out', mode: 'output' }),
  ],
  profileCount: 1,
};
const good = defaultChoices(target);
const errorsOf = (change: Partial<RunChoices>) => checkChoices({ ...good, ...change }, target);
const only = (change: Partial<RunChoices>, field: string, sentence: RegExp): void => {
  const errors = errorsOf(change);
  assert.deepEqual(
    errors.map((error) => error.field),
    [field],
  );
  assert.match(errors[0]?.sentence ?? '', sentence);
  assert.match(errors[0]?.nextStep ?? '', /\.$/);
};
const image = (shape: number[] | null, source: InputSource = { kind: 'zeros' }) => ({
  inputs: [{ name: 'image', shape, source }, ...good.inputs.slice(1)],
});
const ids = (source: InputSource) => ({
  inputs: [...good.inputs.slice(0, 1), { name: 'ids', shape: null, source }],
});

describe('choices of a run', () => {
  it('are good as they come', () => {
    assert.deepEqual(errorsOf({}), []);
    assert.deepEqual(
      good.inputs.map(({ name }) => name),
      ['image', 'ids'],
    );
    assert.deepEqual(completeChoices({ ...good, inputs: [] }, target).inputs, good.inputs);
  });

  it('have numbers that make sense', () => {
    only({ profile: 1 }, 'profile', /no optimization profile 1/);
    only({ iterations: -1 }, 'iterations', /iterations is -1/);
    only({ iterations: 0, seconds: 0 }, 'iterations', /Nothing would be measured/);
    only({ iterations: 1e9 }, 'iterations', /1000000000/);
    only({ streams: 0 }, 'streams', /streams is 0/);
    only({ streams: 17 }, 'streams', /17/);
    only({ warmUp: 1.5 }, 'warmUp', /1\.5/);
    only({ seconds: NaN }, 'seconds', /NaN s/);
    only({ profiledIterations: -3 }, 'profiledIterations', /-3/);
    only({ budget: -5 }, 'budget', /-5 bytes/);
    assert.deepEqual(errorsOf({ iterations: 0, seconds: 3, budget: 'rule' }), []);
  });

  it('name every input once', () => {
    only({ inputs: good.inputs.slice(0, 1) }, 'inputs.ids', /"ids" is missing/);
    only({ inputs: [...good.inputs, ...good.inputs.slice(1)] }, 'inputs.ids', /twice/);
    const named = (name: string) => [
      ...good.inputs,
      { name, shape: null, source: { kind: 'zeros' as const } },
    ];
    only({ inputs: named('nope') }, 'inputs.nope', /no input "nope"/);
    only({ inputs: named('out') }, 'inputs.out', /is an output/);
    assert.match(errorsOf({ inputs: named('nope') })[0]?.nextStep ?? '', /"image", "ids"/);
  });

  it('have shapes within the profile', () => {
    assert.deepEqual(errorsOf(image([2, 3, 128, 128])), []);
    only(image([3, 64, 64]), 'inputs.image.shape', /has 4 dimensions.*has 3/);
    only(image([1, 4, 64, 64]), 'inputs.image.shape', /Dimension 1 .* is 3, not 4/);
    only(
      image([1, 3, 64, 129]),
      'inputs.image.shape',
      /Dimension 3 .* is 129; profile 0 allows 32 to 128/,
    );
    only(image([1, 3, 64, -1]), 'inputs.image.shape', /shape .* is 1 x 3 x 64 x \?/);
    only(image([1, 3, 64, 64.5]), 'inputs.image.shape', /64\.5/);
  });

  it('have values that the type holds', () => {
    const range = (from: number, to: number) => ids({ kind: 'range', from, to, seed: 0 });
    assert.deepEqual(errorsOf(range(-3, 3)), []);
    only(range(3, -3), 'inputs.ids.source', /from 3 to -3/);
    only(range(0, 1e12), 'inputs.ids.source', /more than int32 holds/);
    only(range(0.2, 0.8), 'inputs.ids.source', /no whole number/);
    only(ids({ kind: 'random', seed: -1 }), 'inputs.ids.source', /seed .* is -1/);
    only(ids({ kind: 'file', path: '' }), 'inputs.ids.source', /No file/);
  });

  it('need what the engine can take', () => {
    const check = (facts: Partial<TensorFacts>) => {
      const other = { tensors: [tensor(facts)], profileCount: 1 };
      return checkChoices(defaultChoices(other), other);
    };
    assert.match(check({ type: 'unknown (40)' })[0]?.sentence ?? '', /type unknown \(40\)/);
    assert.match(check({ linear: false, format: 'CHW32' })[0]?.sentence ?? '', /CHW32/);
    assert.match(check({ profiles: [null] })[0]?.sentence ?? '', /its profile gives no shape/);
  });

  it('take the shape that was chosen, else the file’s, else opt', () => {
    const choice = { name: 'image', shape: null, source: { kind: 'zeros' as const } };
    assert.deepEqual(resolveShape(choice, tensor({}), 0, null), [1, 3, 64, 64]);
    assert.deepEqual(resolveShape(choice, tensor({}), 0, [2, 3, 32, 32]), [2, 3, 32, 32]);
    assert.deepEqual(resolveShape({ ...choice, shape: [9] }, tensor({}), 0, [2]), [9]);
    assert.equal(resolveShape(choice, tensor({ profiles: [] }), 0, null), null);
  });
});
