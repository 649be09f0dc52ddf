import assert from 'node:assert/strict';
import { lfsPattern } from './lfsPattern';

describe('lfsPattern', () => {
  it('names one file, also where its name holds what patterns are made of', () => {
    assert.equal(lfsPattern('models/det.engine'), 'models/det.engine');
    assert.equal(lfsPattern('models\\det.engine'), 'models/det.engine');
    assert.equal(lfsPattern('a,b [1]*.engine'), 'a?b??1??.engine');
  });
});
