import assert from 'node:assert/strict';
import { crowd, ProblemCrowds } from './problemCrowds';

describe('ProblemCrowds', () => {
  it('tells when a problem becomes that of a crowd, and when it is one no longer', () => {
    const crowds = new ProblemCrowds();
    for (let i = 0; i < crowd; i++) assert.equal(crowds.set(`${i}`, ['version-mismatch']), false);
    assert.equal(crowds.isCrowd('version-mismatch'), false);
    assert.equal(crowds.set('one more', ['damaged', 'version-mismatch']), true);
    assert.equal(crowds.isCrowd('version-mismatch'), true);
    assert.equal(crowds.isCrowd('damaged'), false);
    // The same again is no other.
    assert.equal(crowds.set('0', ['version-mismatch']), true);
    assert.equal(crowds.isCrowd('version-mismatch'), true);
    assert.equal(crowds.set('one more', []), true);
    assert.equal(crowds.isCrowd('version-mismatch'), false);
  });
});
