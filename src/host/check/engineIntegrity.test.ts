import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { defaultEngineOptions } from '../../core/rebuild/rebuildOptions';
import { recipePathOf, writeRecipe } from '../../core/rebuild/recipe';
import { temporaryFolder, type TemporaryFolder } from '../../../test/harness/workspace';
import { engineIntegrity, recordedHash } from './engineIntegrity';
import { Failure } from '../../core/wire/failure';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('whether an engine is the one that was built', () => {
  let folder: TemporaryFolder;
  let engine: string;
  const built = Buffer.alloc(20 * 1024 * 1024, 7);
  beforeEach(() => {
    folder = temporaryFolder();
    engine = path.join(folder.path, 'model.engine');
    fs.writeFileSync(engine, built);
  });
  afterEach(() => folder.remove());

  const record = (): void => {
    const recipe = writeRecipe({
      model: { path: 'model.onnx', sha256: null, size: null, externalData: [] },
      options: defaultEngineOptions(),
      built: null,
      engine: { file: 'model.engine', sha256: sha256(built), size: built.length },
    });
    fs.writeFileSync(recipePathOf(engine), recipe);
  };

  it('matches, with progress', async () => {
    record();
    const told: number[] = [];
    const answer = await engineIntegrity(engine, { onProgress: (done) => told.push(done) });
    assert.deepEqual([answer.state, answer.actual], ['matches', sha256(built)]);
    assert.equal(told.at(-1), built.length);
  });

  it('differs by one bit', async () => {
    record();
    const damaged = Buffer.from(built);
    damaged[12_345_678] = 6;
    fs.writeFileSync(engine, damaged);
    const answer = await engineIntegrity(engine);
    assert.equal(answer.state, 'differs');
    assert.deepEqual([answer.expected, answer.actual], [sha256(built), sha256(damaged)]);
    assert.match(answer.sentence, /model\.engine is not the file that its recipe describes/);
  });

  it('differs by its length, without hashing', async () => {
    record();
    fs.truncateSync(engine, 1000);
    const answer = await engineIntegrity(engine);
    assert.deepEqual([answer.state, answer.actual], ['differs', null]);
    assert.match(answer.sentence, /1000 bytes/);
  });

  it('is unknown without a recipe, without a hash in it and with a broken one', async () => {
    assert.equal((await engineIntegrity(engine)).state, 'unknown');
    fs.writeFileSync(recipePathOf(engine), '{"schemaVersion": 1, "model": {"path": "m.onnx"}}');
    assert.equal((await engineIntegrity(engine)).state, 'unknown');
    fs.writeFileSync(recipePathOf(engine), '{');
    assert.equal((await engineIntegrity(engine)).state, 'unknown');
    assert.equal(await recordedHash(engine), null);
  });

  it('can be cancelled, and fails with a sentence where the file is gone', async () => {
    record();
    const abort = new AbortController();
    const asked = engineIntegrity(engine, { signal: abort.signal });
    abort.abort();
    await assert.rejects(asked, { code: 'cancelled' });
    fs.rmSync(engine);
    await assert.rejects(
      engineIntegrity(engine),
      (error) => error instanceof Failure && error.code === 'file-error',
    );
  });
});
