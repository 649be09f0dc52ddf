/** "Install TensorRT-RTX" where Python has no pip, as in every environment that uv makes: the real uv, from PyPI. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { Failure } from '../../src/core/wire/failure';
import { installRuntime } from '../../src/host/runtimes/installRuntime';
import { describeUnless, underWine } from '../support/leaveOut';
import { libraryVersions } from '../support/builtEngines';

const noPython = underWine('there is no Python for Windows');

describeUnless(noPython, 'installing where Python has no pip', () => {
  let folder: string;
  let uv: string;
  const path0 = process.env['PATH'];

  before(function () {
    this.timeout(120_000);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'uv-'));
    const python = (...args: string[]): unknown =>
      execFileSync('python3', args, { cwd: folder, stdio: 'pipe' });
    python('-m', 'pip', 'install', '--quiet', '--target', path.join(folder, 'uv'), 'uv');
    python('-m', 'venv', '--without-pip', path.join(folder, 'venv'));
    uv = path.join(folder, 'uv', 'bin');
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  afterEach(() => {
    process.env['PATH'] = path0;
  });
  const startWith = (...folders: string[]): void => {
    process.env['PATH'] = [path.join(folder, 'venv', 'bin'), ...folders].join(path.delimiter);
  };
  const storage = (): string => fs.mkdtempSync(path.join(folder, 'storage-'));

  it('uses uv, with the same version and SHA-256', async () => {
    startWith(uv);
    const version = libraryVersions[0] ?? '';
    const lines: string[] = [];
    const into = storage();
    const library = await installRuntime({
      version,
      folder: into,
      onLine: (line) => lines.push(line),
    });
    assert.equal(path.dirname(path.dirname(library)), path.join(into, version));
    assert.ok(fs.statSync(library).size > 100e6);
    assert.ok(
      lines.some((line) => line.includes('Installed 1 package')),
      lines.join('\n'),
    );
    assert.deepEqual(fs.readdirSync(into), [version]);
  });

  it('says that uv cannot reach the index, and leaves nothing', async () => {
    startWith(uv);
    const into = storage();
    await assert.rejects(
      installRuntime({
        version: '1.7.1.116',
        folder: into,
        // Port 9 answers nobody.
        pipArguments: ['--default-index', 'http://127.0.0.1:9/simple'],
      }),
      (error) => error instanceof Failure && /could not be reached/.test(error.message),
    );
    assert.deepEqual(fs.readdirSync(into), []);
  });

  it('names both where neither is there, and starts no uv of the workspace', async () => {
    startWith(uv);
    const into = storage();
    await assert.rejects(
      installRuntime({ version: '1.7.1.116', folder: into, untrustedFolders: [uv] }),
      (error) =>
        error instanceof Failure && /has no pip, .*and there is no uv in/.test(error.message),
    );
  });
});
