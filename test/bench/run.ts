/**
 * Running engines, on the stand-ins (no GPU in reach runs the real kernels): what the harness costs beside a plain C++
 * loop, and what reading a large engine takes.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { percentileOfSorted } from '../../src/core/run/statistics';
import { EngineHostClient } from '../../src/host/engineHost/client';
import { shimFolderOf } from '../../src/host/runtimes/shims';
import { temporaryFolder } from '../harness';
import { standInMachine, writeStandInEngine, type StandInComputer } from '../standIns/standIns';
import {
  headersFolder,
  inRoot,
  interleaved,
  median,
  megabytes,
  outputOf,
  type Row,
} from './measure';
import { residentBytes } from './processMemory';

const dist = inRoot('dist');
const height = 64;
const width = 64;
const warmUp = 20;
const iterations = 1500;

async function buildRunLoop(): Promise<string> {
  const program = inRoot('build/runLoop');
  fs.mkdirSync(path.dirname(program), { recursive: true });
  await promisify(execFile)(process.env['CXX'] ?? 'c++', [
    ...['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror'],
    ...['-isystem', headersFolder, '-isystem', inRoot('.deps/headers')],
    ...[inRoot('test/bench/runLoop.cpp'), '-o', program, '-ldl'],
  ]);
  return program;
}

async function withHost<T>(
  machine: StandInComputer,
  use: (client: EngineHostClient) => Promise<T>,
): Promise<T> {
  const client = new EngineHostClient({
    hostMain: path.join(dist, 'engineHost.js'),
    shimFolder: shimFolderOf(dist),
    environment: machine.environment,
    onLog: () => undefined,
  });
  try {
    await client.request('load', { libraryPath: machine.runtime });
    return await use(client);
  } finally {
    await client.dispose();
  }
}

interface Measured {
  /** Nanoseconds from the start of one iteration to the start of the next, the median. */
  period: number;
  /** Nanoseconds, ascending. */
  latencies: Float64Array;
}

/** Samples of so many int64 each, start and latency first. */
function measuredOf(samples: Uint8Array, fields: number): Measured {
  // Copied, because its place in a larger buffer need not be a multiple of eight.
  const numbers = Array.from(new BigInt64Array(new Uint8Array(samples).buffer), Number);
  const starts = numbers.filter((_, index) => index % fields === 0);
  const latencies = numbers.filter((_, index) => index % fields === 1);
  return {
    period: median(starts.slice(1).map((start, index) => start - (starts[index] ?? 0))),
    latencies: Float64Array.from(latencies).sort(),
  };
}

async function throughHost(
  machine: StandInComputer,
  engine: string,
  input: string,
): Promise<Measured> {
  return withHost(machine, async (client) => {
    const { report, samples } = await client.request('run', {
      token: 'bench',
      engine,
      inputs: [{ name: 'image', shape: [1, 3, height, width], dataPath: input }],
      budgets: [],
      runtimeCache: null,
      outputFolder: null,
      profile: 0,
      warmUp,
      iterations,
      durationNs: 0,
      maxSamples: iterations,
      streams: 1,
      copies: false,
      cudaGraph: false,
      lazyKernels: true,
      profiledIterations: 0,
    });
    const attempt = report.attempts[0];
    if (attempt?.sampleCount !== iterations) {
      throw new Error(`the run failed: ${attempt?.failure?.sentence ?? 'no attempt'}`);
    }
    return measuredOf(samples, 4);
  });
}

async function byLoop(
  machine: StandInComputer,
  program: string,
  engine: string,
  out: string,
): Promise<Measured> {
  const numbers = [warmUp, iterations, height, width].map(String);
  await outputOf(program, [machine.runtime, 'run', engine, ...numbers, out], machine.environment);
  return measuredOf(fs.readFileSync(out), 2);
}

/** What each iteration costs beyond a plain C++ loop, and whether both see the same distribution. */
export async function runOverhead(): Promise<Row[]> {
  const program = await buildRunLoop();
  const folder = temporaryFolder();
  // One iteration in ten takes 2 ms longer, so that the percentiles are different numbers.
  const machine = standInMachine({ faults: { slow_every: 10, slow_ms: 2 } });
  try {
    const engine = path.join(folder.path, 'bench.engine');
    const input = path.join(folder.path, 'image.bin');
    writeStandInEngine(engine, { latencyMs: 1 });
    fs.writeFileSync(input, Buffer.alloc(3 * height * width * 4));
    const results = await interleaved<'ours' | 'loop', Measured>(7, {
      ours: () => throughHost(machine, engine, input),
      loop: () => byLoop(machine, program, engine, path.join(folder.path, 'latencies.bin')),
    });
    const each = ({ period }: Measured): number => period / 1000;
    const ours = median(results.ours.map(each));
    const loop = median(results.loop.map(each));
    const rows: Row[] = [
      {
        what: 'One iteration of a run through the engine host (stand-in GPU)',
        ours: `${ours.toFixed(1)} µs`,
        yardstick: `plain C++ loop: ${loop.toFixed(1)} µs`,
        result: `${(ours - loop).toFixed(1)} µs more`,
        target: '≤ 10 µs more',
        ok: ours - loop <= 10,
      },
    ];
    for (const percent of [50, 95, 99]) {
      const of = (measured: Measured[]): number =>
        median(measured.map(({ latencies }) => percentileOfSorted(latencies, percent))) / 1000;
      const ratio = of(results.ours) / of(results.loop);
      rows.push({
        what: `Its ${percent}th percentile of latency`,
        ours: `${of(results.ours).toFixed(1)} µs`,
        yardstick: `plain C++ loop: ${of(results.loop).toFixed(1)} µs`,
        result: `${ratio.toFixed(4)} ×`,
        target: '0.98 … 1.02 ×',
        ok: Math.abs(ratio - 1) <= 0.02,
      });
    }
    return rows;
  } finally {
    machine.dispose();
    folder.remove();
  }
}

/** What reading an engine of 2 GB takes of the host's memory beyond what the runtime takes by itself. */
export async function largeEngineMemory(): Promise<Row[]> {
  const program = await buildRunLoop();
  const folder = temporaryFolder();
  const machine = standInMachine();
  try {
    const engine = path.join(folder.path, 'large.engine');
    writeStandInEngine(engine, { weightBytes: 2e9 });
    const results = await interleaved(3, {
      ours: () =>
        withHost(machine, async (client) => {
          if (client.pid === undefined) throw new Error('the engine host is not running');
          const before = residentBytes(client.pid);
          fs.writeFileSync(`/proc/${client.pid}/clear_refs`, '5'); // the most ever begins anew
          const params = { token: 'bench', engine, layers: false, budgets: [] };
          const { report } = await client.request('inspect', params);
          if (report.streamable !== 2e9) throw new Error('another engine was read');
          return residentBytes(client.pid, 'VmHWM') - before;
        }),
      loop: async () => {
        const output = await outputOf(
          program,
          [machine.runtime, 'read', engine],
          machine.environment,
        );
        const { before, peak } = JSON.parse(output) as { before: number; peak: number };
        return peak - before;
      },
    });
    const ours = median(results.ours);
    const loop = median(results.loop);
    return [
      {
        what: 'Memory that deserializing an engine of 2 GB takes in the engine host (stand-in runtime)',
        ours: megabytes(ours),
        yardstick: `plain C++ reader: ${megabytes(loop)}`,
        result: `${megabytes(ours - loop)} more`,
        target: '< 64 MB more',
        ok: ours - loop < 64e6,
      },
    ];
  } finally {
    machine.dispose();
    folder.remove();
  }
}
