/** A folder of one call, which removes it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { writeError } from '../host/build/writeError';

const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';

/** Throws a Failure where the system's own place for such folders is missing, full or not to be written. */
export function makeTemporaryFolder(name: string): string {
  const place = os.tmpdir();
  try {
    return fs.mkdtempSync(path.join(place, `engine-inspector-${name}-`));
  } catch (error) {
    throw writeError(error, `No temporary folder can be made in ${place}`, {
      again: 'try again',
      gone: {
        why: 'it does not exist',
        nextStep: `Create it, or name another folder in the environment variable ${variable}.`,
      },
    });
  }
}
