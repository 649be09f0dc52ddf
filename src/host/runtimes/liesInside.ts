/**
 * Whether the way to a file leads through one of these folders, by whatever name: links are followed step by step, and
 * folders are compared by device and inode (a bind mount, another spelling, a workspace that was opened through a link).
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/** As Linux counts them before it gives up. */
const mostLinks = 40;

/** What cannot be looked at counts as inside: nothing is loaded from there. */
export async function liesInside(file: string, folders: readonly string[]): Promise<boolean> {
  if (folders.length === 0) return false;
  const theirs = new Set<string>(folders.map((folder) => nameOf(path.resolve(folder))));
  for (const folder of folders) {
    const identity = await identityOf(folder);
    if (identity !== null) theirs.add(identity);
  }
  for await (const place of placesOn(path.resolve(file))) {
    if (place === null || theirs.has(nameOf(place))) return true;
    const identity = await identityOf(place);
    if (identity !== null && theirs.has(identity)) return true;
  }
  return false;
}

/** Every folder and link that the system passes on the way, and the file; null: it could not be followed. */
async function* placesOn(file: string): AsyncGenerator<string | null> {
  let { root: at } = path.parse(file);
  const rest = namesOf(file);
  for (let links = 0; ;) {
    yield at;
    const name = rest.shift();
    if (name === undefined) return;
    if (name === '..') {
      at = path.dirname(at);
      continue;
    }
    const next = path.join(at, name);
    const target = await fs.readlink(next).catch((error: NodeJS.ErrnoException) => error);
    if (typeof target === 'string') {
      yield next;
      if (++links > mostLinks) {
        yield null;
        return;
      }
      const names = namesOf(target);
      if (path.isAbsolute(target)) at = path.parse(target).root;
      rest.unshift(...names);
      continue;
    }
    // No link, the usual case (a disk of Windows that knows no links, such as exFAT, says EISDIR); or it is not there,
    // and is not loaded either.
    if (!['EINVAL', 'UNKNOWN', 'EISDIR', 'ENOENT', 'ENOTDIR'].includes(target.code ?? '')) {
      yield null;
      return;
    }
    at = next;
  }
}

/** Not normalized: "link/.." is the folder above where the link leads. */
function namesOf(file: string): string[] {
  const { root } = path.parse(file);
  return file
    .slice(root.length)
    .split(path.sep === '\\' ? /[\\/]/ : '/')
    .filter((name) => name !== '' && name !== '.');
}

/** Windows takes a name in any case. */
const nameOf = (file: string): string => (process.platform === 'win32' ? file.toLowerCase() : file);

async function identityOf(file: string): Promise<string | null> {
  const stat = await fs.stat(file, { bigint: true }).catch(() => null);
  // Some network drives number no files.
  return stat === null || stat.ino === 0n ? null : `${stat.dev}:${stat.ino}`;
}
