/**
 * A C++17 compiler with Microsoft's ABI (x86_64-pc-windows-msvc) on Linux, made from one package of PyPI: ziglang has
 * clang, lld-link, libc++'s sources and mingw-w64's C and Windows headers. For tests, not for what is shipped
 * (docs/windows.md says why).
 *
 * clang lays out vtables, destructors and returned structs as Microsoft's compiler does, and throws Microsoft's exceptions
 * (vcruntime140.dll). -fgnuc-version makes mingw-w64's headers usable while _MSC_VER stays defined.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { SetupError, digestOf, inRoot, run } from '../setup/system.mjs';

const here = inRoot('scripts/windows/toolchain');
const target = ['--target=x86_64-pc-windows-msvc', '-fgnuc-version=4.2.1'];
const log = 'windows';

/** What the compiler of a folder (see `makeToolchain`) is started with. */
export function toolchainIn(folder) {
  const zig = path.join(folder, 'zig/ziglang/zig');
  const lib = path.join(folder, 'zig/ziglang/lib');
  const common = [
    ...[...target, '-O2', '-nostdinc', '-D_UCRT', '-D_WIN32_WINNT=0x0A00', '-isystem', here],
  ];
  const system = [
    ...['-isystem', path.join(lib, 'include')],
    ...['-isystem', path.join(lib, 'libc/include/any-windows-any')],
  ];
  const cxx = [
    ...[...common, '-isystem', path.join(lib, 'libcxx/include'), ...system],
    ...['-include', path.join(here, 'libcxx-config.h'), '-fexceptions', '-fcxx-exceptions'],
  ];
  // vcruntime140 before ucrtbase, which exports copies of its functions: msvcp140.dll keeps exceptions in the former's hands.
  const libraries = ['cxx', 'vcruntime140', 'msvcp140', 'kernel32', 'ucrtbase', 'ucrtmore'].map(
    (name) => path.join(folder, 'lib', `${name}.lib`),
  );
  const link = ['lld-link', '-nologo', '-machine:x64', '-nodefaultlib', '-opt:ref', '-brepro'];
  return {
    folder,
    zig,
    lib,
    compileCxx: (args) => [zig, ['clang', '-x', 'c++', ...cxx, ...args]],
    compileC: (args) => [zig, ['clang', '-x', 'c', ...common, ...system, ...args]],
    linkDll: (output, args) => [
      zig,
      [
        ...[...link, '-dll', `-out:${output}`, ...args],
        ...[path.join(folder, 'obj/crtdll.obj'), ...libraries],
      ],
    ],
    linkExe: (output, args) => [
      zig,
      [
        ...[...link, '-subsystem:console', `-out:${output}`, ...args],
        ...[path.join(folder, 'obj/crtexe.obj'), ...libraries],
      ],
    ],
    importLibrary: (name, definition) => {
      const file = path.join(folder, 'lib', `${name}.def`);
      if (definition !== undefined) fs.writeFileSync(file, definition);
      const output = path.join(folder, 'lib', `${name}.lib`);
      return [zig, ['dlltool', '-m', 'i386:x86-64', '-d', file, '-l', output]];
    },
  };
}

/** Runs commands, as many at a time as there are cores. Throws the first failure with what the compiler printed. */
export async function runAll(commands) {
  const queue = [...commands];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [command, args] = next;
      const { code, text } = await runQuietly(command, args);
      if (code === 0) continue;
      queue.length = 0;
      const source = args.find((argument) => /\.(c|cpp)$/.test(argument)) ?? args.at(-1);
      throw new SetupError(
        `${path.basename(command)} ${args[0]} ended with ${code} at ${source}:\n${text.slice(0, 6000)}`,
        undefined,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, os.availableParallelism()) }, work));
}

function runQuietly(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece) => (text += piece));
    }
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? signal, text }));
  });
}

/** What the results of `makeToolchain` depend on beside the wheel. */
export const toolchainKey = () =>
  digestOf([
    fs.readFileSync(inRoot('scripts/windows/toolchain.mjs'), 'utf8'),
    ...fs.readdirSync(here).map((name) => fs.readFileSync(path.join(here, name), 'utf8')),
  ]);

/**
 * Makes beside the unpacked wheel (FOLDER/zig): lib/ with import libraries and cxx.lib (libc++ and printf & co.), obj/ with
 * start-up code. What is linked with it needs ucrtbase.dll of Windows, and vcruntime140.dll and msvcp140.dll.
 */
