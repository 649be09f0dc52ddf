import * as assert from 'node:assert/strict';
import { isProblemOfFile } from './reasonTable';

describe('what Problems lists', () => {
  it('is what is wrong with a file, not what this machine lacks', () => {
    assert.ok(!isProblemOfFile({ id: 'gpu-not-readable', severity: 'information' }));
    assert.ok(!isProblemOfFile({ id: 'no-runtime', severity: 'information' }));
    assert.ok(!isProblemOfFile({ id: 'runtime-failed', severity: 'information' }));
    assert.ok(isProblemOfFile({ id: 'runtime-failed', severity: 'warning' }));
    assert.ok(isProblemOfFile({ id: 'version-mismatch', severity: 'warning' }));
    assert.ok(isProblemOfFile({ id: 'longer-than-header', severity: 'information' }));
    assert.ok(isProblemOfFile({ id: 'truncated', severity: 'error' }));
  });
});
