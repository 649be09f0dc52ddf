/** Where formats go: stdout, or a file that is there whole or not at all. And text that waits until the end. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Spool } from '../../core/gate/formats';
import { Failure } from '../../core/wire/failure';
import { inOne, type TextInPieces } from '../../core/text/textInPieces';
import { end, onStdoutError, outputProblem, print, printPieces, shown } from '../output';
import { makeTemporaryFolder } from '../temporaryFolder';

export interface GateOutput {
  write(text: string | TextInPieces): Promise<void> | void;
  /** Throws a Failure where it could not be written. */
  end(): void;
  /** Leaves nothing behind. */
  abort(): void;
}

const bufferLength = 1 << 16;

/** Written under another name beside it, and renamed when it is whole. */
export class FileOutput implements GateOutput {
  private readonly partial: string;
  private readonly descriptor: number;
  private text = '';
  private open = true;

  constructor(private readonly file: string) {
    this.partial = `${file}.${randomBytes(4).toString('hex')}.partial`;
    try {
      this.descriptor = fs.openSync(this.partial, 'wx');
    } catch (error) {
      throw this.problem(error);
    }
  }

  write(text: string | TextInPieces): void {
    this.text += typeof text === 'string' ? text : inOne(text);
    if (this.text.length >= bufferLength) this.flush();
  }

  end(): void {
    try {
      this.flush();
      fs.fsyncSync(this.descriptor);
      fs.closeSync(this.descriptor);
      this.open = false;
      fs.renameSync(this.partial, this.file);
    } catch (error) {
      this.abort();
      throw error instanceof Failure ? error : this.problem(error);
    }
  }

  abort(): void {
    if (this.open) fs.closeSync(this.descriptor);
    this.open = false;
    fs.rmSync(this.partial, { force: true });
  }

  private flush(): void {
    try {
      fs.writeFileSync(this.descriptor, this.text);
      this.text = '';
    } catch (error) {
      throw this.problem(error);
    }
  }

  private problem(error: unknown): Failure {
    return outputProblem(shown(this.file), error);
  }
}

/** A reader that goes away (head, less) is no failure, and the other outputs are still written. */
export class StdoutOutput implements GateOutput {
  private closed = false;
  private failure: Failure | null = null;

  /** alone: nothing else is written, so nothing is left to do when the reader is gone. */
  constructor(alone: boolean) {
    onStdoutError((error) => {
      this.closed = true;
      if (error.code === 'EPIPE' && alone) end(0);
      if (error.code !== 'EPIPE') this.failure = outputProblem('The standard output', error);
    });
  }

  write(text: string | TextInPieces): Promise<void> | void {
    if (this.closed || text === '') return;
    return typeof text === 'string' ? print(text) : printPieces('', text);
  }

  end(): void {
    if (this.failure) throw this.failure;
  }

  abort(): void {}
}

/** Kept in memory while it is small, then in a temporary file. */
export class FileSpool implements Spool {
  private text = '';
  private descriptor: number | null = null;

  append(text: string): void {
    this.text += text;
    if (this.text.length < bufferLength) return;
    this.descriptor ??= openTemporary();
    fs.writeFileSync(this.descriptor, this.text);
    this.text = '';
  }

  *drain(): Iterable<string> {
    if (this.descriptor !== null) {
      const decoder = new TextDecoder();
      const buffer = Buffer.allocUnsafe(bufferLength);
      for (let at = 0; ;) {
        const count = fs.readSync(this.descriptor, buffer, 0, buffer.length, at);
        if (count === 0) break;
        at += count;
        yield decoder.decode(buffer.subarray(0, count), { stream: true });
      }
      fs.closeSync(this.descriptor);
      this.descriptor = null;
    }
    yield this.text;
    this.text = '';
  }
}

/** Without a name on systems that allow it, so that nothing is left whatever happens. */
function openTemporary(): number {
  const folder = makeTemporaryFolder('report');
  const file = path.join(folder, 'spool');
  const descriptor = fs.openSync(file, 'wx+');
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  if (process.platform === 'win32') process.once('exit', remove);
  else remove();
  return descriptor;
}