export async function makeToolchain(folder) {
  const tools = toolchainIn(folder);
  const { zig, lib } = tools;
  const inFolder = (...parts) => path.join(folder, ...parts);
  for (const name of ['lib', 'obj/cxx']) fs.mkdirSync(inFolder(name), { recursive: true });
  const mingw = path.join(lib, 'libc/mingw');

  for (const name of ['kernel32', 'ucrtbase', 'vcruntime140']) {
    await run(
      zig,
      [
        ...['clang', '-E', '-P', '-x', 'assembler-with-cpp', '-DDEF_X64'],
        ...['--target=x86_64-w64-mingw32', '-I', path.join(mingw, 'def-include')],
        ...[path.join(mingw, `lib-common/${name}.def.in`), '-o', inFolder(`lib/${name}.def`)],
      ],
      { log },
    );
  }
  const exceptionPointer = [
    '?__ExceptionPtrAssign@@YAXPEAXPEBX@Z',
    '?__ExceptionPtrCompare@@YA_NPEBX0@Z',
    '?__ExceptionPtrCopy@@YAXPEAXPEBX@Z',
    '?__ExceptionPtrCopyException@@YAXPEAXPEBX1@Z',
    '?__ExceptionPtrCreate@@YAXPEAX@Z',
    '?__ExceptionPtrCurrentException@@YAXPEAX@Z',
    '?__ExceptionPtrDestroy@@YAXPEAX@Z',
    '?__ExceptionPtrRethrow@@YAXPEBX@Z',
    '?__ExceptionPtrSwap@@YAXPEAX0@Z',
    '?__ExceptionPtrToBool@@YA_NPEBX@Z',
  ];
  const exports = (library, names) => `LIBRARY "${library}"\nEXPORTS\n${names.join('\n')}\n`;
  const libcxx = (name) => path.join(lib, 'libcxx/src', `${name}.cpp`);
  const sources = [
    ...['algorithm', 'atomic', 'call_once', 'charconv', 'chrono', 'condition_variable'],
    ...['condition_variable_destructor', 'error_category', 'exception', 'functional', 'future'],
    ...['hash', 'memory', 'mutex', 'mutex_destructor', 'new', 'new_handler', 'new_helpers'],
    ...['optional', 'shared_mutex', 'stdexcept', 'string', 'system_error', 'thread', 'typeinfo'],
    ...['variant', 'vector', 'verbose_abort', 'support/win32/thread_win32'],
  ];
  const prints = [
    ...['printf', 'fprintf', 'snprintf', 'vsnprintf', 'vfprintf', 'sscanf', 'sprintf', 'vsprintf'],
    'vprintf',
  ];
  const object = (name) => inFolder('obj/cxx', `${path.basename(name)}.obj`);
  const crt = path.join(here, 'crt.cpp');
  await runAll([
    tools.importLibrary('kernel32'),
    tools.importLibrary('ucrtbase'),
    tools.importLibrary('vcruntime140'),
    // Left out of mingw-w64's list, whose long double is another type.
    tools.importLibrary('ucrtmore', exports('ucrtbase.dll', ['strtold', 'wcstold'])),
    // What std::exception_ptr is made of, in libc++ as in Microsoft's library.
    tools.importLibrary('msvcp140', exports('msvcp140.dll', exceptionPointer)),
    tools.compileCxx(['-std=c++17', '-c', crt, '-o', inFolder('obj/crtdll.obj')]),
    tools.compileCxx(['-std=c++17', '-DCRT_EXE', '-c', crt, '-o', inFolder('obj/crtexe.obj')]),
    ...sources.map((name) =>
      tools.compileCxx([
        ...['-w', '-std=c++23', '-DNOMINMAX', '-D_LIBCPP_BUILDING_LIBRARY'],
        ...['-I', path.join(lib, 'libcxx/src'), '-I', path.join(lib, 'libcxx/src/include')],
        ...['-c', libcxx(name), '-o', object(name)],
      ]),
    ),
    ...prints.map((name) =>
      tools.compileC([
        ...['-w', '-I', path.join(mingw, 'include')],
        ...['-c', path.join(mingw, `stdio/ucrt_${name}.c`), '-o', object(`ucrt_${name}`)],
      ]),
    ),
  ]);
  const archive = inFolder('lib/cxx.lib');
  fs.rmSync(archive, { force: true });
  const objects = [...sources, ...prints.map((name) => `ucrt_${name}`)].map(object);
  await run(zig, ['ar', '--format=coff', 'rcs', archive, ...objects], { log });
}
