/**
 * The folder .engine-inspector beside an engine holds the lock and the temporary files of a build: on the engine's own
 * disk, so that a rename puts them in place, and away from the Explorer and Git. It is there while it is needed.
 */
import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { Failure } from '../../core/wire/failure';
import { errorCode } from '../files/fileError';

export const workFolderName = '.engine-inspector';
const ignoreFile = '.gitignore';

/** Makes it where it is not there. Throws a Failure where something else has the name or others may rename in it. */
export async function makeWorkFolder(parent: string): Promise<string> {
  const outer = await fs.stat(parent);
  const folder = workFolderOf(parent, outer);
  let isNew = true;
  try {
    await fs.mkdir(folder, 0o700);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    isNew = false;
  }
  const stat = await fs.lstat(folder);
  if (!stat.isDirectory()) {
    throw new Failure(
      'file-error',
      `${plainText(folder)} is ${stat.isSymbolicLink() ? 'a link' : 'not a folder'}; builds keep their temporary files in a folder of that name.`,
      `Remove ${plainText(folder)} and build again.`,
    );
  }
  if (process.platform !== 'win32') await guardRights(folder, parent, outer, isNew);
  await fs
    .writeFile(path.join(folder, ignoreFile), '*\n', { flag: 'wx' })
    .catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  return folder;
}

/** Where it would be. In a folder like /tmp everybody has one of their own. */
export function workFolderOf(parent: string, { mode }: Stats): string {
  const own = isForEverybody(mode) && isSticky(mode) ? `-${process.geteuid?.() ?? 0}` : '';
  return path.join(parent, workFolderName + own);
}

/** Goes when nothing is left in it but what we put there. Never throws. */
export async function removeWorkFolder(folder: string): Promise<void> {
  try {
    const names = await fs.readdir(folder);
    if (names.some((name) => name !== ignoreFile)) return;
    await fs.unlink(path.join(folder, ignoreFile)).catch((error: unknown) => {
      // A build that died as soon as it had made the folder left none.
      if (errorCode(error) !== 'ENOENT') throw error;
    });
    await fs.rmdir(folder);
  } catch (error) {
    // Another build began meanwhile and needs it.
    if (/^(ENOTEMPTY|EEXIST)$/.test(errorCode(error))) {
      await fs
        .writeFile(path.join(folder, ignoreFile), '*\n', { flag: 'wx' })
        .catch(() => undefined);
    }
  }
}

/** The beginning of a name in that folder: file systems allow 255 bytes, and the rest of the name needs some of them. */
export function stemOf(name: string): string {
  if (Buffer.byteLength(name) <= 180) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${Array.from(name).slice(0, 32).join('')}~${hash}`;
}

/**
 * Who may rename in this folder may exchange an engine between two steps of a build: its owner, that of the folder around
 * it, and whoever may build there too, which is its group. Not everybody.
 */
async function guardRights(
  folder: string,
  parent: string,
  outer: Stats,
  isNew: boolean,
): Promise<void> {
  const handle = await fs.open(
    folder,
    constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
  );
  try {
    const { uid, mode } = await handle.stat();
    const me = process.geteuid?.() ?? 0;
    if (isForEverybody(outer.mode) && ![me, 0, outer.uid].includes(uid)) {
      throw new Failure(
        'file-error',
        `${plainText(folder)} belongs to another user of this machine, who may exchange what is built in it.`,
        `Have that folder removed, or build into a folder of your own.`,
      );
    }
    // A folder of ours need not be everybody's, whatever unpacked or copied it.
    if (isForEverybody(mode) && !isSticky(mode)) {
      await handle.chmod(mode & 0o2775).catch(() => undefined);
    }
    const { mode: now } = await handle.stat();
    // On a Windows drive below WSL it stays so: no rights are kept there, and nobody else is.
    const keepsRights = !isForEverybody(now) || ![me, 0].includes(uid);
    if (isForEverybody(outer.mode) && !isSticky(outer.mode) && keepsRights) {
      if (isNew) await fs.rmdir(folder);
      throw new Failure(
        'file-error',
        `Every user of this machine may rename files in the folder ${plainText(parent)}, so no engine is built there.`,
        `Take that right away (chmod o-w or chmod +t on the folder), or build into a folder of your own.`,
      );
    }
    // The set-group bit came from the parent and must stay, so that new files keep its group.
    if (isNew && !isForEverybody(outer.mode)) {
      await handle.chmod((outer.mode & 0o777) | (now & 0o2000));
    }
  } finally {
    await handle.close();
  }
}

const isForEverybody = (mode: number): boolean =>
  process.platform !== 'win32' && (mode & 0o002) !== 0;
const isSticky = (mode: number): boolean => (mode & 0o1000) !== 0;
