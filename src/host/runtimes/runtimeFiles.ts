/** The search for runtimes on the file system of this machine, without holding up the caller. */
import * as fs from 'node:fs/promises';
import { readLibraryFile } from './libraryFileAsync';
import type { RuntimeFiles } from './runtimes';

export const asyncFiles: RuntimeFiles = {
  readdir: (folder) => fs.readdir(folder).catch(() => []),
  stat: (path) => fs.stat(path).catch(() => null),
  realpath: (path) => fs.realpath(path).catch(() => path),
  readLibrary: readLibraryFile,
};
