/**
 * Finds the TensorRT-RTX libraries of this machine and chooses one.
 *
 * Where it looks, in this order; all that is found is listed, the order only breaks ties between equal versions:
 *  1. the setting (a library file, or a folder that holds one), which alone also decides when it is set;
 *     and so does a library of the workspace that was chosen for it;
 *  2. TENSORRT_RTX_HOME: lib, lib64 and bin of an SDK, or the folder itself;
 *  3. what "Install TensorRT-RTX" put into the extension's own storage;
 *  4. the Python environments of the workspace's folders (.venv, venv), in a trusted workspace only;
 *  5. the selected Python environment, VIRTUAL_ENV and CONDA_PREFIX;
 *  6. where pip installs for the Pythons on PATH: beside each of them, and in the user's own folder;
 *  7. the folders of LD_LIBRARY_PATH (PATH on Windows); relative ones are left out, they depend on who starts us;
 *  8. the standard folders: /usr/lib/x86_64-linux-gnu, /usr/lib64, /usr/local/lib, /usr/local/lib64, /opt/TensorRT-RTX*,
 *     /usr/local/TensorRT-RTX*; C:\Program Files\NVIDIA*\TensorRT-RTX*, C:\TensorRT-RTX* on Windows.
 * Nothing is loaded here: files are only looked at (libraryFile.ts).
 *
 * Which one is used: the path that the user chose; else, with "match the engine's version", one with the engine's
 * major.minor.patch; else the newest that this extension has a shim for. An explicit path that cannot be used is an
 * error with its reason, never silently another library.
 */
import * as path from 'node:path';
import { compareVersions } from '../../core/report/runtimeReleases';
import { threeParts } from '../../core/text/formats';
import { asFailure } from '../../core/wire/failure';
import { isLibraryName } from './libraryFile';
import type { RuntimeFiles } from './runtimeFiles';
import { type FoundRuntime, type RuntimeSource, runtimeSourceNames } from './runtimeSources';
import { unsupportedVersion } from './unsupportedVersion';
import { isUntested, minorVersion } from './versions';

export type { RuntimeFiles };
export { type FoundRuntime, runtimeSourceNames };

export interface RuntimePlaces {
  /** A library or a folder with one; null: not set. */
  setting: string | null;
  /** A library of the workspace that was chosen for it. */
  chosen?: string | null;
  env: NodeJS.ProcessEnv;
  /** The folder that installRuntime.ts installs into; null: none. */
  installed: string | null;
  /** Only of a trusted workspace: loading what lies there is running its code. */
  workspaceFolders: readonly string[];
  /** Interpreter or folder of the Python environment that is selected, of a trusted workspace only. */
  selectedPython: string | null;
  /** "1.7", ...: the minor versions there are shims for (shims.ts). */
  supported: readonly string[];
  /** Asynchronous ones when not given. */
  files?: RuntimeFiles;
  platform?: NodeJS.Platform;
  arch?: string;
  /** Instead of the standard folders: for tests. */
  standardFolders?: readonly string[];
  /** One line for each outcome. */
  log?: (line: string) => void;
}

/** Every library once, in the order of the places. */
export async function findRuntimes(places: RuntimePlaces): Promise<FoundRuntime[]> {
  const files = places.files ?? (await import('./runtimeFiles')).asyncFiles;
  const found = new Map<string, FoundRuntime>();
  const log = places.log ?? (() => undefined);
  const looks = placesInOrder(places, files).map(async ([source, look]) => {
    const libraries = await look();
    const described = await Promise.all(
      libraries.map((file) => describe(file, source, places, files)),
    );
    return { source, described };
  });
  for (const { source, described } of await Promise.all(looks)) {
    if (described.length === 0) log(`${runtimeSourceNames[source]}: no TensorRT-RTX`);
    for (const runtime of described) {
      const known = found.get(runtime.realPath);
      if (!known) found.set(runtime.realPath, runtime);
      const outcome = known
        ? `is ${known.path} again`
        : (runtime.problem ?? `TensorRT-RTX ${runtime.version || 'of unknown version'}`);
      log(`${runtimeSourceNames[source]}: ${runtime.path}: ${outcome}`);
    }
  }
  return [...found.values()];
}

