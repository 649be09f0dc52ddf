import { parseComputeCapability } from '../../core/gpu/computeCapability';
import type { MachineFacts } from '../../core/report/engineReport';
import type { GpusInfo } from '../engineHost/protocol';

export function machineOf(info: GpusInfo): MachineFacts {
  const gpus = info.gpus.flatMap(
    ({ name, index, computeCapability, totalMemory, freeMemory, driverModel }) => {
      const parsed = parseComputeCapability(computeCapability);
      const memory = { totalMemory, freeMemory };
      return parsed ? [{ name, index, computeCapability: parsed, ...memory, driverModel }] : [];
    },
  );
  return {
    // The runtime asks about CUDA's current device, which is the first.
    gpu: gpus[0] ?? null,
    gpus,
    driverVersion: info.cudaDriverVersion,
    displayDriver: info.driverVersion,
    whyNoGpu: info.message,
  };
}
