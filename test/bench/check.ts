/** Checking engines: ten thousand through the host, one by the command line, one of 20 GB. */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { Checker } from '../../src/host/check/checker';
import { shimFolderOf } from '../../src/host/runtimes/shims';
import type { FoundRuntime } from '../../src/host/runtimes/runtimeSources';
import { EngineHostSupervisor } from '../../src/host/engineHost/supervisor';
import { temporaryFolder } from '../harness';
import {
  headersFolder,
  inRoot,
  interleaved,
  library,
  median,
  outputOf,
  processTime,
  ratioRow,
  runtimeVersion,
  type Row,
} from './measure';
import { residentBytes } from './processMemory';
import type { Python } from './python';

const dist = inRoot('dist');
const fileCount = 10_000;

/** Compiles the C++ yardstick; returns the program. */
export async function buildPlainLoop(): Promise<string> {
  const program = inRoot('build/plainLoop');
  fs.mkdirSync(path.dirname(program), { recursive: true });
  await promisify(execFile)(process.env['CXX'] ?? 'c++', [
    ...['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror'],
    ...['-isystem', headersFolder, '-isystem', inRoot('.deps/headers')],
    ...[inRoot('native-shim/test/plainLoop.cpp'), '-o', program, '-ldl'],
  ]);
  return program;
}

function loopMs(output: string): number {
  const { ms: values } = JSON.parse(output) as { ms: number[] };
  return median(values);
}

const runtime: FoundRuntime = {
  path: library,
  realPath: library,
  source: 'setting',
  version: runtimeVersion,
  problem: null,
  nextStep: '',
};

/** A supervisor and checker as the extension has them, with this one library. */
function makeChecker(): { supervisor: EngineHostSupervisor; checker: Checker } {
  const supervisor = new EngineHostSupervisor({
    hostMain: path.join(dist, 'engineHost.js'),
    shimFolder: shimFolderOf(dist),
    onLog: () => undefined,
  });
  const checker = new Checker({
    oracle: supervisor,
    choose: () => Promise.resolve({ runtime, why: 'the bench uses this one', nextStep: '' }),
    knownRuntimes: () => Promise.resolve([]),
  });
  return { supervisor, checker };
}

export async function manyEngines(
  engine: string,
  plainLoop: string,
  python: Python,
): Promise<Row[]> {
  const folder = temporaryFolder();
  const { supervisor, checker } = makeChecker();
  try {
    const bytes = fs.readFileSync(engine).subarray(0, 4096);
    const paths = Array.from({ length: fileCount }, (_, index) =>
      path.join(folder.path, `model${index}.engine`),
    );
    for (const file of paths) fs.writeFileSync(file, bytes);
    const list = path.join(folder.path, 'list.txt');
    fs.writeFileSync(list, paths.join('\n') + '\n');

    const results = await interleaved(7, {
      ours: async () => {
        const start = performance.now();
        const checked = await checker.files(paths);
        const time = performance.now() - start;
        if (checked.validity(fileCount - 1) === null) throw new Error('nobody was asked');
        return time;
      },
      cpp: async () => {
        const { ns } = JSON.parse(await outputOf(plainLoop, [library, list])) as { ns: number };
        return ns / 1e6;
      },
      python: async () =>
        loopMs(
          await outputOf(
            python.command,
            [inRoot('test/bench/plainLoop.py'), list, '3'],
            python.env,
          ),
        ),
    });
    const what = `Verdicts for ${fileCount.toLocaleString('en')} engines through the engine host`;
    return [
      ratioRow(what, results.ours, { name: 'plain C++ loop', values: results.cpp }, 1.2),
      ratioRow(what, results.ours, { name: 'Python bindings', values: results.python }, 0.5),
    ];
  } finally {
    await supervisor.dispose();
    folder.remove();
  }
}

export async function coldCommandLine(engine: string, python: Python): Promise<Row[]> {
  const folder = temporaryFolder();
  try {
    const list = path.join(folder.path, 'list.txt');
    fs.writeFileSync(list, `${engine}\n`);
    const env = { LD_LIBRARY_PATH: path.dirname(library) };
    const results = await interleaved(15, {
      ours: () =>
        processTime(process.execPath, [path.join(dist, 'cli.js'), 'check', engine, '--json'], {
          env,
          codes: [0, 1, 2],
        }),
      bare: () => processTime(process.execPath, [inRoot('test/bench/bareKoffi.cjs'), library]),
      python: () =>
        processTime(python.command, [inRoot('test/bench/plainLoop.py'), list], {
          env: python.env,
        }),
    });
    const what = 'One cold verdict by the command line';
    return [
      ratioRow(
        what,
        results.ours,
        { name: 'bare Node script that loads the library by koffi', values: results.bare },
        1.15,
      ),
      ratioRow(what, results.ours, { name: 'one-shot Python', values: results.python }, 1),
    ];
  } finally {
    folder.remove();
  }
}

export async function hugeEngine(engine: string): Promise<Row[]> {
  const folder = temporaryFolder();
  const { supervisor, checker } = makeChecker();
  try {
    const small = path.join(folder.path, 'small.engine');
    const huge = path.join(folder.path, 'huge.engine');
    fs.copyFileSync(engine, small);
    fs.copyFileSync(engine, huge);
    fs.truncateSync(huge, 20e9);
    await checker.files([small, huge]);
    const pid = childrenOf(process.pid).find((child) => child.command.includes('engineHost'))?.pid;
    if (pid === undefined) throw new Error('the engine host is not running');
    const repeats = 300;
    const checkOften = (file: string) => async (): Promise<number> => {
      const start = performance.now();
      for (let i = 0; i < repeats; i++) await checker.file(file);
      return (performance.now() - start) / repeats;
    };
    const results = await interleaved(9, { small: checkOften(small), huge: checkOften(huge) });
    const growths: number[] = [];
    for (let i = 0; i < 9; i++) {
      await checker.file(small);
      const before = residentBytes(pid);
      await checker.file(huge);
      growths.push(Math.max(0, residentBytes(pid) - before));
    }
    const growth = median(growths);
    return [
      ratioRow(
        'Report on a 20 GB sparse engine',
        results.huge,
        { name: 'a small engine', values: results.small },
        1.1,
      ),
      {
        what: 'Memory that the host takes for it',
        ours: `${(growth / 1e6).toFixed(2)} MB more than before it was checked`,
        yardstick: '',
        result: `${(growth / 1e6).toFixed(2)} MB`,
        target: '< 1 MB',
        ok: growth < 1e6,
      },
    ];
  } finally {
    await supervisor.dispose();
    folder.remove();
  }
}

function childrenOf(parent: number): { pid: number; command: string }[] {
  const children = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8');
  return children
    .trim()
    .split(' ')
    .filter((text) => text !== '')
    .map((pid) => ({
      pid: Number(pid),
      command: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    }));
}