export type RuntimeChoice =
  /** The newest usable one. */
  | { mode: 'newest' }
  /** The one with the engine's major.minor.patch, else the newest. */
  | { mode: 'match-engine' }
  | { mode: 'path'; path: string };

export interface ChosenRuntime {
  runtime: FoundRuntime | null;
  /** Why this one, or why none: a sentence. */
  why: string;
  /** What to do where there is none; empty where there is one. */
  nextStep: string;
  /** false: installing a TensorRT-RTX would help nobody here. */
  installable?: false;
}

/** engineVersion: of the header, four parts; null: there is no engine or its version is unknown. */
export function chooseRuntime(
  found: readonly FoundRuntime[],
  choice: RuntimeChoice,
  engineVersion: string | null = null,
): ChosenRuntime {
  if (choice.mode === 'path') {
    const chosen = found.find(
      (runtime) => runtime.path === choice.path || runtime.realPath === choice.path,
    );
    if (!chosen) {
      return {
        runtime: null,
        why: `The chosen TensorRT-RTX no longer exists: ${choice.path}`,
        nextStep: 'Choose another TensorRT-RTX.',
      };
    }
    if (chosen.problem !== null) {
      return { runtime: null, why: chosen.problem, nextStep: chosen.nextStep };
    }
    return { runtime: chosen, why: `${chosen.path} was chosen explicitly.`, nextStep: '' };
  }
  const usable = found
    .filter((runtime) => runtime.problem === null)
    // One that nobody tested is asked where there is no other, where it alone fits the engine, or where it was chosen.
    .sort(
      (a, b) =>
        Number(a.untested === true) - Number(b.untested === true) ||
        compareVersions(b.version, a.version),
    );
  const newest = usable[0];
  if (!newest) {
    const [first] = found;
    return first
      ? { runtime: null, why: first.problem ?? '', nextStep: first.nextStep }
      : {
          runtime: null,
          why: 'No TensorRT-RTX was found on this machine.',
          nextStep: 'Install TensorRT-RTX, or set the path of its library.',
        };
  }
  const newestWhy =
    newest.untested === true
      ? `TensorRT-RTX ${newest.version} at ${newest.path} is newer than this version of Engine Inspector, which only checks headers with it.`
      : `TensorRT-RTX ${newest.version} at ${newest.path} is the newest of ${usable.length} usable.`;
  if (choice.mode === 'newest' || engineVersion === null) {
    return { runtime: newest, why: newestWhy, nextStep: '' };
  }
  const match = usable.find((runtime) => sameRelease(runtime.version, engineVersion));
  if (!match) {
    return {
      runtime: newest,
      why: `No TensorRT-RTX ${threeParts(engineVersion)} was found to match the engine. ${newestWhy}`,
      nextStep: '',
    };
  }
  return {
    runtime: match,
    why: `TensorRT-RTX ${match.version} at ${match.path} matches the engine's ${engineVersion}.`,
    nextStep: '',
  };
}

/** The runtime compares major, minor and patch, not the build. A Windows library's name tells only two parts. */
function sameRelease(runtime: string, engine: string): boolean {
  const parts = Math.min(3, runtime.split('.').length);
  const cut = (version: string) => version.split('.').slice(0, parts).join('.');
  return runtime !== '' && cut(runtime) === cut(engine);
}

type Look = () => Promise<string[]>;

