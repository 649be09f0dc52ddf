/** The TensorRT-RTX libraries that the command line knows: those of the environment it was called in. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  findRuntimes,
  type FoundRuntime,
  type RuntimeChoice,
  type RuntimeFiles,
} from '../host/runtimes/runtimes';
import { readLibraryFileSync } from '../host/runtimes/libraryFile';
import { distFolder } from './distFolder';
import { listShims, shimFolderOf } from '../host/runtimes/shims';

/** A command line may wait: at once is sooner than by threads that have to be started. */
const syncFiles: RuntimeFiles = {
  readdir: (folder) => orElse(() => fs.readdirSync(folder), []),
  stat: (file) => orElse(() => fs.statSync(file), null),
  realpath: (file) => orElse(() => fs.realpathSync.native(file), file),
  readLibrary: readLibraryFileSync,
};

function orElse<T>(make: () => T, otherwise: T): T {
  try {
    return make();
  } catch {
    return otherwise;
  }
}

/** Beside dist/cli.js, where the package has them. */
export function shimFolder(): string {
  return shimFolderOf(distFolder());
}

export function findLocalRuntimes(
  explicit: string | undefined,
  log?: (line: string) => void,
): Promise<FoundRuntime[]> {
  return findRuntimes({
    setting: explicit === undefined ? null : path.resolve(explicit),
    env: process.env,
    installed: null,
    workspaceFolders: [],
    selectedPython: null,
    files: syncFiles,
    supported: [...listShims(shimFolder()).keys()],
    ...(log ? { log } : {}),
  });
}

/** An explicit path decides alone; a folder stands for what was found in it. */
export function runtimeChoice(
  found: readonly FoundRuntime[],
  explicit: string | undefined,
  matchVersion: boolean,
): RuntimeChoice {
  if (explicit === undefined) return { mode: matchVersion ? 'match-engine' : 'newest' };
  const setting = found.find(({ source }) => source === 'setting');
  return { mode: 'path', path: setting?.path ?? path.resolve(explicit) };
}
