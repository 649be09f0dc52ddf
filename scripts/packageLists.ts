/**
 * What each package holds, as lists to compare: test/fixtures/packages has them as they should be, and
 *
 *   npx tsx scripts/packageLists.ts
 *
 * writes them anew from the packages in build/; the difference is what a reviewer looks at. Pieces of the bundles are one line a
 * program: their names tell their content, and change with it.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { strFromU8, unzipSync } from 'fflate';

const root = path.resolve(__dirname, '..');
const lists = path.join(root, 'test/fixtures/packages');

/** Names of the files in a VSIX or in npm's tarball, as they lie there. */
export function namesIn(file: string): string[] {
  if (!file.endsWith('.vsix')) {
    return execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
  }
  const names: string[] = [];
  unzipSync(fs.readFileSync(file), {
    filter: ({ name }) => {
      names.push(name);
      return false;
    },
  });
  return names;
}

/** A file in a VSIX. */
export function bytesIn(file: string, wanted: string): Uint8Array {
  const found = unzipSync(fs.readFileSync(file), { filter: ({ name }) => name === wanted })[wanted];
  if (found === undefined) throw new Error(`${wanted} is not in ${file}`);
  return found;
}

export const textIn = (file: string, wanted: string): string => strFromU8(bytesIn(file, wanted));

/** NVIDIA's libraries and headers, by name. */
export const isOfNvidia = (name: string): boolean =>
  /tensorrt_rtx|onnxparser|cudart|NvInfer|nvml/i.test(name);

/** The list of a package, a name a line. */
export function listOf(names: readonly string[]): string {
  const lines = names.map((name) =>
    name.replace(/(\/lazy\/(?:extension|cli|cliProgram))-[\w-]+\.js$/, '$1-*.js'),
  );
  return [...new Set(lines)]
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}

/** Packages by the name of their list, as `npm run package` names their files. */
export function packagesIn(version: string): Record<string, string> {
  const vsix = 'build/engine-inspector-tensorrt-rtx';
  return {
    'vsix-linux-x64': `${vsix}-linux-x64.vsix`,
    'vsix-universal': `${vsix}-universal.vsix`,
    'vsix-win32-x64': 'build/windows/engine-inspector-tensorrt-rtx-win32-x64-for-tests.vsix',
    'npm-engine-inspector': `build/npm/engine-inspector-${version}.tgz`,
    'npm-engine-inspector-shim-linux-x64': `build/npm/engine-inspector-shim-linux-x64-${version}.tgz`,
  };
}

export const expectedList = (name: string): string =>
  fs.readFileSync(path.join(lists, `${name}.txt`), 'utf8');

if (require.main === module) {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  fs.mkdirSync(lists, { recursive: true });
  for (const [name, file] of Object.entries(packagesIn(version))) {
    const absolute = path.join(root, file);
    if (!fs.existsSync(absolute)) {
      console.log(`${file} is not here: its list stays as it is`);
      continue;
    }
    fs.writeFileSync(path.join(lists, `${name}.txt`), listOf(namesIn(absolute)));
    console.log(`test/fixtures/packages/${name}.txt`);
  }
}
