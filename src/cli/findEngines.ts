/**
 * The files that paths mean: a file is itself, a folder is all engines in it, sorted. Links are followed; a folder that
 * was searched already is not searched again, so links in circles end. Names that are not UTF-8 stay bytes.
 */
import * as fs from 'node:fs';
import { displayPath, type FilePath } from '../host/check/checkRecords';

/** complain: a sentence about a folder that could not be searched. */
export function* findEngines(
  paths: readonly FilePath[],
  moreExtensions: readonly string[],
  complain: (problem: string) => void,
): Generator<FilePath> {
  const extensions = ['.engine', ...moreExtensions.map((name) => name.toLowerCase())];
  const searched = new Set<string>();
  for (const path of paths) {
    const stat = statOf(path);
    // What cannot be looked at is a file to report about: that says why.
    if (stat?.isDirectory() === true) yield* search(path, stat, extensions, searched, complain);
    else yield path;
  }
}

function* search(
  folder: FilePath,
  stat: fs.BigIntStats,
  extensions: readonly string[],
  searched: Set<string>,
  complain: (problem: string) => void,
): Generator<FilePath> {
  const identity = `${stat.dev}:${stat.ino}`;
  if (searched.has(identity)) return;
  searched.add(identity);
  let names: Buffer[];
  try {
    names = fs.readdirSync(nodePath(folder), { encoding: 'buffer' }).sort((a, b) => a.compare(b));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    complain(`${displayPath(folder)} could not be searched: ${cause}`);
    return;
  }
  for (const name of names) {
    const isEngine = extensions.some((extension) =>
      name.toString('latin1').toLowerCase().endsWith(extension),
    );
    const path = join(folder, name);
    // A name alone does not tell a folder from a file; most names of a folder with engines are engines.
    const entry = statOf(path);
    if (entry?.isDirectory() === true) {
      if (name.toString('latin1') !== '.git') {
        yield* search(path, entry, extensions, searched, complain);
      }
    } else if (isEngine) {
      yield path;
    }
  }
}

function statOf(path: FilePath): fs.BigIntStats | null {
  try {
    return fs.statSync(nodePath(path), { bigint: true });
  } catch {
    return null;
  }
}

function nodePath(path: FilePath): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path);
}

const separator = process.platform === 'win32' ? '\\' : '/';

/** A string where it is UTF-8, which nearly all are; else bytes. */
function join(folder: FilePath, name: Buffer): FilePath {
  const text = name.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(name);
  if (typeof folder === 'string' && isText) {
    return folder.endsWith(separator) || folder.endsWith('/')
      ? `${folder}${text}`
      : `${folder}${separator}${text}`;
  }
  return Buffer.concat([Buffer.from(folder as string), Buffer.from(separator), name]);
}
