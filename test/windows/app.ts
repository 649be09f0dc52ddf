/**
 * A copy of the product and its tests as they are on Windows, in build/windows/app: sources transpiled in place (esbuild for
 * Windows, which tsx starts, does not start under Wine), bundles, the shims for Windows and koffi's binary for Windows.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { build } from 'esbuild';

import { repositoryRoot } from '../harness';

const inRoot = (...parts: string[]): string => path.join(repositoryRoot, ...parts);
const windowsFolder = inRoot('build/windows');
export const appFolder = path.join(windowsFolder, 'app');

/** Files below a folder of the repository, relative to its root. */
function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(repositoryRoot, path.join(entry.parentPath, entry.name)));
}

const link = (from: string, to: string): void => {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.symlinkSync(from, to);
};

export async function makeWindowsApp(): Promise<void> {
  fs.rmSync(appFolder, { recursive: true, force: true });
  fs.rmSync(path.join(windowsFolder, 'node_modules'), { recursive: true, force: true });
  const folders = ['src', 'test', 'scripts', 'schemas', 'media', 'docs', 'native-shim'];
  const files = folders.flatMap(filesBelow);
  const isSource = (name: string): boolean => name.endsWith('.ts') && !name.endsWith('.d.ts');
  for (const name of [
    // Sources too: a test compares one with what a script writes.
    ...files,
    ...fs.readdirSync(repositoryRoot).filter((name) => /\.(json|md)$|^esbuild\.js$/.test(name)),
  ]) {
    fs.mkdirSync(path.join(appFolder, path.dirname(name)), { recursive: true });
    fs.copyFileSync(inRoot(name), path.join(appFolder, name));
  }
  await build({
    entryPoints: files.filter(isSource).map((name) => inRoot(name)),
    outbase: repositoryRoot,
    outdir: appFolder,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    supported: { 'dynamic-import': false },
    sourcemap: 'inline',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'importMetaUrl' },
    banner: {
      js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;',
    },
  });
  fs.cpSync(inRoot('dist'), path.join(appFolder, 'dist'), {
    recursive: true,
    filter: (name) => !['native', 'test'].some((part) => name === inRoot('dist', part)),
  });
  fs.cpSync(path.join(windowsFolder, 'native'), path.join(appFolder, 'dist/native/win32-x64'), {
    recursive: true,
  });
  // Links are nothing that programs under Wine see: the packages are looked for where the links lie, and koffi's binary in
  // the folder above.
  link(inRoot('node_modules'), path.join(appFolder, 'node_modules'));
  link(
    inRoot('.deps/windows/node_modules/@koromix'),
    path.join(windowsFolder, 'node_modules/@koromix'),
  );
  link(inRoot('.deps/windows/tensorrt-rtx'), path.join(appFolder, '.deps/tensorrt-rtx'));
  link(inRoot('.deps/headers'), path.join(appFolder, '.deps/headers'));
}
