/**
 * `npm run -s cli -- ARGS`: the command line of the repository. Sets up what it needs without a word on stdout, then is
 * the command line: paths are relative to where npm was called, and the TensorRT-RTX that set-up fetched is the last one
 * in the search path, so that one of the user's own comes first.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createRequire } from 'node:module';

import { explain, setup } from './setup.mjs';
import { runtimes } from './setup/pins.mjs';
import { inDeps, inRoot, isWindows } from './setup/system.mjs';

try {
  await setup(['cli']);
} catch (error) {
  explain(error);
  process.exit(2);
}

const fetched = Object.keys(runtimes)
  .reverse()
  .map((version) => inDeps('tensorrt-rtx', version, 'tensorrt_rtx_libs'))
  .filter((folder) => fs.existsSync(folder));
const variable = isWindows ? 'PATH' : 'LD_LIBRARY_PATH';
process.env[variable] = [process.env[variable], ...fetched]
  .filter((part) => part)
  .join(path.delimiter);

if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
const cli = inRoot('dist/cli.js');
process.argv[1] = cli;
createRequire(import.meta.url)(cli);
