/** The engines that were there before: model.engine.bak is the youngest. */
import { recipePathOf } from '../../core/rebuild/recipe';
import { lstatOrNull, removeQuietly, renameOver } from '../files/fileSystem';

/** model.engine.bak, model.engine.bak2, … */
export function backupName(engine: string, age: number): string {
  return `${engine}.bak${age === 1 ? '' : age}`;
}

export async function rotateBackups(engine: string, keep: number): Promise<void> {
  for (let age = keep; age >= 2; age--) {
    const from = backupName(engine, age - 1);
    const to = backupName(engine, age);
    if ((await lstatOrNull(from)) === null) continue;
    await renameOver(from, to);
    // One without a recipe does not get that of an older one.
    if ((await lstatOrNull(recipePathOf(from))) === null) await removeQuietly(recipePathOf(to));
    else await renameOver(recipePathOf(from), recipePathOf(to));
  }
}
