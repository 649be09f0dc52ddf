/**
 * Writes THIRD-PARTY-NOTICES.md: the licences of every package whose code is in the VSIX, found by asking esbuild what
 * it put into the bundles. With --check it only says whether the file is up to date.
 *
 *   npx tsx scripts/makeNotices.ts [--check]
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { build, type BuildOptions } from 'esbuild';

const root = path.resolve(__dirname, '..');
const target = path.join(root, 'THIRD-PARTY-NOTICES.md');

/** Shipped as they are, beside the bundles. */
const unbundled = ['koffi', '@vscode/codicons'];

interface Manifest {
  name: string;
  version: string;
  license: string;
}

async function bundledPackages(): Promise<string[]> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the build script is CommonJS
  const { bundles } = require('../esbuild.js') as { bundles: Record<string, BuildOptions> };
  const names = new Set(unbundled);
  for (const options of Object.values(bundles)) {
    const result = await build({
      ...options,
      plugins: [],
      write: false,
      metafile: true,
    });
    for (const input of Object.keys(result.metafile.inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return [...names].sort();
}

function section(name: string): string {
  const folder = path.join(root, 'node_modules', name);
  const manifest = JSON.parse(
    fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  const texts = fs
    .readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .sort()
    .map((file) => fs.readFileSync(path.join(folder, file), 'utf8').replaceAll('\r', '').trim());
  if (texts.length === 0) throw new Error(`${name} has no licence file`);
  return `## ${name} ${manifest.version} (${manifest.license})\n\n\`\`\`text\n${texts.join('\n\n')}\n\`\`\`\n`;
}

export async function makeNotices(): Promise<string> {
  const head = `# Third-party notices

Engine Inspector for TensorRT-RTX ships code of these projects. The native shims contain the GNU C++ library under the
GCC Runtime Library Exception. Nothing of NVIDIA is shipped: TensorRT-RTX and its headers are fetched by you, or by
set-up on your behalf, under NVIDIA's own licence.

Made by \`npx tsx scripts/makeNotices.ts\`.
`;
  return [head, ...(await bundledPackages()).map(section)].join('\n');
}

async function main(): Promise<void> {
  const text = await makeNotices();
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(target, text);
    return;
  }
  if (fs.readFileSync(target, 'utf8') === text) return;
  console.error('THIRD-PARTY-NOTICES.md is out of date: run npx tsx scripts/makeNotices.ts');
  process.exitCode = 1;
}

if (require.main === module) void main();
