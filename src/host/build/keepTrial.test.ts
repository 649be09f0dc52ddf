import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import type * as fsp from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import * as path from 'node:path';

import { temporaryFolder } from '../../../test/harness/workspace';
import type { RecipeTrial } from '../../core/trial/recipeTrial';
import { Failure } from '../../core/wire/failure';
import { keepTrial } from './keepTrial';

/** The module that others import. */
const fsModule = createRequire(__filename)('node:fs/promises') as typeof fsp;

const trial: RecipeTrial = {
  modelSha256: 'a'.repeat(64),
  optionsFingerprint: '',
  tensorrtRtx: '1.7.1.116',
  finishedAt: '2026-11-28T12:00:00Z',
  answers: [],
};

describe('keepTrial', () => {
  it('says that a recipe is gone that vanished between two looks at it', async () => {
    const folder = temporaryFolder();
    const recipe = path.join(folder.path, 'm.engine.json');
    fs.writeFileSync(recipe, '{}');
    const { rename } = fsModule;
    // The lock is taken by a rename, after the recipe was found.
    fsModule.rename = async (from, to) => {
      fs.rmSync(recipe, { force: true });
      await rename(from, to);
    };
    syncBuiltinESMExports();
    try {
      const error: unknown = await keepTrial(recipe, trial).then(
        () => assert.fail('it was kept'),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof Failure);
      assert.match(error.message, /could not be written: it was deleted or renamed meanwhile/);
      assert.match(error.nextStep, /Build the engine again to have a recipe/);
      assert.deepEqual(fs.readdirSync(folder.path), []);
    } finally {
      fsModule.rename = rename;
      syncBuiltinESMExports();
      folder.remove();
    }
  });
});
