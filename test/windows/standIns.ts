/**
 * The stand-ins of test/standIns as libraries for Windows. The driver's lie where a driver's lie, in System32, while the tests
 * that want them run, and nowhere else: all other tests are about a machine without a driver.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { repositoryRoot } from '../harness';
import { standInVersion, windowsStandIns } from '../standIns/standIns';

const inRoot = (...parts: string[]): string => path.join(repositoryRoot, ...parts);
const warnings = ['-Wall', '-Wextra', '-Werror'];

const versionResource = (version: string): string => `1 VERSIONINFO
FILEVERSION ${version.replaceAll('.', ',')}
PRODUCTVERSION ${version.replaceAll('.', ',')}
FILEOS 0x40004
FILETYPE 2
BEGIN
END
`;

/** NVIDIA's headers declare them without a word about exporting. */
const exported = [
  ...['Major', 'Minor', 'Patch', 'Build'].map((part) => `getInferLib${part}Version`),
  'createInferRuntime_INTERNAL',
];

/** Into build/standIns/windows below this folder, where standIns.ts looks for them. */
export async function makeWindowsStandIns(below: string): Promise<void> {
  const { compile } = await import('../../scripts/windows/native.mjs');
  const { runAll } = await import('../../scripts/windows/toolchain.mjs');
  const { windowsToolchain } = await import('../../scripts/setup/windows.mjs');
  const tools = windowsToolchain();
  const folder = path.join(below, windowsStandIns.folder);
  const source = (name: string): string => inRoot('test/standIns', name);
  const headersIn = (name: string): string[] =>
    fs
      .readdirSync(source(name))
      .filter((file) => file.endsWith('.h'))
      .map((file) => source(path.join(name, file)));
  const headers = ['.', 'cudaDriver', 'tensorRtRtx'].flatMap(headersIn);
  const make = async (
    output: string,
    sources: string[],
    args: string[],
    more: string[] = [],
  ): Promise<void> => {
    const file = path.join(folder, output);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const name = `stand-in-${path.basename(output, '.dll')}`;
    const objects = await compile(tools, name, sources, [...warnings, ...args], { headers });
    await runAll([tools.linkDll(file, [...objects, ...more])]);
  };
  const c = ['-std=gnu99'];
  const nvml = [source('nvml/standInNvml.c')];
  await make(windowsStandIns.nvml, nvml, c);
  await make(windowsStandIns.oldNvml, nvml, [...c, '-DSTAND_IN_OLD']);
  await make(windowsStandIns.cuda, [source('cudaDriver/standInCuda.cpp')], ['-std=c++17']);
  const runtime = fs
    .readdirSync(source('tensorRtRtx'))
    .filter((name) => name.endsWith('.cpp'))
    .map((name) => source(path.join('tensorRtRtx', name)));
  const resource = path.join(folder, 'version.rc');
  fs.writeFileSync(resource, versionResource(standInVersion));
  const compiled = path.join(folder, 'version.res');
  execFileSync(tools.zig, ['rc', '/:auto-includes', 'none', '/fo', compiled, '--', resource]);
  const nvidia = inRoot('.deps/headers');
  await make(
    windowsStandIns.runtime,
    runtime,
    [
      ...['-std=c++17', '-DTENSORRT_BUILD_LIB'],
      ...['-isystem', path.join(nvidia, '1.7'), '-isystem', nvidia],
    ],
    [compiled, ...exported.map((name) => `-export:${name}`)],
  );
}

/** A program that holds a file open, for windowsLibraries.test.ts. */
export const holdOpen = 'build/windows/holdOpen.exe';
export async function makeHoldOpen(below: string): Promise<void> {
  const { compile } = await import('../../scripts/windows/native.mjs');
  const { runAll } = await import('../../scripts/windows/toolchain.mjs');
  const { windowsToolchain } = await import('../../scripts/setup/windows.mjs');
  const tools = windowsToolchain();
  const source = inRoot('test/windows/holdOpen.c');
  const objects = await compile(tools, 'hold-open', [source], ['-std=gnu99', ...warnings]);
  const program = path.join(below, holdOpen);
  fs.mkdirSync(path.dirname(program), { recursive: true });
  await runAll([tools.linkExe(program, objects)]);
}

/** Where the driver's own installer puts NVML: in System32 (nvidia-smi's old home too), or in the driver store alone. */
export type NvmlPlace = 'system32' | 'driver-store';
const driverStore = 'DriverStore/FileRepository/nv_dispi.inf_amd64_0123456789abcdef';

const system32 = async (): Promise<string> => {
  const { winePrefix } = await import('../../scripts/windows/wine.mjs');
  return path.join(winePrefix, 'drive_c/windows/system32');
};

export async function installDrivers(below: string, nvml: NvmlPlace): Promise<void> {
  const system = await system32();
  const install = (name: string, folder: string): void => {
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(
      path.join(below, windowsStandIns.folder, name),
      path.join(folder, path.basename(name)),
    );
  };
  install(windowsStandIns.cuda, system);
  install(windowsStandIns.nvml, nvml === 'system32' ? system : path.join(system, driverStore));
}

/** Also before the first test: an earlier run may have been cut off. */
export async function removeDrivers(): Promise<void> {
  const system = await system32();
  for (const name of [windowsStandIns.nvml, windowsStandIns.cuda]) {
    fs.rmSync(path.join(system, path.basename(name)), { force: true });
  }
  fs.rmSync(path.join(system, driverStore), { recursive: true, force: true });
}
