/** Writes the answers of a trial into the recipe, and leaves the rest of it as its author wrote it, comments included. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';

import { maxRecipeBytes, parseRecipe, trialJson } from '../../core/rebuild/recipe';
import { plainText } from '../../core/text/plainText';
import type { RecipeTrial } from '../../core/trial/recipeTrial';
import { Failure } from '../../core/wire/failure';
import { noFollow, removeQuietly, renameOver } from '../files/fileSystem';
import { temporaryFile } from './debris';
import { takeLock } from './nameLock';
import { readRecipeText } from './recipeFile';
import { engineFileOf } from './recipeSurroundings';
import { writeError } from './writeError';

/** Throws a Failure where it can't be kept: a build is under way, the folder is read-only, the recipe is gone. */
export async function keepTrial(recipeFile: string, trial: RecipeTrial): Promise<void> {
  const shown = plainText(recipeFile);
  try {
    const real = await fs.realpath(recipeFile);
    const name = path.basename(engineFileOf(real));
    const lock = await takeLock(path.dirname(real), name);
    const temporary = temporaryFile(lock.folder, name, lock.token, '.json');
    try {
      // Read now: a build may have written another one while the compiler was asked.
      const text = await readRecipeText(real);
      if (text === null) throw gone(shown);
      if (!parseRecipe(text).ok) {
        throw new Failure(
          'file-error',
          `The recipe ${shown} cannot be used.`,
          'Correct the recipe.',
        );
      }
      const edits = modify(text, ['trial'], trialJson(trial), {
        formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' },
      });
      const written = applyEdits(text, edits);
      if (written.length > maxRecipeBytes) {
        throw new Failure('file-error', `The recipe ${shown} would get too large.`, 'Shorten it.');
      }
      await write(temporary, written, real);
      await renameOver(temporary, real);
    } finally {
      await removeQuietly(temporary);
      await lock.release();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw writeError(error, couldNot(shown), { again: 'try again', gone: goneMeanwhile });
  }
}

const couldNot = (shown: string): string => `The recipe ${shown} could not be written`;

const goneMeanwhile = {
  why: 'it was deleted or renamed meanwhile',
  nextStep: 'Build the engine again to have a recipe, or keep the answers with --json or --output.',
};

function gone(shown: string): Failure {
  return new Failure(
    'file-error',
    `${couldNot(shown)}: ${goneMeanwhile.why}.`,
    goneMeanwhile.nextStep,
  );
}

/** With the rights and the owner of the old one. */
async function write(temporary: string, text: string, old: string): Promise<void> {
  const { mode, uid, gid } = await fs.stat(old);
  await fs.access(old, constants.W_OK);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
  const handle = await fs.open(temporary, flags, 0o600);
  try {
    await handle.writeFile(text);
    if (process.platform !== 'win32') {
      if (process.geteuid?.() === 0) await handle.chown(uid, gid);
      await handle.chmod(mode & 0o777);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
