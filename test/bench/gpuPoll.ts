/**
 * What a look at the GPUs costs beside nvidia-smi, on a machine with an NVIDIA GPU, in one run:
 *
 *   npx esbuild test/bench/gpuPoll.ts --bundle --platform=node --outfile=build/gpuPoll.js
 *   node build/gpuPoll.js [DIST_FOLDER] [--seconds=60]
 *
 * CPU is counted for both processes of ours (the one that asks and the engine host, all threads, user and system), and
 * for nvidia-smi with its children. Also shown: our numbers beside nvidia-smi's, and that looking takes no GPU memory and
 * no CUDA context. Exit code 1: a bound of the project is missed, 2: there is no GPU.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type GpuSnapshot, makeSnapshot } from '../../src/core/gpu/gpuMemory';
import { asksForProcesses } from '../../src/core/gpu/gpuMemorySchedule';
import { EngineHostClient } from '../../src/host/engineHost/client';

const looks = 1000;
const smiCalls = 20;
const intervalMs = 2000;
const settleMs = 10_000;
const mebibyte = 1024n ** 2n;
const smiQuery = [
  '--query-gpu=uuid,memory.total,memory.used,memory.free',
  '--format=csv,noheader,nounits',
];

/** Nanoseconds of CPU of all threads of a process so far. */
function cpuOf(pid: number): number {
  return fs
    .readdirSync(`/proc/${pid}/task`)
    .map((task) =>
      Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    )
    .reduce((sum, ns) => sum + ns, 0);
}

/** Milliseconds of CPU of `count` calls with their children, each. */
function cpuOfSmi(args: string[], count: number): number {
  const quoted = args.map((arg) => `'${arg}'`).join(' ');
  const script = `i=0; while [ $i -lt ${count} ]; do nvidia-smi ${quoted} >/dev/null || exit 1; i=$((i+1)); done; times`;
  const children =
    execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return (seconds.reduce((sum, each) => sum + each, 0) * 1000) / count;
}

function smi(args: string[]): string[][] {
  return execFileSync('nvidia-smi', args, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((part) => part.trim()));
}

function hasSmi(): boolean {
  try {
    execFileSync('nvidia-smi', ['-L'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const dist = path.resolve(args.find((arg) => !arg.startsWith('--')) ?? 'dist');
  const seconds = Number(args.find((arg) => arg.startsWith('--seconds='))?.split('=')[1] ?? 60);
  const withSmi = hasSmi();
  const usedBefore = withSmi ? smi(smiQuery).map((row) => row[2]) : [];

  const client = new EngineHostClient({
    hostMain: path.join(dist, 'engineHost.js'),
    onLog: ({ text }) => console.log(text),
  });
  const look = async (processes: boolean): Promise<GpuSnapshot> =>
    makeSnapshot(await client.request('gpuMemory', { processes }), Date.now());
  try {
    const first = await look(true);
    if (first.gpus.length === 0) {
      console.log(first.problem?.sentence ?? 'There is no GPU.');
      return 2;
    }
    const pid = client.pid ?? 0;
    for (let i = 0; i < 20; i++) await look(true);
    // First, as it is in use: many looks in a row leave garbage whose collection would be counted here.
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    let polls = 0;
    const atInterval = await cost(pid, async () => {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; polls++) {
        await look(asksForProcesses(polls, false));
        await new Promise((resolve) => setTimeout(resolve, intervalMs));
      }
    });

    const perLook = await cost(pid, async () => {
      for (let i = 0; i < looks; i++) await look(asksForProcesses(i, false));
    });
    const withPrograms = await cost(pid, async () => {
      for (let i = 0; i < looks; i++) await look(true);
    });
    const rows: [string, string, string][] = [];
    const perLookMs = perLook.ms / looks;
    const atIntervalMs = atInterval.ms / polls;
    const percent = (atInterval.ms / atInterval.wallMs) * 100;
    rows.push(['one look, back to back', `${perLookMs.toFixed(3)} ms`, '']);
    rows.push(['… with programs each time', `${(withPrograms.ms / looks).toFixed(3)} ms`, '']);
    rows.push([`one look, every ${intervalMs / 1000} s`, `${atIntervalMs.toFixed(3)} ms`, '']);
    rows.push(['share of one core at that interval', `${percent.toFixed(4)} %`, 'at most 0.2 %']);
    let missed = percent > 0.2;
    if (withSmi) {
      const full = cpuOfSmi([], smiCalls);
      const query = cpuOfSmi(smiQuery, smiCalls);
      rows.push(['one nvidia-smi', `${full.toFixed(1)} ms`, '']);
      rows.push(['one nvidia-smi --query-gpu', `${query.toFixed(1)} ms`, '']);
      const ratios = [
        full / perLookMs,
        query / perLookMs,
        full / atIntervalMs,
        query / atIntervalMs,
      ];
      const names = [
        'nvidia-smi / look',
        'query / look',
        'nvidia-smi / look every 2 s',
        'query / look every 2 s',
      ];
      names.forEach((name, i) =>
        rows.push([name, `${ratios[i]?.toFixed(0)} ×`, i === 0 ? 'at least 100 ×' : '']),
      );
      missed ||= (ratios[0] ?? 0) < 100;
    }
    console.log(table(['CPU', 'measured', 'bound'], rows));

    if (withSmi) {
      const ours = await look(true);
      const theirs = new Map(smi(smiQuery).map(([uuid, ...sizes]) => [uuid, sizes]));
      console.log(
        table(
          ['GPU', 'total', 'used', 'free', 'by'],
          ours.gpus.flatMap((gpu) => [
            [gpu.id, ...[gpu.total, gpu.used, gpu.free].map(asMiB), 'engine-inspector'],
            ['', ...(theirs.get(gpu.id) ?? []), 'nvidia-smi'],
          ]),
        ),
      );
      const programs = smi(['--query-compute-apps=pid', '--format=csv,noheader']).flat();
      const usedAfter = smi(smiQuery).map((row) => row[2]);
      // /dev/nvidia-uvm is no proof: on an H200 it was open, though nothing but NVML was called.
      const own = ours.gpus.flatMap((gpu) => gpu.processes ?? []).map((each) => each.pid);
      const proofs: [string, boolean][] = [
        [
          'our processes are no compute programs of nvidia-smi',
          !programs.includes(String(pid)) && !programs.includes(String(process.pid)),
        ],
        ['nor of NVML', !own.includes(pid) && !own.includes(process.pid)],
        [
          `memory in use before and after: ${usedBefore.join(', ')} and ${usedAfter.join(', ')} MiB`,
          usedBefore.join() === usedAfter.join(),
        ],
      ];
      for (const [what, holds] of proofs) console.log(`${holds ? 'yes' : 'NO '}  ${what}`);
      missed ||= proofs.some(([, holds]) => !holds);
    }
    return missed ? 1 : 0;
  } finally {
    await client.dispose();
  }

  async function cost(
    pid: number,
    work: () => Promise<void>,
  ): Promise<{ ms: number; wallMs: number }> {
    const host = cpuOf(pid);
    const own = process.cpuUsage();
    const start = performance.now();
    await work();
    const { user, system } = process.cpuUsage(own);
    return {
      ms: (cpuOf(pid) - host) / 1e6 + (user + system) / 1e3,
      wallMs: performance.now() - start,
    };
  }
}

const asMiB = (bytes: bigint | null) => (bytes === null ? '?' : String(bytes / mebibyte));

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
