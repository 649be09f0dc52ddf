/** Opens regular files and nothing else, and reads pieces of them. */
import type * as fs from 'node:fs';
import type * as fsp from 'node:fs/promises';
import { type FilePath, packPaths } from './checkRecords';
import { fileProblem } from './fileProblem';
import { openIfRegular, startOfRegular } from '../files/openRegular';

/** Never waits for a pipe's writer. Throws a Failure where it is no regular file, else what the system says. */
export async function openRegularFile(
  file: FilePath,
): Promise<{ handle: fsp.FileHandle; stat: fs.Stats }> {
  const { handle, stat } = await openIfRegular(systemPath(file));
  if (handle !== null) return { handle, stat };
  throw noRegular(file, stat);
}

/** Its first bytes, or fewer where it ends before; throws as openRegularFile does. */
export async function readStart(
  file: FilePath,
  length: number,
): Promise<{ bytes: Buffer; stat: fs.Stats }> {
  const { bytes, stat } = await startOfRegular(systemPath(file), length);
  if (bytes !== null) return { bytes, stat };
  throw noRegular(file, stat);
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

/** What is no path for the system cannot be a file either. */
function systemPath(file: FilePath): string | Buffer {
  try {
    packPaths([file]);
  } catch {
    throw fileProblem(file, { code: 'ENOENT', detail: 'the path is empty or holds a NUL' });
  }
  return typeof file === 'string' ? file : Buffer.from(file);
}

const noRegular = (file: FilePath, stat: fs.Stats) =>
  fileProblem(file, { type: stat.isDirectory() ? 'directory' : 'other' });
