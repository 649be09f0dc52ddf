/** Files that a person chose as an input: opened, read in pieces, every failure a Failure that names the file. */
import type * as fs from 'node:fs/promises';

import { plainText } from '../../../core/text/plainText';
import { Failure } from '../../../core/wire/failure';
import { fileError } from '../../files/fileError';
import { openIfRegular } from '../../files/openRegular';

/** A multiple of every element's size. */
export const pieceBytes = 1024 * 1024;

export class InputFile {
  private constructor(
    private readonly handle: fs.FileHandle,
    readonly path: string,
    /** Printable. */
    readonly shown: string,
    readonly size: number,
    private readonly signal: AbortSignal | undefined,
    private readonly what: string,
  ) {}

  /** what: at the beginning of a sentence. Throws Failure: not there, a folder, no right to read it. */
  static async open(
    file: string,
    signal?: AbortSignal,
    what = 'The input file',
  ): Promise<InputFile> {
    const shown = plainText(file);
    const { handle, stat } = await openIfRegular(file).catch((error: unknown) => {
      throw fileError(error, `${what} ${shown}`);
    });
    if (handle !== null) return new InputFile(handle, file, shown, stat.size, signal, what);
    throw new Failure(
      'file-error',
      `${what} ${shown} is ${stat.isDirectory() ? 'a folder' : 'not a regular file'}.`,
      'Choose a file.',
    );
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** Exactly these bytes; fewer are an error of the file. */
  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    const done = await this.fill(buffer, offset);
    if (done === length) return buffer;
    throw this.refuse(`ends at byte ${offset + done}, where more was expected`);
  }

  /** At most these bytes, fewer at the end of the file. */
  async readUpTo(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.size - offset)));
    return buffer.subarray(0, await this.fill(buffer, offset));
  }

  /** One piece after the other; each stays the reader's. */
  async *pieces(offset: number, length: number): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; at < length; at += pieceBytes) {
      yield await this.read(offset + at, Math.min(pieceBytes, length - at));
    }
  }

  /** "<file> <predicate>." */
  refuse(predicate: string, nextStep = 'Choose another file, or write this one again.'): Failure {
    return new Failure('file-error', `${this.what} ${this.shown} ${predicate}.`, nextStep);
  }

  private async fill(buffer: Buffer, offset: number): Promise<number> {
    let done = 0;
    try {
      while (done < buffer.length) {
        stopIfAborted(this.signal);
        const { bytesRead } = await this.handle.read(
          buffer,
          done,
          buffer.length - done,
          offset + done,
        );
        if (bytesRead === 0) break;
        done += bytesRead;
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw fileError(error, `${this.what} ${this.shown}`);
    }
    return done;
  }
}

export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new Failure('cancelled', 'Reading the inputs was cancelled.', 'Run it again.');
}
