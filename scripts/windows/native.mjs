/**
 * Compiles native code for Windows with the tool chain of toolchain.mjs: the shims as native-shim/CMakeLists.txt lists
 * their sources, and programs and libraries for the tests. Nothing is compiled again whose text is the same.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { inDeps, inRoot, run } from '../setup/system.mjs';
import { runAll } from './toolchain.mjs';

/**
 * As strict as Microsoft's /W4 /WX /permissive- as far as clang can be: shadowed members, parameters and captures are
 * C4458, C4457 and C4456 there.
 */
export const warnings = [
  ...['-Wall', '-Wextra', '-Werror', '-Wconversion', '-Wno-sign-conversion', '-Wshadow-all'],
];
const shimDefines = [
  ...[
    '-DUNICODE',
    '-D_UNICODE',
    '-DNOMINMAX',
    '-DWIN32_LEAN_AND_MEAN',
    '-D_CRT_SECURE_NO_WARNINGS',
  ],
];

export const objectsFolder = inRoot('build/windows/objects');

/**
 * Compiles sources that share their options; returns the object files. A source is compiled when it, a header of ours, or
 * the options are other than the last time.
 */
export async function compile(tools, name, sources, args, { headers = [] } = {}) {
  const folder = path.join(objectsFolder, name);
  fs.mkdirSync(folder, { recursive: true });
  const shared = createHash('sha256').update(JSON.stringify(args));
  for (const file of headers) shared.update(fs.readFileSync(file));
  const base = shared.digest('hex');
  const commands = [];
  const marks = [];
  const objects = sources.map((source) => {
    const object = path.join(folder, `${path.basename(source).replace(/\.\w+$/, '')}.obj`);
    const digest = createHash('sha256').update(base).update(fs.readFileSync(source)).digest('hex');
    const mark = `${object}.sha256`;
    const isMade =
      fs.existsSync(object) && fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === digest;
    if (!isMade) {
      fs.rmSync(mark, { force: true });
      const tool = source.endsWith('.c') ? tools.compileC : tools.compileCxx;
      commands.push(tool([...args, '-c', source, '-o', object]));
      marks.push([mark, digest]);
    }
    return object;
  });
  await runAll(commands);
  for (const [mark, digest] of marks) fs.writeFileSync(mark, digest);
  return objects;
}

const filesIn = (folder, pattern) =>
  fs
    .readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => path.join(folder, name));

const shim = inRoot('native-shim');
export const shimHeaders = () => [
  ...filesIn(path.join(shim, 'include'), /\.h$/),
  ...filesIn(path.join(shim, 'src'), /\.h$/),
  ...filesIn(path.join(shim, 'src/tensorrt'), /\.h$/),
];
export const shimArguments = [
  ...['-std=c++17', ...warnings, ...shimDefines],
  ...['-I', path.join(shim, 'include'), '-I', path.join(shim, 'src')],
];

/** The sources that CMakeLists.txt names behind these words. */
function listedSources(beginning, pattern) {
  const text = fs.readFileSync(path.join(shim, 'CMakeLists.txt'), 'utf8').replace(/\s+/g, ' ');
  const start = text.indexOf(beginning);
  const list = start < 0 ? '' : text.slice(start, text.indexOf(')', start));
  const found = list.match(pattern) ?? [];
  if (found.length < 5) throw new Error(`CMakeLists.txt lists no sources behind "${beginning}"`);
  return found.map((name) => path.join(shim, name));
}

const versionHeaders = (minor) => inDeps('headers', minor);

/** Writes the lists of names that cmake/enumNames.cmake makes; returns their folder. */
async function enumNames(minor) {
  const folder = path.join(objectsFolder, `generated-${minor}`);
  fs.mkdirSync(folder, { recursive: true });
  const script = path.join(folder, 'names.cmake');
  const enums = 'BuilderFlag MemoryPoolType ComputeCapability';
  const text = `include("${shim}/cmake/enumNames.cmake")
foreach(enum ${enums})
  write_enum_names("${versionHeaders(minor)}/NvInfer.h" \${enum} "${folder}")
endforeach()
`;
  if (!fs.existsSync(script) || fs.readFileSync(script, 'utf8') !== text) {
    fs.writeFileSync(script, text);
    await run('cmake', ['-P', script], { log: 'windows' });
  }
  return folder;
}

/** engine_shim_1_N.dll for each of these versions, in this folder; with their import libraries beside the objects. */
export async function buildShims(tools, minors, output) {
  fs.mkdirSync(output, { recursive: true });
  const headers = shimHeaders();
  const common = await compile(
    tools,
    'shim',
    [
      ...listedSources('add_library(engine_shim_common', /src\/\w+\.cpp/g),
      path.join(shim, 'src/platformWindows.cpp'),
    ],
    shimArguments,
    { headers },
  );
  const perVersion = listedSources('add_library(${target} SHARED', /src\/tensorrt\/\w+\.cpp/g);
  for (const minor of minors) {
    const [major, number] = minor.split('.');
    const generated = await enumNames(minor);
    const own = await compile(
      tools,
      `shim-${minor}`,
      perVersion,
      [
        ...[...shimArguments, `-DES_EXPECTED_MAJOR=${major}`, `-DES_EXPECTED_MINOR=${number}`],
        ...['-I', generated, '-isystem', versionHeaders(minor), '-isystem', inDeps('headers')],
      ],
      { headers: [...headers, ...filesIn(generated, /\.inc$/)] },
    );
    const name = `engine_shim_${major}_${number}`;
    await runAll([
      tools.linkDll(path.join(output, `${name}.dll`), [
        `-implib:${path.join(objectsFolder, `${name}.lib`)}`,
        ...common,
        ...own,
      ]),
    ]);
  }
}
