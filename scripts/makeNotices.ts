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

/** Shipped as they are, beside the bundles, or as data made from them. */
const unbundled = ['koffi', '@vscode/codicons', 'onnxruntime-web', '@huggingface/tasks'];

/** What a package says beside its licence. */
const remarks: Readonly<Record<string, string>> = {
  '@huggingface/tasks':
    'Compute capability and memory of many boards in src/core/targets/boardTable.ts are from its hardware list.',
  'onnxruntime-web':
    'Its WebAssembly contains further projects; their licences are in ThirdPartyNotices.txt of github.com/microsoft/onnxruntime, at the tag of this version.',
};

interface Manifest {
  name: string;
  version: string;
  license: string;
}

/** Package name to those of its files that are in a bundle. */
async function bundledFiles(): Promise<Map<string, Set<string>>> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the build script is CommonJS
  const { bundles } = require('../esbuild.js') as { bundles: Record<string, BuildOptions> };
  const files = new Map(unbundled.map((name) => [name, new Set<string>()]));
  for (const options of Object.values(bundles)) {
    const result = await build({ ...options, plugins: [], write: false, metafile: true });
    for (const input of Object.keys(result.metafile.inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (name === undefined) continue;
      files.set(name, (files.get(name) ?? new Set()).add(input));
    }
  }
  return files;
}

function section(name: string, files: ReadonlySet<string>): string {
  const folder = path.join(root, 'node_modules', name);
  const manifest = JSON.parse(
    fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  const own = fs
    .readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .sort()
    .map((file) => path.join(folder, file));
  const texts = own.length > 0 ? own.map(readText) : licencesInFiles(manifest.license, files);
  if (texts.length === 0) throw new Error(`${name} has no licence text`);
  const remark = remarks[name] === undefined ? '' : `${remarks[name]}\n\n`;
  return `## ${name} ${manifest.version} (${manifest.license})\n\n${remark}\`\`\`text\n${texts.join('\n\n')}\n\`\`\`\n`;
}

const readText = (file: string): string =>
  fs.readFileSync(file, 'utf8').replaceAll('\r', '').trim();

/** For a package without a licence file: what the heads of its files say, and the licence that they refer to. */
function licencesInFiles(license: string, files: ReadonlySet<string>): string[] {
  const heads = [...files].map((file) => {
    const lines = readText(path.join(root, file)).split('\n');
    const end = lines.findIndex((line) => !/^(\/\/|\/\*| \*)/.test(line));
    return lines
      .slice(0, end)
      .map((line) => line.replace(/^(\/\/|\/\*!?| \*\/?) ?/, ''))
      .join('\n')
      .trim();
  });
  const found = [...new Set(heads.filter((head) => /copyright/i.test(head)))];
  if (found.length === 0) return [];
  if (license.includes('Apache-2.0')) {
    found.push(readText(path.join(root, 'node_modules/typescript/LICENSE.txt')));
  } else if (license === 'MIT') {
    // The words are the same for everybody but the line of the copyright; what else stands in a head is documentation.
    const owners = found.flatMap((text) =>
      text.split('\n').filter((line) => /copyright/i.test(line)),
    );
    const own = readText(path.join(root, 'LICENSE'));
    return [...new Set(owners), own.slice(own.indexOf('Permission is hereby granted'))];
  }
  return found;
}

export async function makeNotices(): Promise<string> {
  const head = `# Third-party notices

Engine Inspector for TensorRT-RTX ships code of these projects. The native shims contain the GNU C++ library under the
GCC Runtime Library Exception. Nothing of NVIDIA is shipped: TensorRT-RTX and its headers are fetched by you, or by
set-up on your behalf, under NVIDIA's own licence.

Made by \`npx tsx scripts/makeNotices.ts\`.
`;
  const files = [...(await bundledFiles())].sort(([a], [b]) => a.localeCompare(b));
  return [head, ...files.map(([name, used]) => section(name, used))].join('\n');
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
