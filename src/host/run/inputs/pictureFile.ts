/** PNG and JPEG files as pixels. Their size is read and bounded before anything is decoded. */
import { inflateSync } from 'node:zlib';

import { formatBytes, formatCount } from '../../../core/text/formats';
import { plainText } from '../../../core/text/plainText';
import type { Picture } from '../../../core/run/imageInput';
import { Failure } from '../../../core/wire/failure';
import type { InputFile } from './openFile';

const maxFile = 256 * 1024 * 1024;
const maxPixels = 32 * 1024 * 1024;
/** Cameras and web pages use up to a dozen; each one costs a pass over all pixels, however few bytes it has. */
const maxScans = 256;
const startOfScan = Buffer.from([0xff, 0xda]);
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export type PictureKind = 'png' | 'jpeg';

/** By the first bytes; null: neither. */
export function pictureKind(head: Uint8Array): PictureKind | null {
  if (pngSignature.every((byte, i) => head[i] === byte)) return 'png';
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  return null;
}

/** Throws Failure. */
export async function readPicture(file: InputFile): Promise<Picture> {
  const head = await file.readUpTo(0, 32);
  const kind = pictureKind(head);
  if (kind === null) {
    throw file.refuse(
      'is not a picture: it is neither PNG nor JPEG',
      'Choose a .png or .jpg file.',
    );
  }
  if (file.size > maxFile) {
    throw file.refuse(`is a picture of ${formatBytes(file.size)}`, 'Choose a smaller one.');
  }
  const bytes = await file.read(0, file.size);
  const claimed = kind === 'png' ? pngSize(bytes) : jpegSize(bytes);
  if (claimed === null) throw damaged(file, kind);
  if (claimed.width * claimed.height > maxPixels) {
    throw file.refuse(
      `is a picture of ${formatCount(claimed.width)} x ${formatCount(claimed.height)} pixels`,
      'Choose a smaller one.',
    );
  }
  try {
    const picture = kind === 'png' ? await decodePng(bytes) : await decodeJpeg(bytes);
    if (picture.width !== claimed.width || picture.height !== claimed.height) {
      throw new Error('its size changed while it was decoded');
    }
    return picture;
  } catch (error) {
    throw damaged(file, kind, error);
  }
}

function damaged(file: InputFile, kind: PictureKind, cause?: unknown): Failure {
  const detail = cause instanceof Error ? cause.message : '';
  const why = detail === '' ? '' : `: ${plainText(detail, 200)}`;
  return new Failure(
    'file-error',
    `The picture ${file.shown} is not a valid ${kind === 'png' ? 'PNG' : 'JPEG'} file${why}.`,
    'Save it again with an image program.',
    detail,
  );
}

function pngSize(bytes: Buffer): { width: number; height: number } | null {
  if (bytes.length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return null;
  const size = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  return size.width > 0 && size.height > 0 ? size : null;
}

/** The first start-of-frame marker has it. */
function jpegSize(bytes: Buffer): { width: number; height: number } | null {
  let at = 2;
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const size = { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
      return size.width > 0 && size.height > 0 ? size : null;
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/**
 * At once, not as a stream: damage found in a stream of pngjs is thrown where nobody can catch it, and would end the
 * whole extension host.
 */
async function decodePng(bytes: Buffer): Promise<Picture> {
  checkInterlaced(bytes);
  const { PNG } = await import('pngjs');
  const { width, height, data } = PNG.sync.read(bytes);
  return { width, height, pixels: data };
}

/** pngjs stops inflating at what a picture can hold, but not for interlaced ones. */
function checkInterlaced(bytes: Buffer): void {
  if (bytes[28] !== 1) return;
  const size = pngSize(bytes);
  if (size === null) return;
  const pieces: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      pieces.push(bytes.subarray(at + 8, at + 8 + length));
    }
    at += 12 + length;
  }
  // At most 16 bits for each of 4 channels; every line of the 7 passes has one byte more.
  const most = size.width * size.height * 8 + 2 * size.height + 64;
  inflateSync(Buffer.concat(pieces), { maxOutputLength: most });
}

async function decodeJpeg(bytes: Buffer): Promise<Picture> {
  let scans = 0;
  for (let at = bytes.indexOf(startOfScan); at >= 0; at = bytes.indexOf(startOfScan, at + 2)) {
    if (++scans > maxScans) throw new Error(`it has more than ${maxScans} scans`);
  }
  const { decode } = await import('jpeg-js');
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: true,
    maxResolutionInMP: maxPixels / 1e6 + 1,
    maxMemoryUsageInMB: 2048,
  });
  return { width, height, pixels: data };
}
