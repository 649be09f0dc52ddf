/**
 * engine-inspector: the command line's entry. A plain check goes straight to its work; everything else, help and wrong
 * use among it, goes through the table of sub-commands (program.ts). Nothing is loaded that the call does not need: the
 * cold start of a check is measured. So the table is a bundle of its own (esbuild.js), with its own copy of what both
 * need: one bundle for all would cut that into dozens of shared pieces, and a check would open every one of them.
 *
 * Exit codes: 0 all usable, 1 some are not, 2 could not be checked, or wrong use.
 */
import { check } from './check';
import { setDistFolder } from './distFolder';
import { endWith } from './endWith';
import { searchesCurrentFolder } from '../host/engineHost/hostEnvironment';
import { plainCheck } from './plainCheck';

const args = process.argv.slice(2);
const plain = plainCheck(args);
if (searchesCurrentFolder(process.env)) {
  endWith(import('./safeLoader').then(({ callAgain }) => callAgain(__filename, args)));
} else if (plain) {
  setDistFolder(__dirname);
  endWith(check(plain.paths, plain.options));
} else {
  import('./program').then(
    ({ startProgram }) => startProgram(process.argv, __dirname),
    (error: unknown) => endWith(Promise.reject(error as Error)),
  );
}
