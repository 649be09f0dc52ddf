/** libraryFile.ts for a process that must not wait: the extension host. */
import type * as fsp from 'node:fs/promises';
import { openIfRegular } from '../files/openRegular';
import { type LibraryFile, look, systemProblem, type Target } from './libraryFile';

/** Throws a Failure that says what is wrong with the file. */
export async function readLibraryFile(
  file: string,
  target: Target = process,
): Promise<LibraryFile> {
  let handle: fsp.FileHandle | undefined;
  try {
    const opened = await openIfRegular(file);
    handle = opened.handle ?? undefined;
    const steps = look(file, opened.stat, target);
    let step = steps.next();
    while (!step.done) {
      const { offset, length } = step.value;
      const buffer = Buffer.alloc(length);
      if (handle === undefined) throw new Error(`${file} is not open`);
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
