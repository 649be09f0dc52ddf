/** `engine-inspector merge`: its arguments and help. */
import type { Command } from 'commander';
import type { MergeOptions } from './gate/merge';

export function addMergeCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('merge')
    .description('join the reports of check --shard into one, in any format')
    .argument('<files...>', 'JSON or NDJSON of check, in the order of the shards')
    .option('--format <format>', 'as in check')
    .option('--output <format=file>', 'as in check', (value: string, before: string[] = []) => [
      ...before,
      value,
    ])
    .option('--fail-level <level>', 'error, warning or none')
    .option('--exit-zero', 'exit with 0 whatever is found')
    .option('--verbose', 'print every engine on every target')
    .addHelpText(
      'after',
      `
Exit codes: those of check, for all shards together.

Example:
  engine-inspector check --shard 1/2 --format ndjson models > 1.ndjson
  engine-inspector check --shard 2/2 --format ndjson models > 2.ndjson
  engine-inspector merge 1.ndjson 2.ndjson --output sarif=engines.sarif`,
    )
    .action(async (files: string[], options: MergeOptions) => {
      const { merge } = await import('./gate/merge');
      ended(await merge(files, options));
    });
}
