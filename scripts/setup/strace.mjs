/** strace, by which tests see what programs start and load: found, or installed where that can be done without asking. */
import * as fs from 'node:fs';

import { SetupError, run, which } from './system.mjs';

export async function installStrace(say) {
  if (which('strace') !== undefined) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !fs.existsSync('/etc/debian_version') || which('apt-get') === undefined) {
    throw new SetupError(
      'no strace was found, by which tests see what programs start and load',
      'Install it (Debian: sudo apt-get install strace) and run the same command again.',
    );
  }
  say('none was found: installing it with apt-get');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { log: 'strace', env });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'strace'], {
    log: 'strace',
    env,
  });
}
