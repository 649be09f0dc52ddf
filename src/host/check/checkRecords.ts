/**
 * Reads the answer of a check (es_check_record array and the text behind it, engine_shim.h) where it lies: nothing is
 * copied or decoded before it is asked for, so 10,000 records cost one object. Also packs the paths of a request.
 */
import { lengthAndWeights, of64Bits } from '../../core/file/engineHeader';
import { saysNothingOf } from '../../core/report/sharedReport';
import { plainText } from '../../core/text/plainText';
import type { CheckResult } from '../engineHost/protocol';
import { checkRecordSize } from './checkRecordSize';

/** A path as the system has it: a string, or bytes where the name is not UTF-8. */
export type FilePath = string | Uint8Array;

const headerCapacity = 128;

const offsets = {
  headerLength: 128,
  fileType: 132,
  systemError: 136,
  validity: 140,
  diagnostics: 144,
  fileSize: 152,
  modified: 160,
  linesOffset: 168,
  linesLength: 172,
} as const;

const fileTypes = ['unknown', 'regular', 'directory', 'other'] as const;
export type CheckedFileType = (typeof fileTypes)[number];

export interface RawLine {
  /** As in ILogger: 0 internal error .. 4 verbose. */
  severity: number;
  /** As the library wrote them: not necessarily UTF-8. */
  bytes: Uint8Array;
}

/** All that an answer says but length, weights, time and lines, as words of a record: bytes 0 to 15, 24 to 55, 128 to 151. */
const kindWords = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 32, 33, 34, 35, 36, 37] as const;
const hashedWords = [6, 8, 10, 12, 35, 36] as const;
const wordsOfRecord = checkRecordSize / 4;

/** Of a record, and a number for its lines. */
export type Kind = Int32Array;

export class CheckRecords {
  private readonly view: DataView;
  private readonly words: Int32Array;
  readonly count: number;

  /** Throws a RangeError when the bytes do not hold what count says. */
  constructor(private readonly result: CheckResult) {
    const { records, count } = result;
    if (records.byteLength < count * checkRecordSize) {
      throw new RangeError(`${count} check records need more than ${records.byteLength} bytes`);
    }
    this.count = count;
    const length = count * checkRecordSize;
    this.view = new DataView(records.buffer, records.byteOffset, length);
    const { buffer, byteOffset } =
      records.byteOffset % 4 === 0 ? records : Uint8Array.from(records.subarray(0, length));
    this.words = new Int32Array(buffer, byteOffset, length / 4);
  }

  /** The first bytes of the file, as many as were read; shares memory with the answer. */
  header(index: number): Uint8Array {
    const start = this.at(index, 0);
    const length = Math.min(
      this.view.getUint32(this.at(index, offsets.headerLength), true),
      headerCapacity,
    );
    return this.result.records.subarray(start, start + length);
  }

  /** For what is kept: 64 bytes must not keep a whole chunk of answers, as a slice of a Buffer does. */
  copyOfHeader(index: number): Uint8Array {
    return new Uint8Array(this.header(index));
  }

  /** The four version bytes of an engine's header as one number; -1: it is no engine. */
  versionBytes(index: number): number {
    const at = this.at(index, 0);
    // "vtrt"
    return this.view.getUint32(at, true) === 0x74727476 ? this.view.getUint32(at + 24, true) : -1;
  }

  fileType(index: number): CheckedFileType {
    return fileTypes[this.view.getUint32(this.at(index, offsets.fileType), true)] ?? 'unknown';
  }

  /** errno (GetLastError on Windows) of open, stat or read; 0: none. */
  systemError(index: number): number {
    return this.view.getInt32(this.at(index, offsets.systemError), true);
  }

  /** EngineValidity; null: not asked. */
  validity(index: number): number | null {
    const validity = this.view.getInt32(this.at(index, offsets.validity), true);
    return validity === -1 ? null : validity;
  }

  /** EngineInvalidityDiagnostics bits; those above 2^53 would lose precision and do not exist. */
  diagnostics(index: number): number {
    return this.u64(index, offsets.diagnostics);
  }

  /** Bytes. */
  fileSize(index: number): number {
    return this.u64(index, offsets.fileSize);
  }

  /** Of a header, as lengthAndWeights (core/file/engineHeader.ts) reads it. */
  weightBytes(index: number): number {
    return lengthAndWeights(this.words, this.at(index, 0) / 4).weightBytes;
  }