function placesInOrder(places: RuntimePlaces, files: RuntimeFiles): [RuntimeSource, Look][] {
  const platform = places.platform ?? process.platform;
  const within = async (folders: readonly string[]) =>
    (await Promise.all(folders.map((folder) => librariesIn(folder, platform, files)))).flat();
  const inPythons = async (environments: readonly string[]) =>
    within(
      (await Promise.all(environments.map((each) => pythonLibraryFolders(each, files)))).flat(),
    );
  const order: [RuntimeSource, Look][] = [];
  const { setting, env, installed, selectedPython } = places;

  if (setting !== null) {
    order.push(['setting', () => fromSetting(setting, platform, files)]);
  }
  const chosen = places.chosen ?? null;
  if (chosen !== null) {
    order.push(['workspace-choice', () => fromSetting(chosen, platform, files)]);
  }
  const home = env['TENSORRT_RTX_HOME'];
  if (home !== undefined && path.isAbsolute(home)) {
    const folders = ['lib', 'lib64', 'bin', '.'].map((name) => path.join(home, name));
    order.push(['TENSORRT_RTX_HOME', () => within(folders)]);
  }
  if (installed !== null) {
    order.push(['installed', async () => within(await installedFolders(installed, files))]);
  }
  if (places.workspaceFolders.length > 0) {
    const environments = places.workspaceFolders.flatMap((folder) =>
      ['.venv', 'venv'].map((name) => path.join(folder, name)),
    );
    order.push(['workspace-python', () => inPythons(environments)]);
  }
  const environments = [
    ...(selectedPython === null ? [] : [selectedPython]),
    ...[env['VIRTUAL_ENV'], env['CONDA_PREFIX']].flatMap((folder) => folder || []),
  ].flatMap(absoluteFolder);
  if (environments.length > 0) order.push(['selected-python', () => inPythons(environments)]);

  const programs = absoluteFolders(env['PATH'] ?? env['Path']);
  order.push([
    'path-python',
    async () => inPythons(await pythonsOnPath(programs, env, platform, files)),
  ]);
  const folders = platform === 'win32' ? programs : absoluteFolders(env['LD_LIBRARY_PATH']);
  if (folders.length > 0) order.push(['library-path', () => within(folders)]);

  order.push([
    'standard-folder',
    async () => within(places.standardFolders ?? (await standardFolders(platform, env, files))),
  ]);
  return order;
}

function absoluteFolders(list: string | undefined): string[] {
  return (list ?? '').split(path.delimiter).flatMap(absoluteFolder);
}

function absoluteFolder(folder: string): string[] {
  return path.isAbsolute(folder) ? [path.normalize(folder)] : [];
}

/** Each is an interpreter, or a folder with what belongs to one. Nothing is started to find out. */
async function pythonsOnPath(
  programs: readonly string[],
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  files: RuntimeFiles,
): Promise<string[]> {
  const names = platform === 'win32' ? ['python.exe'] : ['python3', 'python'];
  const found = new Set<string>();
  for (const folder of new Set(programs)) {
    for (const name of names) {
      const python = below(folder, name);
      // One of an environment is a link to the Python that it was made with.
      if ((await files.stat(python)) !== null) found.add(python).add(await files.realpath(python));
    }
    // pyenv's are scripts that choose one of these.
    if (path.basename(folder) === 'shims') {
      const versions = path.join(folder, '..', 'versions');
      for (const name of await files.readdir(versions)) found.add(below(versions, name));
    }
  }
  // Debian's Python is in /usr, and its pip installs here.
  if ([...found].some((python) => path.dirname(python) === '/usr/bin')) found.add('/usr/local');
  for (const folder of await userBases(env, platform, files)) found.add(folder);
  return [...found];
}

/** Where `pip install --user` puts things, which pip also does where it may not write elsewhere. */
async function userBases(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  files: RuntimeFiles,
): Promise<string[]> {
  const own = platform === 'win32' ? env['APPDATA'] : env['HOME'];
  if (own === undefined || !path.isAbsolute(own)) return [];
  return platform === 'win32'
    ? matching(path.join(own, 'Python'), /^Python3\d+$/, files)
    : [path.join(own, '.local')];
}

/** What the user wrote is listed even when it is not there, so that its problem is told. */
async function fromSetting(
  setting: string,
  platform: NodeJS.Platform,
  files: RuntimeFiles,
): Promise<string[]> {
  const stat = await files.stat(setting);
  if (!stat?.isDirectory()) return [setting];
  for (const folder of ['.', 'lib', 'lib64', 'bin', 'tensorrt_rtx_libs']) {
    const libraries = await librariesIn(path.join(setting, folder), platform, files);
    if (libraries.length > 0) return libraries;
  }
  return [setting];
}

async function librariesIn(
  folder: string,
  platform: NodeJS.Platform,
  files: RuntimeFiles,
): Promise<string[]> {
  const names = await files.readdir(folder);
  return names
    .filter((name) => isLibraryName(name, platform))
    .sort()
    .map((name) => path.join(folder, name));
}

