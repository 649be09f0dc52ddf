/**
 * `npm run package`: makes build/engine-inspector-tensorrt-rtx-PLATFORM.vsix with the shims and koffi's binary for this
 * platform and nothing of NVIDIA's. The allow-list is .vscodeignore.
 *
 * --target win32-x64   on Linux: one for Windows with the shims that the suite `windows` builds. For tests only.
 * --target universal   one without native part, for every platform that has no VSIX of its own
 * --npm                the packages of the command line for npm (npmPackages.mjs)
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { makeNpmPackages } from './npmPackages.mjs';
import { explain, setup } from './setup.mjs';
import { vsixFile } from './setup/steps.mjs';
import { SetupError, inRoot, platform, run } from './setup/system.mjs';

const manifestFiles = /\.(md|json)$|^(LICENSE|\.vscodeignore)$/;

/** What vsce packs for another platform than this one, as it would lie there. */
function stageFor(target) {
  const stage = inRoot(`build/package-${target}`);
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage, { recursive: true });
  const copy = (from, to = from) =>
    fs.cpSync(inRoot(from), path.join(stage, to), { recursive: true });
  for (const name of fs.readdirSync(inRoot()).filter((file) => manifestFiles.test(file)))
    copy(name);
  for (const name of ['media', 'schemas', 'dist']) copy(name);
  fs.rmSync(path.join(stage, 'dist/native'), { recursive: true, force: true });
  const file = path.join(stage, 'package.json');
  const manifest = JSON.parse(fs.readFileSync(file, 'utf8'));
  // Everything else is in the bundles; vsce lists what is installed.
  manifest.dependencies = {};
  if (target === 'win32-x64') {
    copy('node_modules/koffi');
    copy('build/windows/native', 'dist/native/win32-x64');
    const koffi = 'node_modules/@koromix/koffi-win32-x64';
    copy(`.deps/windows/${koffi}`, koffi);
    manifest.dependencies = {
      koffi: JSON.parse(fs.readFileSync(inRoot('package.json'), 'utf8')).dependencies.koffi,
    };
  }
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
      ...['package', '--out', partial, ...(target === 'universal' ? [] : ['--target', target])],
      '--no-update-package-json',
    ],
    { log: 'vsix', ...(target === platform ? {} : { cwd: stageFor(target) }) },
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
  if (target === platform || target === 'universal') return target;
  if (target === 'win32-x64' && platform === 'linux-x64') return target;
  throw new SetupError(
    `a VSIX for ${target} cannot be made on ${platform}`,
    'Run npm run package on that platform; everywhere --target universal makes one without native part, and on Linux x86-64 --target win32-x64 one for tests.',
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

async function packageUniversal() {
  const file = 'build/engine-inspector-tensorrt-rtx-universal.vsix';
  await setup(['node-modules', 'bundle'].map((id) => `step:${id}`));
  await makeVsix('universal', file);
  tell(file);
}

async function packageForNpm() {
  await setup(['step:node-modules', 'step:bundle', 'step:shim']);
  for (const file of await makeNpmPackages()) tell(file);
}

try {
  const target = chosenTarget();
  if (process.argv.includes('--npm')) await packageForNpm();
  else if (target === 'universal') await packageUniversal();
  else if (target !== platform) await packageForTests(target);
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
