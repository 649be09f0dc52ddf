import assert from 'node:assert/strict';
import { editHeader, factsOf, realHeader } from '../../../test/support/engines';
import { rtxProvider } from '../../../test/support/epContextModels';
import { headerOfCompatibilityInfo, infoProblem, whyNoInfo } from './compatibilityInfo';

const engine17 = realHeader('1.7.1.116');
const inModel = (header: Buffer, name = 'a') => ({
  ...{ name, offset: 100, problem: '' },
  facts: factsOf(header),
});
const says = (info: string, ...engines: Buffer[]) =>
  infoProblem(
    [{ provider: rtxProvider, info }],
    engines.map((header) => inModel(header)),
  )?.sentence ?? '';
const hex = (header: Buffer) => header.toString('hex');

describe('the compatibility info of an EPContext model', () => {
  it('is what this provider writes, and nothing else', () => {
    assert.equal(headerOfCompatibilityInfo('ab'.repeat(64))?.length, 64);
    for (const info of ['', 'ab', 'zz'.repeat(64), 'ab'.repeat(65), '{"a":1}']) {
      assert.equal(headerOfCompatibilityInfo(info), null);
    }
  });

  it('is right where one of the engines has it, in either case of its digits', () => {
    assert.equal(says(hex(engine17), engine17), '');
    assert.equal(says(hex(engine17).toUpperCase(), engine17), '');
    assert.equal(says(hex(engine17), realHeader('1.6.1.120'), engine17), '');
    // Nothing to compare with, nothing that ONNX Runtime would ask, and another provider's.
    assert.equal(says(hex(engine17)), '');
    assert.equal(says('', engine17), '');
    const qnn = [{ provider: 'QNNExecutionProvider', info: 'v=2' }];
    assert.equal(infoProblem(qnn, [inModel(engine17)]), null);
  });

  it('of another engine is told by what differs first', () => {
    const other = hex(realHeader('1.6.1.120'));
    assert.match(says(other, engine17), /TensorRT-RTX 1\.6\.1\.120, the engine is of 1\.7\.1\.116/);
    const ampere = realHeader('1.7.1.116', '8.6 only');
    assert.match(says(hex(ampere), engine17), /speaks of 8\.6, the engine is for 8\.0 · 8\.6/);
    const longer = editHeader(engine17, { fileSize: 99n });
    assert.match(says(hex(longer), engine17), /another engine of that version/);
    assert.match(says(other, engine17, ampere), /not that of any engine of the model/);
  });

  it('that no version of ONNX Runtime can read is told by what is wrong with it', () => {
    const good = hex(engine17);
    for (const [info, why] of [
      [`0x${good}`, /has 130 characters and begins with 0x/],
      [`${good}\n`, /has 129 characters and has spaces or line breaks in it/],
      [good.replace(/../g, '$& '), /spaces/],
      [`"${good}"`, /quotes/],
      [good.slice(0, 64), /it has 64 characters\./],
      [`zz${good.slice(2)}`, /it has characters that are no such digits/],
      ['ab'.repeat(64), /is not those of an engine/],
    ] as const) {
      assert.match(says(info, engine17), why);
      assert.match(says(info, engine17), /looks at it refuses the model/);
      // Also where the engine is not there.
      assert.match(says(info), why);
    }
    assert.equal(whyNoInfo('0x'), 'it has 2 characters and begins with 0x');
  });
});
