/**
 * engine-inspector: the command line's entry. A plain check goes straight to its work; everything else, help and wrong
 * use among it, goes through the table of sub-commands (program.ts). Nothing is loaded that the call does not need: the
 * cold start of a check is measured. So a plain check is two files, which are loaded compiled (compiled.ts), and the table
 * is a bundle of its own, with its own copy of what both need.
 *
 * Exit codes: 0 all usable, 1 some are not, 2 could not be checked, or wrong use.
 */
import * as path from 'node:path';
import type { runPlainCheck } from './checkMain';
import { loadCompiled } from './compiled';
import { searchesCurrentFolder } from '../host/engineHost/hostEnvironment';
import { plainCheck } from './plainCheck';

/** esbuild.js puts its name here, which tells its content. */
const checkFile = 'lazy/cli-check-00000000.js';

const args = process.argv.slice(2);
const plain = plainCheck(args);

function otherwise(): void {
  import('./program').then(
    ({ startProgram }) => startProgram(process.argv, __dirname),
    async (error: unknown) => {
      const { endWith } = await import('./endWith');
      endWith(Promise.reject(asError(error)));
    },
  );
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));

function runCompiled(call: NonNullable<typeof plain>): boolean {
  const { exports, keep } = loadCompiled(path.join(__dirname, checkFile));
  const { runPlainCheck: run } = exports as { runPlainCheck: typeof runPlainCheck };
  return run(__dirname, call, keep);
}

if (searchesCurrentFolder(process.env)) {
  void Promise.all([import('./safeLoader'), import('./endWith')]).then(
    ([{ callAgain }, { endWith }]) => endWith(callAgain(__filename, args)),
  );
} else if (!plain || !runCompiled(plain)) {
  otherwise();
}
