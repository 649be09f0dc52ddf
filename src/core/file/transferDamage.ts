/**
 * What a transfer did to an engine, told from its first bytes and its length: a copy in text mode (each LF became CR LF),
 * bytes that went through a text codec, bytes that were written twice. All of these keep the first tag, so that
 * TensorRT-RTX's check of the header may pass, and leave numbers in the header that nobody wrote.
 *
 * Asked only where header and length disagree, or where the header's numbers cannot be: a whole engine is not looked at.
 */
import { formatCount, formatExactBytes } from '../text/formats';
import { type EngineHeader, headerSize } from './engineHeader';

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
    // An ASCII codec writes a question mark for each byte that it does not know.
    const marks = count(bytes, (byte) => byte === 0x3f);
    return bytes.length >= 1024 && marks > bytes.length / 16
      ? `The file was saved as text: every byte above 7F was replaced by a question mark, and what stood there is lost. ${textMode}`
      : null;
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
  if (header !== null && size < header.fileSize) return null;
  let feeds = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] !== 13) return null;
    feeds++;
  }
  return feeds < 4
    ? null
    : 'The file was written or copied in text mode: each LF in it became CR LF. Write it in binary mode (std::ios::binary, "wb", FTP type I).';
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
