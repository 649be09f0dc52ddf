/** The launcher and the script for bash, in a real bash: set-up's platform has one. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { version } from '../package.json';
import { repositoryRoot, temporaryFolder } from '../test/harness';

const bin = path.join(repositoryRoot, 'dist/bin');

describe('engine-inspector in a shell', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());
  const bash = (script: string): string =>
    execFileSync('bash', ['-c', script], {
      cwd: folder.path,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${process.env['PATH']}${path.delimiter}${bin}`,
        ENGINE_INSPECTOR_NODE: process.execPath,
      },
    }).trim();

  it('is started by the launcher, with what was written and its exit code', () => {
    assert.ok(bash('engine-inspector --version').startsWith(version));
    fs.writeFileSync(path.join(folder.path, 'with space $(x).engine'), '<html></html>');
    const told = bash("engine-inspector check 'with space $(x).engine' --json; echo $?");
    assert.match(told, /"kind": "html"[\s\S]*\n1$/);
  });

  it('completes in bash, and evaluates nothing that was typed', () => {
    const complete = (...words: string[]): string =>
      bash(
        [
          'source <(engine-inspector completion bash)',
          `COMP_WORDS=(engine-inspector ${words.map((word) => `'${word}'`).join(' ')})`,
          `COMP_CWORD=${words.length}`,
          '_engine_inspector',
          'echo "${COMPREPLY[*]}"',
        ].join('\n'),
      );
    assert.equal(complete('che'), 'check');
    assert.equal(complete('check', '$(touch typed)', '--mat'), '--match-version');
    assert.equal(
      complete('check', '`touch typed`', '--target', '=', 'rtx-5080-l'),
      'rtx-5080-laptop',
    );
    assert.equal(complete('check', 'models/'), '');
    assert.ok(!fs.existsSync(path.join(folder.path, 'typed')));
  });
});
