/**
 * `npm run package`: makes build/engine-inspector-tensorrt-rtx-PLATFORM.vsix with the shims and koffi's binary for this
 * platform and nothing of NVIDIA's. The allow-list is .vscodeignore.
 *
 * With `--target win32-x64` on Linux: one for Windows with the shims that the suite `windows` builds. For tests only.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { explain, setup } from './setup.mjs';
import { vsixFile } from './setup/steps.mjs';
import { SetupError, inRoot, platform, run } from './setup/system.mjs';

const manifestFiles = /\.(md|json)$|^(LICENSE|\.vscodeignore)$/;

/** What vsce packs, as it would lie here on Windows. */
function stageWindows() {
  const stage = inRoot('build/windows/package');
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage, { recursive: true });
  const copy = (from, to = from) =>
    fs.cpSync(inRoot(from), path.join(stage, to), { recursive: true });
  for (const name of fs.readdirSync(inRoot()).filter((file) => manifestFiles.test(file)))
    copy(name);
  for (const name of ['media', 'schemas', 'dist', 'node_modules/koffi']) copy(name);
  fs.rmSync(path.join(stage, 'dist/native'), { recursive: true });
  copy('build/windows/native', 'dist/native/win32-x64');
  const koffi = 'node_modules/@koromix/koffi-win32-x64';
  copy(`.deps/windows/${koffi}`, koffi);
  // Everything else is in the bundles; vsce lists what is installed.
  const file = path.join(stage, 'package.json');
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
  manifest.dependencies = { koffi: manifest.dependencies.koffi };
  fs.writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return stage;
}

async function makeVsix(target, file) {
  // Not at the top: before set-up there is no esbuild yet.
  const { default: bundler } = await import('../esbuild.js');
  for (const name of bundler.splitBundles) bundler.removeUnusedPieces(inRoot('dist'), name, 0);
  const whole = inRoot(file);
  const partial = `${whole}.partial`;
  fs.mkdirSync(path.dirname(whole), { recursive: true });
  await run(
    process.execPath,
    [
      inRoot('node_modules/@vscode/vsce/vsce'),
      ...['package', '--target', target, '--out', partial],
      ...['--no-update-package-json', '--allow-missing-repository', '--no-rewrite-relative-links'],
    ],
    { log: 'vsix', ...(target === platform ? {} : { cwd: stageWindows() }) },
  );
  fs.renameSync(partial, whole);
}

const tell = (file, more = '') => {
  const megabytes = (fs.statSync(inRoot(file)).size / 1e6).toFixed(2);
  process.stdout.write(`${file}: ${megabytes} MB${more}\n`);
};

function chosenTarget() {
  const at = process.argv.indexOf('--target');
  const target = at < 0 ? platform : process.argv[at + 1];
  if (target === platform || (target === 'win32-x64' && platform === 'linux-x64')) return target;
  throw new SetupError(
    `a VSIX for ${target} cannot be made on ${platform}`,
    'Run npm run package on that platform; on Linux x86-64 one for win32-x64 can be made, for tests.',
  );
}

async function packageForTests(target) {
  const file = `build/windows/engine-inspector-tensorrt-rtx-${target}-for-tests.vsix`;
  await setup(
    ['node-modules', 'bundle', 'headers', 'windows-koffi', 'windows-shim'].map(
      (id) => `step:${id}`,
    ),
  );
  await makeVsix(target, file);
  tell(file);
  process.stdout.write(
    'For tests only: its native shims come from clang with a start-up of our own and were never run on a real Windows.\n' +
      "What is shipped for Windows is built by Microsoft's compiler on a Windows machine: run npm run package there.\n",
  );
}

try {
  const target = chosenTarget();
  if (target !== platform) await packageForTests(target);
  else if (process.argv.includes('--no-setup')) {
    await makeVsix(target, vsixFile);
    tell(vsixFile);
  } else {
    const done = await setup(['package']);
    tell(vsixFile, done === 0 ? ' (up to date)' : '');
  }
} catch (error) {
  if (error instanceof SetupError) explain(error);
  else throw error;
  process.exitCode = 1;
}
