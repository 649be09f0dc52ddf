/** What the command line writes: stdout in order, colours only on a terminal, and the end of the process. */
import * as fs from 'node:fs';
import { plainText } from '../core/text/plainText';
import type { Failure } from '../core/wire/failure';
import { writeError } from '../host/build/writeError';
import { inOne, type TextInPieces } from '../core/text/textInPieces';
import type { Severity } from '../core/report/engineReport';
import type { FileLine, LineFile, OwnPart } from '../core/report/fileLine';

/** Set where a native thread may hang: then nothing waits for it at the end. */
let endProcess: (code: number) => void = (code) => process.exit(code);
export function setHardExit(hardExit: (code: number) => never): void {
  endProcess = hardExit;
}

/** Writes out what is buffered, then ends the process whatever else is under way. */
export function end(code: number): void {
  if (!isWatched && !usesStderr && writeAtOnce()) {
    endProcess(code);
    return;
  }
  void flush();
  stdout().write('', () => {
    if (usesStderr) process.stderr.write('', () => endProcess(code));
    else endProcess(code);
  });
}

/**
 * Little was printed and nothing written: then it is written without a stream, whose making takes a check some milliseconds.
 * false: some is left, because nobody takes it at once, or it can't be written.
 */
function writeAtOnce(): boolean {
  // Its consoles take no UTF-8.
  if (process.platform === 'win32') return false;
  let at = 0;
  try {
    while (at < used) at += fs.writeSync(1, unwritten, at, used - at);
  } catch {
    unwritten.copyWithin(0, at, used);
  }
  used -= at;
  return used === 0;
}

let usesStderr = false;

/** Called by whoever writes there: making the stream just to flush nothing would cost a check a millisecond. */
export function stderr(): NodeJS.WriteStream {
  // On a terminal both are read as one.
  void flush();
  usesStderr = true;
  return process.stderr;
}

let isWatched = false;
let heedStdoutError: ((error: NodeJS.ErrnoException) => void) | null = null;
let continuePrinting: (() => void) | null = null;

/** For who has more to do than to print: the process goes on. */
export function onStdoutError(heed: (error: NodeJS.ErrnoException) => void): void {
  heedStdoutError = heed;
}

/** A reader that went away (head, less) is no failure of ours, and there is nobody to tell. */
function stdout(): NodeJS.WriteStream {
  if (!isWatched) {
    isWatched = true;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (heedStdoutError) {
        heedStdoutError(error);
        continuePrinting?.();
      } else if (error.code === 'EPIPE') {
        endProcess(0);
      } else {
        const { message, nextStep } = outputProblem('The standard output', error);
        process.stderr.write(`${message}\n${nextStep}\n`, () => endProcess(2));
      }
    });
  }
  return process.stdout;
}

export const outputProblem = (name: string, error: unknown): Failure =>
  writeError(error, `${name} could not be written`, { again: 'check again' });

/** What was printed and not yet written: a call of the system for each of many reports would be felt. */
const mostUnwritten = 1 << 16;
let unwritten = Buffer.allocUnsafe(0);
let used = 0;

/** Resolves when the reader keeps up, so that ten thousand reports do not pile up in memory. */
export function print(text: string | Uint8Array): Promise<void> | void {
  if (typeof text === 'string') {
    // As many bytes as UTF-8 can take.
    if (!isRoomFor(text.length * 3)) return writeLarge(Buffer.from(text, 'utf8'));
    used += unwritten.write(text, used, 'utf8');
  } else {
    if (!isRoomFor(text.length)) return writeLarge(text);
    unwritten.set(text, used);
    used += text.length;
  }
  return used >= mostUnwritten ? flush() : (full ?? undefined);
}

/** Bytes of pieces that many texts have in common. */
const encoded = new WeakMap<readonly string[], { pieces: readonly Buffer[]; length: number }>();

/** The same of a text that is mostly pieces of many others. */
export function printPieces(
  before: string,
  { pieces, values }: TextInPieces,
): Promise<void> | void {
  let known = encoded.get(pieces);
  if (!known) {
    const made = pieces.map((piece) => Buffer.from(piece, 'utf8'));
    known = { pieces: made, length: made.reduce((sum, { length }) => sum + length, 0) };
    encoded.set(pieces, known);
  }
  let most = known.length + before.length * 3;
  for (const value of values) most += String(value).length * 3;
  if (!isRoomFor(most)) {
    return writeLarge(Buffer.from(before + inOne({ pieces, values }), 'utf8'));
  }
  used += unwritten.write(before, used, 'utf8');
  known.pieces.forEach((piece, at) => {
    unwritten.set(piece, used);
    used += piece.length;
    const value = values[at];
    if (value !== undefined) used += unwritten.write(String(value), used, 'utf8');
  });
  return used >= mostUnwritten ? flush() : (full ?? undefined);
}

