/** What the command line writes: stdout in order, colours only on a terminal, and the end of the process. */
import { plainText } from '../core/text/plainText';
import type { Severity } from '../core/report/engineReport';

/** Set where a native thread may hang: then nothing waits for it at the end. */
let endProcess: (code: number) => void = (code) => process.exit(code);
export function setHardExit(hardExit: (code: number) => never): void {
  endProcess = hardExit;
}

/** Writes out what is buffered, then ends the process whatever else is under way. */
export function end(code: number): void {
  void flush();
  stdout().write('', () => {
    if (usesStderr) process.stderr.write('', () => endProcess(code));
    else endProcess(code);
  });
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
      } else {
        endProcess(error.code === 'EPIPE' ? 0 : 2);
      }
    });
  }
  return process.stdout;
}

/** What was printed and not yet written: a call of the system for each of many reports would be felt. */
let unwritten = '';
const mostUnwritten = 1 << 16;

/** Resolves when the reader keeps up, so that ten thousand reports do not pile up in memory. */
export function print(text: string | Uint8Array): Promise<void> | void {
  if (typeof text === 'string') {
    // Whatever comes next, in this turn of the event loop or in another one: nothing is held back while it waits.
    if (unwritten === '') setImmediate(() => void flush());
    unwritten += text;
    if (unwritten.length < mostUnwritten) return full ?? undefined;
    return flush();
  }
  return flush() ?? write(text);
}

function flush(): Promise<void> | void {
  if (unwritten === '') return;
  const text = unwritten;
  unwritten = '';
  return write(text);
}

/** Until the reader took what was written; whoever prints meanwhile waits for the same. */
let full: Promise<void> | null = null;

function write(text: string | Uint8Array): Promise<void> | void {
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
