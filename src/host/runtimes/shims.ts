/** Which shims there are: one shared object for each TensorRT-RTX minor version, told by its file name. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { compareVersions } from '../../core/report/runtimeReleases';

/** The folder of this system's shims below dist. */
export function shimFolderOf(dist: string): string {
  return path.join(dist, 'native', `${process.platform}-${process.arch}`);
}

/** Minor version ("1.7") to file, newest first; empty where the system has none. */
export function listShims(folder: string): Map<string, string> {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch {
    return new Map();
  }
  const shims = names.flatMap((name): [string, string][] => {
    const match = /^(?:lib)?engine_shim_(\d+)_(\d+)\.(?:so|dll|dylib)$/.exec(name);
    return match ? [[`${match[1]}.${match[2]}`, path.join(folder, name)]] : [];
  });
  return new Map(shims.sort(([a], [b]) => compareVersions(b, a)));
}
