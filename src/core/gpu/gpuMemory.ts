/**
 * What one look at the GPUs tells: who they are, how much of their memory is in use and by whom. Made from what NVML
 * (through the engine host) or nvidia-smi answered; every name is printable afterwards, every failure is a sentence.
 *
 * Sizes are bigint bytes here: some boards tell more than 2^53.
 */
import { formatBytes } from '../text/formats';
import { type GpuProblem, nvmlProblem } from './gpuMemoryErrors';
import { plainText } from '../text/plainText';

/** How the engine host hands a reading on: numbers as NVML gave them, null where it gave none. */
export interface RawGpuMemory {
  /** none: neither NVML nor nvidia-smi is there. */
  source: 'nvml' | 'nvidia-smi' | 'none';
  /** nvmlReturn_t of the call that ended the reading, 0: none, -1: NVML is missing. */
  status: number;
  /** The loader's or nvidia-smi's own words about a failure; empty: none. */
  detail: string;
  driverVersion: string | null;
  nvmlVersion: string | null;
  /** 13000 = 13.0 */
  cudaDriverVersion: number | null;
  gpus: RawGpu[];
}

export interface RawGpu {
  /** Empty: unknown. */
  uuid: string;
  /** Of the whole GPU that a MIG instance is part of; empty: this is none. */
  parentUuid: string;
  name: string;
  /** As NVML counts the GPUs (by PCI bus); a MIG instance has that of its GPU. */
  index: number;
  /** Number of the MIG instance on its GPU; null: this is none. */
  migInstance: number | null;
  /** The GPU is divided into MIG instances. */
  migEnabled: boolean;
  /** "8.9" */
  computeCapability: string | null;
  pciBusId: string;
  total: bigint | null;
  used: bigint | null;
  free: bigint | null;
  /** Kept by the driver, in neither used nor free; null where used includes it. */
  reserved: bigint | null;
  /** Percent of the last sample period in which a kernel ran. */
  utilization: number | null;
  /** nvmlReturn_t of the first failing call about this GPU itself or its memory; 0: none. */
  status: number;
  /** null: not asked this time. */
  processes: RawGpuProcess[] | null;
  /** nvmlReturn_t of asking for the processes. */
  processesStatus: number;
}

export interface RawGpuProcess {
  pid: number;
  /** Hostile text; empty: unknown. */
  name: string;
  /** null: the driver does not tell (WDDM, missing permission). */
  memory: bigint | null;
  kind: GpuProcessKind;
}
export type GpuProcessKind = 'compute' | 'graphics' | 'both';

export interface GpuProcess {
  pid: number;
  /** Printable: program name, or its path where that is what the driver gave. */
  name: string;
  memory: bigint | null;
  kind: GpuProcessKind;
}

export interface GpuReading {
  /** UUID; "index 3" where that is unknown. The same GPU has the same id from poll to poll. */
  id: string;
  /** False where id is no UUID: such a GPU cannot be chosen by name. */
  hasUuid: boolean;
  index: number;
  name: string;
  /** Id of the whole GPU of a MIG instance. */
  parent: string | null;
  migInstance: number | null;
  migEnabled: boolean;
  computeCapability: string | null;
  pciBusId: string | null;
  total: bigint | null;
  used: bigint | null;
  free: bigint | null;
  reserved: bigint | null;
  /** 0 to 100 */
  utilization: number | null;
  /** Most memory first; null: not asked, or not told (processesProblem says why). */
  processes: GpuProcess[] | null;
  processesProblem: GpuProblem | null;
  problem: GpuProblem | null;
}

export interface GpuSnapshot {
  /** ms since 1970 */
  at: number;
  source: RawGpuMemory['source'];
  driverVersion: string | null;
  nvmlVersion: string | null;
  cudaDriverVersion: number | null;
  /** Why there are no GPUs to show, or why reading ended early. */
  problem: GpuProblem | null;
  gpus: GpuReading[];
}

/** Names longer than this are cut. */
const nameLength = 200;

export function makeSnapshot(raw: RawGpuMemory, at: number): GpuSnapshot {
  const parents = new Map<string, string>();
  const ids = new Set<string>();
  const gpus = raw.gpus.map((gpu) => {
    const reading = makeReading(gpu, ids);
    if (gpu.uuid !== '') parents.set(gpu.uuid, reading.id);
    return reading;
  });
  raw.gpus.forEach((gpu, at) => {
    const reading = gpus[at];
    if (reading && gpu.parentUuid !== '') {
      reading.parent = parents.get(gpu.parentUuid) ?? printable(gpu.parentUuid);
    }
  });
  return {
    at,
    source: raw.source,
    driverVersion: printableOrNull(raw.driverVersion),
    nvmlVersion: printableOrNull(raw.nvmlVersion),
    cudaDriverVersion: raw.cudaDriverVersion,
    problem: machineProblem(raw),
    gpus,
  };
}

function machineProblem(raw: RawGpuMemory): GpuProblem | null {
  const detail = plainText(raw.detail, 500);
  if (raw.status !== 0) return { ...nvmlProblem(raw.status), detail };
  if (raw.gpus.length > 0) return null;
  return {
    code: null,
    name: '',
    sentence:
      raw.source === 'none'
        ? 'No NVIDIA driver was found.'
        : 'The NVIDIA driver is running, but it finds no GPU.',
    nextStep:
      raw.source === 'none'
        ? 'On a machine with an NVIDIA GPU, install its driver.'
        : 'Check that the GPU is seated and powered, and that this container or virtual machine is given one.',
    detail,
    absent: true,
  };
}

