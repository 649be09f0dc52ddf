/** `engine-inspector targets`: its arguments and help. */
import type { Command } from 'commander';

export interface TargetsOptions {
  json?: boolean;
  boards?: boolean;
  save?: boolean;
  config?: string | false;
}

export function addTargetsCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('targets')
    .description('list the targets of engine-inspector.json, or the boards that can be targets')
    .argument('[names...]', 'only these targets or boards')
    .option('--boards', 'list the boards')
    .option(
      '--save',
      'add the named boards to engine-inspector.json, which is made where it is missing',
    )
    .option('--json', 'print a JSON array')
    .option(
      '--config <file>',
      'use this file, not the engine-inspector.json in this folder or above it',
    )
    .option('--no-config', 'ignore engine-inspector.json')
    .addHelpText(
      'after',
      `
Exit codes: 0 listed or saved, 2 a name is not known, or wrong use.

Examples:
  engine-inspector targets
  engine-inspector targets --boards
  engine-inspector targets --save rtx-4060-laptop rtx-5090
  engine-inspector targets rtx-4060-laptop rtx-5090 --json`,
    )
    .action(async (names: string[], options: TargetsOptions) => {
      const { targets } = await import('./targets');
      ended(await targets(names, options));
    });
}
