/** `engine-inspector runtimes`: the TensorRT-RTX libraries that are found here. */
import type { Command } from 'commander';
import type { RuntimesOptions } from './commandArguments';

export function addRuntimesCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('runtimes')
    .description('list the TensorRT-RTX libraries that are found on this machine')
    .option('--json', 'print a JSON array')
    .option('--runtime <path>', 'also this library, or the folder that holds it')
    .option('--verbose', 'say where it looked')
    .addHelpText('after', '\nExit codes: 0 one of them is usable, 1 none is.')
    .action(async (options: RuntimesOptions) => {
      const { runtimes } = await import('./runtimes');
      ended(await runtimes(options));
    });
}
