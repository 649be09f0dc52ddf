/** A plain check, bundled by itself: all that it needs, and nothing else (main.ts, esbuild.js). */
import { checkHere, mayBeGate } from './checkHere';
import type { CheckOptions } from './checkOptions';
import { setDistFolder } from './distFolder';
import { endWith } from './endWith';
import { optimizeFor } from './optimizing';

/** false: it may be a gate, which is more than this file knows. afterwards: before the process ends. */
export function runPlainCheck(
  dist: string,
  { paths, options }: { paths: readonly string[]; options: CheckOptions },
  afterwards: () => void,
): boolean {
  if (mayBeGate(options)) return false;
  setDistFolder(dist);
  // What is kept of compiled code holds for the flags that it was made with.
  const inOrder = checkHere(paths, options).finally(() => optimizeFor(0));
  endWith(inOrder.finally(afterwards));
  return true;
}
