import * as assert from 'node:assert/strict';
import {
  imagesWithoutFile,
  parseBudget,
  parseBudgets,
  parseImage,
  parseInput,
  parseLatency,
  parseMemory,
  parseSeconds,
  parseShapeOf,
  parseSource,
  resolveBudget,
  resolveSweepBudgets,
  runChoices,
  wholeNumber,
  type EngineRunArguments,
} from './runArguments';

const defaults: EngineRunArguments = { profile: 0, warmUp: 20, streams: 1, cache: true };

describe('arguments of run and sweep', () => {
  it('name the source of an input', () => {
    const cases: [string, unknown][] = [
      ['random', { kind: 'random', seed: 0 }],
      ['random:7', { kind: 'random', seed: 7 }],
      ['zeros', { kind: 'zeros' }],
      ['ones', { kind: 'ones' }],
      ['range:-1..1', { kind: 'range', from: -1, to: 1, seed: 0 }],
      ['range:1e-3..2.5:9', { kind: 'range', from: 0.001, to: 2.5, seed: 9 }],
      ['in.npy', { kind: 'file', path: 'in.npy' }],
      ['C:\\data\\in.npz:x', { kind: 'file', path: 'C:\\data\\in.npz', entry: 'x' }],
      ['a/b.npz', { kind: 'file', path: 'a/b.npz' }],
      ['./zeros', { kind: 'file', path: './zeros' }],
    ];
    for (const [spec, source] of cases) assert.deepEqual(parseSource(spec), source, spec);
    for (const spec of ['random:x', 'random:4294967296', 'range:1', 'range', 'range:a..b']) {
      assert.throws(() => parseSource(spec), /is not a (seed|range|number)/, spec);
    }
  });

  it('take a goal as memory or as time', () => {
    assert.deepEqual(['6GiB', '512 MiB', '1000', '2kB'].map(parseMemory), [
      ...[6 * 2 ** 30, 512 * 2 ** 20, 1000, 2000],
    ]);
    assert.deepEqual(['20ms', '20', '0.5s', '1.25 ms'].map(parseLatency), [20, 20, 500, 1.25]);
    for (const text of ['', '0', '-1GiB', 'much', '1e9']) {
      assert.throws(() => parseMemory(text), /not an amount of memory/, text);
    }
    for (const text of ['', '0', '-1', 'soon', '1m']) {
      assert.throws(() => parseLatency(text), /not a time/, text);
    }
  });

  it('take one input after the other, names with colons and values with = among them', () => {
    const inputs = parseInput('x=a=b.npy', parseInput('input:0=zeros'));
    assert.deepEqual(inputs, [
      ['input:0', { kind: 'zeros' }],
      ['x', { kind: 'file', path: 'a=b.npy' }],
    ]);
    for (const text of ['x', '=zeros', 'x=']) assert.throws(() => parseInput(text), /NAME=SPEC/);
    assert.deepEqual(parseShapeOf('x=1x3', parseShapeOf('s=scalar')), [
      ['s', []],
      ['x', [1, 3]],
    ]);
    for (const text of ['x=1x', 'x=-1x3', 'x=1,3']) {
      assert.throws(() => parseShapeOf(text), /is not a shape/);
    }
  });

  it('say how a picture becomes an input', () => {
    assert.deepEqual(parseImage('x=nhwc,gray'), [
      ['x', { layout: 'nhwc', colors: 'gray', scale: [1 / 255], offset: [0] }],
    ]);
    const [named] = parseImage('x=bgr,scale:0.1/0.2/0.3,offset:-1');
    assert.deepEqual(named, [
      'x',
      { layout: 'nchw', colors: 'bgr', scale: [0.1, 0.2, 0.3], offset: [-1, -1, -1] },
    ]);
    for (const text of ['x=hsv', 'x=scale:1/2', 'x=scale:a', 'x']) {
      assert.throws(() => parseImage(text), /none of|number|form/, text);
    }
    const args = {
      ...defaults,
      input: parseInput('x=a.png', parseInput('y=zeros')),
      image: parseImage('y=rgb', parseImage('x=rgb')),
    };
    assert.deepEqual(imagesWithoutFile(args), ['y']);
    const { inputs } = runChoices(args, 'default', 0);
    assert.ok(inputs[1]?.source.kind === 'file' && inputs[1].source.image?.colors === 'rgb');
  });

  it('name a budget', () => {
    const cases: [string, unknown][] = [
      ['default', 'default'],
      ['auto', 'automatic'],
      ['rule', 'rule'],
      ['0', 0],
      ['1073741824', 1_073_741_824],
      ['1.5GiB', 1_610_612_736],
      ['200MB', 200_000_000],
      ['64 kib', 65_536],
      ['50%', { share: 0.5 }],
    ];
    for (const [text, budget] of cases) assert.deepEqual(parseBudget(text), budget, text);
    for (const text of ['', '-1', '1.5', '101%', 'half', '1e9', '1GiBs']) {
      assert.throws(() => parseBudget(text), /no budget|share/, text);
    }
    assert.equal(resolveBudget({ share: 0.5 }, { streamable: 1001 }), 500);
    assert.equal(resolveBudget('rule', { streamable: 1001 }), 'rule');
  });

  it('name the budgets of a sweep', () => {
    const facts = { streamable: 1000, automaticBudget: 700, ruleBudget: 400 };
    const of = (text: string): number[] => {
      const budgets = parseBudgets(text);
      assert.ok(budgets);
      return resolveSweepBudgets(budgets, facts);
    };
    assert.deepEqual(of('5'), [1000, 750, 500, 250, 0]);
    assert.deepEqual(of('0B, 25%,auto,rule,default,2000,25%'), [1000, 700, 400, 250, 0]);
    assert.deepEqual(
      resolveSweepBudgets({ count: 3 }, { streamable: 0, automaticBudget: null, ruleBudget: null }),
      [],
    );
    for (const text of ['1', '65', '', 'x,1']) assert.throws(() => parseBudgets(text));
  });

  it('become choices', () => {
    const choices = runChoices(
      {
        ...defaults,
        input: [['x', { kind: 'ones' }]],
        shape: [
          ['x', [2, 3]],
          ['y', [4]],
        ],
        seconds: 2,
      },
      'rule',
      0,
    );
    assert.deepEqual(choices.inputs, [
      { name: 'x', shape: [2, 3], source: { kind: 'ones' } },
      { name: 'y', shape: [4], source: { kind: 'random', seed: 0 } },
    ]);
    assert.equal(choices.iterations, 0);
    assert.equal(choices.seconds, 2);
    assert.equal(runChoices(defaults, 'default', 0).iterations, 200);
    const twice = runChoices(
      {
        ...defaults,
        shape: [
          ['x', [1]],
          ['x', [2]],
        ],
      },
      'default',
      0,
    );
    assert.equal(twice.inputs.length, 2);
  });

  it('are within bounds', () => {
    assert.equal(wholeNumber(1, 16)('16'), 16);
    for (const text of ['0', '17', '1.5', '', '-1']) {
      assert.throws(() => wholeNumber(1, 16)(text), /from 1 to 16/);
    }
    assert.equal(parseSeconds('0.5'), 0.5);
    for (const text of ['0', 'x', '3601']) assert.throws(() => parseSeconds(text), /seconds/);
  });
});
