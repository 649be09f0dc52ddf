/**
 * Bundles the programs of this repository into dist/:
 *
 *   node esbuild.js [--watch] [extension] [engineHost] [reference] [cli] [cliProgram] [mcp] [webview]    (no name: all)
 *
 * koffi stays a package of its own beside the bundles: it finds its native binary relative to itself.
 */
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const esbuild = require('esbuild');

/** `npm run watch`: readable, with source maps, so that breakpoints in the sources hold. */
const watching = require.main === module && process.argv.includes('--watch');

const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode', 'koffi'],
  mainFields: ['module', 'main'],
  minify: !watching,
  sourcemap: watching && 'linked',
  legalComments: 'none', // THIRD-PARTY-NOTICES.md has the licences
  logLevel: 'warning',
  absWorkingDir: __dirname,
};

/** An entry file and, beside it, what is imported on first use only. Written by writeAsCommonJs. */
const inPieces = (name, entryPoint) => ({
  ...node,
  entryPoints: [entryPoint],
  outdir: 'dist',
  entryNames: name,
  format: 'esm',
  splitting: true,
  chunkNames: `lazy/${name}-[name]-[hash]`,
  write: false,
  metafile: true, // which pieces the entry needs at once
  sourcemap: watching && 'inline', // for the conversion, which passes it on
});

const bundles = {
  extension: inPieces('extension', 'src/extension/extension.ts'),
  cli: {
    ...node,
    entryPoints: { cli: 'src/cli/main.ts', check: 'src/cli/checkMain.ts' },
    outdir: 'dist',
    write: false,
    // What is loaded on first use becomes a require, which a script compiled by itself can run.
    supported: { 'dynamic-import': false },
  },
  cliProgram: inPieces('cliProgram', 'src/cli/program.ts'),
  mcp: { ...node, entryPoints: ['src/cli/mcp/server.ts'], outfile: 'dist/mcp.js' },
  engineHost: {
    ...node,
    entryPoints: ['src/host/engineHost/process/main.ts'],
    outfile: 'dist/engineHost.js',
  },
  reference: {
    ...node,
    entryPoints: ['src/host/run/reference/process/main.ts'],
    outfile: 'dist/reference.js',
    // ONNX Runtime as it is for Node: its threads are Node's, its WebAssembly lies beside it in dist/ort. It asks where
    // it lies, which a CommonJS bundle tells in other words.
    conditions: ['node', 'module'],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  },
  webview: {
    ...node,
    entryPoints: ['src/webview/enginePage/main.ts'],
    outfile: 'dist/webview/enginePage.js',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    mainFields: ['browser', 'module', 'main'],
    external: [],
    tsconfig: 'src/webview/tsconfig.json',
  },
};
bundles.gpuPage = {
  ...bundles.webview,
  entryPoints: ['src/webview/gpuPage/main.ts'],
  outfile: 'dist/webview/gpuPage.js',
};
bundles.comparePage = {
  ...bundles.webview,
  entryPoints: ['src/webview/comparePage/main.ts'],
  outfile: 'dist/webview/comparePage.js',
};

bundles.matrixPage = {
  ...bundles.webview,
  entryPoints: ['src/webview/matrixPage/main.ts'],
  outfile: 'dist/webview/matrixPage.js',
};

/** The icon font is not imported by the page's style: VS Code's webviews load it as a style sheet of its own. */
function copyCodicons() {
  const from = path.join(__dirname, 'node_modules/@vscode/codicons/dist');
  const to = path.join(__dirname, 'dist/webview');
  fs.mkdirSync(to, { recursive: true });
  for (const name of ['codicon.css', 'codicon.ttf']) {
    fs.copyFileSync(path.join(from, name), path.join(to, name));
  }
}

/** What VS Code's terminals find; with the ends of lines that each shell wants, whatever Git made of them. */
function copyLaunchers() {
  const to = path.join(__dirname, 'dist/bin');
  fs.mkdirSync(to, { recursive: true });
  for (const name of ['engine-inspector', 'engine-inspector.cmd']) {
    const text = fs.readFileSync(path.join(__dirname, 'src/cli/launchers', name), 'utf8');
    const end = name.endsWith('.cmd') ? '\r\n' : '\n';
    const file = path.join(to, name);
    fs.writeFileSync(file, text.replaceAll(/\r?\n/g, end));
    fs.chmodSync(file, 0o755);
  }
}

