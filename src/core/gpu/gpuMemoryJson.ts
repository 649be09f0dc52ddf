/** A look at the GPUs as JSON, stable and documented in docs/gpu-memory.md. Only grows. */
import type { GpuProcessKind, GpuSnapshot } from './gpuMemory';
import type { VisibleGpus } from './gpuMemoryChoice';
import type { GpuProblem } from './gpuMemoryErrors';

interface ProblemJson {
  name: string | null;
  sentence: string;
  nextStep: string | null;
  detail: string | null;
}

export interface GpuMemoryJson {
  /** ISO 8601 */
  at: string;
  source: 'nvml' | 'nvidia-smi' | null;
  driverVersion: string | null;
  cudaDriverVersion: number | null;
  nvmlVersion: string | null;
  problem: ProblemJson | null;
  /** What CUDA_VISIBLE_DEVICES does here; null: it is not set. */
  cudaVisibleDevices: string | null;
  gpus: {
    index: number;
    migInstance: number | null;
    uuid: string | null;
    parent: string | null;
    name: string;
    computeCapability: string | null;
    pciBusId: string | null;
    migEnabled: boolean;
    /** Programs see it; null: cannot be told. */
    visible: boolean | null;
    total: bigint | null;
    used: bigint | null;
    free: bigint | null;
    reserved: bigint | null;
    utilization: number | null;
    processes: { pid: number; name: string; memory: bigint | null; kind: GpuProcessKind }[] | null;
    problem: ProblemJson | null;
  }[];
}

export function gpuMemoryJson(snapshot: GpuSnapshot, visible: VisibleGpus): GpuMemoryJson {
  return {
    at: new Date(snapshot.at).toISOString(),
    source: snapshot.source === 'none' ? null : snapshot.source,
    driverVersion: snapshot.driverVersion,
    cudaDriverVersion: snapshot.cudaDriverVersion,
    nvmlVersion: snapshot.nvmlVersion,
    problem: problemJson(snapshot.problem),
    cudaVisibleDevices: visible.sentence || null,
    gpus: snapshot.gpus.map((gpu) => ({
      index: gpu.index,
      migInstance: gpu.migInstance,
      uuid: gpu.hasUuid ? gpu.id : null,
      parent: gpu.parent,
      name: gpu.name,
      computeCapability: gpu.computeCapability,
      pciBusId: gpu.pciBusId,
      migEnabled: gpu.migEnabled,
      visible: visible.ids === null ? null : visible.ids.includes(gpu.id),
      total: gpu.total,
      used: gpu.used,
      free: gpu.free,
      reserved: gpu.reserved,
      utilization: gpu.utilization,
      processes:
        gpu.processes?.map(({ pid, name, memory, kind }) => ({ pid, name, memory, kind })) ?? null,
      problem: problemJson(gpu.problem),
    })),
  };
}

function problemJson(problem: GpuProblem | null): ProblemJson | null {
  return (
    problem && {
      name: problem.name || null,
      sentence: problem.sentence,
      nextStep: problem.nextStep || null,
      detail: problem.detail || null,
    }
  );
}

/** JSON.stringify that writes a bigint with all its digits, as JSON allows. */
export function jsonText(value: unknown, indent: number): string {
  const numbers: string[] = [];
  // Strings are kept apart by a prefix that they all get while numbers stand in for themselves.
  const text = JSON.stringify(
    value,
    (_key, part: unknown) => {
      if (typeof part === 'string') return `s${part}`;
      if (typeof part !== 'bigint') return part;
      numbers.push(part.toString());
      return `n${numbers.length - 1}`;
    },
    indent,
  );
  return text.replace(/"(?:[^"\\]|\\.)*"(\s*:)?/g, (match, colon: string | undefined) => {
    if (colon !== undefined) return match; // a key
    if (match.startsWith('"n')) return numbers[Number(match.slice(2, -1))] ?? match;
    return `"${match.slice(2)}`;
  });
}
