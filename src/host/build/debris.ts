/**
 * What builds that died left behind. It is removed by the next build in the same folder, with the lock of the engine in
 * hand: then every temporary file of that engine is of somebody who is gone. Only regular files in our own folder go.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { parseRecipe, recipePathOf } from '../../core/rebuild/recipe';
import { hashFile } from '../check/hashFile';
import { lstatOrNull, removeQuietly, renameOver } from '../files/fileSystem';
import { readRecipeText } from './recipeFile';
import { deadLocks, removeDeadClaims, takeLock } from './nameLock';
import { removeWorkFolder, stemOf, workFolderOf } from './workFolder';

/** The temporary files of one build: NAME.<token>[.bak|.json].tmp */
export function temporaryFile(folder: string, name: string, token: string, kind = ''): string {
  return path.join(folder, `${stemOf(name)}.${token}${kind}.tmp`);
}
const temporaryEnd = /^[0-9a-f]{24}(\.bak|\.json)?\.tmp$/;

/** Only with the lock of the engine in hand. Returns what was removed or put back. */
export async function removeDebrisOf(folder: string, name: string): Promise<string[]> {
  const removed: string[] = [];
  const start = `${stemOf(name)}.`;
  const parent = path.dirname(folder);
  for (const entry of await fs.readdir(folder).catch(() => [])) {
    const kind = temporaryEnd.exec(entry.slice(start.length));
    if (!entry.startsWith(start) || kind === null) continue;
    const file = path.join(folder, entry);
    if ((await lstatOrNull(file))?.isFile() !== true) continue;
    const engine = path.join(parent, name);
    const kept =
      (kind[1] === '.json' && (await completeRecipe(file, engine))) ||
      (kind[1] === '.bak' && (await putBack(file, engine)));
    if (!kept) await fs.unlink(file);
    removed.push(entry);
  }
  await removeDeadClaims(folder);
  return removed;
}

/** Of all engines of a folder; builds that run are left alone. Returns the names removed; never throws. */
export async function removeBuildDebris(parent: string): Promise<string[]> {
  const removed: string[] = [];
  try {
    const folder = workFolderOf(parent, await fs.stat(parent));
    if ((await lstatOrNull(folder))?.isDirectory() !== true) return removed;
    for (const name of await deadLocks(folder)) {
      const lock = await takeLock(parent, name).catch(() => null);
      if (lock === null) continue;
      removed.push(...(await removeDebrisOf(lock.folder, name).catch(() => [])));
      await lock.release();
    }
    await removeDeadClaims(folder);
    await removeWorkFolder(folder);
  } catch {
    // the folder is gone, or must not be read: nothing to remove
  }
  return removed;
}

/**
 * A crash between the two renames leaves the new engine with the old recipe. The new recipe is still there under its
 * temporary name: if it describes the engine, it takes its place now.
 */
async function completeRecipe(temporary: string, engine: string): Promise<boolean> {
  try {
    const parsed = parseRecipe((await readRecipeText(temporary)) ?? '');
    if (!parsed.ok || parsed.recipe.engine === null) return false;
    const { file, sha256, size } = parsed.recipe.engine;
    if (file !== path.basename(engine)) return false;
    const stat = await lstatOrNull(engine);
    if (stat?.isFile() !== true || stat.size !== size) return false;
    if ((await hashFile(engine)) !== sha256) return false;
    await renameOver(temporary, recipePathOf(engine));
    return true;
  } catch {
    return false;
  }
}

/** A crash while an engine that another program held was moved aside (replaceFile.ts). */
async function putBack(temporary: string, engine: string): Promise<boolean> {
  if ((await lstatOrNull(engine)) !== null) return false;
  // Never over an engine that comes meanwhile.
  await fs.link(temporary, engine).catch(() => fs.rename(temporary, engine));
  await removeQuietly(temporary);
  return true;
}
