/**
 * Whole processes of the command line beside the least that others need for the same engines. Also run on a machine that
 * has nothing but what was brought there (gpuKit.ts), so nothing of the repository is read here.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { boards } from '../../src/core/targets/boards';
import type { Fleet } from './fleet';
import {
  interleaved,
  megabytes,
  ms,
  processTime,
  ratioRow,
  runtimeVersion,
  type Row,
} from './measure';

export interface Places {
  /** dist/cli.js */
  cli: string;
  library: string;
  /** CUDA's headers and those of the library's version. */
  headers: readonly string[];
  python: { command: string; env: NodeJS.ProcessEnv };
  /** bareKoffi.cjs */
  bareKoffi: string;
  plainLoop: { python: string; cpp: string };
  plainWalk: string;
  /** For programs that are compiled. */
  build: string;
  env: NodeJS.ProcessEnv;
}

/** A yardstick in C++; returns the program. */
export function compiled(source: string, { headers, build }: Places): string {
  const program = path.join(build, path.basename(source, '.cpp'));
  fs.mkdirSync(build, { recursive: true });
  execFileSync(process.env['CXX'] ?? 'c++', [
    ...['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror'],
    ...headers.flatMap((folder) => ['-isystem', folder]),
    ...[source, '-o', program, '-ldl', '-pthread'],
  ]);
  return program;
}

/** Milliseconds of a whole check that writes into a file, as a pipeline would have it. */
async function checkTime(
  places: Places,
  args: readonly string[],
  output: string,
  watch: (child: ChildProcess) => () => void = () => () => undefined,
): Promise<number> {
  // Emptying what the run before wrote is nobody's work: up to 34 MB, 20 ms.
  fs.rmSync(output, { force: true });
  const start = performance.now();
  const descriptor = fs.openSync(output, 'w');
  const child = spawn(process.execPath, [places.cli, 'check', ...args], {
    env: { ...process.env, ...places.env },
    stdio: ['ignore', descriptor, 'ignore'],
  });
  const unwatch = watch(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).finally(unwatch);
  const time = performance.now() - start;
  fs.closeSync(descriptor);
  if (code !== 0 && code !== 1 && code !== 2) throw new Error(`check ended with ${code}`);
  if (fs.statSync(output).size < 1000) throw new Error('check printed nothing');
  return time;
}

const formats = {
  text: { args: [], atMost: 1 },
  csv: { args: ['--format', 'csv'], atMost: 1 },
  ndjson: { args: ['--format', 'ndjson'], atMost: 1 },
  json: { args: ['--json'], atMost: 1.5 },
} as const;
type Format = keyof typeof formats;

/** atMost: in place of what each format should take. */
export async function fleetRows(
  places: Places,
  fleet: Fleet,
  options: { rounds: number; asked: readonly Format[]; atMost?: number },
): Promise<Row[]> {
  const count = fleet.paths.length.toLocaleString('en');
  const output = path.join(path.dirname(fleet.list), 'output');
  const measured = await interleaved<string>(options.rounds, {
    python: () =>
      processTime(places.python.command, [places.plainLoop.python, fleet.list], {
        env: { ...places.env, ...places.python.env },
      }),
    ...Object.fromEntries(
      options.asked.map((format) => [
        format,
        () => checkTime(places, [fleet.folder, ...formats[format].args], output),
      ]),
    ),
  });
  return options.asked.map((format) =>
    ratioRow(
      `\`check\` of ${count} engines that differ, ${format}, whole process`,
      measured[format] ?? [],
      { name: "NVIDIA's Python bindings, which only ask", values: measured['python'] ?? [] },
      options.atMost ?? formats[format].atMost,
    ),
  );
}

/** Beside a walk in C++, and the most memory that it takes. */
export async function largeFleetRows(places: Places, fleet: Fleet): Promise<Row[]> {
  const walk = compiled(places.plainWalk, places);
  const output = path.join(path.dirname(fleet.list), 'output');
  const measured = await interleaved(3, {
    text: () => checkTime(places, [fleet.folder], output),
    walk: () => processTime(walk, [places.library, fleet.folder], { env: places.env }),
  });
  const peak = await peakOf(places, [fleet.folder], output);
  const count = fleet.paths.length.toLocaleString('en');
  return [
    ratioRow(
      `\`check\` of ${count} engines that differ, text, whole process`,
      measured.text,
      { name: 'C++ walk that opens, reads, stats and asks', values: measured.walk },
      1.3,
    ),
    {
      what: `\`check\` of ${count} engines: most memory of the process`,
      ours: megabytes(peak),
      yardstick: '',
      result: megabytes(peak),
      target: '< 150 MB',
      ok: peak < 150e6,
    },
  ];
}

