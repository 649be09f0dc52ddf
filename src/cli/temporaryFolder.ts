/** A folder of one call, which removes it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { Failure } from '../core/wire/failure';
import { writeError } from '../host/build/writeError';

const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';

/** Throws a Failure where the system's own place for such folders is missing, full or not to be written. */
export function makeTemporaryFolder(name: string): string {
  const place = os.tmpdir();
  try {
    return fs.mkdtempSync(path.join(place, `engine-inspector-${name}-`));
  } catch (error) {
    const gone = { why: 'it does not exist', nextStep: '' };
    const { code, message, detail } = writeError(
      error,
      `No temporary folder can be made in ${place}`,
      { gone },
    );
    const nextStep = `Mend that, or name another folder in the environment variable ${variable}.`;
    throw new Failure(code, message, nextStep, detail);
  }
}
