import * as fs from 'node:fs';
import * as path from 'node:path';

import { repositoryRoot } from '../test/harness';

/** Files below a folder whose names end with .test.ts, sorted. */
export function testFiles(...folders: string[]): string[] {
  return folders
    .flatMap((folder) =>
      fs.existsSync(path.join(repositoryRoot, folder))
        ? fs
            .readdirSync(path.join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
            .map((name) => path.join(folder, name))
        : [],
    )
    .filter((name) => name.endsWith('.test.ts'))
    .sort();
}