/** The plain build for the CPU: the others of the package are for GPUs in browsers and twice as large. */
function copyOnnxRuntime() {
  const from = path.join(__dirname, 'node_modules/onnxruntime-web/dist');
  const to = path.join(__dirname, 'dist/ort');
  fs.mkdirSync(to, { recursive: true });
  for (const name of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs']) {
    fs.copyFileSync(path.join(from, name), path.join(to, name));
  }
}

/**
 * VS Code loads CommonJS, esbuild splits ES modules only: so the pieces are split first and converted one by one.
 * `await import()` of a piece becomes a require that runs when it is reached. Pieces that the entry needs at once become
 * part of it, because finding and opening a file takes longer than what is in it; the others ask the entry for them.
 */
async function writeAsCommonJs(name, result) {
  const dist = path.join(__dirname, 'dist');
  const entry = `${name}.js`;
  const pieceNamed = (file) => path.relative(dist, file).replaceAll('\\', '/');
  const texts = new Map(
    result.outputFiles
      .filter(({ path: file }) => file.endsWith('.js'))
      .map(({ path: file, text }) => [pieceNamed(file), text]),
  );
  const atOnce = piecesAtOnce(result.metafile, `dist/${entry}`).map((file) => file.slice(5));
  const inEntry = new Map(atOnce.map((file, at) => [path.posix.basename(file), `piece${at}`]));
  const convert = {
    ...{ format: 'cjs', platform: 'node', target: node.target, minify: node.minify },
    sourcemap: watching && 'external',
    supported: { 'dynamic-import': false },
  };
  const files = [...texts].map(async ([file, text]) => {
    if (inEntry.has(path.posix.basename(file))) return [];
    const { code, map } =
      file === entry
        ? await joined(entry, texts, inEntry, convert)
        : await esbuild.transform(text, { ...convert, sourcefile: path.join(dist, file) });
    const loaded = withoutCopies(askingTheEntry(code, entry, inEntry));
    if (!watching) return [{ file, code: loaded }];
    const link = `//# sourceMappingURL=${path.posix.basename(file)}.map\n`;
    return [
      { file: `${file}.map`, code: map },
      { file, code: loaded + link },
    ];
  });
  // A piece whose own text stays the same may ask the entry for another one than before: another name, then.
  const salt = atOnce.join();
  const renamed = (text) =>
    text.replaceAll(
      new RegExp(`(${name}-[\\w-]+-)([A-Z0-9]{8})(?=\\.js)`, 'g'),
      (_, start, hash) => {
        const sum = crypto.createHash('sha256').update(`${hash} ${salt}`).digest('hex');
        return start + sum.slice(0, 8).toUpperCase();
      },
    );
  const written = (await Promise.all(files)).flat().map(({ file, code }) => ({
    file: path.join(dist, renamed(file)),
    code: renamed(code),
  }));
  writePieces(dist, name, written);
}

/** The pieces that a file of dist imports at its start, itself or through others. */
function piecesAtOnce({ outputs }, entry) {
  const found = new Set();
  const follow = (file) => {
    for (const { path: next, kind } of outputs[file].imports) {
      if (kind !== 'import-statement' || !(next in outputs) || found.has(next)) continue;
      found.add(next);
      follow(next);
    }
  };
  follow(entry);
  return [...found].sort();
}

/** The entry with the pieces that it needs at once, each of which it also hands out under a name. */
async function joined(entry, texts, inEntry, convert) {
  const lines = [`export * from './${entry}';`];
  for (const [piece, as] of inEntry) lines.push(`export * as ${as} from './lazy/${piece}';`);
  const isStatic = (file, kind) => kind === 'import-statement';
  const { code, map } = await bundledPieces(lines.join('\n'), entry, texts, isStatic, convert);
  return { code, map: fromDist(map) };
}

