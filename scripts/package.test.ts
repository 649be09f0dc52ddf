import * as assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { EngineHostClient } from '../src/host/engineHost/client';
import { packagedVsix, repositoryRoot, temporaryFolder } from '../test/harness';
import { newest } from '../test/support/releases';
import { libraryOf } from './demoFolder';
import { makeNotices } from './makeNotices';
import { bytesIn, expectedList, isOfNvidia, listOf, namesIn, textIn } from './packageLists';

const target = `${process.platform}-${process.arch}`;
const universalVsix = path.join(
  repositoryRoot,
  'build/engine-inspector-tensorrt-rtx-universal.vsix',
);
const renew = 'is this meant? Then: npm run package, and npx tsx scripts/packageLists.ts';
/** ONNX Runtime's WebAssembly takes 3.7 MB of each. NVIDIA's library alone has 234 MB: whatever gets in by mistake shows. */
const sizeLimit = 8_000_000;

describe('the VSIX', () => {
  let names: string[];

  before(() => {
    names = namesIn(packagedVsix);
    const megabytes = (fs.statSync(packagedVsix).size / 1e6).toFixed(2);
    console.log(`    ${path.basename(packagedVsix)}: ${names.length} files, ${megabytes} MB`);
  });

  it('holds a shim for each TensorRT-RTX version and koffi’s binary for this platform', () => {
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
    assert.equal(listOf(names), expectedList(`vsix-${target}`), renew);
    assert.deepEqual(names.filter(isOfNvidia), []);
  });

  it('has a command line that a shell may start', () => {
    const modes = [
      'import sys, zipfile',
      'print(oct(zipfile.ZipFile(sys.argv[1]).getinfo("extension/dist/bin/engine-inspector").external_attr >> 16))',
    ];
    const mode = execFileSync('python3', ['-c', modes.join('; '), packagedVsix], {
      encoding: 'utf8',
    });
    assert.equal(mode.trim(), '0o100755');
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
      // A plain check opens koffi's binary by itself.
      const inVsix = (name: string): string => path.join(folder.path, 'extension', name);
      fs.rmSync(inVsix('node_modules/koffi'), { recursive: true });
      const engine = path.join(folder.path, 'zeros.engine');
      fs.writeFileSync(engine, Buffer.alloc(100));
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [inVsix('dist/cli.js'), 'check', engine, '--json'],
        {
          encoding: 'utf8',
          env: { ...process.env, TENSORRT_RTX_HOME: path.dirname(libraryOf(newest)) },
        },
      );
      assert.match(stdout, new RegExp(`"version": "${newest}"`), stderr);
    } finally {
      await client.dispose();
      folder.remove();
    }
  });

  it('is small', () => {
    assert.ok(fs.statSync(packagedVsix).size < sizeLimit);
  });
});

describe('the universal VSIX', () => {
  before(function () {
    this.timeout(120_000);
    execFileSync(process.execPath, ['scripts/package.mjs', '--target', 'universal'], {
      cwd: repositoryRoot,
    });
  });

  it('holds what the one for this platform does, without native part and koffi', () => {
    const names = namesIn(universalVsix);
    assert.equal(listOf(names), expectedList('vsix-universal'), renew);
    assert.deepEqual(
      names.filter((name) => isOfNvidia(name) || /\.(so|dll|node)$/.test(name)),
      [],
    );
    assert.ok(fs.statSync(universalVsix).size < sizeLimit);
  });

  it('runs on every platform, so vsce writes none into it', () => {
    const manifest = textIn(universalVsix, 'extension.vsixmanifest');
    assert.doesNotMatch(manifest, /TargetPlatform/);
    assert.match(textIn(packagedVsix, 'extension.vsixmanifest'), /TargetPlatform="linux-x64"/);
  });
});

describe('what vsce warns of', () => {
  it('is answered: one warning stays, and it is about pieces that are bundles', () => {
    // The pieces are what esbuild splits the bundles into, so that opening a window reads 90 KB instead of 2 MB
    // (docs/benchmarks.md). Each is loaded when its feature is first used; one bundle would be slower, not faster.
    const log = fs.readFileSync(path.join(repositoryRoot, '.deps/logs/vsix.log'), 'utf8');
    const last = log.slice(log.lastIndexOf('\n$ '));
    const warnings = new Set(
      [...last.matchAll(/ WARNING {2}(.*)/g)].map(([, text]) => text?.replaceAll(/\d+/g, 'N')),
    );
    assert.deepEqual(
      [...warnings].map((text) => text?.slice(0, 71)),
      ['This extension consists of N files, out of which N are JavaScript files'],
    );
  });

  it('would be small pictures and missing addresses: the icon has 256 pixels', () => {
    const icon = fs.readFileSync(path.join(repositoryRoot, 'media/icon.png'));
    // IHDR: https://www.w3.org/TR/png/#11IHDR
    assert.deepEqual([icon.readUInt32BE(16), icon.readUInt32BE(20)], [256, 256]);
  });
});

describe('the native files for Linux', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());
  const native = [
    ...['1_4', '1_5', '1_6', '1_7'].map(
      (minor) => `dist/native/linux-x64/libengine_shim_${minor}.so`,
    ),
    'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
  ];
  const output = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: folder.path, encoding: 'utf8' });
  before(() => {
    for (const name of native) {
      fs.writeFileSync(
        path.join(folder.path, path.basename(name)),
        bytesIn(packagedVsix, `extension/${name}`),
      );
    }
  });

  /** VS Code itself asks for these: https://code.visualstudio.com/docs/remote/faq */
  const most: Record<string, string> = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' };

  for (const name of native.map((file) => path.basename(file))) {
    it(`${name} asks for no newer system than VS Code does`, () => {
      const versions = [
        ...output('objdump', '-T', name).matchAll(/\((GLIBC|GLIBCXX|CXXABI)_([\d.]+)\)/g),
      ];
      assert.ok(versions.length > 10);
      const newer = versions.filter(([, kind, version]) => isNewer(version, most[kind ?? '']));
      assert.deepEqual([...new Set(newer.map(([text]) => text))], []);
    });

    it(`${name} links nothing but the system's own libraries, and finds them`, () => {
      const needed = [
        ...output('readelf', '--dynamic', '--wide', name).matchAll(/NEEDED.*\[(.+)\]/g),
      ].map(([, library]) => library ?? '');
      const system = /^(lib(c|m|dl|pthread|gcc_s)\.so\.\d+|ld-linux-x86-64\.so\.2)$/;
      // The shims carry their C++ library; koffi asks for the system's.
      const others = needed.filter((library) => !system.test(library));
      assert.deepEqual(others, name === 'koffi.node' ? ['libstdc++.so.6'] : []);
      assert.doesNotMatch(output('ldd', `./${name}`), /not found/);
    });
  }
});

/** By their parts: 2.9 is older than 2.28. */
function isNewer(version = '', limit = ''): boolean {
  return version.localeCompare(limit, 'en', { numeric: true }) > 0;
}

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
