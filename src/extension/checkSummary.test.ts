import assert from 'node:assert/strict';
import { answerOf, factsOf, inputOf, noDriver, realHeader } from '../../test/support/engines';
import { makeEngineReport } from '../core/report/makeEngineReport';
import { checkSummary } from './checkSummary';

const engine17 = realHeader('1.7.1.116');
const made = (bytes: Uint8Array, validity: number, size?: number) =>
  makeEngineReport(
    inputOf(factsOf(bytes, size === undefined ? {} : { size }), {
      answer: answerOf(validity, validity === 2 ? 1 : 0),
    }),
  );

describe('checkSummary', () => {
  it('counts by reason, worst first, files of other programs last', () => {
    const text = checkSummary([
      made(engine17, 0),
      made(realHeader('1.6.1.120'), 2),
      made(engine17, 0, 99),
      made(Buffer.from('PK\u0003\u0004'), 2),
    ]);
    assert.equal(
      text,
      '4 engines checked: 1 damaged or incomplete, 1 built by another version of TensorRT-RTX, 1 run here, 1 not a TensorRT-RTX engine.',
    );
  });

  it('does not call an engine bad where no GPU is there', () => {
    const report = makeEngineReport(
      inputOf(factsOf(engine17), {
        answer: answerOf(2, 0),
        machine: { ...noDriver, nvidiaDevice: false },
      }),
    );
    assert.equal(
      checkSummary([report]),
      '1 engine checked: 1 with nothing wrong, but no GPU here.',
    );
  });
});
