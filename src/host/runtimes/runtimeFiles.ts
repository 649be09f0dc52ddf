/** The search for runtimes on the file system of this machine, without holding up the caller. */
import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { LibraryFile } from './libraryFile';
import { readLibraryFile } from './libraryFileAsync';

/** The file system as the search uses it: asynchronous for an extension host, at once for a command line. */
export interface RuntimeFiles {
  /** Names; empty where there is no such folder. */
  readdir(folder: string): Promise<string[]> | string[];
  /** null: not there. */
  stat(path: string): Promise<Stats | null> | Stats | null;
  /** Without links; the path itself where it leads nowhere. */
  realpath(path: string): Promise<string> | string;
  /** Throws a Failure. */
  readLibrary(
    file: string,
    target: { platform: NodeJS.Platform; arch: string },
  ): Promise<LibraryFile> | LibraryFile;
}

export const asyncFiles: RuntimeFiles = {
  readdir: (folder) => fs.readdir(folder).catch(() => []),
  stat: (path) => fs.stat(path).catch(() => null),
  realpath: (path) => fs.realpath(path).catch(() => path),
  readLibrary: readLibraryFile,
};