  /** ms since 1970. */
  modified(index: number): number {
    const at = this.at(index, offsets.modified);
    const high = this.view.getInt32(at + 4, true);
    if (high < 0) return Number(this.view.getBigInt64(at, true) / 1_000_000n);
    // Nanoseconds have more digits than a number: 2^32 of them are 4294 ms and 967,296 ns.
    const rest = high * 967_296 + this.view.getUint32(at, true);
    return high * 4294 + Math.floor(rest / 1_000_000);
  }

  /** Where the lines of a file stand: files with the same place have the same lines. -1: it has none. */
  linesPlace(index: number): number {
    const at = this.at(index, offsets.linesOffset);
    return this.view.getUint32(at + 4, true) === 0 ? -1 : this.view.getUint32(at, true);
  }

  /** A whole engine that could be read, and whose length and weights have nothing to say (sharedReport.ts). */
  isPlain(index: number, machine: Parameters<typeof saysNothingOf>[1]): boolean {
    const { words } = this;
    const first = index * wordsOfRecord;
    const { fileSize, weightBytes } = lengthAndWeights(words, first);
    const length = words[first + offsets.headerLength / 4] ?? 0;
    return (
      words[first + offsets.systemError / 4] === 0 &&
      // What it is not known to be, or a regular file.
      ((words[first + offsets.fileType / 4] ?? 0) & ~1) === 0 &&
      saysNothingOf({ length, size: this.fileSize(index), fileSize, weightBytes }, machine)
    );
  }

  /** A number that tells most kinds apart: by version, GPUs, CUDA's versions and answer. */
  kindHash(index: number): number {
    const { words } = this;
    const first = index * wordsOfRecord;
    let hash = 0;
    for (const word of hashedWords) {
      hash = Math.imul(hash ^ (words[first + word] ?? 0), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  kind(index: number, lines: number): Kind {
    const first = index * wordsOfRecord;
    return Int32Array.from([...kindWords.map((word) => this.words[first + word] ?? 0), lines]);
  }

  isOfKind(index: number, lines: number, kind: Kind): boolean {
    const { words } = this;
    const first = index * wordsOfRecord;
    for (let at = 0; at < kindWords.length; at++) {
      if (words[first + (kindWords[at] ?? 0)] !== kind[at]) return false;
    }
    return kind[kindWords.length] === lines;
  }

  /** The lines of a file as they stand. */
  linesBytes(index: number): string {
    const { start, end } = this.linesRange(index);
    const { buffer, byteOffset } = this.result.text;
    return Buffer.from(buffer, byteOffset + start, end - start).toString('latin1');
  }

  private linesRange(index: number): { start: number; end: number } {
    const start = this.view.getUint32(this.at(index, offsets.linesOffset), true);
    const length = this.view.getUint32(this.at(index, offsets.linesLength), true);
    if (start + length > this.result.text.byteLength) {
      throw new RangeError('check lines lie outside the text');
    }
    return { start, end: start + length };
  }

  lines(index: number): RawLine[] {
    const { text } = this.result;
    const { start, end: last } = this.linesRange(index);
    const lines: RawLine[] = [];
    for (let at = start; at < last;) {
      const nul = text.indexOf(0, at + 1);
      const end = nul < 0 || nul > last ? last : nul;
      // '0' is 48.
      lines.push({ severity: (text[at] ?? 51) - 48, bytes: text.subarray(at + 1, end) });
      at = end + 1;
    }
    return lines;
  }

  /** Exact up to 2^53: a BigInt for each of many files would be felt. */
  private u64(index: number, offset: number): number {
    const at = this.at(index, offset);
    return of64Bits(this.view.getUint32(at + 4, true), this.view.getUint32(at, true));
  }

  private at(index: number, offset: number): number {
    if (index < 0 || index >= this.count) throw new RangeError(`no check record ${index}`);
    return index * checkRecordSize + offset;
  }
}

/** Each path's bytes and a NUL. Throws a RangeError for a path that is empty or holds a NUL. */
export function packPaths(paths: readonly FilePath[]): Buffer {
  for (const path of paths) {
    if (path.length === 0 || (typeof path === 'string' ? path.includes('\0') : path.includes(0))) {
      throw new RangeError('a path is empty or holds a NUL');
    }
  }
  if (paths.every((path) => typeof path === 'string')) {
    return Buffer.from(paths.join('\0') + (paths.length > 0 ? '\0' : ''), 'utf8');
  }
  const nul = Buffer.alloc(1);
  return Buffer.concat(
    paths.flatMap((path) => [typeof path === 'string' ? Buffer.from(path, 'utf8') : path, nul]),
  );
}

/** A path for people: one printable line, bytes that are not UTF-8 as \xe9. */
export function displayPath(path: FilePath): string {
  return plainText(path, 8192);
}
