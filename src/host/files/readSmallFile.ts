/**
 * The one way to read a whole file that lies beside an engine, in a workspace or where an argument points: recipes,
 * profiles, marks. A pipe or a device there must not hold anybody up, and a huge file must not fill the memory.
 */
import { decodeText } from '../../core/text/decodeText';
import { formatBytes } from '../../core/text/formats';
import { plainText } from '../../core/text/plainText';
import { fileError } from './fileError';
import { Failure } from '../../core/wire/failure';
import { isGone } from './fileSystem';
import { openIfRegular } from './openRegular';

/** what: "The recipe", at the beginning of a sentence. null: not there. Throws Failure. */
export async function readSmallFile(
  file: string,
  maxBytes: number,
  what: string,
): Promise<Buffer | null> {
  const shown = `${what} ${plainText(file)}`;
  let opened: Awaited<ReturnType<typeof openIfRegular>>;
  try {
    opened = await openIfRegular(file);
  } catch (error) {
    if (isGone(error)) return null;
    throw fileError(error, shown);
  }
  const { handle, stat } = opened;
  if (handle === null) {
    const kind = stat.isDirectory() ? 'a folder' : 'not a regular file';
    throw new Failure('file-error', `${shown} is ${kind}.`, 'Remove it, or put a file there.');
  }
  try {
    const tooLarge = (size: number): Failure =>
      new Failure(
        'file-error',
        `${shown} is too large: ${formatBytes(size)}, at most ${formatBytes(maxBytes)} are read.`,
        'Check what this file is.',
      );
    if (stat.size > maxBytes) throw tooLarge(stat.size);
    // Not readFile: a file that grows meanwhile, or one of /proc, has more than its size.
    const bytes = Buffer.alloc(Math.min(maxBytes, Math.max(stat.size, 4096)) + 1);
    let done = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, null);
      done += bytesRead;
      if (bytesRead === 0) return bytes.subarray(0, done);
      if (done > maxBytes) throw tooLarge(done);
      if (done === bytes.length) return bytes.subarray(0, done);
    }
  } catch (error) {
    throw error instanceof Failure ? error : fileError(error, shown);
  } finally {
    await handle.close();
  }
}

/** As text: UTF-8, or UTF-16 as PowerShell writes it. */
export async function readSmallText(
  file: string,
  maxBytes: number,
  what: string,
): Promise<string | null> {
  const bytes = await readSmallFile(file, maxBytes, what);
  return bytes && decodeText(bytes);
}