/** contents: a module in dist. isInside: what becomes a part of the file; the rest is asked for under its name. */
async function bundledPieces(contents, outfile, texts, isInside, convert) {
  const fromMemory = {
    name: 'from-memory',
    setup: (build) => {
      build.onResolve({ filter: /./ }, ({ path: named, importer, kind }) => {
        if (!named.startsWith('.')) return { path: named, external: true };
        const folder = texts.has(importer) ? path.posix.dirname(importer) : '.';
        const file = path.posix.join(folder, named);
        return isInside(file, kind)
          ? { path: file, namespace: 'memory' }
          : { path: `./${file}`, external: true };
      });
      build.onLoad({ filter: /./, namespace: 'memory' }, ({ path: file }) => ({
        contents: texts.get(file),
      }));
    },
  };
  const { outputFiles } = await esbuild.build({
    ...convert,
    stdin: { contents },
    bundle: true,
    outfile,
    write: false,
    plugins: [fromMemory],
    legalComments: node.legalComments,
    logLevel: node.logLevel,
  });
  const textOf = (end) => outputFiles.find(({ path: file }) => file.endsWith(end))?.text;
  return { code: textOf('.js'), map: textOf('.map') };
}

/** A map of pieces that are now in dist and not in the folder below: the sources lie a folder nearer. */
function fromDist(map) {
  if (map === undefined) return map;
  const { sources, ...rest } = JSON.parse(map);
  return JSON.stringify({
    ...rest,
    sources: sources.map((source) => source.replace(/^(?:\.\.\/){2}/, '../')),
  });
}

/** What is part of the entry is there once. */
function askingTheEntry(code, entry, inEntry) {
  return code.replaceAll(/require\("(\.\/(?:lazy\/)?)([\w-]+\.js)"\)/g, (all, from, piece) => {
    const as = inEntry.get(piece);
    const to = from === './' ? '../' : './';
    return as === undefined ? all : `require("${to}${entry}").${as}`;
  });
}

/**
 * Each source file imports VS Code's API and modules of Node, and for each esbuild makes a copy of all of it, name by name:
 * a millisecond for ten. Nothing of ours needs the copy, whose one addition is a default. They are asked for once a file.
 */
function withoutCopies(code) {
  const once = new Map();
  const found = /([\w$]+ ?= ?)[\w$]+\(require\("(vscode|node:[\w/]+)"\)(?:, ?1)?\)/g;
  const body = code.replaceAll(found, (copied, is, from) => {
    if (code.includes(`${is.replace(/ ?= ?$/, '')}.default`)) return copied;
    if (!once.has(from)) once.set(from, `required${once.size}`);
    return is + once.get(from);
  });
  if (once.size === 0) return code;
  const asked = [...once].map(([from, name]) => `const ${name} = require("${from}");`).join('');
  return body.replace(/^("use strict";\s*)?/, (strict) => strict + asked);
}

/** How long a piece that nothing names any more stays: a program that was started before may still ask for it. */
const graceMs = 10 * 60_000;

/**
 * Writes an entry and its pieces so that, at every moment and with several bundlers at once, what the entry names is
 * there: names of pieces tell their content, each file appears whole, the entry last; what is no longer named goes later.
 */
function writePieces(dist, name, files) {
  const entry = path.join(dist, `${name}.js`);
  fs.mkdirSync(path.join(dist, 'lazy'), { recursive: true });
  const inOrder = [...files].sort((a, b) => Number(a.file === entry) - Number(b.file === entry));
  for (const { file, code } of inOrder) {
    const partial = `${file}.${process.pid}.partial`;
    fs.writeFileSync(partial, code);
    fs.renameSync(partial, file);
  }
  removeUnusedPieces(dist, name, graceMs);
}

/** The pieces that an entry names, by itself or through others: file names in dist/lazy. */
function piecesOf(dist, name) {
  const found = new Set();
  const follow = (file) => {
    const named = fs.readFileSync(file, 'utf8').matchAll(/[\w-]+-[A-Z0-9]{8}\.js/g);
    for (const [piece] of named) {
      const next = path.join(dist, 'lazy', piece);
      if (found.has(piece) || !piece.startsWith(`${name}-`) || !fs.existsSync(next)) continue;
      found.add(piece);
      follow(next);
    }
  };
  follow(path.join(dist, `${name}.js`));
  return found;
}

