/**
 * Which GPU is meant: the one that the user chose (by UUID, in a machine-scope setting), else the first that CUDA shows.
 * CUDA_VISIBLE_DEVICES is respected: a GPU that it hides is never used, and the user is told why.
 *
 * As CUDA reads the variable: unset shows all; otherwise a list of indexes or UUIDs (or their beginnings), which ends at
 * the first entry that names nothing; empty shows none. Of MIG instances a program gets only one, the first unless the
 * variable names another. Indexes count in CUDA's own order (fastest first), which equals NVML's only when
 * CUDA_DEVICE_ORDER is PCI_BUS_ID or all GPUs are alike.
 */
import { joinWords } from '../text/formats';
import type { CudaEnvironment } from './gpuEnvironment';
import { type GpuReading, positionOf, usableGpus } from './gpuMemory';
import { plainText } from '../text/plainText';

export interface VisibleGpus {
  /** Ids in CUDA's order; null: which ones are visible cannot be told. */
  ids: readonly string[] | null;
  /** Says what CUDA_VISIBLE_DEVICES does here; empty: it is not set. */
  sentence: string;
}

export function visibleGpus(
  gpus: readonly GpuReading[],
  environment: CudaEnvironment,
): VisibleGpus {
  const usable = usableGpus(gpus);
  const value = environment.CUDA_VISIBLE_DEVICES;
  if (value === undefined) return { ids: usable.map((gpu) => gpu.id), sentence: '' };
  const shown = `CUDA_VISIBLE_DEVICES is "${plainText(value, 200)}" in the environment this was started from`;
  const ids: string[] = [];
  for (const entry of value.split(',').map((part) => part.trim())) {
    if (/^\d+$/.test(entry)) {
      if (!indexesAreCertain(usable, environment)) {
        return {
          ids: null,
          sentence: `${shown}; CUDA numbers different GPUs by speed, so which ones that shows is known only when CUDA is asked. Name GPUs by UUID there, or set CUDA_DEVICE_ORDER to PCI_BUS_ID.`,
        };
      }
      const gpu = usable[Number(entry)];
      if (!gpu || ids.includes(gpu.id)) break;
      ids.push(gpu.id);
      continue;
    }
    const matching = /^(GPU|MIG)-/.test(entry)
      ? gpus.filter((gpu) => gpu.hasUuid && gpu.id.startsWith(entry))
      : [];
    const [only] = matching;
    if (!only || matching.length > 1 || ids.includes(only.id)) break;
    ids.push(only.id);
  }
  const names = usable.filter((gpu) => ids.includes(gpu.id)).map(positionOf);
  return {
    ids,
    sentence:
      names.length === 0
        ? `${shown}: programs see no GPU.`
        : `${shown}: programs see ${joinWords(names)}${names.length < usable.length ? ' only' : ''}.`,
  };
}

function indexesAreCertain(usable: readonly GpuReading[], environment: CudaEnvironment): boolean {
  if (usable.some((gpu) => gpu.parent !== null)) return usable.length === 1;
  return (
    environment.CUDA_DEVICE_ORDER === 'PCI_BUS_ID' ||
    new Set(usable.map((gpu) => `${gpu.name} ${gpu.total ?? ''}`)).size <= 1
  );
}

export interface GpuChoice {
  /** null: there is none to use. */
  gpu: GpuReading | null;
  how: 'setting' | 'automatic';
  /** Why it is another than the setting says; empty: it is not. */
  problem: string;
}

/** setting: a UUID, empty for automatic. cudaIds: UUIDs as CUDA listed them, where it was asked; they are the truth. */
export function chooseGpu(
  gpus: readonly GpuReading[],
  setting: string,
  visible: VisibleGpus,
): GpuChoice {
  const usable = usableGpus(gpus);
  const byId = (id: string) => gpus.find((gpu) => gpu.id === id);
  const first = visible.ids === null ? usable[0] : byId(visible.ids[0] ?? '');
  const automatic = first ?? null;
  if (setting === '') return { gpu: automatic, how: 'automatic', problem: '' };
  const instead = automatic ? `${positionOf(automatic)} is used instead` : 'no GPU is used';
  const chosen = byId(setting);
  if (!chosen) {
    return {
      gpu: automatic,
      how: 'automatic',
      problem: `The chosen GPU ${plainText(setting, 80)} is not here now; ${instead}.`,
    };
  }
  const whyNot = whyNotUsable(chosen, gpus, visible);
  if (whyNot !== '') {
    return { gpu: automatic, how: 'automatic', problem: `${whyNot} ${capitalized(instead)}.` };
  }
  return { gpu: chosen, how: 'setting', problem: '' };
}

/** Why programs of this user cannot be given that GPU; empty: they can. */
export function whyNotUsable(
  gpu: GpuReading,
  gpus: readonly GpuReading[],
  visible: VisibleGpus,
): string {
  if (!usableGpus(gpus).includes(gpu)) {
    return `${positionOf(gpu)} is divided into MIG instances; only those can be used.`;
  }
  if (!gpu.hasUuid) return `${positionOf(gpu)} reports no UUID, so it can’t be chosen by name.`;
  if (visible.ids !== null && !visible.ids.includes(gpu.id)) {
    return `${positionOf(gpu)} is hidden by CUDA_VISIBLE_DEVICES.`;
  }
  return '';
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
