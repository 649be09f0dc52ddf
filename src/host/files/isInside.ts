import * as path from 'node:path';

/** Whether that path is the folder or lies below it. Both absolute. */
export function isInside(folder: string, file: string): boolean {
  const below = path.relative(folder, file);
  return (
    below === '' ||
    (!below.startsWith(`..${path.sep}`) && below !== '..' && !path.isAbsolute(below))
  );
}
