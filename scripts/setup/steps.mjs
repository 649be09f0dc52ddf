/**
 * The steps of set-up. Each has
 *   id, title     what it is called and what it says that it does
 *   needs         tools of tools.mjs
 *   after         steps whose results it uses
 *   key()         digest of everything its result depends on
 *   outputs()     files, relative to the repository, that show it is done
 *   adopt()       optional: true when the result is there already and was verified, though no run is remembered
 *   make(say)     does it
 *   onDemand      optional: only for the purposes that name it, not for `test`, which is all others
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { findBrowser, installBrowser } from './browser.mjs';
import {
  chosenCodeServer,
  installCodeServer,
  codeServerEntry,
  codeServerLock,
  codeServerNode,
  codeServerVersion,
} from './codeServer.mjs';
import {
  currentRuntime,
  headers,
  headersCrate,
  otherRuntime,
  requirementOf,
  runtimes,
} from './pins.mjs';
import {
  SetupError,
  buildJobs,
  digestOf,
  digestOfFolder,
  inDeps,
  inRoot,
  isWindows,
  makeFolderWhole,
  platform,
  root,
  run,
  runNpm,
  sha256File,
  which,
  writeWhole,
} from './system.mjs';
import { installStrace } from './strace.mjs';
import { findPython } from './tools.mjs';
import { windowsStepIds, windowsSteps } from './windows.mjs';

const relative = (file) => path.relative(root, file).split(path.sep).join('/');

// ---- npm packages -------------------------------------------------------------------------------------------------

const nodeModules = {
  id: 'node-modules',
  title: 'npm packages (npm ci)',
  needs: [],
  after: [],
  key: () => digestOf([fs.readFileSync(inRoot('package-lock.json'), 'utf8'), platform]),
  outputs: () => ['node_modules/.package-lock.json'],
  adopt: () => {
    const installed = inRoot('node_modules/.package-lock.json');
    if (!fs.existsSync(installed)) return false;
    const have = JSON.parse(fs.readFileSync(installed, 'utf8')).packages;
    const want = JSON.parse(fs.readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
    return Object.entries(want).every(
      ([name, entry]) =>
        name === '' || entry.optional === true || have[name]?.integrity === entry.integrity,
    );
  },
  make: () => runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { log: 'npm' }),
};

// ---- TensorRT-RTX libraries ---------------------------------------------------------------------------------------

const runtimeFolder = (version) => inDeps('tensorrt-rtx', version);

function runtimeFiles(version) {
  const minor = version.split('.').slice(0, 2).join('_');
  const names = isWindows
    ? [`tensorrt_rtx_${minor}.dll`, `tensorrt_onnxparser_rtx_${minor}.dll`]
    : Object.keys(runtimes[version].files);
  return names.map((name) => `tensorrt_rtx_libs/${name}`);
}

const runtimeStep = (version) => ({
  id: `runtime-${version}`,
  title: `TensorRT-RTX ${version} (pip, ${Math.round(runtimes[version].downloadBytes / 1e6)} MB, NVIDIA's licence)`,
  needs: ['python'],
  after: [],
  key: () => digestOf([requirementOf(version), platform]),
  outputs: () =>
    runtimeFiles(version).map((name) => relative(path.join(runtimeFolder(version), name))),
  adopt: () => runtimeIsGenuine(version),
  make: async () => {
    if (platform !== 'linux-x64' && platform !== 'win32-x64') {
      throw new SetupError(
        `NVIDIA has no TensorRT-RTX ${version} for ${platform} among the pinned ones`,
        'Use Linux or Windows on x86-64.',
      );
    }
    const python = findPython();
    const log = `tensorrt-rtx-${version}`;
    await makeFolderWhole(runtimeFolder(version), async (folder) => {
      const wheels = path.join(folder, '.wheel');
      const requirement = path.join(folder, '.requirement.txt');
      fs.writeFileSync(requirement, requirementOf(version));
      await retry(3, () =>
        run(
          python,
          [
            ...['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--quiet'],
            ...['--require-hashes', '--no-deps', '--only-binary=:all:', '--dest', wheels],
            ...['--requirement', requirement],
          ],
          { log },
        ),
      );
      const wheel = fs.readdirSync(wheels).find((name) => name.endsWith('.whl'));
      await run(python, ['-m', 'zipfile', '--extract', path.join(wheels, wheel), folder], { log });
      for (const file of [wheels, requirement]) fs.rmSync(file, { recursive: true });
    });
    if (!isWindows && !(await runtimeIsGenuine(version))) {
      throw new SetupError(
        `the files of TensorRT-RTX ${version} do not have the pinned SHA-256 sums`,
        `Remove ${relative(runtimeFolder(version))} and run the same command again.`,
      );
    }
  },
});

async function runtimeIsGenuine(version) {
  if (isWindows) return false; // only the sum of the wheel is pinned there
  for (const [name, sum] of Object.entries(runtimes[version].files)) {
    const file = path.join(runtimeFolder(version), 'tensorrt_rtx_libs', name);
    if (!fs.existsSync(file) || (await sha256File(file)) !== sum) return false;
  }
  return true;
}

async function retry(times, work) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === times) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 2_000));
    }
  }
}

// ---- TensorRT-RTX headers -----------------------------------------------------------------------------------------

const minors = headers.map(([minor]) => minor);
const range = `${minors[0]} to ${minors.at(-1)}`;
const headersFolder = (minor) => inDeps('headers', minor);

/** The SDK named by TENSORRT_RTX_HOME, when its headers are of a version that the shim is built for. */
function sdkHeaders() {
  const home = process.env.TENSORRT_RTX_HOME;
  if (!home) return undefined;
  const folder = path.join(home, 'include');
  let text;
  try {
    text = fs.readFileSync(path.join(folder, 'NvInferVersion.h'), 'utf8');
  } catch {
    return undefined; // a folder with libraries only
  }
  const number = (name) => new RegExp(`define ${name}\\s+(\\d+)`).exec(text)?.[1];
  const minor = `${number('TRT_MAJOR_RTX')}.${number('TRT_MINOR_RTX')}`;
  return minors.includes(minor) ? { minor, folder } : undefined;
}

