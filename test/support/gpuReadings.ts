/** Made readings of GPUs for tests of what is done with them: nothing here was measured. */
import {
  makeSnapshot,
  type GpuSnapshot,
  type RawGpu,
  type RawGpuMemory,
} from '../../src/core/gpu/gpuMemory';

export const GiB = 1024n ** 3n;

export function rawGpu(change: Partial<RawGpu> = {}): RawGpu {
  return {
    uuid: `GPU-0000000${change.index ?? 0}-aaaa-bbbb-cccc-dddddddddddd`,
    parentUuid: '',
    name: 'NVIDIA GeForce RTX 4060',
    index: 0,
    migInstance: null,
    migEnabled: false,
    computeCapability: '8.9',
    pciBusId: '00000000:01:00.0',
    total: 8n * GiB,
    used: 2n * GiB,
    free: 6n * GiB,
    reserved: null,
    utilization: 12,
    status: 0,
    processes: [],
    processesStatus: 0,
    ...change,
  };
}

export function rawMemory(gpus: RawGpu[], change: Partial<RawGpuMemory> = {}): RawGpuMemory {
  return {
    source: 'nvml',
    status: 0,
    detail: '',
    driverVersion: '580.159.04',
    nvmlVersion: '13.580.159.04',
    cudaDriverVersion: 13000,
    gpus,
    ...change,
  };
}

export function snapshotOf(
  gpus: RawGpu[],
  at = 0,
  change: Partial<RawGpuMemory> = {},
): GpuSnapshot {
  return makeSnapshot(rawMemory(gpus, change), at);
}

/** Two whole GPUs and one that is divided into two MIG instances. */
export function mixedMachine(): RawGpu[] {
  const divided = 'GPU-00000002-aaaa-bbbb-cccc-dddddddddddd';
  return [
    rawGpu(),
    rawGpu({ index: 1 }),
    rawGpu({
      index: 2,
      name: 'NVIDIA H200',
      uuid: divided,
      migEnabled: true,
      utilization: null,
      total: 140n * GiB,
    }),
    rawGpu({
      index: 2,
      name: 'NVIDIA H200 MIG 3g.71gb',
      uuid: 'MIG-1',
      parentUuid: divided,
      migInstance: 0,
    }),
    rawGpu({
      index: 2,
      name: 'NVIDIA H200 MIG 3g.71gb',
      uuid: 'MIG-2',
      parentUuid: divided,
      migInstance: 1,
    }),
  ];
}
