import assert from 'node:assert/strict';
import { GiB, mixedMachine, rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import { fitOf } from '../gpu/fit';
import type { RawGpu } from '../gpu/gpuMemory';
import { chooseGpu, visibleGpus } from '../gpu/gpuMemoryChoice';
import { type GpuViewInput, isAbove, makeGpuView } from './gpuMemoryView';

function view(gpus: RawGpu[], change: Partial<GpuViewInput> = {}) {
  const snapshot = change.snapshot ?? snapshotOf(gpus, 1000);
  const visible = visibleGpus(snapshot.gpus, {});
  const choice = chooseGpu(snapshot.gpus, '', visible);
  return makeGpuView({
    snapshot,
    choice,
    visible,
    warningPercent: 90,
    everyMs: 2000,
    fit: null,
    ...change,
  });
}

describe('makeGpuView', () => {
  it('puts the free memory of the chosen GPU first', () => {
    const model = view([rawGpu()]);
    assert.equal(model.headline, '6.0 GiB of 8.0 GiB free on NVIDIA GeForce RTX 4060');
    assert.deepEqual(model.notes, ['Read through NVML every 2 s.']);
    assert.deepEqual(model.facts[0], { label: 'NVIDIA driver', value: '580.159.04' });
    assert.equal(model.facts[1]?.value, '13.0');
  });

  it('marks the chosen GPU and says why others cannot be', () => {
    const model = view(mixedMachine());
    assert.deepEqual(
      model.gpus.map((gpu) => [gpu.chosen, gpu.whyNot === '']),
      [
        [true, true],
        [false, true],
        [false, false],
        [false, true],
        [false, true],
      ],
    );
  });

  it('shows what is unknown as unknown', () => {
    const [gpu] = view([
      rawGpu({
        total: null,
        used: null,
        free: null,
        utilization: null,
        processes: null,
        status: 3,
      }),
    ]).gpus;
    assert.equal(gpu?.usage, 'memory unknown');
    assert.equal(gpu?.utilization, 'unknown');
    assert.equal(gpu?.percent, null);
    assert.match(gpu?.problem?.sentence ?? '', /NVML_ERROR_NOT_SUPPORTED/);
    assert.match(gpu?.processesNote ?? '', /not asked yet/);
  });

  it('tells no programs from programs it may not see', () => {
    assert.match(
      view([rawGpu()]).gpus[0]?.processesNote ?? '',
      /No program that this user can see/,
    );
    const refused = view([rawGpu({ processesStatus: 4 })]).gpus[0]?.processesNote ?? '';
    assert.match(refused, /NVML_ERROR_NO_PERMISSION/);
  });

  it('is quiet without a GPU and clear about a driver that fails', () => {
    const none = view([], { snapshot: snapshotOf([], 0, { source: 'none', status: -1 }) });
    assert.equal(none.headline, 'No NVIDIA GPU was found here');
    assert.equal(none.problem?.quiet, true);
    const mismatch = view([], { snapshot: snapshotOf([], 0, { status: 18 }) });
    assert.equal(mismatch.headline, 'The GPUs could not be read');
    assert.match(mismatch.problem?.sentence ?? '', /NVML_ERROR_LIB_RM_VERSION_MISMATCH/);
  });

  it('shows the fit of the engine in front, with its numbers', () => {
    const fit = fitOf(
      {
        weightBytes: Number(4n * GiB),
        fileSize: 1,
        streamableBytes: null,
        deviceMemoryBytes: null,
      },
      { name: 'G', total: Number(8n * GiB), free: Number(6n * GiB) },
    );
    const model = view([rawGpu()], { fit: { file: 'a.engine', fit } });
    assert.equal(model.fit?.sentence, fit.sentence);
    assert.deepEqual(
      model.fit?.rows.map((row) => row.value),
      ['4.0 GiB', '6.0 GiB', '8.0 GiB'],
    );
  });

  it('warns from the threshold on, never at 0', () => {
    assert.deepEqual(
      [isAbove(90, 90), isAbove(89.9, 90), isAbove(100, 0), isAbove(null, 90)],
      [true, false, false, false],
    );
  });
});
