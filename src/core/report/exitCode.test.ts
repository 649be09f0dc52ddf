import assert from 'node:assert/strict';
import { answerOf, factsOf, inputOf, noDriver, realHeader } from '../../../test/support/engines';
import { exitCode } from './exitCode';
import { unreadableFacts } from '../file/fileFacts';
import { makeEngineReport, type ReportInput } from './makeEngineReport';

const engine = factsOf(realHeader('1.7.1.116'));
const file = (input: ReportInput) => ({ report: makeEngineReport(input) });
const valid = file(inputOf(engine, { answer: answerOf(0, 0) }));
const suboptimal = file(inputOf(engine, { answer: answerOf(1, 0) }));
const invalid = file(inputOf(engine, { answer: answerOf(2, 2) }));
const unchecked = file(inputOf(engine, { answer: answerOf(2, 0), machine: noDriver }));
const noRuntime = file(inputOf(engine, { runtime: null }));
const truncated = file(inputOf(factsOf(realHeader('1.7.1.116'), { size: 99 }), { runtime: null }));
const foreign = file(inputOf(factsOf(Buffer.from('<html>')), { runtime: null }));
const otherVersion = file(
  inputOf(factsOf(realHeader('1.6.1.120')), { answer: answerOf(2, 0), machine: noDriver }),
);
const unreadable = file(inputOf(unreadableFacts('a', 'It cannot be read.')));
const changed = file(
  inputOf(engine, { answer: answerOf(0, 0), recordedHash: { expected: 'a', actual: 'b' } }),
);

describe('exitCode', () => {
  it('is 0 when all are usable', () => {
    assert.equal(exitCode([valid]), 0);
    assert.equal(exitCode([valid, suboptimal]), 0);
  });

  it('is 1 when some are not', () => {
    for (const one of [invalid, truncated, foreign, changed, otherVersion]) {
      assert.equal(exitCode([valid, one]), 1);
      assert.equal(exitCode([unchecked, one]), 1);
    }
  });

  it('is 2 when some could not be checked, and for no files at all', () => {
    for (const one of [unchecked, noRuntime, unreadable]) {
      assert.equal(exitCode([valid, one]), 2);
    }
    assert.equal(exitCode([]), 2);
  });

  it('goes by the prediction and the file where a machine is given', () => {
    const runs = { validity: 0, diagnostics: 0 };
    const slow = { validity: 1, diagnostics: 0 };
    const not = { validity: 2, diagnostics: 1 };
    for (const one of [valid, invalid, unchecked, noRuntime, otherVersion]) {
      assert.equal(exitCode([{ ...one, predicted: runs }]), 0);
      assert.equal(exitCode([{ ...one, predicted: slow }]), 0);
      assert.equal(exitCode([{ ...one, predicted: not }]), 1);
    }
    for (const one of [truncated, foreign, changed]) {
      assert.equal(exitCode([{ ...one, predicted: runs }]), 1);
    }
    assert.equal(exitCode([{ ...unreadable, predicted: not }]), 2);
    assert.equal(exitCode([{ ...valid, predicted: runs, predictedStops: true }]), 1);
  });
});
