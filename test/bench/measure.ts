/** What every measurement of the bench uses. */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { minorOf, newest } from '../support/releases';

/** One row of docs/benchmarks.md. */
export interface Row {
  what: string;
  ours: string;
  yardstick: string;
  result: string;
  target: string;
  ok: boolean;
}

/** Of this repository; where a kit (gpuKit.ts) runs there is none. */
export const inRoot = (...parts: string[]): string => path.join(__dirname, '../..', ...parts);
export const runtimeVersion = newest;
export const headersFolder = inRoot('.deps/headers', minorOf(newest));

// Where a network has certificates of its own, Node reads them at each start: 24 ms that are no program's.
delete process.env['NODE_EXTRA_CA_CERTS'];

export const library = inRoot(
  `.deps/tensorrt-rtx/${runtimeVersion}/tensorrt_rtx_libs/libtensorrt_rtx.so.1`,
);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
export const times = (value: number): string => `${value.toFixed(2)} ×`;

/** A row that says how our median stands to the yardstick's. */
export function ratioRow(
  what: string,
  ours: readonly number[],
  yardstick: { name: string; values: readonly number[] },
  atMost: number,
  unit: (value: number) => string = ms,
): Row {
  const ratio = median(ours) / median(yardstick.values);
  return {
    what,
    ours: unit(median(ours)),
    yardstick: `${yardstick.name}: ${unit(median(yardstick.values))}`,
    result: times(ratio),
    target: `≤ ${times(atMost)}`,
    ok: ratio <= atMost,
  };
}

/**
 * Runs each of these once per round, in turn and each round beginning with another one, so that what else the machine
 * does meanwhile falls on all alike. The first round warms up and is not counted.
 */
export async function interleaved<K extends string, T = number>(
  rounds: number,
  measurements: Record<K, () => Promise<T>>,
): Promise<Record<K, T[]>> {
  const names = Object.keys(measurements) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>;
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length];
      if (name === undefined) continue;
      const value = await measurements[name]();
      if (round > 0) results[name].push(value);
    }
  }
  return results;
}

/** Milliseconds from start to end of a process; it must end with one of these exit codes. */
export async function processTime(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; codes?: readonly number[] } = {},
): Promise<number> {
  const start = performance.now();
  try {
    await promisify(execFile)(command, args, { env: { ...process.env, ...options.env } });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'number' || !(options.codes ?? [0]).includes(code)) throw error;
  }
  return performance.now() - start;
}

/** The standard output of a process. */
export async function outputOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
  });
  return stdout;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
