import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { failureExits, exitCodes } from './exitCodes';

describe('exit codes of failures', () => {
  it('are documented with the codes that lead to them', () => {
    const text = fs.readFileSync(path.join(__dirname, '../../docs/cli-json.md'), 'utf8');
    const section = /## Exit codes of `build`[^]*?(?=\n# )/.exec(text)?.[0] ?? '';
    const documented = [...section.matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)].flatMap(
      ([, exit, codes]) =>
        [...(codes ?? '').matchAll(/`([\w-]+)`/g)].map(([, code]) => [code, Number(exit)]),
    );
    assert.deepEqual(
      Object.fromEntries(documented),
      Object.fromEntries(
        Object.entries(failureExits).map(([code, exit]) => [code, exitCodes[exit]]),
      ),
    );
  });
});
