/** `engine-inspector build` alone, from source: for suites that start it as a process of its own, to kill it. */
import * as path from 'node:path';
import { buildCommand } from '../../src/cli/build';

void buildCommand({
  dist: path.resolve(__dirname, '../../dist'),
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
}).parseAsync(process.argv.slice(2), { from: 'user' });
