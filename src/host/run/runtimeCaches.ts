/**
 * Kernels that TensorRT-RTX compiled for a GPU: code, which is loaded into the process that runs an engine. So it is kept in
 * a folder of our own and not beside the engine, where it could come from anywhere, under a name that follows from the
 * engine's SHA-256, the runtime and the GPU with its driver: what was made for others is not even offered.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { lstatOrNull } from '../files/fileSystem';
import { isOwn } from '../files/isOwn';

export interface CacheKey {
  /** Of the whole engine. */
  sha256: string;
  runtimeVersion: string;
  /** Of the GPU and its driver. */
  gpu: readonly string[];
}

export interface CacheFile {
  /** null: it is done without one. */
  path: string | null;
  /** What is to be said about that; null: nothing. */
  note: string | null;
}

const ending = '.runtimecache';
/** What is kept at most: the files that were used last. */
const mostFiles = 50;
const mostBytes = 2 * 1024 ** 3;

export async function runtimeCacheFile(folder: string, key: CacheKey): Promise<CacheFile> {
  const without = (why: string): CacheFile => ({
    path: null,
    note: `The runtime cache was not used: ${why}. Kernels are compiled with every first run.`,
  });
  const shown = plainText(folder);
  try {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const stat = await fs.lstat(folder);
    if (!stat.isDirectory()) return without(`${shown} is not a folder`);
    if (!isOwn(stat)) return without(`others may write into ${shown}`);
    const file = path.join(folder, nameOf(key));
    const there = await lstatOrNull(file);
    if (there && !there.isFile()) return without(`${plainText(file)} is not a file`);
    if (there && !isOwn(there)) return without(`others may write ${plainText(file)}`);
    return { path: file, note: null };
  } catch (error) {
    return without(`${shown} cannot be used (${plainText(String(error), 300)})`);
  }
}

/** Removes those that were not used for longest, beyond what is kept. What fails is left for the next time. */
export async function pruneRuntimeCaches(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith(ending))
      .map(async (name) => {
        const file = path.join(folder, name);
        const stat = await lstatOrNull(file).catch(() => null);
        return { file, size: stat?.size ?? 0, used: stat?.mtimeMs ?? 0 };
      }),
  );
  let bytes = 0;
  const kept = files
    .sort((a, b) => b.used - a.used)
    .filter(({ size }, at) => (bytes += size) <= mostBytes && at < mostFiles);
  const goes = files.filter((file) => !kept.includes(file));
  await Promise.all(goes.map(({ file }) => fs.rm(file, { force: true }).catch(() => undefined)));
}

/** So that what is used stays. */
export async function touchRuntimeCache(file: string): Promise<void> {
  const now = new Date();
  await fs.utimes(file, now, now).catch(() => undefined);
}

function nameOf({ sha256, runtimeVersion, gpu }: CacheKey): string {
  const key = createHash('sha256').update(JSON.stringify([sha256, runtimeVersion, ...gpu]));
  return `${key.digest('hex')}${ending}`;
}
