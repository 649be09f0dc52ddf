/** gpuMemory: how much of the GPUs' memory is in use and by whom; through NVML, and nvidia-smi only where NVML is missing. */
import type { RawGpuMemory } from '../../../../core/gpu/gpuMemory';
import { readWithNvidiaSmi } from '../../../gpu/nvidiaSmi';
import { finish, type HostContext } from '../context';
import { readGpuMemory } from '../gpuMemoryRecords';

/** For tests: the path of a stand-in for NVML, only ever taken from this process's own environment. */
const testLibraryVariable = 'ENGINE_INSPECTOR_TEST_NVML';

export async function gpuMemory(
  context: HostContext,
  { processes }: { processes: boolean },
  signal: AbortSignal,
): Promise<RawGpuMemory> {
  const library = process.env[testLibraryVariable] ?? null;
  const job = context.session().gpuPoll({ processes, library });
  const reading = readGpuMemory(
    await finish(job, signal, 'Check the NVIDIA driver with nvidia-smi.'),
  );
  if (reading.source !== 'none') return reading;
  return (await readWithNvidiaSmi({ processes, signal })) ?? reading;
}
