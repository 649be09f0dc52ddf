/** The TensorRT-RTX libraries that the command line knows: those of the environment it was called in. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { asFailure } from '../core/wire/failure';
import {
  chooseRuntime,
  findRuntimes,
  type ChosenRuntime,
  type FoundRuntime,
  type RuntimeChoice,
  type RuntimeFiles,
} from '../host/runtimes/runtimes';
import { readLibraryFileSync } from '../host/runtimes/libraryFile';
import { installedVariable } from '../host/runtimes/installedVariable';
import { distFolder } from './distFolder';
import { listShims, noNativePart, shimFolderOf } from '../host/runtimes/shims';

/**
 * A command line may wait: at once is sooner than by threads that have to be started. Of a hundred places most are not there:
 * to make an error of each takes longer than to ask.
 */
const syncFiles: RuntimeFiles = {
  readdir: (folder) => (fs.existsSync(folder) ? orElse(() => fs.readdirSync(folder), []) : []),
  stat: (file) => orElse(() => fs.statSync(file, { throwIfNoEntry: false }) ?? null, null),
  realpath: (file) => orElse(() => fs.realpathSync.native(file), file),
  readLibrary: readLibraryFileSync,
};

function orElse<T>(make: () => T, otherwise: T): T {
  try {
    return make();
  } catch {
    return otherwise;
  }
}

/** Beside dist/cli.js, where the package has them. */
export function shimFolder(): string {
  return shimFolderOf(distFolder());
}

export function findLocalRuntimes(
  explicit: string | undefined,
  log?: (line: string) => void,
): Promise<FoundRuntime[]> {
  const supported = [...listShims(shimFolder()).keys()];
  if (supported.length === 0) return Promise.reject(noNativePart(shimFolder()));
  return findRuntimes({
    setting: explicit === undefined || isVersion(explicit) ? null : path.resolve(explicit),
    env: process.env,
    installed: installedFolder(),
    workspaceFolders: [],
    selectedPython: null,
    files: syncFiles,
    supported,
    ...(log ? { log } : {}),
  });
}

/** An explicit path decides alone; a folder stands for what was found in it. */
function runtimeChoice(
  found: readonly FoundRuntime[],
  explicit: string | undefined,
  matchVersion: boolean,
): RuntimeChoice {
  if (explicit === undefined) return { mode: matchVersion ? 'match-engine' : 'newest' };
  const setting = found.find(({ source }) => source === 'setting');
  return { mode: 'path', path: setting?.path ?? path.resolve(explicit) };
}

/** In VS Code's terminals: the extension's own storage. */
function installedFolder(): string | null {
  const folder = process.env[installedVariable] ?? '';
  return path.isAbsolute(folder) ? folder : null;
}

/** "1.6" or "1.7.1.116": by its version instead of a path. */
function isVersion(text: string): boolean {
  return /^\d+(\.\d+){1,3}$/.test(text);
}

/** wanted: --runtime, a version or a path. */
export async function chooseLocal(
  found: readonly FoundRuntime[],
  wanted: string | undefined,
  matchVersion: boolean,
  engineVersion: string | null,
): Promise<ChosenRuntime> {
  const chosen = chooseFrom(found, wanted, matchVersion, engineVersion);
  const installed = installedFolder();
  if (chosen.runtime === null || installed === null) return chosen;
  try {
    const { refuseChangedInstall } = await import('../host/runtimes/installedRuntime');
    await refuseChangedInstall(chosen.runtime.path, installed);
    return chosen;
  } catch (error) {
    const { message, nextStep } = asFailure(error, `Looking at ${chosen.runtime.path}`);
    return { runtime: null, why: message, nextStep };
  }
}

function chooseFrom(
  found: readonly FoundRuntime[],
  wanted: string | undefined,
  matchVersion: boolean,
  engineVersion: string | null,
): ChosenRuntime {
  const byVersion = wanted !== undefined && isVersion(wanted);
  const fitting = byVersion
    ? found.filter(({ version }) => `${version}.`.startsWith(`${wanted}.`))
    : found;
  if (byVersion && fitting.length === 0) {
    return {
      runtime: null,
      why: `No TensorRT-RTX ${wanted} was found on this machine.`,
      nextStep: 'Install it, or name the path of its library with --runtime.',
    };
  }
  const choice = runtimeChoice(fitting, byVersion ? undefined : wanted, matchVersion);
  return chooseRuntime(fitting, choice, engineVersion);
}

/** The same among all that are found. engineVersion: the TensorRT-RTX to prefer; left out: the newest that is known. */
export async function chooseLocalRuntime(
  wanted: string | undefined,
  engineVersion?: string | null,
): Promise<ChosenRuntime> {
  const found = await findLocalRuntimes(wanted);
  return chooseLocal(found, wanted, engineVersion !== undefined, engineVersion ?? null);
}
