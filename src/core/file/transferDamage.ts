/**
 * What a transfer did to an engine, told from its first bytes and its length: a copy in text mode (each LF became CR LF),
 * bytes that went through a text codec, bytes that were written twice. All of these keep the first tag, so that
 * TensorRT-RTX's check of the header may pass, and leave numbers in the header that nobody wrote.
 *
 * Asked only where header and length disagree, or where the header's numbers cannot be: a whole engine is not looked at.
 */
import { formatCount, formatExactBytes } from '../text/formats';
import { type EngineHeader, headerSize, readEngineHeader } from './engineHeader';

export interface TransferDamage {
  /** One sentence, or two: what happened to the bytes, and what brings them back. */
  sentence: string;
  /** Whether the header's numbers are those that were written. */
  headerHolds: boolean;
}

/**
 * bytes: the file's first ones, best 64 KB; header: null where its numbers cannot be true. null: the length says all
 * there is to say.
 */
export function transferDamage(
  bytes: Uint8Array,
  size: number,
  header: EngineHeader | null,
): TransferDamage | null {
  if (size < headerSize || (header !== null && header.fileSize === size)) return null;
  const cause = throughTextCodec(bytes, size) ?? textMode(bytes, size, header);
  if (cause !== null) return { sentence: cause, headerHolds: false };
  if (header === null) {
    return {
      sentence:
        'Its header is damaged: what stands in the places of its numbers cannot be true, so none of them is shown.',
      headerHolds: false,
    };
  }
  const before = size - header.fileSize;
  const again = before < 0 ? null : readEngineHeader(bytes.subarray(before, before + headerSize));
  if (again?.fileSize === header.fileSize && before < header.fileSize) {
    return {
      sentence: `Its beginning was written twice: the engine begins again at byte ${formatCount(before)}, and from there on it is as long as its header says.`,
      headerHolds: true,
    };
  }
  const copies = size / header.fileSize;
  return Number.isInteger(copies) && copies > 1
    ? {
        sentence: `The file is ${copies === 2 ? 'twice' : `${formatCount(copies)} times`} as long as its header says (${formatExactBytes(header.fileSize)}): it was written more than once into the same file.`,
        headerHolds: true,
      }
    : null;
}

/** Bytes that are no text are not UTF-8 by chance. */
function throughTextCodec(bytes: Uint8Array, size: number): string | null {
  const textMode = 'Copy it again as binary: nothing may read it as text.';
  const high = count(bytes, (byte) => byte >= 0x80);
  if (high === 0) {
    // Of an engine some percent are above 7F. An ASCII codec writes a question mark for each of them.
    const [before, marks, behind] = [0x3e, 0x3f, 0x40].map((letter) =>
      count(bytes, (byte) => byte === letter),
    ) as [number, number, number];
    // Zeros and a few letters say nothing: an engine has nearly all values.
    if (new Set(bytes).size < 96) return null;
    return marks > 8 + 4 * Math.max(before, behind)
      ? `The file was saved as text: every byte above 7F was replaced by a question mark, and what stood there is lost. ${textMode}`
      : 'The file went through something that keeps 7 bits of each byte: none of its bytes is above 7F any more. Copy it again as binary.';
  }
  if (high < 8) return null;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: bytes.length < size });
  } catch {
    return null;
  }
  if (text.includes('\ufffd')) {
    return `The file was saved as text: bytes that are not UTF-8 were replaced by EF BF BD, and what stood there is lost. ${textMode}`;
  }
  return /[^\0-\xff]/.test(text)
    ? `The file was saved as text: its bytes were read in another encoding and written as UTF-8. ${textMode}`
    : `The file was saved as text: its bytes were read as Latin-1 and written as UTF-8, two for each above 7F. ${textMode}`;
}

/** Each LF has a CR before it: by chance once in 256 of them. */
function textMode(bytes: Uint8Array, size: number, header: EngineHeader | null): string | null {
  if (header !== null && size < header.fileSize) return withoutCr(bytes, size, header.fileSize);
  let feeds = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] !== 13) return null;
    feeds++;
  }
  return feeds < 4
    ? null
    : 'The file was written or copied in text mode: each LF in it became CR LF. Write it in binary mode (std::ios::binary, "wb", FTP type I).';
}

/** Some programs take each CR away, one byte of 256; in so many others there would be one by chance. */
function withoutCr(bytes: Uint8Array, size: number, said: number): string | null {
  const isShort = said - size <= said / 64;
  return isShort && new Set(bytes).size >= 192 && bytes.length >= 4096 && !bytes.includes(13)
    ? 'The file went through a program that takes each CR out of text: none is in it any more, and bytes are missing. Copy it again as binary.'
    : null;
}

function count(bytes: Uint8Array, is: (byte: number) => boolean): number {
  let found = 0;
  for (const byte of bytes) if (is(byte)) found++;
  return found;
}

/** What a short loss may be: text mode takes a byte for each CR LF, once in 65,536 bytes on the average. */
export function mayBeTextMode(size: number, said: number): boolean {
  return size < said && said - size <= Math.max(4, said / 8192);
}
