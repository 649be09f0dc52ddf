import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../wire/failure';
import { parseMachineProfile, parseMachineProfileText } from './machineProfile';

const good = {
  computeCapability: '8.9',
  totalGpuMemory: 8_585_740_288,
  driverVersion: 13000,
  tensorrtRtx: '1.7.1',
  cudaRuntimeVersion: 13040,
};

function problemsOf(value: unknown): string[] {
  try {
    parseMachineProfile(value, 'rtx4060.json');
  } catch (error) {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'wrong-use');
    assert.match(error.nextStep, /^It must look like /);
    const [, problems] =
      /^rtx4060\.json is not a machine profile: (.*)\.$/.exec(error.message) ?? [];
    assert.ok(problems, error.message);
    return problems.split('; ');
  }
  assert.fail('it was accepted');
}

describe('machineProfile', () => {
  it('takes a profile, with other keys in it', () => {
    assert.deepEqual(parseMachineProfile({ ...good, name: 'desk' }, 'a.json'), good);
    assert.deepEqual(parseMachineProfileText(`\ufeff${JSON.stringify(good)}\n`, 'a.json'), good);
    const fourParts = { ...good, tensorrtRtx: '1.7.1.116' };
    assert.deepEqual(parseMachineProfile(fourParts, 'a.json'), fourParts);
  });

  it('says everything that is wrong at once, each key once', () => {
    const problems = problemsOf({
      computeCapability: 8.9,
      driverVersion: '13',
      tensorrtRtx: '1.7',
    });
    assert.equal(problems.length, 5);
    assert.match(
      problems.join('\n'),
      /^computeCapability must be text such as "8\.9", in quotes$/m,
    );
    assert.match(
      problems.join('\n'),
      /^totalGpuMemory is missing, it must be a whole number of bytes/m,
    );
    assert.match(problems.join('\n'), /^driverVersion must be a whole number such as 13000/m);
    assert.match(problems.join('\n'), /^tensorrtRtx must be text such as "1\.7\.1"/m);
    assert.match(problems.join('\n'), /^cudaRuntimeVersion is missing/m);
  });

  for (const [key, value] of [
    ['computeCapability', 'sm_89'],
    ['computeCapability', ''],
    ['totalGpuMemory', 0],
    ['totalGpuMemory', 8],
    ['totalGpuMemory', 2 ** 53 - 1],
    ['totalGpuMemory', -1],
    ['totalGpuMemory', 1.5],
    ['totalGpuMemory', 1e300],
    ['totalGpuMemory', '8 GiB'],
    ['driverVersion', 13.0001],
    ['driverVersion', -1],
    ['driverVersion', 0],
    ['driverVersion', 13],
    ['driverVersion', 580126],
    ['tensorrtRtx', 'v1.7.1'],
    ['tensorrtRtx', 1.7],
    ['cudaRuntimeVersion', null],
  ] as const) {
    it(`refuses ${key} ${JSON.stringify(value)}`, () => {
      const problems = problemsOf({ ...good, [key]: value });
      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.startsWith(`${key} must be`));
    });
  }

  it('refuses what is no object', () => {
    for (const value of [null, undefined, 1, 'x', [], [good]]) {
      assert.match(problemsOf(value)[0] ?? '', /one object with computeCapability, /);
    }
  });

  it('refuses what is no JSON, naming the file in printable text', () => {
    assert.throws(
      () => parseMachineProfileText('{"a', 'x\n\u202e.json'),
      /^Failure: x\\n\\u202e\.json is not a machine profile: it is not JSON \(/,
    );
  });

  it('throws nothing else, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseMachineProfileText(text, 'a.json');
        } catch (error) {
          assert.ok(error instanceof Failure);
          assert.doesNotMatch(error.message, /[\p{Cc}]/u);
        }
      }),
    );
  });
});
