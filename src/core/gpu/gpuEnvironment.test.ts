import assert from 'node:assert/strict';
import { rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import { type CudaEnvironment, environmentFor, isGpuUuid } from './gpuEnvironment';
import type { GpuReading } from './gpuMemory';
import { visibleGpus } from './gpuMemoryChoice';

const { gpus } = snapshotOf([rawGpu(), rawGpu({ index: 1 }), rawGpu({ index: 2 })]);
const [, b] = gpus.map((gpu) => gpu.id);
const environment = (setting: string, own: CudaEnvironment, list: readonly GpuReading[]) =>
  environmentFor(setting, own, visibleGpus(list, own).ids);

describe('environmentFor', () => {
  it('shows CUDA the chosen GPU alone', () => {
    assert.deepEqual(environment('', {}, gpus), {});
    assert.deepEqual(environment(b!, {}, gpus), { CUDA_VISIBLE_DEVICES: b });
    assert.deepEqual(environment(b!, { CUDA_VISIBLE_DEVICES: '0,1' }, gpus), {
      CUDA_VISIBLE_DEVICES: b,
    });
    assert.deepEqual(environment(b!, { CUDA_VISIBLE_DEVICES: b }, []), {
      CUDA_VISIBLE_DEVICES: b,
    });
  });

  it('leaves the user’s own list alone where it does not surely show that GPU', () => {
    assert.deepEqual(environment(b!, { CUDA_VISIBLE_DEVICES: '0' }, gpus), {});
    assert.deepEqual(environment(b!, { CUDA_VISIBLE_DEVICES: '0,1' }, []), {});
    assert.deepEqual(environment(b!, { CUDA_VISIBLE_DEVICES: '' }, gpus), {});
  });

  it('never passes on what is no UUID', () => {
    for (const text of ['0', '0,1', 'GPU-', 'GPU-a\nLD_PRELOAD=x', 'GPU-a b', '']) {
      assert.equal(isGpuUuid(text), false, text);
      assert.deepEqual(environment(text, {}, gpus), {});
    }
    assert.equal(isGpuUuid('MIG-GPU-b8ea3855-276c/1/0'), true);
  });
});
