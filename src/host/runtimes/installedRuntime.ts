/**
 * What "Install TensorRT-RTX" put into our storage, looked at again before it is loaded: it is still what NVIDIA
 * published, with nothing beside it, and nobody else may exchange it after that. A library that did not change since is
 * hashed once a process.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { releases } from '../../../tensorrt-rtx.json';
import { tryParseJson } from '../../core/text/parseJson';
import { Failure } from '../../core/wire/failure';
import { isInside } from '../files/isInside';
import { readSmallText } from '../files/readSmallFile';
import { isSameProof, proveLibrary, type LibraryProof } from './libraryProof';

const recordName = 'libraries.json';
const maxRecordBytes = 64 * 1024;

/** At the end of an installation, of which pip checked every byte: what Windows' libraries are compared with. */
export async function recordLibraries(library: string, target: string): Promise<void> {
  const proof = await proveLibrary(library);
  await fs.writeFile(path.join(target, recordName), `${JSON.stringify(proof, null, 2)}\n`);
}

/** Throws a Failure where the library is one of our storage and not as it was installed. */
export async function refuseChangedInstall(library: string, storage: string): Promise<void> {
  if (!isInside(storage, library)) return;
  const [version = ''] = path.relative(storage, library).split(path.sep);
  const again = `Install TensorRT-RTX ${version} again ("Engine Inspector: Install TensorRT-RTX…"), or choose another one.`;
  const refuse = (why: string, nextStep = again): Failure =>
    new Failure('library-not-loaded', `${library} ${why}`, nextStep);
  const foreign = await writableByOthers(library, storage);
  if (foreign !== null) {
    throw refuse(
      `is not loaded: another user of this machine may change ${foreign}.`,
      `Take that right away (chmod o-w, chown), then install TensorRT-RTX ${version} again.`,
    );
  }
  const expected = await publishedLibraries(version, path.join(storage, version));
  if (expected !== null && isSameProof(expected, await proveLibrary(library))) return;
  throw refuse(`or a library beside it is not what was installed as TensorRT-RTX ${version}.`);
}

/** As NVIDIA published them, where this is known; else as they were when pip had checked them. */
async function publishedLibraries(version: string, target: string): Promise<LibraryProof | null> {
  const release = releases.find((known) => known.version === version);
  if (release && process.platform === 'linux' && process.arch === 'x64') return release.files;
  const text = await readSmallText(path.join(target, recordName), maxRecordBytes, 'The record');
  const record = tryParseJson(text ?? '');
  if (typeof record !== 'object' || record === null) return null;
  const entries = Object.entries(record).filter(([, sha256]) => typeof sha256 === 'string');
  return Object.fromEntries(entries);
}

/** The first of the folders on the way from our storage, or the library itself; null: none. Windows has no such bits. */
async function writableByOthers(library: string, storage: string): Promise<string | null> {
  const me = process.geteuid?.();
  if (me === undefined) return null;
  for (let at = library; isInside(storage, at); at = path.dirname(at)) {
    const { uid, mode } = await fs.stat(at);
    if ((uid !== me && uid !== 0) || (mode & 0o002) !== 0) return at;
  }
  return null;
}
