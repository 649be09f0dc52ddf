/** Small steps on files that several rooms need, each safe to repeat. */
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';

import { errorCode } from './fileError';

/** Not followed where it is a link, not waited for where it is a pipe; Windows knows neither. */
export const noFollow = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Of the name itself, not of what a link leads to; null: nothing has that name. */
export async function lstatOrNull(file: string): Promise<Stats | null> {
  try {
    return await fs.lstat(file);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

export function isGone(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Somebody holds the file or the name: what a virus scanner does for a moment and a program for longer. */
export function isBusy(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'EBUSY' || (process.platform === 'win32' && /^(EPERM|EACCES)$/.test(code));
}

/** Tries for a second where somebody holds one of the files. */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fs.rename(from, to);
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === 20) throw error;
      await delay(50);
    }
  }
}

/** A second name costs nothing; where the file system has none, a copy (sharing its blocks where it can). */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    if (/^(ENOENT|ENOSPC|EDQUOT|EROFS|EACCES|EEXIST)$/.test(errorCode(error))) throw error;
    await fs.copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const handle = await fs.open(to, 'r+');
    await handle.sync().finally(() => handle.close());
  }
}

/** So that new names outlive a power cut. Windows and some network drives cannot: then nothing is lost but that. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(folder, 'r');
    await handle.sync();
  } catch {
    // see above
  } finally {
    await handle?.close();
  }
}

export async function removeQuietly(file: string): Promise<void> {
  await fs.unlink(file).catch(() => undefined);
}

/** Only an empty one. A file that somebody on Windows still reads is in it until that is done. */
export async function removeFolderQuietly(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fs.rmdir(folder);
      return;
    } catch (error) {
      if (process.platform !== 'win32' || isGone(error) || attempt === 5) return;
      await delay(10 * attempt);
    }
  }
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
