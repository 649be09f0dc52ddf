/** Checking engines: ten thousand through the host, one of 20 GB. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Checker } from '../../src/host/check/checker';
import { shimFolderOf } from '../../src/host/runtimes/shims';
import type { FoundRuntime } from '../../src/host/runtimes/runtimeSources';
import { EngineHostSupervisor } from '../../src/host/engineHost/supervisor';
import { temporaryFolder } from '../harness/workspace';
import type { Fleet } from './fleet';
import { compiled, type Places } from './fleetRows';
import {
  inRoot,
  interleaved,
  library,
  median,
  outputOf,
  ratioRow,
  runtimeVersion,
  type Row,
} from './measure';
import { residentBytes } from './processMemory';

const dist = inRoot('dist');

function loopMs(output: string): number {
  const { ms: values } = JSON.parse(output) as { ms: number[] };
  return median(values);
}

/** A supervisor and checker as the extension has them, with this one library. */
function makeChecker(
  libraryPath: string,
  distFolder: string,
): { supervisor: EngineHostSupervisor; checker: Checker } {
  const runtime: FoundRuntime = {
    path: libraryPath,
    realPath: libraryPath,
    source: 'setting',
    version: runtimeVersion,
    problem: null,
    nextStep: '',
  };
  const supervisor = new EngineHostSupervisor({
    hostMain: path.join(distFolder, 'engineHost.js'),
    shimFolder: shimFolderOf(distFolder),
    onLog: () => undefined,
  });
  const checker = new Checker({
    oracle: supervisor,
    choose: () => Promise.resolve({ runtime, why: 'the bench uses this one', nextStep: '' }),
    knownRuntimes: () => Promise.resolve([]),
  });
  return { supervisor, checker };
}

export async function manyEngines(places: Places, { paths, list }: Fleet): Promise<Row[]> {
  const { supervisor, checker } = makeChecker(places.library, path.dirname(places.cli));
  const loop = compiled(places.plainLoop.cpp, places);
  try {
    const results = await interleaved(7, {
      ours: async () => {
        const start = performance.now();
        const checked = await checker.files(paths);
        const time = performance.now() - start;
        if (checked.validity(paths.length - 1) === null) throw new Error('nobody was asked');
        return time;
      },
      cpp: async () => {
        const said = await outputOf(loop, [places.library, list], places.env);
        return (JSON.parse(said) as { ns: number }).ns / 1e6;
      },
      python: async () =>
        loopMs(
          await outputOf(places.python.command, [places.plainLoop.python, list, '3'], {
            ...places.env,
            ...places.python.env,
          }),
        ),
    });
    const what = `Verdicts for ${paths.length.toLocaleString('en')} engines through the engine host`;
    return [
      ratioRow(what, results.ours, { name: 'plain C++ loop', values: results.cpp }, 0.75),
      ratioRow(what, results.ours, { name: 'Python bindings', values: results.python }, 0.5),
    ];
  } finally {
    await supervisor.dispose();
  }
}

export async function hugeEngine(engine: string): Promise<Row[]> {
  const folder = temporaryFolder();
  const { supervisor, checker } = makeChecker(library, dist);
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
