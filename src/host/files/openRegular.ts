/** The one way to open what others named: regular files, and nothing else. */
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';

/**
 * handle null: it is no regular file, and was not opened: opening some devices does something, and opening a pipe waits for
 * whoever writes there. Throws what the system says.
 */
export async function openIfRegular(
  file: string | Buffer,
): Promise<{ handle: fs.FileHandle | null; stat: Stats }> {
  const before = await fs.stat(file);
  if (!before.isFile()) return { handle: null, stat: before };
  // It may have become another since.
  const handle = await fs.open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, stat };
    await handle.close();
    return { handle: null, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