function makeReading(gpu: RawGpu, ids: Set<string>): GpuReading {
  const uuid = printable(gpu.uuid);
  const position = gpu.migInstance === null ? `${gpu.index}` : `${gpu.index}.${gpu.migInstance}`;
  // A driver that fails may give several GPUs no UUID or the same.
  const hasUuid = uuid !== '' && !ids.has(uuid);
  const id = hasUuid ? uuid : `index ${position}`;
  ids.add(id);
  return {
    id,
    hasUuid,
    index: gpu.index,
    name: printable(gpu.name) || `GPU ${position}`,
    parent: null,
    migInstance: gpu.migInstance,
    migEnabled: gpu.migEnabled,
    computeCapability: gpu.computeCapability,
    pciBusId: printable(gpu.pciBusId) || null,
    total: gpu.total,
    used: gpu.used,
    free: gpu.free,
    reserved: gpu.reserved,
    utilization:
      gpu.utilization === null ? null : Math.min(100, Math.max(0, Math.round(gpu.utilization))),
    processes: gpu.processes && gpu.processesStatus === 0 ? makeProcesses(gpu.processes) : null,
    processesProblem: gpu.processesStatus === 0 ? null : nvmlProblem(gpu.processesStatus),
    problem: gpu.status === 0 ? null : nvmlProblem(gpu.status),
  };
}

/** A process that computes and draws comes twice from NVML, with its whole memory each time. */
function makeProcesses(raw: readonly RawGpuProcess[]): GpuProcess[] {
  const byPid = new Map<number, GpuProcess>();
  for (const { pid, name, memory, kind } of raw) {
    const known = byPid.get(pid);
    if (!known) {
      byPid.set(pid, { pid, name: printable(name) || 'unknown program', memory, kind });
      continue;
    }
    if (known.kind !== kind) known.kind = 'both';
    if (memory !== null && (known.memory === null || memory > known.memory)) known.memory = memory;
  }
  return [...byPid.values()].sort(
    (a, b) => compareBytes(b.memory ?? -1n, a.memory ?? -1n) || a.pid - b.pid,
  );
}

function compareBytes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function printable(text: string): string {
  return plainText(text, nameLength).trim();
}

function printableOrNull(text: string | null): string | null {
  return text === null ? null : printable(text) || null;
}

/** The processes of the look before stand for GPUs whose processes were not asked for this time. */
export function keepProcesses(now: GpuSnapshot, before: GpuSnapshot | null): GpuSnapshot {
  if (!before) return now;
  const known = new Map(before.gpus.map((gpu) => [gpu.id, gpu]));
  return {
    ...now,
    gpus: now.gpus.map((gpu) => {
      if (gpu.processes !== null || gpu.processesProblem !== null) return gpu;
      const old = known.get(gpu.id);
      return old
        ? { ...gpu, processes: old.processes, processesProblem: old.processesProblem }
        : gpu;
    }),
  };
}

/** GPUs that a program can use: MIG instances instead of the GPU they are part of. */
export function usableGpus(gpus: readonly GpuReading[]): GpuReading[] {
  const divided = new Set(gpus.flatMap((gpu) => gpu.parent ?? []));
  return gpus.filter((gpu) => gpu.parent !== null || (!gpu.migEnabled && !divided.has(gpu.id)));
}

// ---- words ----

/** "9.4 GiB"; rounding to one digit hides what a double cannot hold. */
export function formatMemory(bytes: bigint | null): string {
  return bytes === null ? 'unknown' : formatBytes(Number(bytes));
}

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;

/** "6.1/16.0 GiB", "312/2048 MiB" below 4 GiB, "?/16.0 GiB" where one is unknown. */
export function formatUsedOfTotal(gpu: Pick<GpuReading, 'used' | 'total'>): string {
  const largest = Number(gpu.total ?? gpu.used ?? 0n);
  const [unit, name, digits] =
    largest > 0 && largest < 4 * gibibyte
      ? ([mebibyte, 'MiB', 0] as const)
      : largest >= 4096 * gibibyte
        ? ([1024 * gibibyte, 'TiB', 1] as const)
        : ([gibibyte, 'GiB', 1] as const);
  const show = (bytes: bigint | null) =>
    bytes === null ? '?' : (Number(bytes) / unit).toFixed(digits);
  return gpu.used === null && gpu.total === null
    ? 'memory unknown'
    : `${show(gpu.used)}/${show(gpu.total)} ${name}`;
}

/** Percent of the memory that is not free, 0 to 100; null: unknown. */
export function usedPercent(gpu: Pick<GpuReading, 'used' | 'total'>): number | null {
  if (gpu.used === null || gpu.total === null || gpu.total <= 0n) return null;
  const tenths = Number((gpu.used * 1000n) / gpu.total);
  return Math.min(100, Math.max(0, tenths / 10));
}

/** "GPU 0", "GPU 0, MIG instance 2" */
export function positionOf(gpu: Pick<GpuReading, 'index' | 'migInstance'>): string {
  return gpu.migInstance === null
    ? `GPU ${gpu.index}`
    : `GPU ${gpu.index}, MIG instance ${gpu.migInstance}`;
}

/** The processes that hold most memory, and how many more there are. */
export function topProcesses(
  gpu: GpuReading,
  count: number,
): { processes: GpuProcess[]; more: number } {
  const all = gpu.processes ?? [];
  return { processes: all.slice(0, count), more: Math.max(0, all.length - count) };
}
