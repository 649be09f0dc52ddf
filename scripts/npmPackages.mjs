/**
 * The command line for npm: build/npm/engine-inspector-VERSION.tgz, and beside it one package with the shims of each platform
 * that is here (engine-inspector-shim-PLATFORM), which npm installs where it fits. None has an install script, and nothing
 * of NVIDIA's is in them.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

import { inRoot, runNpm } from './setup/system.mjs';

const shimTargets = ['linux-x64', 'win32-x64'];
const read = (name) => JSON.parse(fs.readFileSync(inRoot(name), 'utf8'));

/** Of the repository's manifest, what every package says of itself. */
const shared = ({ version, license, repository, homepage, bugs, engines }) => ({
  version,
  license,
  repository,
  homepage,
  bugs,
  engines: { node: engines.node },
});

function writePackage(name, manifest, files) {
  const folder = inRoot('build/npm', name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const [to, from] of files) {
    fs.mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
    fs.copyFileSync(inRoot(from), path.join(folder, to));
  }
  const text = `${JSON.stringify({ name, ...manifest }, undefined, 2)}\n`;
  fs.writeFileSync(path.join(folder, 'package.json'), text);
  return folder;
}

/** Paths of the packed files, relative to the repository. */
export async function makeNpmPackages() {
  const { piecesOf } = createRequire(import.meta.url)('../esbuild.js');
  const manifest = read('package.json');
  const folders = [];
  for (const target of shimTargets) {
    const native = `dist/native/${target}`;
    if (!fs.existsSync(inRoot(native))) continue;
    const [os, cpu] = target.split('-');
    const shims = fs
      .readdirSync(inRoot(native))
      .filter((file) => /engine_shim_.*\.(so|dll)$/.test(file));
    folders.push(
      writePackage(
        `engine-inspector-shim-${target}`,
        {
          description: `The native part of engine-inspector for ${target}. It holds nothing of NVIDIA.`,
          ...shared(manifest),
          os: [os],
          cpu: [cpu],
        },
        [['LICENSE', 'LICENSE'], ...shims.map((file) => [file, `${native}/${file}`])],
      ),
    );
  }
  const pieces = ['cli', 'cliProgram'].flatMap((name) => [...piecesOf(inRoot('dist'), name)]);
  const programs = ['cli', 'cliProgram', 'mcp', 'engineHost', 'reference'].map(
    (name) => `dist/${name}.js`,
  );
  const onnxRuntime = fs.readdirSync(inRoot('dist/ort')).map((name) => `dist/ort/${name}`);
  const kept = [...programs, ...onnxRuntime, ...pieces.map((name) => `dist/lazy/${name}`)];
  folders.push(
    writePackage(
      'engine-inspector',
      {
        description:
          'Checks TensorRT-RTX engines from the command line: will they run on this machine and on your customers’, why not, and what to do.',
        ...shared(manifest),
        keywords: manifest.keywords,
        bin: { 'engine-inspector': 'dist/cli.js' },
        dependencies: { koffi: manifest.dependencies.koffi },
        optionalDependencies: Object.fromEntries(
          shimTargets.map((target) => [`engine-inspector-shim-${target}`, manifest.version]),
        ),
      },
      [
        ['README.md', 'docs/command-line.md'],
        ...['LICENSE', 'CHANGELOG.md', 'THIRD-PARTY-NOTICES.md'].map((name) => [name, name]),
        ...kept.map((file) => [file, file]),
      ],
    ),
  );
  for (const folder of folders) {
    await runNpm(['pack', folder, '--pack-destination', inRoot('build/npm'), '--loglevel=error'], {
      log: 'npm-pack',
    });
  }
  return folders.map((folder) => `build/npm/${path.basename(folder)}-${manifest.version}.tgz`);
}