/** A line that many files have in common, as bytes. */
export interface EncodedLine {
  readonly pieces: readonly Uint8Array[];
  readonly own: readonly OwnPart[];
  /** Nothing but the path is a file's own. */
  readonly isOfPaths: boolean;
}

export function encodedLine({ pieces, own }: FileLine): EncodedLine {
  return {
    pieces: pieces.map((piece) => Buffer.from(piece, 'utf8')),
    own,
    isOfPaths: own.every((part) => part.is === 'path'),
  };
}

/** Prints it for this file, whose path is plain (isPlainPath) or not. */
export function printLine(
  { pieces, own }: EncodedLine,
  file: LineFile,
  isPlain: boolean,
): Promise<void> | void {
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at];
    if (piece) putBytes(piece);
    const part = own[at];
    if (part) putPart(part, file, isPlain);
  }
  return used >= mostUnwritten ? flush() : (full ?? undefined);
}

function putPart(part: OwnPart, file: LineFile, isPlain: boolean): void {
  if (part.is === 'size') putNumber(file.size);
  else if (part.is === 'weightBytes') putNumber(file.weightBytes);
  else if (part.is === 'path' && isPlain) putAscii(file.file);
  else if (part.is === 'quoted-path' && isPlain) {
    putByte(quote);
    putAscii(file.file);
    putByte(quote);
  } else putText(part.text(file));
}

const quote = 0x22;

function putBytes(bytes: Uint8Array): void {
  makeRoom(bytes.length);
  unwritten.set(bytes, used);
  used += bytes.length;
}

function putByte(byte: number): void {
  makeRoom(1);
  unwritten[used++] = byte;
}

function putAscii(text: string): void {
  makeRoom(text.length);
  used += unwritten.write(text, used, 'latin1');
}

function putText(text: string): void {
  makeRoom(text.length * 3);
  used += unwritten.write(text, used, 'utf8');
}

/** A whole number: a string of each of many would be felt. */
function putNumber(value: number): void {
  if (!(value >= 0 && value < 1e15)) {
    putAscii(String(value));
    return;
  }
  makeRoom(15);
  let digits = 1;
  for (let most = 10; value >= most; most *= 10) digits++;
  let rest = value;
  for (let at = used + digits - 1; at >= used; at--) {
    const tenth = Math.floor(rest / 10);
    unwritten[at] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  used += digits;
}

function makeRoom(bytes: number): void {
  if (used > 0 && used + bytes <= unwritten.length) return;
  if (used + bytes > unwritten.length) void flush();
  if (bytes > unwritten.length) {
    unwritten = Buffer.allocUnsafe(Math.max(bytes, 2 * mostUnwritten));
  }
  if (used === 0) setImmediate(() => void flush());
}

/** Whatever comes next, in this turn of the event loop or in another one: nothing is held back while it waits. */
function isRoomFor(bytes: number): boolean {
  if (bytes > mostUnwritten) return false;
  if (unwritten.length === 0) unwritten = Buffer.allocUnsafe(2 * mostUnwritten);
  if (used === 0) setImmediate(() => void flush());
  return true;
}

function flush(): Promise<void> | void {
  if (used === 0) return;
  const bytes = unwritten.subarray(0, used);
  used = 0;
  const written = write(bytes);
  // Else it is still needed: a reader is slower than we are.
  if (stdout().writableLength > 0) unwritten = Buffer.allocUnsafe(0);
  return written;
}

/** Until the reader took what was written; whoever prints meanwhile waits for the same. */
let full: Promise<void> | null = null;

/** Behind what waits, whether the reader keeps up with that or not. */
function writeLarge(bytes: Uint8Array): Promise<void> | void {
  const before = flush();
  return write(bytes) ?? before;
}

function write(text: Uint8Array): Promise<void> | void {
  if (stdout().write(text)) return;
  full ??= new Promise((resolve) => {
    continuePrinting = () => {
      full = null;
      resolve();
    };
    stdout().once('drain', continuePrinting);
  });
  return full;
}

/** For people, on stderr. */
export function complain(text: string): void {
  stderr().write(`${text}\n`);
}

/** Whether what is printed has colours. A file or a pipe is no terminal, and needs no stream to say so. */
export function stdoutHasColour(): boolean {
  return (process.platform === 'win32' || isDevice(1)) && hasColour(process.stdout);
}

function isDevice(descriptor: number): boolean {
  try {
    return fs.fstatSync(descriptor).isCharacterDevice();
  } catch {
    return true;
  }
}

/** https://no-color.org: any value but the empty one. */
export function hasColour(stream: NodeJS.WriteStream, env = process.env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

const codes: Record<Severity | 'dim' | 'bold', string> = {
  error: '31',
  warning: '33',
  information: '36',
  ok: '32',
  dim: '2',
  bold: '1',
};

export type Paint = (style: keyof typeof codes, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? `\x1b[${codes[style]}m${text}\x1b[0m` : text);
}

/** Names and sentences are made printable where they are made; paths of arguments are not. */
export function shown(text: string): string {
  return plainText(text, 8192);
}
