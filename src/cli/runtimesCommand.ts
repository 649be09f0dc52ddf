/** `engine-inspector runtimes`: the TensorRT-RTX libraries that are found here. */
import type { Command } from 'commander';
import type { RuntimesOptions } from './commandArguments';

export function addRuntimesCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('runtimes')
    .description('list the TensorRT-RTX libraries that are found on this machine')
    .option('--json', 'print a JSON array')
    .option('--runtime <path>', 'also this library, or the folder that holds it')
    .option('--verbose', 'show where it looked')
    .addHelpText(
      'after',
      `
Exit codes: 0 one of them is usable, 1 none is.

Examples:
  engine-inspector runtimes --verbose
  engine-inspector runtimes --runtime ~/TensorRT-RTX-1.7/lib --json`,
    )
    .action(async (options: RuntimesOptions) => {
      const { runtimes } = await import('./runtimes');
      ended(await runtimes(options));
    });
}
