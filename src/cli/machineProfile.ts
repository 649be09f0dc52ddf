/** Reads --machine: the GPU, driver and TensorRT-RTX of a machine that is not at hand. */
import * as path from 'node:path';
import { machineProfileExample, parseMachineProfileText } from '../core/report/machineProfile';
import type { MachineProfile } from '../core/report/verdictRule';
import { plainText } from '../core/text/plainText';
import { asFailure, Failure } from '../core/wire/failure';
import { readSmallText } from '../host/files/readSmallFile';

const maxBytes = 1024 * 1024;

/** Throws a Failure that names the file and everything that is wrong with it. */
export async function readMachineProfile(
  file: string,
): Promise<{ name: string; machine: MachineProfile }> {
  const unreadable = (cause: string): Failure =>
    new Failure(
      'wrong-use',
      `Can't read the machine profile ${plainText(file, 300)}: ${plainText(cause, 600)}`,
      machineProfileExample,
    );
  const text = await readSmallText(file, maxBytes, 'The machine profile').catch(
    (error: unknown) => {
      throw unreadable(asFailure(error, 'Reading it').message);
    },
  );
  if (text === null) throw unreadable('it is not there.');
  return { name: path.basename(file), machine: parseMachineProfileText(text, file) };
}
