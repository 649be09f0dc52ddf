/** libraryFile.ts for a process that must not wait: the extension host. */
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import { type LibraryFile, look, systemProblem, type Target } from './libraryFile';

/** Throws a Failure that says what is wrong with the file. */
export async function readLibraryFile(
  file: string,
  target: Target = process,
): Promise<LibraryFile> {
  let handle: fsp.FileHandle | undefined;
  try {
    handle = await fsp.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    const steps = look(file, await handle.stat(), target);
    let step = steps.next();
    while (!step.done) {
      const { offset, length } = step.value;
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await handle.read(buffer, 0, length, offset);
      step = steps.next(buffer.subarray(0, bytesRead));
    }
    return step.value;
  } catch (error) {
    throw systemProblem(file, error);
  } finally {
    await handle?.close();
  }
}
