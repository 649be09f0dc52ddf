import type { Stats } from 'node:fs';

/** Nobody else can have written it. Windows has no such bits; our folders there lie in the user's own profile. */
export function isOwn({ uid, mode }: Stats): boolean {
  return process.platform === 'win32' || (uid === process.getuid?.() && (mode & 0o022) === 0);
}
