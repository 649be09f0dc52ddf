import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseNvidiaSmi, readWithNvidiaSmi } from './nvidiaSmi';
import { itUnless, onWindows } from '../../../test/support/leaveOut';

const noScripts = onWindows('the stand-in for nvidia-smi is a script with #!');

const MiB = 1024n ** 2n;
const twoGpus = `0, GPU-5d0f4c3b-aaaa, 00000000:01:00.0, 8188, 2048, 6140, 12, 8.9, [N/A], 580.159.04, NVIDIA GeForce RTX 4060
1, GPU-77777777-bbbb, 00000000:41:00.0, [N/A], [N/A], [N/A], [N/A], 12.1, Disabled, 580.159.04, NVIDIA GB10, rev. a
`;
const apps = `GPU-5d0f4c3b-aaaa, 4711, 1500, python3, "x", </script>
GPU-5d0f4c3b-aaaa, 12, [N/A], [Not Found]
`;

describe('parseNvidiaSmi', () => {
  it('reads GPUs, unknown numbers as unknown, and names with commas', () => {
    const { gpus, driverVersion } = parseNvidiaSmi(twoGpus, null);
    assert.equal(driverVersion, '580.159.04');
    assert.deepEqual(
      gpus.map(({ name, total, used, free, utilization, computeCapability, processes }) => ({
        name,
        total,
        used,
        free,
        utilization,
        computeCapability,
        processes,
      })),
      [
        {
          name: 'NVIDIA GeForce RTX 4060',
          total: 8188n * MiB,
          used: 2048n * MiB,
          free: 6140n * MiB,
          utilization: 12,
          computeCapability: '8.9',
          processes: null,
        },
        {
          name: 'NVIDIA GB10, rev. a',
          total: null,
          used: null,
          free: null,
          utilization: null,
          computeCapability: '12.1',
          processes: null,
        },
      ],
    );
  });

  it('gives processes to their GPU, with hostile names whole', () => {
    const [first, second] = parseNvidiaSmi(twoGpus, apps).gpus;
    assert.deepEqual(first?.processes, [
      { pid: 4711, name: 'python3, "x", </script>', memory: 1500n * MiB, kind: 'compute' },
      { pid: 12, name: '', memory: null, kind: 'compute' },
    ]);
    assert.deepEqual(second?.processes, []);
  });

  it('leaves out what is no answer', () => {
    assert.deepEqual(parseNvidiaSmi('No devices were found\n', 'garbage,,\n,,,').gpus, []);
  });
});

describe('readWithNvidiaSmi', () => {
  let folder = '';
  before(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'smi-'));
  });
  after(() => fs.rm(folder, { recursive: true }));

  async function standIn(script: string): Promise<string> {
    const file = path.join(folder, `nvidia-smi-stand-in-${Math.random()}`);
    await fs.writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  itUnless(noScripts, 'runs the program for GPUs and processes', async () => {
    const program = await standIn(
      `case "$1" in --query-gpu=*) cat <<'X'\n${twoGpus}X\n;; *) cat <<'X'\n${apps}X\n;; esac`,
    );
    const reading = await readWithNvidiaSmi({ processes: true, program });
    assert.equal(reading?.gpus.length, 2);
    assert.equal(reading?.gpus[0]?.processes?.length, 2);
  });

  itUnless(noScripts, 'turns its exit codes and words into NVML’s errors', async () => {
    const status = async (script: string) =>
      (await readWithNvidiaSmi({ processes: false, program: await standIn(script) }))?.status;
    assert.equal(await status('echo "Unable to determine the device handle" >&2; exit 15'), 15);
    assert.equal(await status('exit 9'), 9);
    assert.equal(
      await status('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18'),
      18,
    );
    assert.equal(await status('exit 77'), 999);
  });

  it('is silent where there is no such program', async () => {
    const program = path.join(folder, 'missing');
    assert.equal(await readWithNvidiaSmi({ processes: true, program }), null);
  });
});