/** The folder of the wheel tensorrt-rtx-cu13-libs (and cu12) in an environment given by its folder or interpreter. */
async function pythonLibraryFolders(environment: string, files: RuntimeFiles): Promise<string[]> {
  const stat = await files.stat(environment);
  if (!stat) return [];
  // bin/python or Scripts\python.exe; a conda environment on Windows has python.exe at its top.
  const above = path.dirname(environment);
  const roots = stat.isDirectory() ? [environment] : [path.dirname(above), above];
  const sitePackages: string[] = [];
  for (const root of roots) {
    sitePackages.push(below(root, 'Lib', 'site-packages'), below(root, 'site-packages'));
    for (const library of ['lib', 'lib64']) {
      const folder = below(root, library);
      const versions = await files.readdir(folder);
      sitePackages.push(
        ...versions
          .filter((name) => /^python3/.test(name))
          .flatMap((name) => [
            below(folder, name, 'site-packages'),
            below(folder, name, 'dist-packages'),
          ]),
      );
    }
  }
  return sitePackages.map((folder) => below(folder, 'tensorrt_rtx_libs'));
}

/** path.join for a folder as it gives one and plain names: it looks at each letter, and for so many that takes milliseconds. */
function below(folder: string, ...names: string[]): string {
  return (folder.endsWith(path.sep) ? folder : folder + path.sep) + names.join(path.sep);
}

/** One folder a version, as installRuntime.ts makes them. */
async function installedFolders(installed: string, files: RuntimeFiles): Promise<string[]> {
  const names = await files.readdir(installed);
  return names
    .filter((name) => /^\d+(\.\d+)+$/.test(name))
    .sort((a, b) => compareVersions(b, a))
    .map((name) => path.join(installed, name, 'tensorrt_rtx_libs'));
}

async function standardFolders(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  files: RuntimeFiles,
): Promise<string[]> {
  if (platform === 'win32') {
    const programs = env['ProgramFiles'] ?? 'C:\\Program Files';
    const vendors = await matching(programs, /^NVIDIA/i, files);
    const kits = (
      await Promise.all(
        [...vendors, 'C:\\'].map((folder) => matching(folder, /^TensorRT-RTX/i, files)),
      )
    ).flat();
    return kits.flatMap((kit) => ['lib', 'bin', '.'].map((name) => path.join(kit, name)));
  }
  const kits = (
    await Promise.all(
      ['/opt', '/usr/local'].map((folder) => matching(folder, /^tensorrt[-_]rtx/i, files)),
    )
  ).flat();
  return [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/local/lib',
    '/usr/local/lib64',
    ...kits.flatMap((kit) => ['lib', 'lib64'].map((name) => path.join(kit, name))),
  ];
}

async function matching(folder: string, name: RegExp, files: RuntimeFiles): Promise<string[]> {
  const names = await files.readdir(folder);
  return names.filter((entry) => name.test(entry)).map((entry) => path.join(folder, entry));
}

async function describe(
  file: string,
  source: RuntimeSource,
  places: RuntimePlaces,
  files: RuntimeFiles,
): Promise<FoundRuntime> {
  const realPath = await files.realpath(file);
  const target = {
    platform: places.platform ?? process.platform,
    arch: places.arch ?? process.arch,
  };
  try {
    const library = await files.readLibrary(file, target);
    return {
      path: file,
      realPath,
      source,
      version: library.version,
      ...supportProblem(file, library.version, places.supported),
    };
  } catch (error) {
    const { message, nextStep } = asFailure(error, `Looking at ${file}`);
    return { path: file, realPath, source, version: '', problem: message, nextStep };
  }
}

/** A version without a shim; a library that does not tell its version may still turn out to be a known one. */
function supportProblem(
  file: string,
  version: string,
  supported: readonly string[],
): { problem: string | null; nextStep: string; untested?: true } {
  if (isUntested(version, supported)) return { problem: null, nextStep: '', untested: true };
  if (version === '' || supported.includes(minorVersion(version))) {
    return { problem: null, nextStep: '' };
  }
  return unsupportedVersion(file, version, supported);
}
