/** A Chromium for the tests in a real VS Code: found, or installed where that can be done without asking. */
import * as fs from 'node:fs';

import { SetupError, isWindows, run, which } from './system.mjs';

const names = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
  ...(isWindows
    ? [
        'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
        'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
      ]
    : ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']),
];

/** $CHROMIUM, else the first Chromium, Chrome or Edge on PATH or in its usual place, else undefined. */
export function findBrowser() {
  const chosen = process.env.CHROMIUM;
  if (chosen) {
    if (which(chosen) !== undefined) return which(chosen);
    throw new SetupError(
      `CHROMIUM names ${chosen}, which is no program that can be started`,
      'Correct or unset the environment variable CHROMIUM.',
    );
  }
  return names.map(which).find((file) => file !== undefined);
}

/** Installs Debian's Chromium when this is root on a Debian; else says what is needed. Returns its path. */
export async function installBrowser(say) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !fs.existsSync('/etc/debian_version') || which('apt-get') === undefined) {
    throw new SetupError(
      'no Chromium, Chrome or Edge was found',
      'Install one (Debian: sudo apt-get install chromium fonts-dejavu-core) or name one in the environment variable CHROMIUM, then run the same command again.',
    );
  }
  say('none was found: installing chromium and a font with apt-get');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { log: 'browser', env });
  await run(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
    { log: 'browser', env },
  );
  const found = findBrowser();
  if (found !== undefined) return found;
  throw new SetupError(
    'apt-get installed chromium, but there is no chromium on PATH',
    'Name it in the environment variable CHROMIUM.',
  );
}
