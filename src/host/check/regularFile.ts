/** Opens regular files and nothing else, and reads pieces of them. */
import type * as fs from 'node:fs';
import type * as fsp from 'node:fs/promises';
import { type FilePath, packPaths } from './checkRecords';
import { fileProblem } from './fileProblem';
import { openIfRegular } from '../files/openRegular';

/** Never waits for a pipe's writer. Throws a Failure where it is no regular file, else what the system says. */
export async function openRegularFile(
  file: FilePath,
): Promise<{ handle: fsp.FileHandle; stat: fs.Stats }> {
  // What is no path for the system cannot be a file either.
  try {
    packPaths([file]);
  } catch {
    throw fileProblem(file, { code: 'ENOENT', detail: 'the path is empty or holds a NUL' });
  }
  const target = typeof file === 'string' ? file : Buffer.from(file);
  const { handle, stat } = await openIfRegular(target);
  if (handle !== null) return { handle, stat };
  throw fileProblem(file, { type: stat.isDirectory() ? 'directory' : 'other' });
}

/** length bytes from offset, or fewer where the file ends before. */
export async function readAt(
  handle: fsp.FileHandle,
  offset: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < buffer.length) {
    const at = offset + filled;
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
