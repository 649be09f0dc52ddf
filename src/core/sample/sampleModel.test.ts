import * as assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { readOnnxFactsOfBytes } from '../rebuild/onnxFacts';
import { makeSampleModel, sampleProfile } from './sampleModel';

describe('the sample model', () => {
  it('has the same bytes on every machine', () => {
    assert.equal(
      createHash('sha256').update(makeSampleModel().onnx).digest('hex'),
      '03c3636574ea8d6f304d2c658f88da6c88f4fa20460eea744ee2e5a6f73f1a80',
    );
  });

  it('has the input that its profile is about', () => {
    const [input] = readOnnxFactsOfBytes(makeSampleModel().onnx).inputs;
    assert.equal(input?.name, sampleProfile.input);
    assert.deepEqual(input?.shape, ['batch', 3, 'height', 'width']);
  });
});
