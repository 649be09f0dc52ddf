/**
 * Hostile bytes or text in, one printable line out. Everything that comes from a file, a path or the library's log passes
 * through here before any surface sees it.
 *
 * - Bytes that are not UTF-8 and control characters become \xNN (a tab, a line feed and a carriage return \t, \n, \r).
 * - ANSI escape sequences (colours, links, cursor moves) are removed; a lone ESC becomes \x1b.
 * - Characters that change direction or cannot be seen become \u202e and the like. The two joiners stay: scripts and
 *   emoji need them.
 * - Longer texts are cut and say by how much.
 *
 * The result is plain text, not HTML or Markdown: the surface that renders those escapes it for itself.
 */

/** Enough for any line of the library, short enough for any surface. In characters (code points). */
export const defaultMaxLength = 2000;

/** Control, format (but for the joiners), line and paragraph separators, lone surrogates. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu;

/** CSI … final byte; OSC, DCS, APC, PM, SOS … ended by BEL or ST (bounded); choice of a character set. */
const ansi =
  /\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b[\]P_^X][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b[()*+][0-~]/g;

/** What nearly all names and lines are; nothing in it needs to be made printable. */
const printableAscii = /^[ -~]*$/;

/** One printable line. */
export function plainText(input: Uint8Array | string, maxLength = defaultMaxLength): string {
  const text = typeof input === 'string' ? input : decodeBytes(input);
  if (printableAscii.test(text)) return cut(text, maxLength);
  const clean = text.replace(ansi, '').replace(unprintable, escapeCharacter);
  return cut(clean, maxLength);
}

/** Cuts to maxLength code points and says how many are missing. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) {
    return text;
  }
  const characters = Array.from(text);
  if (characters.length <= maxLength) {
    return text;
  }
  return `${characters.slice(0, maxLength).join('')}… (${characters.length - maxLength} more)`;
}

/** A line of TensorRT-RTX's log: its version message made readable, ends trimmed, then plainText. */
export function libraryLine(input: Uint8Array | string, maxLength = defaultMaxLength): string {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  return plainText(readableVersion(bytes), maxLength).trim();
}

const versionWords = 'created with TensorRT-RTX version ';

/**
 * The library prints the engine's version as raw bytes: "version \x01.\x06.\x01, but …". A zero byte ends its line early:
 * "version \x01.\x06." Puts numbers there. A digit is left as it is, so that a library that prints numbers is not
 * misread.
 */
function readableVersion(bytes: Uint8Array): Uint8Array {
  const at = indexOfAscii(bytes, versionWords);
  if (at < 0) {
    return bytes;
  }
  const start = at + versionWords.length;
  const numbers: string[] = [];
  let position = start;
  for (let part = 0; part < 3; part++) {
    const byte = bytes[position];
    if (byte === undefined) {
      // Cut short by a zero byte, which is the number that stood here; the C string ended.
      numbers.push("0 (the library's line ends here)");
      position = bytes.length;
      break;
    }
    const isDigit = byte >= 0x30 && byte <= 0x39;
    numbers.push(isDigit ? String.fromCharCode(byte) : String(byte));
    position += 1;
    if (part < 2) {
      if (position === bytes.length) {
        break;
      }
      if (bytes[position] !== 0x2e) {
        return bytes; // not "byte.byte.byte": a version printed in another way
      }
      position += 1;
    }
  }
  return concat([
    bytes.subarray(0, start),
    new TextEncoder().encode(numbers.join('.')),
    bytes.subarray(position),
  ]);
}

function indexOfAscii(bytes: Uint8Array, text: string): number {
  outer: for (let start = 0; start + text.length <= bytes.length; start++) {
    for (let i = 0; i < text.length; i++) {
      if (bytes[start + i] !== text.charCodeAt(i)) {
        continue outer;
      }
    }
    return start;
  }
  return -1;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** UTF-8 to text; each byte that is not part of a valid sequence becomes \xNN. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Only now byte by byte.
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  let runStart = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += decoder.decode(bytes.subarray(runStart, at)) + hexByte(bytes[at] ?? 0);
    at += 1;
    runStart = at;
  }
  return text + decoder.decode(bytes.subarray(runStart));
}

/** Length of the valid UTF-8 sequence at `at` (RFC 3629), 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) {
    return 1;
  }
  const length =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0;
  if (length === 0 || at + length > bytes.length) {
    return 0;
  }
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) {
    return 0;
  }
  for (let i = 2; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if (byte < 0x80 || byte > 0xbf) {
      return 0;
    }
  }
  return length;
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default: {
      const code = character.codePointAt(0) ?? 0;
      if (code < 0x100) {
        return hexByte(code);
      }
      const hex = code.toString(16);
      return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
    }
  }
}
