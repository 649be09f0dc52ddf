import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { repositoryRoot } from '../harness';
import { libraryOf } from '../../scripts/demoFolder';
import { newest } from '../support/releases';

interface Printed {
  checks: { id: string; state: string; sentence: string; nextStep: string }[];
  trials: { id: string; state: string; seen: string }[] | null;
}

const call = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(repositoryRoot, 'dist/cli.js'), 'doctor', ...args],
    { encoding: 'utf8', cwd: os.tmpdir(), env: { ...process.env, ...env } },
  );
  return { status, stdout, stderr };
};
const temporaryOfDoctor = () =>
  fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('engine-inspector-doctor-'));

describe('doctor', function () {
  this.timeout(120_000);

  it('names the TensorRT-RTX that loads', () => {
    const { stdout } = call(['--json', '--runtime', libraryOf(newest)]);
    const { checks, trials } = JSON.parse(stdout) as Printed;
    const runtime = checks.find(({ id }) => id === 'runtime');
    assert.equal(runtime?.state, 'ok');
    assert.ok(runtime.sentence.includes(newest));
    assert.equal(trials, null);
  });

  it('takes a version as --runtime', () => {
    const env = { LD_LIBRARY_PATH: path.dirname(libraryOf(newest)) };
    const state = (version: string) => {
      const { stdout } = call(['--json', '--runtime', version], env);
      return (JSON.parse(stdout) as Printed).checks.find(({ id }) => id === 'runtime');
    };
    assert.equal(state(newest.slice(0, 3))?.state, 'ok');
    assert.equal(state('1.0')?.sentence, 'No TensorRT-RTX 1.0 was found on this machine.');
  });

  it('names a library that can’t be used, the step that helps, and not the user', () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-home-'));
    const broken = path.join(home, path.basename(libraryOf(newest)));
    fs.writeFileSync(broken, 'no library');
    const { status, stdout } = call(['--runtime', broken], { HOME: home, USERPROFILE: home });
    fs.rmSync(home, { recursive: true });
    assert.equal(status, 1);
    assert.match(stdout, /^problem +TensorRT-RTX: ~/m);
    assert.ok(!stdout.includes(home));
  });

  it('says where no temporary folder can be made, and how to name another, as every command does', () => {
    const gone = path.join(os.tmpdir(), 'engine-inspector-no-such-folder');
    const model = path.join(repositoryRoot, '.deps/models/superResolution.onnx');
    for (const args of [
      ['doctor', '--full', '--runtime', libraryOf(newest)],
      ['run', 'any.engine', '--reference', model],
    ]) {
      const { stderr } = spawnSync(
        process.execPath,
        [path.join(repositoryRoot, 'dist/cli.js'), ...args],
        {
          encoding: 'utf8',
          cwd: os.tmpdir(),
          env: { ...process.env, TMPDIR: gone, TEMP: gone, TMP: gone },
        },
      );
      assert.ok(
        stderr.includes(`No temporary folder can be made in ${gone}: it does not exist.`),
        stderr,
      );
      assert.match(stderr, /name another folder in the environment variable TE?MP/);
    }
  });

  it('builds, checks and runs a sample with --full, and leaves nothing behind', () => {
    const before = temporaryOfDoctor();
    const { stdout, stderr } = call(['--full', '--json', '--runtime', libraryOf(newest)]);
    const { trials } = JSON.parse(stdout) as Printed;
    const states = new Map(trials?.map(({ id, state }) => [id, state]));
    // What takes no GPU is held on every machine.
    for (const id of ['build', 'header', 'reference']) assert.equal(states.get(id), 'held', stdout);
    assert.equal(states.size, 9);
    assert.match(stderr, /engine-inspector build sample\.onnx/);
    assert.deepEqual(temporaryOfDoctor(), before);
  });
});
