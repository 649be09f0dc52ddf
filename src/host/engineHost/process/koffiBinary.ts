/**
 * koffi of a plain check (esbuild.js), whose cold start is measured: its binary alone, opened where npm and the VSIX put it.
 * The package's own entry takes some milliseconds to find and compile what finds that file, and adds to it but warnings of
 * names that nobody here uses.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import type koffi from 'koffi';

import { dependencies } from '../../../../package.json';

type Koffi = typeof koffi;

/** Of dist/lazy, where this is bundled to. */
const packageFolder = path.join(__dirname, '../..');

/** null: it lies elsewhere, as with pnpm, or is of another version. */
function opened(): Koffi | null {
  const { platform, arch } = process;
  // koffi finds out by itself which of its two binaries is for this Node.
  if (platform === 'linux' && fs.existsSync('/lib/ld-musl-x86_64.so.1')) return null;
  const above = path.dirname(packageFolder);
  const places = [
    path.join(packageFolder, 'node_modules'),
    ...(path.basename(above) === 'node_modules' ? [above] : []),
  ];
  for (const place of places) {
    const binary = `@koromix/koffi-${platform}-${arch}/${platform}_${arch}/koffi.node`;
    const made: { exports: Partial<Koffi> } = { exports: {} };
    try {
      process.dlopen(made, path.join(place, binary));
    } catch {
      continue;
    }
    if (made.exports.version === dependencies.koffi) return made.exports as Koffi;
  }
  return null;
}

export default opened() ?? (createRequire(__filename)('koffi') as Koffi);
