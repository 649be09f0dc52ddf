/**
 * `engine-inspector check`, arranged for its cold start: koffi is loaded while the system reads folders for libraries,
 * and the code that makes reports (checkFiles.ts) while a native thread loads TensorRT-RTX.
 */
import { chosenWithoutNativePart } from '../host/runtimes/shims';
import type { CheckOptions } from './checkOptions';
import type { LocalOracle } from './localOracle';
import type { NoOracle } from './noOracle';
import { chooseLocal, findLocalRuntimes, shimFolder } from './localRuntimes';

export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  const none = chosenWithoutNativePart(shimFolder());
  const found = none ? Promise.resolve([]) : findLocalRuntimes(options.runtime);
  const oracle = await makeOracle(none === null, options.timeout * 1000);
  const choose = async (engineVersion: string | null) => {
    const runtimes = await found;
    if (none) return none;
    return chooseLocal(runtimes, options.runtime, options.matchVersion === true, engineVersion);
  };
  try {
    const { runtime } = await choose(null);
    // What goes wrong is told when it is asked for.
    if (runtime) oracle.load(runtime.path).catch(() => undefined);
    const { checkFiles } = await import('./checkFiles');
    return await checkFiles(paths, options, { oracle, choose, knownRuntimes: () => found });
  } finally {
    await oracle.dispose();
  }
}

async function makeOracle(
  hasNativePart: boolean,
  limitMs: number,
): Promise<LocalOracle | NoOracle> {
  if (hasNativePart) {
    const { LocalOracle } = await import('./localOracle');
    return new LocalOracle(shimFolder(), limitMs);
  }
  const { NoOracle } = await import('./noOracle');
  return new NoOracle(shimFolder());
}
