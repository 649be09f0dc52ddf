/** Whether an engine could be put there in the end: found out before minutes of building, not after them. */
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { recipePathOf } from '../../core/rebuild/recipe';
import { plainText } from '../../core/text/plainText';
import { Failure } from '../../core/wire/failure';
import { lstatOrNull } from '../files/fileSystem';
import { backupName } from './backups';
import { errorCode } from '../files/fileError';

export async function refuseImpossible(
  target: string,
  real: string,
  { keepBackups }: { keepBackups: number },
): Promise<void> {
  const shown = plainText(target);
  const folder = path.dirname(real);
  await fs.access(folder, constants.W_OK);
  const old = await lstatOrNull(real);
  if (old !== null) refuseOld(shown, old, await fs.stat(folder));
  const recipe = recipePathOf(target);
  await refuseLongName(
    shown,
    recipe,
    ' is too long for its recipe, which is called the same with .json',
  );
  await refuseOther(recipe, 'the recipe');
  if (old === null || keepBackups <= 0) return;
  const backup = backupName(real, keepBackups);
  await refuseLongName(shown, recipePathOf(backup), ' is too long to keep the old engine as .bak');
  for (let age = 1; age <= keepBackups; age++) {
    await refuseOther(backupName(real, age), 'the old engine');
    await refuseOther(recipePathOf(backupName(real, age)), "the old engine's recipe");
  }
}

function refuseOld(shown: string, old: Stats, folder: Stats): void {
  const refuse = (why: string, nextStep: string): Failure =>
    new Failure('file-error', `${shown} ${why}`, nextStep);
  if (!old.isFile()) {
    const kind = old.isDirectory() ? 'a folder' : 'not a regular file';
    throw refuse(
      `is ${kind}, so no engine can be written there.`,
      'Choose another name for the engine.',
    );
  }
  if ((old.mode & 0o222) === 0) {
    throw refuse(
      'is read-only, so it is not replaced.',
      process.platform === 'win32'
        ? 'Clear its read-only attribute, or choose another name for the engine.'
        : 'Make it writable (chmod u+w), or choose another name for the engine.',
    );
  }
  const me = process.geteuid?.() ?? 0;
  if (me !== 0 && (folder.mode & 0o1000) !== 0 && old.uid !== me && folder.uid !== me) {
    throw refuse(
      'belongs to another user, and in its folder only the owner of a file may replace it.',
      'Choose another name or folder for the engine.',
    );
  }
}

/** File systems differ; most allow 255 bytes. */
async function refuseLongName(shown: string, file: string, why: string): Promise<void> {
  try {
    await fs.lstat(file);
  } catch (error) {
    const units = process.platform === 'win32' ? path.basename(file).length : 0;
    if (errorCode(error) !== 'ENAMETOOLONG' && units <= 255) return;
    throw new Failure(
      'file-error',
      `The name ${shown}${why}.`,
      'Choose a shorter name for the engine.',
    );
  }
}

async function refuseOther(file: string, what: string): Promise<void> {
  const stat = await lstatOrNull(file);
  if (stat === null || stat.isFile() || stat.isSymbolicLink()) return;
  throw new Failure(
    'file-error',
    `${plainText(file)} is ${stat.isDirectory() ? 'a folder' : 'not a regular file'}, so ${what} can't be written there.`,
    'Remove it, or choose another name for the engine.',
  );
}
