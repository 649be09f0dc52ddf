import assert from 'node:assert/strict';
import { guessBuild } from './guessedBuild';

describe('guessBuild', () => {
  it('takes the model of the same name beside the engine', () => {
    assert.deepEqual(guessBuild('/m/det.v2.engine', { isModel: false, platform: 'linux' }), {
      model: '/m/det.v2.onnx',
      engine: '/m/det.v2.engine',
    });
    assert.deepEqual(guessBuild('C:\\m\\det.plan', { isModel: false, platform: 'win32' }), {
      model: 'C:\\m\\det.onnx',
      engine: 'C:\\m\\det.plan',
    });
  });

  it('never builds over a model', () => {
    assert.deepEqual(guessBuild('/m/det.onnx', { isModel: true, platform: 'linux' }), {
      model: '/m/det.onnx',
      engine: '/m/det.engine',
    });
    assert.deepEqual(guessBuild('/m/det.engine', { isModel: true, platform: 'linux' }), {
      model: '/m/det.engine',
      engine: '/m/det.new.engine',
    });
  });
});
