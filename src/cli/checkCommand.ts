/** `engine-inspector check`: its arguments and help. What it does is in check.ts, loaded when it is called. */
import { type Command, InvalidArgumentError } from 'commander';
import { type CheckOptions, defaultCheckOptions } from './checkOptions';

const defaults = defaultCheckOptions();

const help = `
PATHS are engine files, or folders that are searched for engines (*.engine, and what --ext adds).

Exit codes:
  0  all engines are usable here (or on the machine of --machine)
  1  some are not
  2  some could not be checked (no driver, no TensorRT-RTX, unreadable), nothing was found, or wrong use

TensorRT-RTX is looked for in --runtime, TENSORRT_RTX_HOME, the active Python environment, LD_LIBRARY_PATH
(PATH on Windows) and the standard folders; the newest known one is asked.

A machine profile is a JSON file:
  {"computeCapability": "8.9", "totalGpuMemory": 8589934592, "driverVersion": 13000,
   "tensorrtRtx": "1.7.1", "cudaRuntimeVersion": 13040}

Examples:
  engine-inspector check model.engine
  engine-inspector check --json models/ > report.json
  engine-inspector check --machine rtx4060.json --ext .plan models/`;

export function addCheckCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('check')
    .description('say whether this machine can run these engines')
    .argument('<paths...>', 'engine files, or folders to search')
    .option('--json', 'print a JSON array with one object a file')
    .option('--machine <profile>', 'also predict the verdict on another machine, from the header')
    .option(
      '--runtime <library>',
      'a version such as 1.7, the library, or the folder that holds it',
    )
    .option(
      '--match-version',
      "ask the TensorRT-RTX of each engine's own version where there is one",
    )
    .option(
      '--ext <names>',
      'also search folders for these, e.g. ".trt,.plan,.rtxplan"',
      extensions,
      defaults.ext,
    )
    .option('--follow-links', 'also search folders that links below PATHS lead to')
    .option('--timeout <seconds>', 'how long a check may take', seconds, defaults.timeout)
    .option('--verbose', 'print all that is known of each engine')
    .addHelpText('after', help)
    .action(async (paths: string[], options: CheckOptions) => {
      const { check } = await import('./check');
      ended(await check(paths, options));
    });
}

function extensions(value: string, before: string[]): string[] {
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => (name.startsWith('.') ? name : `.${name}`));
  if (names.length === 0) throw new InvalidArgumentError('It names no extension.');
  return [...before, ...names];
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && number > 0 && number <= 3600) return number;
  throw new InvalidArgumentError('It must be a number of seconds, at most 3600.');
}