const headersStep = {
  id: 'headers',
  title: `TensorRT-RTX headers ${range} (cargo, crate ${headersCrate.name}; NVIDIA's licence)`,
  needs: ['cargo'],
  after: [],
  key: () => digestOf([headersCrate, headers, sdkHeaders() ?? null]),
  outputs: () => [
    ...minors.map((minor) => relative(path.join(headersFolder(minor), 'NvInferRuntime.h'))),
    '.deps/headers/cuda_runtime_api.h',
  ],
  adopt: () =>
    sdkHeaders() === undefined &&
    fs.existsSync(inDeps('headers/cuda_runtime_api.h')) &&
    headers.every(
      ([minor, sum]) =>
        fs.existsSync(headersFolder(minor)) && digestOfFolder(headersFolder(minor)) === sum,
    ),
  make: async (say) => {
    const crate = await fetchCrate();
    await makeFolderWhole(inDeps('headers'), async (folder) => {
      const unpacked = path.join(folder, '.crate');
      fs.mkdirSync(unpacked);
      await run('tar', ['-xzf', crate, '-C', unpacked], { log: 'headers' });
      const source = path.join(
        unpacked,
        `${headersCrate.name}-${headersCrate.version}`,
        'TensorRT-Headers',
      );
      for (const [minor, sum] of headers) {
        const from = path.join(source, `TRT-RTX-${minor}`);
        if (digestOfFolder(from) !== sum) {
          throw new SetupError(
            `the headers of TensorRT-RTX ${minor} in ${crate} are not the pinned ones`,
            'Remove that file and run the same command again.',
          );
        }
        fs.cpSync(from, path.join(folder, minor), { recursive: true });
      }
      fs.copyFileSync(
        path.join(source, 'cuda_runtime_api.h'),
        path.join(folder, 'cuda_runtime_api.h'),
      );
      fs.rmSync(unpacked, { recursive: true });
      const sdk = sdkHeaders();
      if (sdk !== undefined) {
        say(`headers of ${sdk.minor} come from TENSORRT_RTX_HOME (${sdk.folder})`);
        fs.rmSync(path.join(folder, sdk.minor), { recursive: true });
        fs.cpSync(sdk.folder, path.join(folder, sdk.minor), { recursive: true, dereference: true });
      }
    });
  },
};

