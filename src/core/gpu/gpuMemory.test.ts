import assert from 'node:assert/strict';
import {
  GiB,
  mixedMachine,
  rawGpu,
  rawMemory,
  snapshotOf,
} from '../../../test/support/gpuReadings';
import {
  formatUsedOfTotal,
  keepProcesses,
  makeSnapshot,
  positionOf,
  topProcesses,
  usableGpus,
  usedPercent,
} from './gpuMemory';
import { describeProblem, nvmlProblem } from './gpuMemoryErrors';

describe('gpuMemory', () => {
  it('makes names of GPUs, drivers and programs printable', () => {
    const hostile = 'a\u001b[31mred\u202egpj\n</script>';
    const snapshot = makeSnapshot(
      rawMemory(
        [
          rawGpu({
            name: hostile,
            processes: [{ pid: 7, name: hostile, memory: 1n, kind: 'compute' }],
          }),
        ],
        { driverVersion: hostile, detail: hostile, status: 15 },
      ),
      5,
    );
    const clean = 'ared\\u202egpj\\n</script>';
    assert.equal(snapshot.gpus[0]?.name, clean);
    assert.equal(snapshot.gpus[0]?.processes?.[0]?.name, clean);
    assert.equal(snapshot.driverVersion, clean);
    assert.equal(snapshot.problem?.detail, clean);
    assert.equal(snapshot.problem?.name, 'NVML_ERROR_GPU_IS_LOST');
  });

  it('gives GPUs without a UUID, or with one that is taken, an id by position', () => {
    const { gpus } = snapshotOf([
      rawGpu({ uuid: '' }),
      rawGpu({ index: 1, uuid: 'GPU-x' }),
      rawGpu({ index: 2, uuid: 'GPU-x' }),
    ]);
    assert.deepEqual(
      gpus.map((gpu) => [gpu.id, gpu.hasUuid]),
      [
        ['index 0', false],
        ['GPU-x', true],
        ['index 2', false],
      ],
    );
  });

  it('counts a program that computes and draws once, and sorts by memory', () => {
    const { gpus } = snapshotOf([
      rawGpu({
        processes: [
          { pid: 3, name: 'unknown', memory: null, kind: 'compute' },
          { pid: 1, name: 'game', memory: 2n * GiB, kind: 'compute' },
          { pid: 2, name: 'big', memory: 3n * GiB, kind: 'compute' },
          { pid: 1, name: 'game', memory: 2n * GiB, kind: 'graphics' },
        ],
      }),
    ]);
    assert.deepEqual(
      gpus[0]?.processes?.map(({ pid, kind }) => [pid, kind]),
      [
        [2, 'compute'],
        [1, 'both'],
        [3, 'compute'],
      ],
    );
    assert.deepEqual(topProcesses(gpus[0], 2).more, 1);
  });

  it('knows MIG instances by their GPU, and that the divided GPU itself is of no use', () => {
    const { gpus } = snapshotOf(mixedMachine());
    assert.equal(gpus[3]?.parent, gpus[2]?.id);
    assert.equal(positionOf(gpus[4]!), 'GPU 2, MIG instance 1');
    assert.deepEqual(
      usableGpus(gpus).map((gpu) => gpu.id),
      [gpus[0]?.id, gpus[1]?.id, 'MIG-1', 'MIG-2'],
    );
  });

  it('keeps the processes of the look before where they were not asked for', () => {
    const processes = [{ pid: 1, name: 'p', memory: 1n, kind: 'compute' as const }];
    const before = snapshotOf([rawGpu({ processes })]);
    const now = keepProcesses(snapshotOf([rawGpu({ processes: null })]), before);
    assert.equal(now.gpus[0]?.processes?.[0]?.pid, 1);
    const refused = snapshotOf([rawGpu({ processes: null, processesStatus: 4 })]);
    assert.equal(keepProcesses(refused, before).gpus[0]?.processes, null);
  });

  it('says memory in one unit for both numbers', () => {
    const used = (bytes: bigint | null, total: bigint | null) =>
      formatUsedOfTotal({ used: bytes, total });
    assert.equal(used(2n * GiB, 8n * GiB), '2.0/8.0 GiB');
    assert.equal(used(GiB / 2n, 2n * GiB), '512/2048 MiB');
    assert.equal(used(null, 8n * GiB), '?/8.0 GiB');
    assert.equal(used(3n * GiB, null), '3072/? MiB');
    assert.equal(used(null, null), 'memory unknown');
    // More than 2^53, more than any unit of today.
    assert.equal(used(2n ** 60n, 2n ** 61n), '1048576.0/2097152.0 TiB');
  });

  it('computes percent beyond 2^53 and refuses nonsense', () => {
    assert.equal(usedPercent({ used: 2n ** 60n, total: 2n ** 62n }), 25);
    assert.equal(usedPercent({ used: 5n, total: 0n }), null);
    assert.equal(usedPercent({ used: null, total: 5n }), null);
    assert.equal(usedPercent({ used: 9n, total: 5n }), 100);
  });

  it('tells an empty machine from one whose driver sees no GPU', () => {
    const none = makeSnapshot(rawMemory([], { source: 'none', driverVersion: null }), 0);
    assert.equal(none.problem?.absent, true);
    assert.match(none.problem?.sentence ?? '', /No NVIDIA driver/);
    assert.match(snapshotOf([]).problem?.sentence ?? '', /finds no GPU/);
    assert.equal(snapshotOf([rawGpu()]).problem, null);
  });
});

describe('gpuMemoryErrors', () => {
  it('names every error of nvml.h, and numbers it does not know', () => {
    for (const code of [...Array(30).keys(), 999].filter((n) => n !== 0 && n !== 5)) {
      assert.match(nvmlProblem(code).name, /^NVML_ERROR_/, String(code));
    }
    assert.match(describeProblem(nvmlProblem(4)), /\(NVML_ERROR_NO_PERMISSION\)\.$/);
    assert.match(describeProblem(nvmlProblem(4711)), /4711/);
  });

  it('is silent about machines without a GPU only', () => {
    const silent = [-1, ...Array(30).keys(), 999].filter((code) => nvmlProblem(code).absent);
    assert.deepEqual(silent, [-1, 9, 28]);
  });
});
