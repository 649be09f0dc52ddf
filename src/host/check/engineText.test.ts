import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { engineStarts } from '../../../test/support/compilerAnswers';
import { factsOf } from '../../../test/support/engines';
import { engineStart, EngineTexts, maxEngineTextBytes, readEngineText } from './engineText';

const setting = Buffer.from('\n  accelerators={sm89 }\n');

describe('reading the text of an engine', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-text-'))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** An engine of holes, with the setting at a place. */
  function engineWith(name: string, size: number, at: number | null): string {
    const file = path.join(folder, name);
    const { start = Buffer.alloc(0) } = engineStarts()[0] ?? {};
    fs.writeFileSync(file, start.subarray(0, 64));
    fs.truncateSync(file, size);
    const handle = fs.openSync(file, 'r+');
    if (at !== null) fs.writeSync(handle, setting, 0, setting.length, at);
    fs.closeSync(handle);
    return file;
  }

  it('finds it in real engines and at every distance up to 4 MB', async () => {
    for (const { file: name, start, compiledFor } of engineStarts().slice(0, 5)) {
      const file = path.join(folder, name);
      fs.writeFileSync(file, start);
      const [family] = (await readEngineText(file))?.compiledFor ?? [];
      assert.equal(`sm${family?.replace('.', '')}`, compiledFor);
    }
    // At the seams of the steps, too.
    for (const at of [64, 32_760, 32_832, 557_110, 3_000_000, maxEngineTextBytes - 40]) {
      const file = engineWith('far.engine', 6_000_000, at);
      assert.deepEqual((await readEngineText(file))?.compiledFor, ['8.9'], String(at));
    }
  });

  it('opens no file where what was read of it before has it, and else goes on from there', async () => {
    const start = new Uint8Array(engineStart);
    start.set(setting, 100);
    const nowhere = path.join(folder, 'not-there.engine');
    assert.deepEqual((await readEngineText(nowhere, { start }))?.compiledFor, ['8.9']);
    for (const at of [engineStart - 10, engineStart, 557_110]) {
      const file = engineWith('further.engine', 1_000_000, at);
      const before = fs.readFileSync(file).subarray(0, engineStart);
      const found = await readEngineText(file, { start: before });
      assert.deepEqual(found?.compiledFor, ['8.9'], String(at));
    }
  });

  it('stops at 4 MB', async () => {
    const file = engineWith('too-far.engine', 9_000_000, 5_000_000);
    assert.equal(await readEngineText(file), null);
  });

  it('begins where the engine begins in a file that holds it', async () => {
    const file = engineWith('inside.onnx', 9_000_000, 5_000_000);
    const found = await readEngineText(file, { offset: 4_990_000 });
    assert.deepEqual(found?.compiledFor, ['8.9']);
  });

  it('is silent where there is none, and where the file cannot be read', async () => {
    assert.equal(await readEngineText(engineWith('none.engine', 100_000, null)), null);
    assert.equal(await readEngineText(path.join(folder, 'not-there.engine')), null);
    assert.equal(await readEngineText(folder), null);
  });

  it('does not wait for a pipe', async function () {
    if (process.platform === 'win32') return;
    const pipe = path.join(folder, 'pipe.engine');
    execFileSync('mkfifo', [pipe]);
    assert.equal(await readEngineText(pipe), null);
  });
});

describe('texts that are remembered', () => {
  it('are read once for a file as it is, and anew when it changed', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-texts-'));
    try {
      const [engine] = engineStarts();
      assert.ok(engine);
      const file = path.join(folder, 'a.engine');
      fs.writeFileSync(file, engine.start);
      const facts = factsOf(engine.start, { file });
      const texts = new EngineTexts();
      assert.equal(texts.known(file, facts), null);
      assert.deepEqual((await texts.read(file, facts))?.compiledFor, ['8.9']);
      fs.rmSync(file);
      assert.deepEqual(texts.known(file, facts)?.compiledFor, ['8.9']);
      assert.deepEqual((await texts.read(file, facts))?.compiledFor, ['8.9']);
      assert.equal(await texts.read(file, { ...facts, modified: 1 }), null);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
