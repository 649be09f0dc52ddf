/**
 * Runs inside VS Code's extension host while somebody opens the Engines view: writes how long the event loop was held up,
 * and what the heap has grown by. Files in ENGINE_INSPECTOR_BENCH_FOLDER say what is next.
 */
import * as fs from 'node:fs';
import * as inspector from 'node:inspector';
import * as path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as v8 from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface EnginesFacts {
  /** Milliseconds: the longest hold-up of the event loop. */
  longest: number;
  /** Milliseconds of processor time of this process. */
  cpu: number;
  /** Bytes, after garbage was collected. */
  grown: number;
  /** Hold-ups of more than 25 ms: when, after the start, and how long. Milliseconds. */
  holdUps: [number, number][];
}

v8.setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const folder = process.env['ENGINE_INSPECTOR_BENCH_FOLDER'] ?? '';

function told(name: string): Promise<void> {
  const file = path.join(folder, name);
  return new Promise((resolve) => {
    const watcher = fs.watch(folder, look);
    function look(): void {
      if (!fs.existsSync(file)) return;
      watcher.close();
      resolve();
    }
    look();
  });
}

/** What only old objects hold goes with the second round. */
async function held(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export async function run(): Promise<void> {
  const profiler = process.env['ENGINE_INSPECTOR_BENCH_PROFILE'];
  // What VS Code does on its own after it has started is over then.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = await held();
  const session = new inspector.Session();
  if (profiler !== undefined) {
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 200 });
    session.post('Profiler.start');
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const holdUps: [number, number][] = [];
  const started = performance.now();
  let last = started;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last > 27) holdUps.push([Math.round(last - started), Math.round(now - last - 2)]);
    last = now;
  }, 2);
  const cpuBefore = process.cpuUsage();
  delay.enable();
  fs.writeFileSync(path.join(folder, 'ready'), '');
  await told('shown');
  delay.disable();
  clearInterval(timer);
  const cpu = process.cpuUsage(cpuBefore);
  if (profiler !== undefined) {
    session.post('Profiler.stop', (_error, { profile }) => {
      fs.writeFileSync(profiler, JSON.stringify(profile));
    });
  }
  const facts: EnginesFacts = {
    longest: delay.max / 1e6,
    cpu: (cpu.user + cpu.system) / 1000,
    grown: (await held()) - before,
    holdUps,
  };
  const snapshot = process.env['ENGINE_INSPECTOR_BENCH_SNAPSHOT'];
  if (snapshot !== undefined) v8.writeHeapSnapshot(snapshot);
  fs.writeFileSync(path.join(folder, 'facts.json.tmp'), JSON.stringify(facts));
  fs.renameSync(path.join(folder, 'facts.json.tmp'), path.join(folder, 'facts.json'));
}
