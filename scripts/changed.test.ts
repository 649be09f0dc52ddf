import * as assert from 'node:assert/strict';

import { slowSuitesOf, testsOf } from './changed';

describe('npm test -- --changed', () => {
  const tests = ['src/core/text/formats.test.ts', 'src/core/inspect/tolerantJson.test.ts'];

  it('runs the tests that import what was changed, and those that were changed', async () => {
    assert.deepEqual(await testsOf(['src/core/text/formats.ts'], tests), [tests[0]]);
    assert.deepEqual(await testsOf(['src/core/inspect/tolerantJson.test.ts'], tests), [tests[1]]);
    assert.deepEqual(await testsOf(['src/webview/enginePage/main.ts'], tests), []);
  });

  it('runs all of them for data that any may read', async () => {
    assert.deepEqual(await testsOf(['test/fixtures/engineHeaders.json'], tests), tests);
    assert.deepEqual(await testsOf(['CHANGELOG.md'], tests), []);
  });

  it('names the suites that are not run', () => {
    const known = ['shim', 'cli', 'webview', 'extensionHost', 'ui'];
    assert.deepEqual(slowSuitesOf(['src/webview/gpuPage/page.ts'], known), ['webview', 'ui']);
    assert.deepEqual(slowSuitesOf(['test/cli/cli.test.ts'], known), ['cli']);
  });
});
