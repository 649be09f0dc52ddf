/**
 * engine-inspector: the command line. A table of sub-commands; each is a file of its own that is loaded when it is
 * called, so that a check starts no code that it does not need.
 *
 * Exit codes: 0 all usable, 1 some are not, 2 could not be checked, or wrong use.
 */
import { Command, CommanderError } from 'commander';
import { asHostError } from '../host/hostError';
import { addCheckCommand } from './checkCommand';
import { addGpuCommand } from './gpuCommand';
import { end, Ended } from './output';
import { addRuntimesCommand } from './runtimesCommand';
import { version } from '../../package.json';

const commands = [addCheckCommand, addRuntimesCommand, addGpuCommand];

const wrongUse = 2;

async function main(): Promise<number> {
  const program = new Command('engine-inspector')
    .description('Says whether this machine can run TensorRT-RTX engines, why not, and what to do.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(engine-inspector --help tells more)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, '')) });
  let code = 0;
  for (const add of commands) {
    add(program, (result) => {
      code = result;
    });
  }
  await program.parseAsync(process.argv);
  return code;
}

main().then(end, (error: unknown) => {
  if (error instanceof Ended) return end(error.code);
  // commander has said what was wrong; help and version are no failures.
  if (error instanceof CommanderError) return end(error.exitCode === 0 ? 0 : wrongUse);
  const { message, nextStep, detail } = asHostError(error, 'engine-inspector');
  process.stderr.write(`${message}\n${nextStep === '' ? '' : `${nextStep}\n`}`);
  if (process.env['ENGINE_INSPECTOR_DEBUG'] !== undefined) process.stderr.write(`${detail}\n`);
  return end(wrongUse);
});
