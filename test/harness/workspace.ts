/** A copy of a folder for one test run, so that tests may change and break its files. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** An empty folder, or a copy of `source`. */
export function temporaryFolder(source?: string): TemporaryFolder {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-test-'));
  if (source !== undefined) fs.cpSync(source, folder, { recursive: true });
  return {
    path: folder,
    remove: () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
