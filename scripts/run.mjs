/**
 * The way from a fresh clone to a script of this folder: sets up what the script needs, then runs it with tsx.
 *
 *   node scripts/run.mjs test|demo|bench|pictures [ARGUMENTS…]
 *
 * `test` needs only what the suites named in its arguments need.
 */
import { spawn } from 'node:child_process';

import { explain, setup } from './setup.mjs';
import { inRoot } from './setup/system.mjs';

const [name, ...args] = process.argv.slice(2);

function purposesOf(script, scriptArgs) {
  if (script !== 'test') return [script];
  // Of what was changed, only the tests beside the sources run.
  if (scriptArgs.some((argument) => argument.startsWith('--changed'))) return ['suite:unit'];
  const suites = scriptArgs.filter((argument) => !argument.startsWith('-'));
  return suites.length === 0 ? ['test'] : suites.map((suite) => `suite:${suite}`);
}

try {
  await setup(purposesOf(name, args));
} catch (error) {
  explain(error);
  process.exit(1);
}
const script = inRoot('scripts', `${name}.ts`);
const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { stdio: 'inherit' });
// Ctrl+C reaches the child by itself; this process only has to outlive it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
