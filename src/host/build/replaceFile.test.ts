import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { defaultEngineOptions } from '../../core/rebuild/rebuildOptions';
import { optionsFingerprint, recipePathOf, writeRecipe } from '../../core/rebuild/recipe';
import { HostError } from '../hostError';
import { beginReplacement, removeBuildDebris } from './replaceFile';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function recipeOf(engine: string, contents: string): string {
  const options = defaultEngineOptions();
  return writeRecipe({
    model: { path: 'm.onnx', sha256: sha256('m'), size: 1, externalData: [] },
    options,
    built: {
      tensorrtRtx: '1.7.1.116',
      gpu: null,
      driver: null,
      finishedAt: '2026-11-22T17:35:00.000Z',
      durationMs: 1,
      optionsFingerprint: optionsFingerprint(options),
    },
    engine: {
      file: path.basename(engine),
      sha256: sha256(contents),
      size: Buffer.byteLength(contents),
    },
  });
}

describe('replaceFile', () => {
  let folder: string;
  let engine: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'replace-'));
    engine = path.join(folder, 'm.engine');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const read = (file: string): string => fs.readFileSync(file, 'utf8');
  const names = (): string[] => fs.readdirSync(folder).sort();

  async function replace(contents: string, keepBackups = 1): Promise<void> {
    const replacement = await beginReplacement(engine, { keepBackups });
    fs.writeFileSync(replacement.temporaryPath, contents, { flag: 'wx' });
    await replacement.commit(recipeOf(engine, contents));
  }

  async function failure(work: Promise<unknown>): Promise<HostError> {
    try {
      await work;
    } catch (error) {
      assert(error instanceof HostError, String(error));
      return error;
    }
    throw new Error('it did not fail');
  }

  it('puts a first engine in place', async () => {
    await replace('first');
    assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    assert.equal(read(engine), 'first');
    assert.equal(read(recipePathOf(engine)), recipeOf(engine, 'first'));
  });

  it('keeps as many old engines as it is told, each with its recipe', async () => {
    for (const contents of ['one', 'two', 'three', 'four']) await replace(contents, 2);
    assert.deepEqual(names(), [
      'm.engine',
      'm.engine.bak',
      'm.engine.bak.json',
      'm.engine.bak2',
      'm.engine.bak2.json',
      'm.engine.json',
    ]);
    assert.deepEqual(
      ['', '.bak', '.bak2'].map((suffix) => read(engine + suffix)),
      ['four', 'three', 'two'],
    );
    assert.equal(read(`${engine}.bak2.json`), recipeOf(engine, 'two'));
    await replace('five', 0);
    assert.equal(read(`${engine}.bak`), 'three');
  });

  it('leaves everything as it was when it is given up', async () => {
    await replace('old');
    const before = names();
    const replacement = await beginReplacement(engine, { keepBackups: 1 });
    fs.writeFileSync(replacement.temporaryPath, 'half');
    await replacement.abort();
    assert.deepEqual(names(), before);
    assert.equal(read(engine), 'old');
  });

  it('leaves everything as it was when the new file is not there', async () => {
    await replace('old');
    const before = names();
    const replacement = await beginReplacement(engine, { keepBackups: 1 });
    await failure(replacement.commit('{}'));
    assert.deepEqual(names(), before);
    assert.equal(read(engine), 'old');
  });

  it('keeps the rights of the old file', async () => {
    await replace('old');
    fs.chmodSync(engine, 0o640);
    await replace('new');
    assert.equal(fs.statSync(engine).mode & 0o777, 0o640);
  });

  it('replaces what a link leads to, not the link', async () => {
    const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'replace-real-'));
    try {
      const real = path.join(elsewhere, 'real.engine');
      fs.writeFileSync(real, 'old');
      fs.symlinkSync(real, engine);
      await replace('new');
      assert.equal(fs.lstatSync(engine).isSymbolicLink(), true);
      assert.equal(read(real), 'new');
      assert.equal(read(`${real}.bak`), 'old');
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
      assert.deepEqual(fs.readdirSync(elsewhere).sort(), ['real.engine', 'real.engine.bak']);
    } finally {
      fs.rmSync(elsewhere, { recursive: true });
    }
  });

  it('takes names as long as the file system allows', async () => {
    engine = path.join(folder, `${'n'.repeat(240)}.engine`);
    await replace('old', 0);
    await replace('new', 1).catch((error: unknown) => assert(error instanceof HostError));
    assert.match(read(engine), /^(old|new)$/);
  });

  it('does not build the same engine twice at once', async () => {
    const first = await beginReplacement(engine, { keepBackups: 1 });
    const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
    assert.match(error.message, /m\.engine is being built already, by process \d+ since /);
    await first.abort();
    await (await beginReplacement(engine, { keepBackups: 1 })).abort();
    assert.deepEqual(names(), []);
  });

  it('lets one of many win', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, () => beginReplacement(engine, { keepBackups: 1 })),
    );
    const winners = all.filter((outcome) => outcome.status === 'fulfilled');
    assert.equal(winners.length, 1);
    await winners[0]?.value.abort();
    assert.deepEqual(names(), []);
  });

  describe('after a crash', () => {
    /** Of a process that was there and is gone. */
    let deadPid: number;
    before(() => {
      deadPid = spawnSync(process.execPath, ['-e', '']).pid;
    });

    /** What a build that was killed leaves: its lock and its temporary files. */
    function crash(lockAs: Record<string, unknown> = {}): void {
      const temporary = path.join(folder, `.m.engine.${deadPid}-0123456789ab.tmp`);
      fs.writeFileSync(temporary, 'half');
      const lock = {
        application: 'engine-inspector',
        pid: deadPid,
        started: '1',
        host: os.hostname(),
        token: 'x',
        since: new Date().toISOString(),
        ...lockAs,
      };
      fs.writeFileSync(path.join(folder, '.m.engine.lock'), JSON.stringify(lock));
    }

    it('the next build of the engine removes what is left', async () => {
      crash();
      await replace('new');
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    });

    it('a start of the editor removes what is left, and nothing of a build that runs', async () => {
      crash();
      const other = path.join(folder, 'other.engine');
      const running = await beginReplacement(other, { keepBackups: 1 });
      fs.writeFileSync(running.temporaryPath, 'growing');
      fs.writeFileSync(path.join(folder, '.m.engine.foo.tmp'), 'not ours');
      fs.writeFileSync(path.join(folder, '.yarn.lock'), 'not ours');
      const removed = await removeBuildDebris(folder);
      assert.deepEqual(removed.length, 2, removed.join());
      assert.equal(fs.existsSync(running.temporaryPath), true);
      await running.abort();
      assert.deepEqual(names(), ['.m.engine.foo.tmp', '.yarn.lock']);
    });

    it('a process id that was used again is no owner', async () => {
      crash({ pid: process.pid, started: 'another time' });
      await replace('new');
      assert.equal(read(engine), 'new');
    });

    it('the lock of another machine counts for a day', async () => {
      crash({ host: 'elsewhere' });
      const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
      assert.match(error.message, /being built already, by elsewhere/);
      crash({ host: 'elsewhere', since: '2020-01-01T00:00:00Z' });
      await replace('new');
    });

    it('an empty lock does not last', async () => {
      const lock = path.join(folder, '.m.engine.lock');
      fs.writeFileSync(lock, '');
      fs.utimesSync(lock, new Date(0), new Date(0));
      await replace('new');
      assert.equal(read(engine), 'new');
    });

    it('a recipe that lost its turn is completed', async () => {
      crash();
      fs.writeFileSync(engine, 'new');
      fs.writeFileSync(recipePathOf(engine), recipeOf(engine, 'old'));
      const late = path.join(folder, '.m.engine.999999-0123456789ab.json.tmp');
      fs.writeFileSync(late, recipeOf(engine, 'new'));
      await removeBuildDebris(folder);
      assert.equal(read(recipePathOf(engine)), recipeOf(engine, 'new'));
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    });

    it('a recipe of an engine that never came is removed', async () => {
      fs.writeFileSync(engine, 'old');
      fs.writeFileSync(recipePathOf(engine), recipeOf(engine, 'old'));
      const late = path.join(folder, '.m.engine.999999-0123456789ab.json.tmp');
      fs.writeFileSync(late, recipeOf(engine, 'new'));
      await removeBuildDebris(folder);
      assert.equal(read(recipePathOf(engine)), recipeOf(engine, 'old'));
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    });
  });

  describe('says what is wrong with', () => {
    it('a folder that is not there', async () => {
      engine = path.join(folder, 'gone', 'm.engine');
      const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
      assert.match(error.message, /gone\/m\.engine cannot be written: its folder is not there/);
    });

    it('a name that a folder has', async () => {
      fs.mkdirSync(engine);
      const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
      assert.match(error.message, /m\.engine is a folder/);
    });

    it('a folder that vanishes meanwhile', async () => {
      const replacement = await beginReplacement(engine, { keepBackups: 1 });
      fs.rmSync(folder, { recursive: true });
      const error = await failure(replacement.commit('{}'));
      assert.match(error.message, /could not be replaced: its folder is not there/);
    });
  });
});
