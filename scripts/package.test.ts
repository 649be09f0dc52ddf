import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { EngineHostClient } from '../src/host/engineHost/client';
import { packagedVsix, repositoryRoot, temporaryFolder } from '../test/harness';
import { newest } from '../test/support/releases';
import { libraryOf } from './demoFolder';
import { makeNotices } from './makeNotices';

/** Everything that may be in the VSIX. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package|package\.nls(\.[a-z-]+)?)\.json$/,
  /^extension\/(readme|changelog|SECURITY|THIRD-PARTY-NOTICES)\.md$/i,
  /^extension\/LICENSE\.txt$/,
  /^extension\/(media|schemas)\/[\w/.-]+\.(png|svg|md|json)$/,
  /^extension\/dist\/(extension|engineHost|reference|cli|cliProgram)\.js$/,
  /^extension\/dist\/ort\/ort-wasm-simd-threaded\.(wasm|mjs)$/,
  /^extension\/dist\/lazy\/[\w-]+\.js$/,
  /^extension\/dist\/webview\/(\w+Page\.(js|css)|codicon\.(css|ttf))$/,
  /^extension\/dist\/native\/[\w-]+\/(lib)?engine_shim_1_\d+\.(so|dll)$/,
  /^extension\/node_modules\/koffi\/(package\.json|index\.cjs|LICENSE\.txt|src\/koffi\/(index|src\/\w+)\.cjs)$/,
  /^extension\/node_modules\/@koromix\/koffi-[\w-]+\/(package\.json|index\.js|[\w]+\/koffi\.node)$/,
];

describe('the VSIX', () => {
  let names: string[];

  before(() => {
    const list = [
      'import sys, zipfile',
      'print("\\n".join(i.filename for i in zipfile.ZipFile(sys.argv[1]).infolist()))',
    ];
    names = execFileSync('python3', ['-c', list.join('; '), packagedVsix], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const megabytes = (fs.statSync(packagedVsix).size / 1e6).toFixed(2);
    console.log(`    ${path.basename(packagedVsix)}: ${names.length} files, ${megabytes} MB`);
  });

  it('holds a shim for each TensorRT-RTX version and koffi’s binary for this platform', () => {
    const target = `${process.platform}-${process.arch}`;
    const [prefix, suffix] = process.platform === 'win32' ? ['', '.dll'] : ['lib', '.so'];
    for (const minor of ['1_4', '1_5', '1_6', '1_7']) {
      const shim = `extension/dist/native/${target}/${prefix}engine_shim_${minor}${suffix}`;
      assert.ok(names.includes(shim), `${shim} is missing`);
    }
    const koffi = names.filter((name) => name.endsWith('/koffi.node'));
    assert.deepEqual(koffi, [
      `extension/node_modules/@koromix/koffi-${target}/${target.replace('-', '_')}/koffi.node`,
    ]);
    assert.ok(names.includes('extension/node_modules/koffi/index.cjs'));
  });

  it('holds what the manifest refers to', () => {
    for (const name of [
      'extension/dist/extension.js',
      'extension/dist/engineHost.js',
      'extension/dist/reference.js',
      'extension/dist/ort/ort-wasm-simd-threaded.wasm',
      'extension/dist/ort/ort-wasm-simd-threaded.mjs',
      'extension/dist/webview/enginePage.js',
      'extension/dist/webview/codicon.ttf',
      'extension/package.nls.json',
    ]) {
      assert.ok(names.includes(name), `${name} is missing`);
    }
    const manifest = fs.readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8');
    for (const [, file] of manifest.matchAll(/"((?:media|schemas)\/[^"]+|\.\/schemas\/[^"]+)"/g)) {
      const name = `extension/${file?.replace('./', '')}`;
      assert.ok(names.includes(name), `${name} is missing`);
    }
  });

  it('holds nothing else: no sources, no tests, nothing of NVIDIA', () => {
    const others = names.filter((name) => !allowed.some((pattern) => pattern.test(name)));
    assert.deepEqual(others, []);
    assert.deepEqual(
      names.filter((name) => /tensorrt_rtx|onnxparser|cudart|NvInfer|nvml/i.test(name)),
      [],
    );
  });

  it('works where nothing else is: its engine host loads the real TensorRT-RTX', async () => {
    const folder = temporaryFolder();
    execFileSync('python3', ['-m', 'zipfile', '--extract', packagedVsix, folder.path]);
    const client = new EngineHostClient({
      hostMain: path.join(folder.path, 'extension/dist/engineHost.js'),
      onLog: () => undefined,
    });
    try {
      const { version } = await client.request('load', { libraryPath: libraryOf(newest) });
      assert.equal(version, newest);
    } finally {
      await client.dispose();
      folder.remove();
    }
  });

  it('is small', () => {
    // ONNX Runtime's WebAssembly takes 3.7 MB of it. NVIDIA's library alone has 234 MB: whatever gets in by mistake shows.
    assert.ok(fs.statSync(packagedVsix).size < 8_000_000);
  });
});

describe('THIRD-PARTY-NOTICES.md', () => {
  it('has the licence of every package that is shipped', async () => {
    const written = fs.readFileSync(path.join(repositoryRoot, 'THIRD-PARTY-NOTICES.md'), 'utf8');
    assert.equal(await makeNotices(), written, 'run: npx tsx scripts/makeNotices.ts');
  });
});

describe('the addresses in package.json', () => {
  it('all come from repository.url, the one place that changes when the real one is known', () => {
    const { repository, homepage, bugs, qna } = JSON.parse(
      fs.readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'),
    ) as { repository: { url: string }; homepage: string; bugs: { url: string }; qna: string };
    const base = repository.url.replace(/\.git$/, '');
    assert.deepEqual(
      { homepage, bugs: bugs.url, qna },
      { homepage: `${base}#readme`, bugs: `${base}/issues`, qna: `${base}/issues` },
    );
  });
});

describe('README.md', () => {
  const text = fs.readFileSync(path.join(repositoryRoot, 'README.md'), 'utf8');

  it('names npm scripts that exist', () => {
    const manifest = JSON.parse(
      fs.readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'),
    ) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map((match) => match[1] ?? '');
    assert.ok(named.length > 5);
    for (const name of named) assert.ok(name in manifest.scripts, `npm run ${name}`);
  });

  it('links to files that exist', () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(fs.existsSync(path.join(repositoryRoot, target ?? '')), `${target} does not exist`);
    }
  });
});
