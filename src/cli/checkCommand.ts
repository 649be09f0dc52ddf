/** `engine-inspector check`: its arguments and help. What it does is in check.ts, loaded when it is called. */
import { type Command, InvalidArgumentError } from 'commander';
import { gateFormats } from '../core/gate/gateFormats';
import { type CheckOptions, defaultCheckOptions } from './checkOptions';

const defaults = defaultCheckOptions();

const help = `
PATHS are engine files, model packages of ONNX Runtime (*.ortpackage), or folders that are searched for engines
(*.engine, and what --ext adds).

With targets only files are read; no GPU, driver or TensorRT-RTX is needed. Targets, files and severities can stand in
engine-inspector.json (docs/ci.md); flags go before ENGINE_INSPECTOR_TARGETS, _RTX, _CONFIG, _FAIL_LEVEL and _BASELINE,
and these before the file.

Exit codes:
  0  all engines are usable here (or on the machine of --machine, or on all required targets)
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
  engine-inspector check --machine rtx4060.json --ext .plan models/
  engine-inspector check --target rtx-4060-laptop,rtx-5090 --rtx 1.7.1 models/
  engine-inspector check --target rtx-5090 --format github --output sarif=engines.sarif .`;

export function addCheckCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('check')
    .description('check whether this machine can run engines')
    .argument(
      '[paths...]',
      'engine files, folders to search, or patterns such as "models/**/*.engine"',
    )
    .option('--json', 'print a JSON array with one object a file')
    .option(
      '--compatibility-info <hex>',
      "also check the first 64 bytes of an engine, as in ONNX Runtime's ep_compatibility_info",
    )
    .option('--machine <profile>', 'also predict the verdict on another machine, from the header')
    .option(
      '--runtime <library>',
      'a version such as 1.7, the library, or the folder that holds it',
    )
    .option(
      '--match-version',
      'check each engine with the TensorRT-RTX version that built it, where it is installed',
    )
    .option(
      '--ext <names>',
      'also search folders for these, e.g. ".trt,.plan,.rtxplan"',
      extensions,
      defaults.ext,
    )
    .option('--follow-links', 'follow symbolic links to folders while searching')
    .option('--timeout <seconds>', 'maximum time for a check', seconds, defaults.timeout)
    .option(
      '--deep',
      'also read from each engine which GPUs it has code for, which its header cannot say (at most 4 MB a file)',
    )
    .option('--verbose', 'print the details of each engine')
    .option(
      '--target <names>',
      'boards or targets of engine-inspector.json, e.g. "rtx-4060-laptop,rtx-5090"',
      names,
    )
    .option('--rtx <version>', 'TensorRT-RTX of the targets; without it, that of each engine')
    .option(
      '--config <file>',
      'use this file, not the engine-inspector.json in this folder or above it',
    )
    .option('--no-config', 'ignore engine-inspector.json')
    .option('--format <format>', gateFormats.join(', '))
    .option(
      '--output <format=file>',
      'write a format into a file; may be given several times',
      also,
    )
    .option(
      '--fail-level <level>',
      'lowest severity that makes the exit code 1: error, warning or none',
    )
    .option('--exit-zero', 'exit with 0 whatever is found')
    .option('--baseline <file>', 'file of known findings, which do not fail the check')
    .option('--update-baseline', 'write the findings of this check to the baseline')
    .option('--prune-baseline', 'remove findings from the baseline that are no longer found')
    .option('--files-from <file>', 'a list of files, a line each or ended by NULs; - for stdin')
    .option('--exclude <pattern>', 'leave out files and folders; may be given several times', also)
    .option('--shard <i/n>', 'check only part i of n; engine-inspector merge joins the reports')
    .addHelpText('after', help)
    .action(async (paths: string[], options: CheckOptions) => {
      const named =
        paths.length > 0 ||
        options.filesFrom !== undefined ||
        options.compatibilityInfo !== undefined;
      // Where engine-inspector.json is, its folder is searched.
      if (!named && !(await hasConfig(options))) {
        program.error(
          "error: missing required argument 'paths': engine files or folders. Without any, the folder of engine-inspector.json is searched, and there is none here or above.",
          { exitCode: 2 },
        );
      }
      const { check } = await import('./check');
      ended(await check(paths, options));
    });
}

async function hasConfig({ config }: CheckOptions): Promise<boolean> {
  if (config === false) return false;
  if (config !== undefined || (process.env['ENGINE_INSPECTOR_CONFIG'] ?? '') !== '') return true;
  const { findConfig } = await import('./gate/findConfig');
  return findConfig(process.cwd()) !== null;
}

const names = (value: string, before: string[] = []) => [
  ...before,
  ...value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
];
const also = (value: string, before: string[] = []) => [...before, value];

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
