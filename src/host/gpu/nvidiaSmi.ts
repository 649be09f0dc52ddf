/**
 * GPU memory from nvidia-smi: the fallback where NVML's library is missing but the program is there (some containers and
 * old Windows drivers). One program start per look, so it is asked seldom.
 *
 * nvidia-smi does not quote: the field that may hold a comma (a name) is asked for last.
 */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { cleanEnvironment } from '../engineHost/hostEnvironment';
import type { RawGpu, RawGpuMemory, RawGpuProcess } from '../../core/gpu/gpuMemory';

const gpuFields = [
  'index',
  'uuid',
  'pci.bus_id',
  'memory.total',
  'memory.used',
  'memory.free',
  'utilization.gpu',
  'compute_cap',
  'mig.mode.current',
  'driver_version',
  'name',
] as const;
const processFields = ['gpu_uuid', 'pid', 'used_gpu_memory', 'process_name'] as const;

const timeoutMs = 10_000;
const mebibyte = 1024n ** 2n;
/** What nvidia-smi's exit codes are called by NVML (nvidia-smi --help, "RETURN VALUE"). */
const smiStatus: Readonly<Record<number, number>> = {
  2: 2,
  3: 3,
  4: 4,
  6: 6,
  8: 8,
  9: 9,
  10: 11,
  12: 12,
  13: 13,
  14: 14,
  15: 15,
};

export interface NvidiaSmiOptions {
  processes: boolean;
  signal?: AbortSignal;
  /** Where to look for the program instead of the usual places. */
  program?: string;
}

/** null: there is no nvidia-smi. */
export async function readWithNvidiaSmi(options: NvidiaSmiOptions): Promise<RawGpuMemory | null> {
  const program = options.program ?? (await findNvidiaSmi());
  if (program === null) return null;
  const gpus = await run(program, `--query-gpu=${gpuFields.join(',')}`, options.signal);
  if (gpus === null) return null;
  if (gpus.exitCode !== 0) return failed(gpus);
  const processes = options.processes
    ? await run(program, `--query-compute-apps=${processFields.join(',')}`, options.signal)
    : null;
  return parseNvidiaSmi(gpus.output, processes?.exitCode === 0 ? processes.output : null);
}

interface Ran {
  exitCode: number;
  output: string;
  words: string;
}

/** null: it could not be started. */
function run(program: string, query: string, signal: AbortSignal | undefined): Promise<Ran | null> {
  return new Promise((resolve) => {
    execFile(
      program,
      [query, '--format=csv,noheader,nounits'],
      {
        encoding: 'utf8',
        cwd: path.dirname(program),
        env: cleanEnvironment(process.env),
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 4 * 1024 * 1024,
        windowsHide: true,
        ...(signal ? { signal } : {}),
      },
      (error, stdout, stderr) => {
        if (!error) return resolve({ exitCode: 0, output: stdout, words: '' });
        const words = stderr.trim() || stdout.trim();
        if (typeof error.code === 'number') {
          return resolve({ exitCode: error.code, output: '', words });
        }
        if (error.killed) return resolve({ exitCode: -1, output: '', words: 'It did not end.' });
        resolve(null);
      },
    );
  });
}

function failed({ exitCode, words }: Ran): RawGpuMemory {
  const mismatch = /version mismatch/i.test(words);
  return {
    source: 'nvidia-smi',
    status: mismatch ? 18 : exitCode === -1 ? 10 : (smiStatus[exitCode] ?? 999),
    detail: words,
    driverVersion: null,
    nvmlVersion: null,
    cudaDriverVersion: null,
    gpus: [],
  };
}

/** The system's own first, never from the current folder, which on Windows would come first. */
async function findNvidiaSmi(): Promise<string | null> {
  const { env } = process;
  const folders =
    process.platform === 'win32'
      ? [
          path.join(env['SystemRoot'] ?? 'C:\\Windows', 'System32'),
          path.join(env['ProgramW6432'] ?? 'C:\\Program Files', 'NVIDIA Corporation', 'NVSMI'),
        ]
      : ['/usr/bin', '/usr/lib/wsl/lib', ...(env['PATH'] ?? '').split(':')];
  const name = process.platform === 'win32' ? 'nvidia-smi.exe' : 'nvidia-smi';
  for (const folder of folders.filter((entry) => path.isAbsolute(entry))) {
    const candidate = path.join(folder, name);
    try {
      await fs.access(candidate, fs.constants.X_OK);
      return candidate;
    } catch {
      // the next one
    }
  }
  return null;
}

// ---- its answers ----

/** processes: null when they were not asked for. Lines that cannot be read are left out. */
export function parseNvidiaSmi(gpus: string, processes: string | null): RawGpuMemory {
  const rows = fieldsOf(gpus, gpuFields.length);
  const byUuid = new Map<string, RawGpuProcess[]>();
  for (const [uuid = '', pid = '', memory = '', name = ''] of fieldsOf(
    processes ?? '',
    processFields.length,
  )) {
    if (!/^\d+$/.test(pid)) continue;
    const list = byUuid.get(uuid) ?? [];
    byUuid.set(uuid, list);
    list.push({ pid: Number(pid), name: known(name) ?? '', memory: size(memory), kind: 'compute' });
  }
  let driverVersion: string | null = null;
  const parsed = rows.flatMap((row): RawGpu[] => {
    const [index = '', uuid = '', bus = '', total = '', used = '', free = '', ...rest] = row;
    const [utilization = '', capability = '', mig = '', driver = '', name = ''] = rest;
    if (!/^\d+$/.test(index)) return [];
    driverVersion ??= known(driver);
    return [
      {
        uuid: known(uuid) ?? '',
        parentUuid: '',
        name: known(name) ?? '',
        index: Number(index),
        migInstance: null,
        migEnabled: mig === 'Enabled',
        computeCapability: /^\d+\.\d+$/.test(capability) ? capability : null,
        pciBusId: known(bus) ?? '',
        total: size(total),
        used: size(used),
        free: size(free),
        reserved: null,
        utilization: /^\d+$/.test(utilization) ? Number(utilization) : null,
        status: 0,
        processes: processes === null ? null : (byUuid.get(uuid) ?? []),
        processesStatus: 0,
      },
    ];
  });
  return {
    source: 'nvidia-smi',
    status: 0,
    detail: '',
    driverVersion,
    nvmlVersion: null,
    cudaDriverVersion: null,
    gpus: parsed,
  };
}

/** The last of count fields takes what is left of the line, commas and all. */
function fieldsOf(text: string, count: number): string[][] {
  return text.split(/\r?\n/).flatMap((line) => {
    const parts = line.split(',');
    if (parts.length < count) return [];
    const head = parts.slice(0, count - 1).map((part) => part.trim());
    return [
      [
        ...head,
        parts
          .slice(count - 1)
          .join(',')
          .trim(),
      ],
    ];
  });
}

/** "[N/A]", "[Not Supported]", "[Unknown Error]" and the like. */
function known(field: string): string | null {
  return field === '' || /^\[.*\]$/.test(field) ? null : field;
}

/** Mebibytes, without their unit. */
function size(field: string): bigint | null {
  return /^\d+$/.test(field) ? BigInt(field) * mebibyte : null;
}
