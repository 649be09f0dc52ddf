/** Looks for engine-inspector.json. Small, because every check does it. */
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Here, or in a folder above up to the repository's root. null: there is none. */
export function findConfig(start: string): string | null {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'engine-inspector.json');
    if (fs.existsSync(file)) return file;
    if (fs.existsSync(path.join(folder, '.git')) || path.dirname(folder) === folder) return null;
  }
}