/** Files of dist/lazy that the entry does not name and that were written at least so long ago; 0: all of them. */
function removeUnusedPieces(dist, name, olderThanMs) {
  const lazy = path.join(dist, 'lazy');
  const used = piecesOf(dist, name);
  for (const file of fs.readdirSync(lazy)) {
    if (!file.startsWith(`${name}-`) || used.has(file.replace(/\.map$/, ''))) continue;
    const { mtimeMs } = fs.statSync(path.join(lazy, file), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs === undefined) continue;
    // A file of this very millisecond has a time with a fraction, which Date.now() has not.
    if (olderThanMs === 0 || Date.now() - mtimeMs >= olderThanMs) {
      fs.rmSync(path.join(lazy, file), { force: true });
    }
  }
}

/**
 * The entry of the command line, and a plain check in two files with names that tell their content: with what is in the
 * first it begins to load TensorRT-RTX, and the second one is loaded meanwhile. A module is in one of them only.
 */
async function writeCommandLine(result) {
  const outputs = new Map(result.outputFiles.map((file) => [path.basename(file.path), file.text]));
  const dist = path.join(__dirname, 'dist');
  const maps = [...outputs].filter(([name]) => name === 'cli.js.map');
  const pieces = await checkInTwo(dist);
  const entry = outputs.get('cli.js').replace('cli-check-00000000.js', pieces.at(-1).name);
  writePieces(dist, 'cli', [
    ...maps.map(([name, text]) => ({ file: path.join(dist, name), code: text })),
    ...pieces.flatMap(({ name, code, map }) => {
      const file = path.join(dist, 'lazy', name);
      if (map === undefined) return [{ file, code }];
      const link = `//# sourceMappingURL=${name}.map\n`;
      return [
        { file: `${file}.map`, code: map },
        { file, code: code + link },
      ];
    }),
    { file: path.join(dist, 'cli.js'), code: `#!/usr/bin/env node\n${entry}` },
  ]);
}

async function checkInTwo(dist) {
  const { outputFiles, metafile } = await esbuild.build({
    ...inPieces('check', 'src/cli/checkMain.ts'),
    plugins: [lazyPromises, koffiBinary],
  });
  const texts = new Map(
    outputFiles
      .filter(({ path: file }) => file.endsWith('.js'))
      .map(({ path: file, text }) => [path.relative(dist, file).replaceAll('\\', '/'), text]),
  );
  const oracle = Object.keys(metafile.outputs).find(
    (file) => metafile.outputs[file].entryPoint === 'src/cli/localOracle.ts',
  );
  const atOnce = new Set(
    ['dist/check.js', oracle]
      .flatMap((file) => [file, ...piecesAtOnce(metafile, file)])
      .map((file) => file.slice('dist/'.length)),
  );
  const later = new Set([...texts.keys()].filter((file) => !atOnce.has(file)));
  const second = await half(later, [], texts, new Map([...atOnce].map((file, at) => [file, at])));
  second.code = second.code.replaceAll('"./other"', '"./cli-check.js"');
  second.name = `cli-check-later-${sumOf(second.code)}.js`;
  const first = await half(
    atOnce,
    ["get runPlainCheck() { return require('./check.js').runPlainCheck; }"],
    texts,
    new Map([...later].map((file, at) => [file, at])),
  );
  first.code = first.code.replaceAll('"./other"', `"./${second.name}"`);
  first.name = `cli-check-${sumOf(first.code)}.js`;
  return [second, first];
}

const sumOf = (code) =>
  crypto.createHash('sha256').update(code).digest('hex').slice(0, 8).toUpperCase();

