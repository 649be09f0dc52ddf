import * as assert from 'node:assert/strict';

import type { TestReport } from '../test/harness/mochaRun';
import { filesToRunAgain, withSecondAttempt } from './secondAttempt';

const failure = (file: string, title = 'a test') => ({ title, message: 'no', file });
const first: TestReport = {
  passed: 7,
  failed: 2,
  failures: [failure('a.test.ts'), failure('a.test.ts', 'the next')],
  passedIn: { 'a.test.ts': 1, 'b.test.ts': 6 },
};

describe('a second attempt at a suite', () => {
  it('is made at the files with a failure, each once', () => {
    assert.deepEqual(filesToRunAgain(first), ['a.test.ts']);
    assert.deepEqual(filesToRunAgain({ passed: 3, failed: 0, failures: [] }), []);
  });

  it('is not made where a failure belongs to no file', () => {
    const unknown = { title: 'the suite itself', message: 'ended' };
    assert.deepEqual(filesToRunAgain({ ...first, failures: [...first.failures, unknown] }), []);
  });

  it('counts each test once, and tells what failed before', () => {
    const second: TestReport = { passed: 3, failed: 0, failures: [] };
    const { passed, failed, failures, flaky } = withSecondAttempt(first, ['a.test.ts'], second);
    assert.deepEqual({ passed, failed, failures }, { passed: 9, failed: 0, failures: [] });
    assert.deepEqual(flaky, first.failures);
  });

  it('leaves a failure a failure when it fails again', () => {
    const second: TestReport = { passed: 2, failed: 1, failures: [failure('a.test.ts')] };
    const { passed, failed, failures, flaky } = withSecondAttempt(first, ['a.test.ts'], second);
    assert.deepEqual({ passed, failed }, { passed: 8, failed: 1 });
    assert.deepEqual(failures, second.failures);
    assert.deepEqual(flaky, []);
  });
});
