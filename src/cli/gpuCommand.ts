/** `engine-inspector gpu`: how the memory of the GPUs stands, once or again and again. */
import { type Command, InvalidArgumentError } from 'commander';
import type { GpuOptions } from './commandArguments';

export function addGpuCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('gpu')
    .description('show GPU memory, how busy the GPUs are, and which programs hold memory')
    .option('--watch', 'repeat until Ctrl+C')
    .option('--interval <seconds>', 'time between two readings of --watch', parseInterval, 2)
    .option('--json', 'print an object; with --watch one on each line')
    .addHelpText(
      'after',
      `
Exit codes: 0 all GPUs were read, 1 one of them failed, 2 there is none to read.

Examples:
  engine-inspector gpu
  engine-inspector gpu --watch --interval 0.5
  engine-inspector gpu --watch --json > memory.ndjson`,
    )
    .action(async (options: GpuOptions) => {
      const { gpu } = await import('./gpu');
      ended(await gpu(options));
    });
}

function parseInterval(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0.1 && seconds <= 3600)) {
    throw new InvalidArgumentError('It is a number of seconds from 0.1 to 3600.');
  }
  return seconds;
}
