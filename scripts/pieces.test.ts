/** Bundles in pieces: what is on disk is whole at every moment, whoever writes at the same time. */
import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { repositoryRoot, temporaryFolder, type TemporaryFolder } from '../test/harness';

interface Bundler {
  piecesOf: (dist: string, name: string) => Set<string>;
  removeUnusedPieces: (dist: string, name: string, olderThanMs: number) => void;
  splitBundles: string[];
  writePieces: (dist: string, name: string, files: { file: string; code: string }[]) => void;
}
const bundlerFile = path.join(repositoryRoot, 'esbuild.js');
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the build script is CommonJS
const { piecesOf, removeUnusedPieces, splitBundles, writePieces } = require(bundlerFile) as Bundler;

describe('bundles in pieces', () => {
  let dist: TemporaryFolder;
  beforeEach(() => (dist = temporaryFolder()));
  afterEach(() => dist.remove());

  const lazy = (): string[] => fs.readdirSync(path.join(dist.path, 'lazy')).sort();
  /** A program of an entry and two pieces, the second named by the first only. */
  const program = (mark: string) => [
    {
      file: path.join(dist.path, 'cli.js'),
      code: `module.exports = require('./lazy/cli-a-AAAAAA${mark}.js');`,
    },
    {
      file: path.join(dist.path, `lazy/cli-a-AAAAAA${mark}.js`),
      code: `module.exports = require('./cli-chunk-BBBBBB${mark}.js');`,
    },
    {
      file: path.join(dist.path, `lazy/cli-chunk-BBBBBB${mark}.js`),
      code: `module.exports = '${mark}';`,
    },
  ];

  it('keeps the pieces of a program that was started before, until they are old', () => {
    writePieces(dist.path, 'cli', program('11'));
    fs.writeFileSync(path.join(dist.path, 'lazy/extension-c-CCCCCC11.js'), '');
    writePieces(dist.path, 'cli', program('22'));
    assert.equal(lazy().length, 5);
    assert.deepEqual([...piecesOf(dist.path, 'cli')].sort(), [
      'cli-a-AAAAAA22.js',
      'cli-chunk-BBBBBB22.js',
    ]);
    const long = new Date(Date.now() - 3_600_000);
    for (const name of lazy()) fs.utimesSync(path.join(dist.path, 'lazy', name), long, long);
    writePieces(dist.path, 'cli', program('33'));
    assert.deepEqual(lazy(), [
      'cli-a-AAAAAA33.js',
      'cli-chunk-BBBBBB33.js',
      'extension-c-CCCCCC11.js',
    ]);
  });

  for (const name of splitBundles) {
    it(`has in ${name}.js what it needs at once, and there alone`, () => {
      const folder = path.join(repositoryRoot, 'dist');
      const entry = fs.readFileSync(path.join(folder, `${name}.js`), 'utf8');
      const pieces = [...piecesOf(folder, name)].map((piece) =>
        fs.readFileSync(path.join(folder, 'lazy', piece), 'utf8'),
      );
      const later = /\(\) ?=> ?(?:[\w$]+\()?require\("\.\/(?:lazy\/)?[\w-]+\.js"\)/g;
      assert.doesNotMatch(entry.replaceAll(later, ''), /require\("\.\/lazy\//);
      const asked = pieces.flatMap((text) => [
        ...text.matchAll(new RegExp(`require\\("\\.\\./${name}\\.js"\\)\\.(piece\\d+)`, 'g')),
      ]);
      for (const [, piece] of asked) assert.match(entry, new RegExp(`\\b${piece}: ?\\(\\) ?=>`));
      // A plain check loads nothing of Node before it needs it, so it asks where it needs it.
      for (const text of name === 'cli' ? [] : [entry, ...pieces]) {
        assert.doesNotMatch(text, /[\w$] ?= ?[\w$]+\(require\("(?:vscode|node:)/, 'no copies');
      }
      if (name !== 'extension') return;
      assert.ok(asked.length > 20, 'pieces ask the entry for what both need');
      for (const text of [entry, ...pieces]) {
        assert.ok(text.split('require("vscode")').length <= 2, 'one VS Code in each file');
      }
    });
  }

  it('has a plain check in two files: a small one that begins to load TensorRT-RTX, and what is loaded meanwhile', () => {
    const folder = path.join(repositoryRoot, 'dist');
    const names = [...piecesOf(folder, 'cli')].sort();
    const [first = '', later = ''] = names.map((name) =>
      fs.readFileSync(path.join(folder, 'lazy', name), 'utf8'),
    );
    assert.match(names.join(' '), /^cli-check-[A-Z0-9]{8}\.js cli-check-later-[A-Z0-9]{8}\.js$/);
    assert.ok(first.length < 70_000, `${names[0]} has ${first.length} bytes`);
    assert.ok(later.length > first.length);
    // One class for both, as of everything: a failure of the one is one in the other.
    const failure = /\.name ?= ?"Failure"/;
    assert.match(first, failure);
    assert.doesNotMatch(later, failure);
  });

  it('leaves for the package only what is named', () => {
    writePieces(dist.path, 'cli', program('11'));
    writePieces(dist.path, 'cli', program('22'));
    removeUnusedPieces(dist.path, 'cli', 0);
    assert.deepEqual(lazy(), ['cli-a-AAAAAA22.js', 'cli-chunk-BBBBBB22.js']);
  });

  it('is whole at every moment while several write and one runs it', async () => {
    const script = `
      const { writePieces } = require(${JSON.stringify(bundlerFile)});
      const programs = ${JSON.stringify([program('11'), program('22')])};
      for (let i = 0; i < 200; i++) writePieces(${JSON.stringify(dist.path)}, 'cli', programs[i % 2]);`;
    writePieces(dist.path, 'cli', program('11'));
    const write = (): Promise<unknown> =>
      promisify(execFile)(process.execPath, ['-e', script], { timeout: 60_000 });
    const writers = Promise.all([write(), write(), write()]);
    let running = true;
    writers.finally(() => (running = false)).catch(() => undefined);
    const seen = new Set<unknown>();
    for (let runs = 0; running || runs < 100; runs++) {
      for (const file of Object.keys(require.cache)) {
        if (file.startsWith(fs.realpathSync(dist.path))) delete require.cache[file];
      }
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- what is bundled is CommonJS
      seen.add(require(path.join(dist.path, 'cli.js')));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writers;
    assert.deepEqual([...seen].sort(), ['11', '22']);
  });
});