/** Pieces in one file, each of which runs when it is first asked for; of the other file's it asks by their numbers. */
async function half(pieces, more, texts, others) {
  const own = [...pieces].map((file, at) => `get piece${at}() { return require('./${file}'); }`);
  const { code, map } = await bundledPieces(
    `module.exports = { ${[...more, ...own].join(', ')} };`,
    'check.js',
    texts,
    (file) => pieces.has(file),
    {
      ...{ format: 'cjs', platform: 'node', target: node.target, minify: node.minify },
      sourcemap: watching && 'external',
      supported: { 'dynamic-import': false },
    },
  );
  const asking = code.replaceAll(/require\("\.\/((?:lazy\/)?[\w-]+\.js)"\)/g, (all, file) =>
    others.has(file) ? `require("./other").piece${others.get(file)}` : all,
  );
  return { code: asking, map };
}

const splitBundles = ['extension', 'cli', 'cliProgram'];
for (const name of splitBundles) {
  const setup = (build) => {
    build.onEnd(async (result) => {
      if (result.errors.length > 0) return;
      if (name === 'cli') await writeCommandLine(result);
      else await writeAsCommonJs(name, result);
    });
  };
  bundles[name].plugins = [{ name: 'common-js-pieces', setup }];
}
/** Loaded with the first call: a check needs nothing of it, and it takes some milliseconds. */
const lazyPromises = {
  name: 'lazy-promises',
  setup: (build) => {
    build.onResolve({ filter: /^node:fs\/promises$/ }, () => ({
      path: 'promises',
      namespace: 'lazy',
    }));
    build.onLoad({ filter: /^promises$/, namespace: 'lazy' }, () => {
      const names = Object.keys(fs.promises).filter((name) => name !== 'constants');
      const calls = names.map((name) => `  ${name}: (...args) => fs.promises.${name}(...args),`);
      return {
        contents: `import * as fs from 'node:fs';\nconst calls = {\n${calls.join('\n')}\n};\nexport const { ${names.join(', ')} } = calls;`,
        resolveDir: __dirname,
      };
    });
  },
};

/** A module that is a bundle of its own, known by its file. */
const apart = (name, filter, file) => ({
  name,
  setup: (build) => {
    build.onResolve({ filter }, () => ({ path: file, external: true }));
  },
});
/** koffi's binary without the package around it: koffiBinary.ts says why. */
const koffiBinary = {
  name: 'koffi-binary',
  setup: (build) => {
    build.onResolve({ filter: /^koffi$/ }, () => ({
      path: path.join(__dirname, 'src/host/engineHost/process/koffiBinary.ts'),
    }));
  },
};
bundles.cli.plugins.push(lazyPromises, koffiBinary);
// The entry of the command line and its other half: src/cli/main.ts says why.
bundles.cli.plugins.push(apart('program-apart', /^\.\/program$/, './cliProgram.js'));
// Only an assistant's server needs the protocol's library, and zod with it.
bundles.cliProgram.plugins.push(apart('mcp-apart', /^\.\/mcp\/server$/, './mcp.js'));

async function main() {
  const args = process.argv.slice(2);
  const named = args.filter((argument) => !argument.startsWith('-'));
  const names = named.length > 0 ? named : Object.keys(bundles);
  if (names.includes('webview')) copyCodicons();
  if (names.includes('reference')) copyOnnxRuntime();
  if (names.includes('cli')) copyLaunchers();
  if (watching) {
    round.open = names.length;
    startRound();
  }
  for (const name of names) {
    const options = bundles[name];
    if (options === undefined) throw new Error(`there is no bundle "${name}"`);
    if (watching)
      await (
        await esbuild.context({ ...options, plugins: [...(options.plugins ?? []), tellWhenDone] })
      ).watch();
    else await esbuild.build(options);
  }
}

/** Two lines a round, whatever number of bundles it is about: .vscode/tasks.json waits for them. */
const round = { open: 0, start: 0 };
const tellWhenDone = {
  name: 'tell-when-done',
  setup(build) {
    let counted = true; // in the first round, which main() starts
    build.onStart(() => {
      if (!counted && round.open++ === 0) startRound();
      counted = false;
    });
    build.onEnd(() => {
      if (--round.open > 0) return;
      console.log(`watch: done in ${((Date.now() - round.start) / 1000).toFixed(1)} s`);
    });
  },
};

function startRound() {
  round.start = Date.now();
  console.log('watch: bundling …');
}

module.exports = { bundles, piecesOf, removeUnusedPieces, splitBundles, writePieces };

if (require.main === module) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
