/**
 * What loading a library brings in: TensorRT-RTX looks for others beside itself ($ORIGIN), and its parser lies there. So
 * "this library, as it is now" is all libraries of its folder by SHA-256.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hashFile } from '../check/hashFile';
import { Failure } from '../../core/wire/failure';

/** SHA-256 by file name. */
export type LibraryProof = Readonly<Record<string, string>>;

const mostLibraries = 64;
/** A file that did not change is not hashed again: SHA-256 by file and state. */
const known = new Map<string, Promise<string>>();

/** Throws Failure. */
export async function proveLibrary(library: string): Promise<LibraryProof> {
  const folder = path.dirname(library);
  const names = (await fs.readdir(folder).catch(() => []))
    .filter((name) => /\.(so(\.\d+)*|dll)$/i.test(name) || name === path.basename(library))
    .sort();
  if (names.length > mostLibraries) {
    throw new Failure(
      'library-not-loaded',
      `${folder} holds ${names.length} libraries, too many to tell which of them ${library} brings in.`,
      'Put TensorRT-RTX into a folder of its own.',
    );
  }
  const proof: Record<string, string> = {};
  for (const name of names) proof[name] = await hashOf(path.join(folder, name));
  return proof;
}

export function isSameProof(a: LibraryProof, b: LibraryProof): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

async function hashOf(file: string): Promise<string> {
  const stat = await fs.stat(file, { bigint: true }).catch(() => null);
  // A pipe or a device has no end.
  if (stat?.isFile() !== true) return 'no file';
  const { dev, ino, size, mtimeNs, ctimeNs } = stat;
  const key = [file, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  let hash = known.get(key);
  if (!hash) {
    hash = hashFile(file);
    known.set(key, hash);
    hash.catch(() => known.delete(key));
  }
  return hash;
}
