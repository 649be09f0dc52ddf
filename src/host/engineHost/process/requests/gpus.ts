/** gpus: what the CUDA driver and NVML say, without a CUDA context. */
import type { GpusInfo } from '../../protocol';
import { finish, type HostContext } from '../context';
import { readGpus } from '../gpuRecords';

export async function gpus(
  context: HostContext,
  _params: object,
  signal: AbortSignal,
): Promise<GpusInfo> {
  const nextStep = 'Check the NVIDIA driver with nvidia-smi.';
  return readGpus(await finish(context.session().gpus(), signal, nextStep));
}