/** Has cargo fetch the one crate into its own cache, and returns the verified .crate file. */
async function fetchCrate() {
  const { name, version, sha256 } = headersCrate;
  await retry(3, () =>
    run('cargo', ['info', '--quiet', '--color', 'never', `${name}@${version}`], { log: 'headers' }),
  );
  const home =
    process.env.CARGO_HOME ?? path.join(process.env.HOME ?? process.env.USERPROFILE, '.cargo');
  const cache = path.join(home, 'registry/cache');
  const candidates = fs.existsSync(cache)
    ? fs.readdirSync(cache).map((index) => path.join(cache, index, `${name}-${version}.crate`))
    : [];
  for (const file of candidates.filter((candidate) => fs.existsSync(candidate))) {
    if ((await sha256File(file)) === sha256) return file;
  }
  throw new SetupError(
    `cargo left no ${name}-${version}.crate with the SHA-256 ${sha256} below ${cache}`,
    'Remove files of that name there and run the same command again.',
  );
}

// ---- own code: shims, bundles, VSIX -------------------------------------------------------------------------------

const nativeFolder = `dist/native/${platform}`;
const shimFile = (minor) => {
  const name = `engine_shim_${minor.replace('.', '_')}`;
  return `${nativeFolder}/${isWindows ? `${name}.dll` : `lib${name}.so`}`;
};

