/**
 * Which shims there are: one shared object for each TensorRT-RTX minor version, told by its file name. They lie in
 * dist/native/PLATFORM, or, of the npm package, in a package of their own that npm installs for the platform.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { compareVersions } from '../../core/report/runtimeReleases';
import { Failure } from '../../core/wire/failure';
import type { ChosenRuntime } from './runtimes';

/** The npm package with the shims of one platform, such as engine-inspector-shim-linux-x64. */
export const shimPackage = (target: string): string => `engine-inspector-shim-${target}`;

/** The folder of this system's shims. */
export function shimFolderOf(dist: string): string {
  const target = `${process.platform}-${process.arch}`;
  const own = path.join(dist, 'native', target);
  if (fs.existsSync(own)) return own;
  try {
    const require = createRequire(path.join(path.resolve(dist), 'cli.js'));
    return path.dirname(require.resolve(`${shimPackage(target)}/package.json`));
  } catch {
    return own;
  }
}

/** Minor version ("1.7") to file, newest first; empty where the system has none. */
export function listShims(folder: string): Map<string, string> {
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch {
    return new Map();
  }
  const shims = names.flatMap((name): [string, string][] => {
    const match = /^(?:lib)?engine_shim_(\d+)_(\d+)\.(?:so|dll|dylib)$/.exec(name);
    return match ? [[`${match[1]}.${match[2]}`, path.join(folder, name)]] : [];
  });
  return new Map(shims.sort(([a], [b]) => compareVersions(b, a)));
}

/** Where the native part can be had. */
const supported = /^(linux|win32)-x64$/;
const systemNames: Readonly<Record<string, string>> = {
  darwin: 'macOS',
  linux: 'Linux',
  win32: 'Windows',
};

/** Why nothing can be asked of TensorRT-RTX here: the same words in the engine host, on the command line and in VS Code. */
export function noNativePart(
  folder: string,
  { platform, arch }: { platform: string; arch: string } = process,
): Failure {
  const system = `${systemNames[platform] ?? platform} ${arch}`;
  const offline =
    'The header, the prediction for other machines and file damage are shown all the same.';
  if (supported.test(`${platform}-${arch}`)) {
    return new Failure(
      'unsupported-version',
      `The native part of Engine Inspector for ${system} is missing (looked in ${folder}).`,
      'Install the VSIX for this platform, or on the command line engine-inspector again without --omit=optional.',
    );
  }
  if (arch === 'arm64' && platform !== 'darwin') {
    return new Failure(
      'unsupported-version',
      `On ${system} TensorRT-RTX can't be asked: NVIDIA has it for Arm in its SDK only, and Engine Inspector has no native part for it.`,
      `${offline} For the runtime's answer check the engine on Windows or Linux x64.`,
    );
  }
  return new Failure(
    'unsupported-version',
    `On ${system} TensorRT-RTX can't be asked: it runs on Windows and Linux only.`,
    `${offline} For the runtime's answer check the engine on Windows or Linux x64.`,
  );
}

/** In place of a runtime, where none could be asked whatever is installed; null: there are shims. */
export function chosenWithoutNativePart(folder: string): ChosenRuntime | null {
  if (listShims(folder).size > 0) return null;
  const { message, nextStep } = noNativePart(folder);
  return { runtime: null, why: message, nextStep, installable: false };
}
