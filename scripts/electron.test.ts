/**
 * koffi and our use of it, where Node is Electron's. No registry that is reached here has an Electron, so what differs there
 * is tried by itself: its Node has no fixed ABI, and V8's memory cage refuses buffers that native code brings along.
 */
import * as assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { EngineHostClient } from '../src/host/engineHost/client';
import { packagedVsix, temporaryFolder } from '../test/harness';
import { newest } from '../test/support/releases';
import { writeEngine } from '../test/support/engineFiles';
import { libraryOf } from './demoFolder';

const addon = 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node';

describe('in Electron’s Node', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const inVsix = (name: string) => path.join(folder.path, 'extension', name);
  before(() => {
    execFileSync('python3', ['-m', 'zipfile', '--extract', packagedVsix, folder.path]);
  });
  after(() => folder.remove());

  it('koffi asks for Node-API and libuv, and for nothing of V8 or Node itself', () => {
    const table = execFileSync('objdump', ['-T', inVsix(addon)], { encoding: 'utf8' });
    const wanted = [...table.matchAll(/ \*UND\*.* (\S+)$/gm)].map(([, name]) => name ?? '');
    assert.ok(wanted.some((name) => name.startsWith('napi_')));
    // _ZN2v8… and _ZN4node… change with every version.
    assert.deepEqual(
      wanted.filter((name) => /2v8|4node/.test(name)),
      [],
    );
  });

  it('koffi finds all of it in a Node as old as that of the oldest VS Code, when it is loaded', () => {
    // VS Code 1.100 has Electron 34 with Node 20.19, the oldest Node that this project takes.
    execFileSync(process.execPath, ['-e', 'require(process.argv[1])', inVsix(addon)], {
      cwd: folder.path,
      env: { ...process.env, LD_BIND_NOW: '1' },
    });
  });

  it('nothing of ours makes a buffer of native memory, which ends an Electron', async () => {
    // The one function that would do it, replaced by one that ends the process.
    const refused = 'napi_create_external_arraybuffer';
    const bytes = fs.readFileSync(inVsix(addon));
    const at = bytes.indexOf(`\0${refused}\0`, 0, 'latin1') + 1;
    assert.ok(at > 0);
    bytes.write('napi_fatal_error\0', at, 'latin1');
    fs.writeFileSync(inVsix(addon), bytes);
    const ends = spawnSync(
      process.execPath,
      ['-e', `const k = require('koffi'); k.view(k.alloc('char', 8), 8)`],
      { cwd: inVsix('.'), encoding: 'utf8' },
    );
    assert.notEqual(ends.signal ?? ends.status, 0, 'it would not be noticed');

    const engine = path.join(folder.path, 'model.engine');
    writeEngine(engine, { version: newest });
    const client = new EngineHostClient({
      hostMain: inVsix('dist/engineHost.js'),
      onLog: () => undefined,
    });
    try {
      const { version } = await client.request('load', { libraryPath: libraryOf(newest) });
      assert.equal(version, newest);
      await client.request('gpus', {});
    } finally {
      await client.dispose();
    }
    const call = (...args: string[]) =>
      spawnSync(process.execPath, [inVsix('dist/cli.js'), ...args, '--json'], {
        cwd: folder.path,
        encoding: 'utf8',
        env: { ...process.env, LD_LIBRARY_PATH: path.dirname(libraryOf(newest)) },
      });
    const checked = JSON.parse(call('check', engine).stdout) as { runtime: { version: string } }[];
    assert.equal(checked[0]?.runtime.version, newest);
    const { trials } = JSON.parse(call('doctor', '--full').stdout) as {
      trials: { id: string; state: string }[];
    };
    const built = trials.find(({ id }) => id === 'build');
    assert.equal(built?.state, 'held');
  });
});
