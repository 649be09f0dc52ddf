/**
 * `engine-inspector check` of this machine, arranged for its cold start: koffi is loaded while the system reads folders for libraries,
 * and the code that makes reports (checkFiles.ts) while a native thread loads TensorRT-RTX.
 */
import { installedVariable } from '../host/runtimes/installedVariable';
import { chosenWithoutNativePart } from '../host/runtimes/shims';
import type { CheckSession } from './checkFiles';
import { lineFormat, type CheckOptions } from './checkOptions';
import { findConfig } from './gate/findConfig';
import type { LocalOracle } from './localOracle';
import type { NoOracle } from './noOracle';
import { chooseLocal, findLocalRuntimes, shimFolder } from './localRuntimes';

export function checkHere(paths: readonly string[], options: CheckOptions): Promise<number> {
  return withSession(options, async (session) => {
    const { checkFiles } = await import('./checkFiles');
    return checkFiles(paths, options, session);
  });
}

/** Nothing is loaded to find out that nothing was asked for: a plain check is measured. */
export function mayBeGate(options: CheckOptions): boolean {
  return (
    Object.keys(options).some((name) => !ofPlainCheck.has(name)) ||
    (options.format !== undefined && lineFormat(options) === null) ||
    Object.keys(process.env).some(
      (name) => name.startsWith('ENGINE_INSPECTOR_') && !ofTerminals.has(name),
    ) ||
    (options.config !== false && findConfig(process.cwd()) !== null)
  );
}

/** What terminalCommand.ts sets for every call in VS Code's terminals. */
const ofTerminals: ReadonlySet<string> = new Set(['ENGINE_INSPECTOR_NODE', installedVariable]);

const ofPlainCheck: ReadonlySet<string> = new Set<keyof CheckOptions>([
  'json',
  'machine',
  'compatibilityInfo',
  'runtime',
  'matchVersion',
  'ext',
  'followLinks',
  'timeout',
  'verbose',
  'format',
]);

export async function withSession<T>(
  options: CheckOptions,
  work: (session: CheckSession) => Promise<T>,
): Promise<T> {
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
    return await work({ oracle, choose, knownRuntimes: () => found });
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
