/** Also a program of its own, for .vscode/tasks.json. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { build } from 'esbuild';

import { repositoryRoot } from '../test/harness';
import { testFiles } from './testFiles';

/** Bundles the tests module and one file for each test, as VS Code's extension host loads them. */
export async function bundleExtensionHostTests(): Promise<string> {
  const outdir = path.join(repositoryRoot, 'dist/test/extensionHost');
  fs.rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [
      path.join(repositoryRoot, 'test/extensionHost/index.ts'),
      ...testFiles('test/extensionHost'),
    ],
    outbase: path.join(repositoryRoot, 'test/extensionHost'),
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    absWorkingDir: repositoryRoot,
    logLevel: 'warning',
  });
  return path.join(outdir, 'index.js');
}

if (require.main === module) {
  // The folder that launch.json opens; npm test takes a temporary one.
  const workspace = path.join(repositoryRoot, 'test-results/workspace');
  fs.rmSync(workspace, { recursive: true, force: true });
  fs.mkdirSync(workspace, { recursive: true });
  void bundleExtensionHostTests();
}
