/** Reads --machine: the GPU, driver and TensorRT-RTX of a machine that is not at hand. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { machineProfileExample, parseMachineProfileText } from '../core/report/machineProfile';
import type { MachineProfile } from '../core/report/verdictRule';
import { plainText } from '../core/text/plainText';
import { Failure } from '../core/wire/failure';

/** Throws a Failure that names the file and everything that is wrong with it. */
export function readMachineProfile(file: string): { name: string; machine: MachineProfile } {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'wrong-use',
      `Can't read the machine profile ${plainText(file, 300)}: ${plainText(cause, 300)}.`,
      machineProfileExample,
    );
  }
  return { name: path.basename(file), machine: parseMachineProfileText(text, file) };
}