/** A hundred thousand engines on twenty targets: memory, and how soon the first line is there. */
export async function targetsRows(places: Places, fleet: Fleet): Promise<Row[]> {
  const output = path.join(path.dirname(fleet.list), 'output');
  const names = boards.flatMap(({ id, memory }) => (memory.length === 1 ? [id] : [])).slice(0, 20);
  const args = ['--no-config', '--target', names.join(','), '--rtx', runtimeVersion.slice(0, 5)];
  const engines = `${fleet.paths.length.toLocaleString('en')} engines on ${names.length} targets`;
  const peakRow = (what: string, peak: number, most: number): Row => ({
    what: `\`check\` of ${engines}, ${what}: most memory of the process`,
    ...{ ours: megabytes(peak), yardstick: '', result: megabytes(peak) },
    ...{ target: `< ${megabytes(most)}`, ok: peak < most },
  });
  const ndjson = [...args, '--format', 'ndjson', fleet.folder];
  const peak = await peakOf(places, ndjson, output);
  const files = ['sarif', 'junit', 'csv'].flatMap((format) => [
    '--output',
    `${format}=${output}.${format}`,
  ]);
  const known = [...args, '--baseline', `${output}.known.json`, fleet.folder];
  await checkTime(places, [...known, '--update-baseline'], output);
  const first = await firstLine(places, ndjson);
  return [
    peakRow('NDJSON', peak, 200e6),
    peakRow('four formats at once', await peakOf(places, [...files, ...ndjson], output), 200e6),
    peakRow('all findings in a baseline', await peakOf(places, known, output), 200e6),
    {
      what: `\`check\` of ${engines}: the first line of NDJSON`,
      ...{ ours: ms(first), yardstick: '', result: ms(first) },
      ...{ target: '< 1 s', ok: first < 1000 },
    },
  ];
}

async function firstLine(places: Places, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [places.cli, 'check', ...args], {
    env: { ...process.env, ...places.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.stdout.once('data', resolve);
    });
    return performance.now() - start;
  } finally {
    child.kill();
  }
}

async function peakOf(places: Places, args: readonly string[], output: string): Promise<number> {
  let peak = 0;
  await checkTime(places, args, output, ({ pid }) => {
    const timer = setInterval(() => {
      try {
        const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
      } catch {
        // It has just ended.
      }
    }, 5);
    return () => clearInterval(timer);
  });
  return peak;
}

export async function coldRows(places: Places, engine: string, rounds: number): Promise<Row[]> {
  const list = path.join(places.build, 'one.txt');
  fs.mkdirSync(places.build, { recursive: true });
  fs.writeFileSync(list, `${engine}\n`);
  const { env } = places;
  const measured = await interleaved(rounds, {
    ours: () =>
      processTime(process.execPath, [places.cli, 'check', engine, '--json'], {
        env,
        codes: [0, 1, 2],
      }),
    bare: () => processTime(process.execPath, [places.bareKoffi, places.library], { env }),
    python: () =>
      processTime(places.python.command, [places.plainLoop.python, list], {
        env: { ...env, ...places.python.env },
      }),
  });
  const what = 'One cold verdict by the command line';
  const bare = { name: 'bare Node script that loads the library by koffi', values: measured.bare };
  const python = { name: 'one-shot Python', values: measured.python };
  return [
    ratioRow(what, measured.ours, bare, 1.08),
    ratioRow(what, measured.ours, python, 1.2),
    {
      what: `${what}: the fastest of ${rounds}`,
      ours: ms(Math.min(...measured.ours)),
      yardstick: `bare: ${ms(Math.min(...measured.bare))}, Python: ${ms(Math.min(...measured.python))}`,
      result: `${(Math.min(...measured.ours) / Math.min(...measured.bare)).toFixed(2)} ×`,
      target: '≤ 1.08 ×',
      ok: Math.min(...measured.ours) / Math.min(...measured.bare) <= 1.08,
    },
  ];
}
