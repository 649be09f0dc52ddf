/** Paths of the command line as the system has them: Node decodes its arguments as UTF-8 and loses other bytes. */
import * as fs from 'node:fs';
import type { FilePath } from '../host/check/checkRecords';

/** The same arguments, as bytes where they are not UTF-8 (Linux; elsewhere paths are Unicode). */
export function rawArguments(paths: readonly string[]): FilePath[] {
  if (process.platform !== 'linux' || !paths.some((path) => path.includes('\uFFFD'))) {
    return [...paths];
  }
  const raw = new Map<string, Buffer>();
  try {
    // eslint-disable-next-line gates/read -- the system's own
    const all = fs.readFileSync('/proc/self/cmdline');
    for (let at = 0; at < all.length;) {
      const end = all.indexOf(0, at);
      const argument = all.subarray(at, end < 0 ? all.length : end);
      raw.set(argument.toString('utf8'), argument);
      at += argument.length + 1;
    }
  } catch {
    // Without /proc the path stays as it was decoded, and is reported as not there.
  }
  return paths.map((path) => (path.includes('\uFFFD') ? (raw.get(path) ?? path) : path));
}
