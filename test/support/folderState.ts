import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Names, kinds, rights, contents and times of everything below a folder, as one hash; links are not followed. */
export function folderState(root: string): string {
  const hash = createHash('sha256');
  const look = (folder: string): void => {
    for (const name of fs.readdirSync(folder).sort()) {
      const file = path.join(folder, name);
      const stat = fs.lstatSync(file);
      hash.update(`${path.relative(root, file)} ${stat.mode} ${stat.size} ${stat.mtimeMs}\n`);
      if (stat.isFile()) hash.update(fs.readFileSync(file));
      if (stat.isSymbolicLink()) hash.update(fs.readlinkSync(file));
      if (stat.isDirectory()) look(file);
    }
  };
  look(root);
  return hash.digest('hex');
}
