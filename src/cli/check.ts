/**
 * `engine-inspector check`, arranged for its cold start: koffi is loaded while the system reads folders for libraries,
 * and the code that makes reports (checkFiles.ts) while a native thread loads TensorRT-RTX.
 */
import { chooseRuntime } from '../host/runtimes/runtimes';
import type { CheckOptions } from './checkOptions';
import { findLocalRuntimes, runtimeChoice, shimFolder } from './localRuntimes';

export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  const found = findLocalRuntimes(options.runtime);
  const { LocalOracle } = await import('./localOracle');
  const oracle = new LocalOracle(shimFolder(), options.timeout * 1000);
  const choose = async (engineVersion: string | null) => {
    const runtimes = await found;
    const choice = runtimeChoice(runtimes, options.runtime, options.matchVersion === true);
    return chooseRuntime(runtimes, choice, engineVersion);
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