const shimStep = {
  id: 'shim',
  title: `native shim for TensorRT-RTX ${range} (CMake)`,
  needs: ['compiler', 'cmake', 'make'],
  after: ['headers'],
  key: () =>
    digestOf([
      digestOfFolder(
        inRoot('native-shim'),
        (name) => name.startsWith('build') || name.startsWith('test'),
      ),
      headers,
      sdkHeaders() ?? null,
      process.env.CXX ?? null,
    ]),
  outputs: () => minors.map(shimFile),
  make: async () => {
    const build = inRoot('build/native-shim');
    const generator = !isWindows && which('ninja') !== undefined ? ['-G', 'Ninja'] : [];
    const configure = [
      ...['-S', inRoot('native-shim'), '-B', build, '-DCMAKE_BUILD_TYPE=Release'],
      ...['-DENGINE_SHIM_TESTS=OFF', '-DENGINE_SHIM_SANITIZE=OFF'],
      `-DENGINE_SHIM_OUTPUT=${inRoot(nativeFolder)}`,
    ];
    const cache = path.join(build, 'CMakeCache.txt');
    // A build folder remembers its generator and its source folder; one of another checkout is of no use.
    const reusable =
      fs.existsSync(cache) &&
      fs
        .readFileSync(cache, 'utf8')
        // CMake writes slashes everywhere.
        .includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${inRoot('native-shim').replaceAll('\\', '/')}`);
    if (!reusable) fs.rmSync(build, { recursive: true, force: true });
    await run('cmake', [...configure, ...(reusable ? [] : generator)], { log: 'shim' });
    await run('cmake', ['--build', build, '--config', 'Release', '--parallel', String(buildJobs)], {
      log: 'shim',
    });
  },
};

const bundleStep = {
  id: 'bundle',
  title: 'extension, engine host, command line and page (esbuild)',
  needs: [],
  after: ['node-modules'],
  key: () =>
    digestOf([
      digestOfFolder(inRoot('src'), (name) => name.endsWith('.test.ts')),
      digestOfFolder(inRoot('schemas')),
      ['esbuild.js', 'package.json', 'package-lock.json', 'tensorrt-rtx.json', 'tsconfig.json'].map(
        (name) => fs.readFileSync(inRoot(name), 'utf8'),
      ),
    ]),
  outputs: () => [
    'dist/extension.js',
    'dist/engineHost.js',
    'dist/reference.js',
    'dist/ort/ort-wasm-simd-threaded.wasm',
    'dist/cli.js',
    'dist/cliProgram.js',
    'dist/mcp.js',
    'dist/bin/engine-inspector',
    'dist/webview/enginePage.js',
  ],
  make: () => run(process.execPath, [inRoot('esbuild.js')], { log: 'bundle' }),
};

/** `npm run package` writes it (scripts/package.mjs). */
export const vsixFile = `build/engine-inspector-tensorrt-rtx-${platform}.vsix`;

const vsixStep = {
  id: 'vsix',
  title: 'the VSIX (vsce package)',
  needs: [],
  after: ['bundle', 'shim'],
  key: () =>
    digestOf([
      digestOfFolder(inRoot('dist'), (name) => name === 'test'),
      ...['media', 'schemas'].map((name) => digestOfFolder(inRoot(name))),
      fs
        .readdirSync(root)
        .filter((name) => /\.(md|json)$|^(LICENSE|\.vscodeignore)$/.test(name))
        .map((name) => [name, fs.readFileSync(inRoot(name), 'utf8')]),
      fs.readFileSync(inRoot('scripts/package.mjs'), 'utf8'),
    ]),
  outputs: () => [vsixFile],
  make: async () => {
    await run(process.execPath, [inRoot('scripts/package.mjs'), '--no-setup'], { log: 'vsix' });
  },
};

// ---- a VS Code to test in -----------------------------------------------------------------------------------------

const browserStep = {
  id: 'browser',
  title: 'a Chromium for the VS Code tests',
  needs: [],
  after: [],
  key: () => digestOf([findBrowser() ?? null]),
  outputs: () => ['.deps/chromium.path'],
  make: async (say) => {
    writeWhole(inDeps('chromium.path'), findBrowser() ?? (await installBrowser(say)));
  },
};

const straceStep = {
  id: 'strace',
  title: 'strace, which shows what programs start and load',
  needs: [],
  after: [],
  key: () => digestOf([which('strace') ?? null]),
  outputs: () => [],
  make: installStrace,
  // Not on Windows, whose tests have no use for it.
  onDemand: true,
};

const codeServerStep = (id) => ({
  id,
  title: `code-server ${codeServerVersion(id)}, a VS Code that runs in a browser (npm, 780 MB unpacked)`,
  needs: ['python', 'compiler', 'make'],
  after: [],
  key: () => digestOf([codeServerLock(id), platform]),
  outputs: () => [relative(codeServerEntry(id)), relative(codeServerNode(id))],
  make: () => installCodeServer(id),
  onDemand: id !== 'code-server',
});

export const steps = [
  nodeModules,
  ...Object.keys(runtimes).reverse().map(runtimeStep),
  headersStep,
  shimStep,
  bundleStep,
  browserStep,
  codeServerStep('code-server'),
  codeServerStep('code-server-oldest'),
  straceStep,
  vsixStep,
  ...windowsSteps,
];

// ---- what each purpose needs --------------------------------------------------------------------------------------

const allRuntimes = Object.keys(runtimes).map((version) => `runtime-${version}`);
const product = ['node-modules', 'headers', 'shim', 'bundle'];
const current = `runtime-${currentRuntime}`;

/** Purposes: `--for=NAME`. */
export const purposes = {
  cli: [...product, current],
  package: [...product, 'vsix'],
  bench: [...product, current, 'browser', chosenCodeServer, 'vsix'],
  pictures: [...product, current, `runtime-${otherRuntime}`, 'browser', 'code-server', 'vsix'],
  demo: [...product, current, `runtime-${otherRuntime}`, 'browser', chosenCodeServer, 'vsix'],
};

/** What each suite of `npm test` needs: `--for=suite:NAME`. */
const checks = ['node-modules'];
const withLibraries = [...product, ...allRuntimes];
const watched = isWindows ? [] : ['strace'];
const withVSCode = [...withLibraries, 'browser', chosenCodeServer];
export const suites = {
  format: checks,
  lint: checks,
  types: checks,
  unit: checks,
  tooling: [...product, 'vsix', current],
  shim: ['node-modules', 'headers', ...allRuntimes],
  host: withLibraries,
  rebuild: [...withLibraries, 'headers'],
  cli: withLibraries,
  // The stand-ins are compiled by the tests: the compiler and NVIDIA's headers are there for the shim.
  run: withLibraries,
  gpu: product,
  fuzz: withLibraries,
  security: [...withLibraries, ...watched],
  webview: [...product, 'browser'],
  extensionHost: withVSCode,
  ui: [...withVSCode, 'vsix', ...watched],
  // On demand: not one of those that a plain `npm test` runs.
  oldest: [...withLibraries, 'browser', 'code-server-oldest', 'vsix', ...watched],
  desktop: withLibraries,
  windows: [...withLibraries, ...windowsStepIds],
};
