/** The options that `inspect`, `run` and `sweep` share: which TensorRT-RTX, which GPU, how long. */
import { type Command, InvalidArgumentError } from 'commander';

import { plainText } from '../core/text/plainText';

export interface EngineArguments {
  runtime?: string;
  gpu?: string;
  allowChanged?: boolean;
  /** Seconds; undefined: long enough for any engine. */
  timeout?: number;
  json?: boolean;
}

export function addEngineOptions(command: Command): Command {
  return command
    .option(
      '--runtime <library>',
      "TensorRT-RTX to use: library, folder or version; the engine's own version when left out",
    )
    .option(
      '--gpu <gpu>',
      'number (as engine-inspector gpu counts) or UUID; the first one when left out',
      parseGpu,
    )
    .option('--allow-changed', 'load the engine even if its SHA-256 differs from the recorded one')
    .option('--timeout <seconds>', 'stop after this long without progress', parseTimeout)
    .option('--json', 'print an object (docs/cli-json.md)');
}

export const engineExitCodes = `
An engine is code: loading one runs it with your rights. Load only what you trust.

Exit codes:
  0    done
  1    it was tried and failed: refused by TensorRT-RTX, too little GPU memory, outputs that differ, …
  2    it was not tried: wrong use, no TensorRT-RTX or no GPU, a file that is missing or was changed since it was built
  130  cancelled with Ctrl+C`;

function parseGpu(text: string): string {
  if (/^\d{1,3}$/.test(text) || /^(GPU|MIG)-[\w-]{1,80}$/.test(text)) return text;
  throw new InvalidArgumentError(
    `"${plainText(text, 100)}" is not a GPU: give its number or UUID, as engine-inspector gpu shows them.`,
  );
}

function parseTimeout(text: string): number {
  const seconds = /^\d{1,6}(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('It is a number of seconds, at most 86400.');
}
