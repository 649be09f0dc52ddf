/**
 * `npm run package`: makes build/engine-inspector-tensorrt-rtx-PLATFORM.vsix with the shims and koffi's binary for this
 * platform and nothing of NVIDIA's. The allow-list is .vscodeignore.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { explain, setup } from './setup.mjs';
import { vsixFile } from './setup/steps.mjs';
import { SetupError, inRoot, platform, run } from './setup/system.mjs';

async function makeVsix() {
  // Not at the top: before set-up there is no esbuild yet.
  const { default: bundler } = await import('../esbuild.js');
  for (const name of bundler.splitBundles) bundler.removeUnusedPieces(inRoot('dist'), name, 0);
  const target = inRoot(vsixFile);
  const partial = `${target}.partial`;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  await run(
    process.execPath,
    [
      inRoot('node_modules/@vscode/vsce/vsce'),
      ...['package', '--target', platform, '--out', partial],
      ...['--no-update-package-json', '--allow-missing-repository', '--no-rewrite-relative-links'],
    ],
    { log: 'vsix' },
  );
  fs.renameSync(partial, target);
  const megabytes = (fs.statSync(target).size / 1e6).toFixed(2);
  process.stdout.write(`${vsixFile}: ${megabytes} MB\n`);
}

try {
  if (process.argv.includes('--no-setup')) await makeVsix();
  else {
    const done = await setup(['package']);
    const megabytes = (fs.statSync(inRoot(vsixFile)).size / 1e6).toFixed(2);
    process.stdout.write(`${vsixFile}: ${megabytes} MB${done === 0 ? ' (up to date)' : ''}\n`);
  }
} catch (error) {
  if (error instanceof SetupError) explain(error);
  else throw error;
  process.exitCode = 1;
}
