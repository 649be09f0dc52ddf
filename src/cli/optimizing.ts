/**
 * V8 compiles once more, on threads of its own, what runs often. For ten thousand engines that takes longer than it saves
 * (0.09 s of processor time), so it begins later; one check doesn't come that far.
 */

/** Files from which on it is put off, and from which on it pays. */
const some = 64;
const many = 16_384;

let isOff = false;

/** files: found so far. */
export async function optimizeFor(files: number): Promise<void> {
  const off = files >= some && files < many;
  if (off === isOff) return;
  isOff = off;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString(off ? '--no-opt' : '--opt');
}
