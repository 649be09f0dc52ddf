import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { repositoryRoot, temporaryFolder, type TemporaryFolder } from '../test/harness';

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

function setup(folder: string, args: string[], env: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(folder, 'scripts/setup.mjs'), ...args],
      { cwd: folder, env: { ...process.env, ...env } },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

describe('set-up', () => {
  let clone: TemporaryFolder;
  const inClone = (name: string): string => path.join(clone.path, name);

  beforeEach(() => {
    // What set-up itself consists of: a clone in which nothing was set up yet.
    clone = temporaryFolder();
    fs.cpSync(path.join(repositoryRoot, 'scripts'), inClone('scripts'), { recursive: true });
    for (const name of ['package.json', 'package-lock.json', 'tensorrt-rtx.json']) {
      fs.copyFileSync(path.join(repositoryRoot, name), inClone(name));
    }
  });

  afterEach(() => clone.remove());

  it('says one line and nothing on stdout when all is done', async () => {
    const { code, stdout, stderr } = await setup(repositoryRoot, ['--for=suite:tooling']);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 0, stdout: '', stderr: 'setup: everything is in place\n' },
    );
  });

  it('names every missing tool at once and how to get it, before it does anything', async () => {
    const empty = inClone('empty');
    fs.mkdirSync(empty);
    const { code, stderr } = await setup(clone.path, ['--for=suite:shim'], {
      PATH: empty,
      CXX: '',
      PYTHON: '',
    });
    assert.equal(code, 1);
    for (const text of ['Python 3 with pip', 'cargo', 'sudo apt-get install -y python3', 'brew']) {
      assert.ok(stderr.includes(text), `${text} is not in: ${stderr}`);
    }
    assert.equal(fs.existsSync(inClone('node_modules')), false);
  });

  it('names the compiler and CMake when the shim is to be built', async () => {
    const empty = inClone('empty');
    fs.mkdirSync(empty);
    fs.mkdirSync(inClone('native-shim'));
    const { stderr } = await setup(clone.path, ['--for=step:shim'], { PATH: empty, CXX: '' });
    for (const text of ['a C++17 compiler', 'CMake', 'make or ninja', 'g++ cmake']) {
      assert.ok(stderr.includes(text), `${text} is not in: ${stderr}`);
    }
  });

  it('refuses a download whose sum is not the pinned one, leaves nothing, and continues', async () => {
    const pins = inClone('tensorrt-rtx.json');
    const right = fs.readFileSync(pins, 'utf8');
    const sum = /"sha256": "([0-9a-f]{64})"/.exec(right)?.[1];
    assert.ok(sum !== undefined);
    fs.writeFileSync(pins, right.replace(sum, '0'.repeat(64)));
    const refused = await setup(clone.path, ['--for=step:headers']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /no trtx-sys-0\.9\.1\+rtx1\.7\.crate with the SHA-256 0{64}/);
    assert.match(refused.stderr, /next: Remove files of that name/);
    assert.equal(fs.existsSync(inClone('.deps/headers')), false);

    fs.writeFileSync(pins, right);
    const continued = await setup(clone.path, ['--for=step:headers']);
    assert.equal(continued.code, 0, continued.stderr);
    assert.ok(fs.existsSync(inClone('.deps/headers/1.7/NvInferRuntime.h')));
    assert.ok(fs.existsSync(inClone('.deps/headers/cuda_runtime_api.h')));
  });

  it('does a step anew when what it made is damaged', async () => {
    await setup(clone.path, ['--for=step:headers']);
    fs.writeFileSync(inClone('.deps/headers/1.4/NvInferRuntime.h'), 'damaged');
    const { code } = await setup(clone.path, ['--for=step:headers']);
    assert.equal(code, 0);
    const mended = fs.readFileSync(inClone('.deps/headers/1.4/NvInferRuntime.h'), 'utf8');
    assert.match(mended, /NVIDIA/);
  });

  it('takes the headers of an SDK that TENSORRT_RTX_HOME names for its own version', async () => {
    await setup(clone.path, ['--for=step:headers']);
    fs.cpSync(inClone('.deps/headers/1.6'), inClone('sdk/include'), { recursive: true });
    fs.writeFileSync(inClone('sdk/include/marker.h'), '// from the SDK\n');
    const { code, stderr } = await setup(clone.path, ['--for=step:headers'], {
      TENSORRT_RTX_HOME: inClone('sdk'),
    });
    assert.equal(code, 0, stderr);
    assert.ok(fs.existsSync(inClone('.deps/headers/1.6/marker.h')));
    assert.ok(!fs.existsSync(inClone('.deps/headers/1.7/marker.h')));
  });

  it('does the work once when two run at a time, and is not held up by a dead one', async () => {
    fs.mkdirSync(inClone('.deps'));
    fs.writeFileSync(inClone('.deps/setup.lock'), '4194304'); // above the highest process id
    const results = await Promise.all([
      setup(clone.path, ['--for=step:headers']),
      setup(clone.path, ['--for=step:headers']),
    ]);
    const done = results.map(({ stderr }) => /headers .*: done in/.test(stderr));
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 0],
    );
    assert.deepEqual(done.sort(), [false, true]);
    assert.equal(fs.existsSync(inClone('.deps/setup.lock')), false);
  });

  it('names the purposes when it is asked for one that does not exist', async () => {
    const { code, stderr } = await setup(clone.path, ['--for=dmeo']);
    assert.equal(code, 1);
    assert.match(stderr, /no purpose "dmeo"/);
    assert.match(stderr, /test, cli, package, bench, pictures, demo/);
  });
});
