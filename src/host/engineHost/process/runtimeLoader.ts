/**
 * Loads a TensorRT-RTX library with the shim of its version: first by what the file says about itself, and where that is
 * not enough or wrong, by what the loaded library says (ES_UNSUPPORTED_VERSION). Shared by the child and the command line.
 */
import { withFullStop } from '../../../core/text/formats';
import { Failure } from '../../../core/wire/failure';
import { readLibraryFileSync } from '../../runtimes/libraryFile';
import { listShims, noNativePart } from '../../runtimes/shims';
import { unsupportedVersion } from '../../runtimes/unsupportedVersion';
import { isUntested, minorVersion } from '../../runtimes/versions';
import { ShimError } from './binding';
import { type LibraryInfo, readLibraryInfo, type ShimEvents, type ShimSession } from './session';
import { Shim } from './shim';

export interface LoadedRuntime {
  session: ShimSession;
  info: LibraryInfo;
}

/** A session without a library, of the newest shim: reads headers and GPUs. */
export function openBareSession(shimFolder: string, events: ShimEvents): ShimSession {
  const [file] = listShims(shimFolder).values();
  if (file === undefined) throw noNativePart(shimFolder);
  return Shim.open(file).session(events);
}

/** A version that only a process that may be lost should ask. */
export class UntestedRuntime extends Error {}

/** mayCrash: this process may be lost, so that a newer version than known is tried. */
export async function loadRuntime(
  libraryPath: string,
  shimFolder: string,
  events: ShimEvents,
  { mayCrash }: { mayCrash: boolean },
): Promise<LoadedRuntime> {
  const shims = listShims(shimFolder);
  if (shims.size === 0) throw noNativePart(shimFolder);
  const supported = [...shims.keys()].reverse();
  const { version } = readLibraryFileSync(libraryPath);
  const tried = new Set<string>();
  // Without a version in the file any shim can ask the library for it.
  let minor = version === '' ? (supported.at(-1) ?? '') : minorVersion(version);
  let known = version;
  for (;;) {
    const file = shims.get(minor);
    if (file === undefined && isUntested(known, supported)) {
      if (!mayCrash) throw new UntestedRuntime();
      return await loadUntested(libraryPath, shims, events);
    }
    if (file === undefined || tried.has(minor)) {
      const { problem, nextStep } = unsupportedVersion(libraryPath, known, supported);
      throw new Failure('unsupported-version', problem, nextStep);
    }
    tried.add(minor);
    try {
      return await inSession(file, events, (session) => session.load(libraryPath).result);
    } catch (error) {
      if (!(error instanceof ShimError)) throw error;
      if (error.code !== 'unsupported-version' || !error.result) {
        throw loadError(libraryPath, error);
      }
      known = readLibraryInfo(error.result).version;
      minor = minorVersion(known);
    }
  }
}

/** With the newest shim, whose functions for checking lie where they have lain since 1.5. */
async function loadUntested(
  libraryPath: string,
  shims: ReadonlyMap<string, string>,
  events: ShimEvents,
): Promise<LoadedRuntime> {
  const [file = ''] = shims.values();
  try {
    return await inSession(file, events, (session) => session.loadUntested(libraryPath).result);
  } catch (error) {
    if (!(error instanceof ShimError)) throw error;
    if (error.code !== 'unsupported-version') throw loadError(libraryPath, error);
    throw new Failure(
      'unsupported-version',
      withFullStop(error.message),
      'Update Engine Inspector, or choose an older TensorRT-RTX.',
    );
  }
}

/** A session that lives on only if the library was loaded in it. */
async function inSession(
  shim: string,
  events: ShimEvents,
  load: (session: ShimSession) => Promise<LibraryInfo>,
): Promise<LoadedRuntime> {
  const session = Shim.open(shim).session(events);
  try {
    return { session, info: await load(session) };
  } catch (error) {
    session.destroy();
    throw error;
  }
}

function loadError(libraryPath: string, error: ShimError): Failure {
  const named = error.message.includes(libraryPath)
    ? error.message
    : `${libraryPath} could not be loaded: ${error.message}`;
  const missing = /([^\s:]+\.so[^\s:]*): cannot open shared object file/.exec(error.message);
  const nextStep = missing
    ? `Install the library that ${missing[1]} belongs to, or add its folder to LD_LIBRARY_PATH and start again.`
    : 'Install TensorRT-RTX again, or choose another library.';
  return new Failure(error.code, withFullStop(named), nextStep, error.message);
}
