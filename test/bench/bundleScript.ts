import * as path from 'node:path';

import { build } from 'esbuild';

import { inRoot } from './measure';

/** Makes one file of a script of test/bench, to be run by a bare Node as VS Code runs the extension's. */
export async function bundleScript(
  script: string,
  folder: string,
  external: string[] = [],
): Promise<string> {
  const outfile = path.join(folder, `${path.basename(script, '.ts')}.cjs`);
  await build({
    entryPoints: [inRoot('test/bench', script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // jsonc-parser's other half cannot be bundled.
    mainFields: ['module', 'main'],
    external,
  });
  return outfile;
}
