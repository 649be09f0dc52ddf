/**
 * engine-inspector: the command line's entry. A plain check goes straight to its work; everything else, help and wrong
 * use among it, goes through the table of sub-commands (program.ts). Nothing is loaded that the call does not need: the
 * cold start of a check is measured.
 *
 * Exit codes: 0 all usable, 1 some are not, 2 could not be checked, or wrong use.
 */
import { asHostError } from '../host/hostError';
import { check } from './check';
import { setDistFolder } from './distFolder';
import { end, stderr } from './output';
import { plainCheck } from './plainCheck';

setDistFolder(__dirname);

async function main(): Promise<number> {
  const plain = plainCheck(process.argv.slice(2));
  if (plain) return check(plain.paths, plain.options);
  const { runProgram } = await import('./program');
  return runProgram(process.argv);
}

main().then(end, (error: unknown) => {
  const { message, nextStep, detail } = asHostError(error, 'engine-inspector');
  stderr().write(`${message}\n${nextStep === '' ? '' : `${nextStep}\n`}`);
  if (process.env['ENGINE_INSPECTOR_DEBUG'] !== undefined) stderr().write(`${detail}\n`);
  end(2);
});
