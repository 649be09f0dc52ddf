/**
 * One array of a .npz file: a zip archive of .npy files. The archive's directory is read here, its data is inflated by
 * Node's zlib piece by piece, so that an archive of gigabytes costs no memory and a small one that unpacks to terabytes
 * is stopped at what its own .npy header says. Sizes and checksums are checked.
 */
import { createInflateRaw, crc32 } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';

import { plainText } from '../../../core/text/plainText';
import { Failure } from '../../../core/wire/failure';
import type { InputFile } from './openFile';

export interface ZipEntry {
  name: string;
  /** 0: stored, 8: deflated. */
  method: number;
  encrypted: boolean;
  crc: number;
  compressedSize: number;
  size: number;
  localHeader: number;
}

const endSignature = 0x06054b50;
const end64Locator = 0x07064b50;
const end64Signature = 0x06064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const all32 = 0xffffffff;
const maxDirectory = 16 * 1024 * 1024;

/** Throws Failure. */
export async function readZipDirectory(file: InputFile): Promise<ZipEntry[]> {
  const { offset, length } = await findDirectory(file);
  if (length > maxDirectory || offset + length > file.size) throw damaged(file);
  const bytes = await file.read(offset, length);
  const entries: ZipEntry[] = [];
  for (let at = 0; at + 46 <= length && bytes.readUInt32LE(at) === entrySignature;) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const commentLength = bytes.readUInt16LE(at + 32);
    const next = at + 46 + nameLength + extraLength + commentLength;
    if (next > length) throw damaged(file);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const sizes = {
      size: bytes.readUInt32LE(at + 24),
      compressedSize: bytes.readUInt32LE(at + 20),
      localHeader: bytes.readUInt32LE(at + 42),
    };
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    entries.push({
      name,
      method: bytes.readUInt16LE(at + 10),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) !== 0,
      crc: bytes.readUInt32LE(at + 16),
      ...withZip64(sizes, extra),
    });
    at = next;
  }
  return entries;
}

/** The array that is asked for: by name, by the input's name, or the only one. Throws Failure. */
export function chooseEntry(
  file: InputFile,
  entries: readonly ZipEntry[],
  asked: string | undefined,
  input: string,
): ZipEntry {
  const arrays = entries.filter(({ name }) => name.endsWith('.npy'));
  const bare = (name: string): string => name.replace(/\.npy$/, '');
  const found =
    asked === undefined
      ? (arrays.find(({ name }) => bare(name) === input) ??
        (arrays.length === 1 ? arrays[0] : undefined))
      : arrays.find(({ name }) => name === asked || bare(name) === asked);
  if (found !== undefined) return found;
  const names = arrays.slice(0, 20).map(({ name }) => `"${plainText(bare(name), 100)}"`);
  const more = arrays.length > 20 ? `, and ${arrays.length - 20} more` : '';
  throw new Failure(
    'file-error',
    asked === undefined
      ? `The archive ${file.shown} has ${arrays.length} arrays, none of them named like the input "${plainText(input, 100)}".`
      : `The archive ${file.shown} has no array "${plainText(asked, 100)}".`,
    names.length === 0
      ? 'Save arrays with numpy.savez.'
      : `Choose one of its arrays: ${names.join(', ')}${more}.`,
  );
}

/** The bytes of one entry, as they come; fails at its end when the checksum or the size differs. */
export async function* entryPieces(
  file: InputFile,
  entry: ZipEntry,
): AsyncGenerator<Uint8Array, void, void> {
  const name = plainText(entry.name, 100);
  if (entry.encrypted) throw file.refuse(`holds "${name}" with a password`);
  if (entry.method !== 0 && entry.method !== 8) {
    throw file.refuse(
      `holds "${name}" with a compression that NumPy does not use (zip method ${entry.method})`,
      'Save it again with numpy.savez.',
    );
  }
  const local = await file.read(entry.localHeader, 30).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'cancelled') throw error;
    throw damaged(file);
  });
  if (local.readUInt32LE(0) !== localSignature) throw damaged(file);
  const start = entry.localHeader + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + entry.compressedSize > file.size) throw damaged(file);

  const packed = file.pieces(start, entry.compressedSize);
  let size = 0;
  let crc = 0;
  try {
    for await (const piece of entry.method === 0 ? packed : inflated(packed)) {
      size += piece.length;
      crc = crc32(piece, crc);
      if (size > entry.size) throw damaged(file);
      yield piece;
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw damaged(file, error);
  }
  if (size !== entry.size || crc !== entry.crc) throw damaged(file);
}

async function* inflated(
  packed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  let failure: unknown = null;
  pipeline(Readable.from(packed), inflate, (error) => (failure = error ?? null));
  try {
    for await (const piece of inflate) yield piece as Uint8Array;
  } catch (error) {
    // The reason is the first of the chain: reading the file, not the stream that was closed after it.
    throw failure ?? error;
  } finally {
    inflate.destroy();
  }
}

function damaged(file: InputFile, cause?: unknown): Failure {
  return new Failure(
    'file-error',
    `The archive ${file.shown} is damaged or cut short.`,
    'Copy or save it again.',
    cause instanceof Error ? cause.message : '',
  );
}

async function findDirectory(file: InputFile): Promise<{ offset: number; length: number }> {
  // The end record has 22 bytes and a comment of at most 65535.
  const tailLength = Math.min(file.size, 22 + 65535);
  const tailStart = file.size - tailLength;
  const tail = await file.read(tailStart, tailLength);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    const small = { length: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
    if (small.offset !== all32 && small.length !== all32) return small;
    if (at < 20 || tail.readUInt32LE(at - 20) !== end64Locator) throw damaged(file);
    const place = Number(tail.readBigUInt64LE(at - 20 + 8));
    if (place + 56 > file.size) throw damaged(file);
    const large = await file.read(place, 56);
    if (large.readUInt32LE(0) !== end64Signature) throw damaged(file);
    return {
      length: Number(large.readBigUInt64LE(40)),
      offset: Number(large.readBigUInt64LE(48)),
    };
  }
  throw damaged(file);
}

/** Sizes that do not fit into 32 bits are in an extra field, in this order, only those that are needed. */
function withZip64(
  sizes: { size: number; compressedSize: number; localHeader: number },
  extra: Buffer,
): typeof sizes {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let place = at + 4;
      const end = Math.min(extra.length, place + length);
      const long = { ...sizes };
      for (const key of ['size', 'compressedSize', 'localHeader'] as const) {
        if (sizes[key] !== all32 || place + 8 > end) continue;
        long[key] = Number(extra.readBigUInt64LE(place));
        place += 8;
      }
      return long;
    }
    at += 4 + length;
  }
  return sizes;
}
