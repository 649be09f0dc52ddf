/**
 * GPU memory from a stand-in NVML through the real shim and the real engine host, in every shape a machine can have:
 * what is not at hand here are the GPUs, nothing else is made up.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { makeSnapshot, usableGpus } from '../../src/core/gpu/gpuMemory';
import { EngineHostClient } from '../../src/host/engineHost/client';
import { Failure } from '../../src/core/wire/failure';
import { itUnless, onWindows } from '../support/leaveOut';
import {
  compileStandInNvml,
  StandInNvml,
  type StandInGpu,
  type StandInMachine,
} from '../standIns/nvml/standInNvml';

const GiB = 1024n ** 3n;
const hostMain = path.resolve(__dirname, '../../dist/engineHost.js');

function gpu(index: number, change: Partial<StandInGpu> = {}): StandInGpu {
  return {
    uuid: `GPU-${index}`,
    name: 'NVIDIA GeForce RTX 4060',
    total: 8n * GiB,
    used: 2n * GiB,
    reserved: GiB / 2n,
    util: 12,
    cc: '8.9',
    ...change,
  };
}

describe('GPU memory through the stand-in NVML', () => {
  let folder = '';
  let nvml: StandInNvml;
  let client: EngineHostClient;
  const logged: string[] = [];

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stand-in-nvml-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function start(environment: Record<string, string>, timeoutMs = 10_000): EngineHostClient {
    const kept = Object.keys(environment).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, environment);
    try {
      return new EngineHostClient({
        hostMain,
        onLog: (line) => logged.push(line.text),
        timeouts: { gpuMemory: timeoutMs },
      });
    } finally {
      for (const [name, value] of kept) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  }

  async function look(machine: StandInMachine, processes = true) {
    nvml.become(machine);
    return makeSnapshot(await client.request('gpuMemory', { processes }), 0);
  }

  describe('a driver of today', () => {
    before(() => {
      nvml = new StandInNvml(folder, compileStandInNvml(folder));
      nvml.become({ gpus: [gpu(0)] });
      client = start(nvml.environment);
    });
    after(() => client.dispose());

    it('one GPU: every fact arrives', async () => {
      const snapshot = await look({
        gpus: [gpu(0, { processes: [{ pid: 42, memory: GiB, name: '/usr/bin/python3' }] })],
      });
      assert.equal(snapshot.source, 'nvml');
      assert.equal(snapshot.problem, null);
      assert.equal(snapshot.driverVersion, 'STAND-IN 580.1');
      assert.equal(snapshot.cudaDriverVersion, 13000);
      assert.deepEqual(snapshot.gpus, [
        {
          id: 'GPU-0',
          hasUuid: true,
          index: 0,
          name: 'STAND-IN NVIDIA GeForce RTX 4060',
          parent: null,
          migInstance: null,
          migEnabled: false,
          computeCapability: '8.9',
          pciBusId: '00000000:01:00.0',
          total: 8n * GiB,
          used: 2n * GiB,
          free: (11n * GiB) / 2n,
          reserved: GiB / 2n,
          utilization: 12,
          processes: [{ pid: 42, name: '/usr/bin/python3', memory: GiB, kind: 'compute' }],
          processesProblem: null,
          problem: null,
        },
      ]);
    });

    it('keeps NVML open between looks and asks a name once', async () => {
      const machine: StandInMachine = {
        gpus: [gpu(0, { processes: [{ pid: 7, memory: 1n, name: 'a' }] })],
      };
      await look(machine);
      for (const word of ['init', 'process_name', 'processes']) nvml.takeCalls(word);
      for (let i = 0; i < 5; i++) await look(machine);
      assert.equal(nvml.takeCalls('init'), 0);
      assert.equal(nvml.takeCalls('process_name'), 0);
      assert.equal(nvml.takeCalls('processes'), 10, 'compute and graphics each time');
      await look(machine, false);
      assert.equal(nvml.takeCalls('processes'), 0, 'not asked when nobody wants to know');
      await look({ gpus: [gpu(0)] });
      await look(machine);
      assert.equal(nvml.takeCalls('process_name'), 1, 'a number may be another program later');
    });

    it('unasked processes are unknown, not none', async () => {
      const snapshot = await look({ gpus: [gpu(0)] }, false);
      assert.equal(snapshot.gpus[0]?.processes, null);
      assert.equal((await look({ gpus: [gpu(0)] })).gpus[0]?.processes?.length, 0);
    });

    it('unknown memory of one look is known in the next', async () => {
      const unknown = await look({ gpus: [gpu(0, { memory_status: 3, util_status: 3 })] });
      assert.equal(unknown.problem, null);
      assert.equal(unknown.gpus[0]?.total, null);
      assert.equal(unknown.gpus[0]?.utilization, null);
      assert.equal(unknown.gpus[0]?.problem?.name, 'NVML_ERROR_NOT_SUPPORTED');
      const known = await look({ gpus: [gpu(0)] });
      assert.equal(known.gpus[0]?.total, 8n * GiB);
      assert.equal(known.gpus[0]?.problem, null);
    });

    it('a program that computes and draws is one program', async () => {
      const twice = { pid: 9, memory: GiB, name: 'game' };
      const snapshot = await look({
        gpus: [gpu(0, { processes: [twice, { ...twice, kind: 'graphics' }] })],
      });
      assert.deepEqual(snapshot.gpus[0]?.processes, [{ ...twice, kind: 'both' }]);
    });

    it('two hundred programs, without memory where the driver does not tell', async () => {
      const processes = Array.from({ length: 200 }, (_, i) => ({ pid: i + 1, name: `p${i}` }));
      const snapshot = await look({ gpus: [gpu(0, { processes })] });
      assert.equal(snapshot.gpus[0]?.processes?.length, 200);
      assert.equal(snapshot.gpus[0]?.processes?.[0]?.memory, null);
    });

    it('hostile program names arrive as printable text', async () => {
      const names = [
        '</script><img src=x onerror=alert(1)>',
        '[click](command:workbench.action.terminal.new)',
        'a\u001b]8;;https://evil\u0007link\u001b]8;;\u0007 \u202egpj.exe\n$(rm)',
        'bytes:\xff\xfe caf\xe9',
        'x'.repeat(500),
      ];
      const snapshot = await look({
        gpus: [
          gpu(0, { processes: names.map((name, i) => ({ pid: 1000 + i, memory: 1n, name })) }),
        ],
      });
      const shown = snapshot.gpus[0]?.processes?.map((process) => process.name) ?? [];
      assert.equal(shown[0], names[0]);
      assert.equal(shown[1], names[1]);
      assert.equal(shown[2], 'alink \\u202egpj.exe\\n$(rm)');
      assert.equal(shown[3], '\\xff\\xfe caf\\xe9');
      assert.match(shown[4] ?? '', /^x{200}… \(39 more\)$/);
    });

    it('a name that the driver refuses is unknown', async () => {
      const snapshot = await look({
        gpus: [gpu(0, { processes: [{ pid: 2000, memory: 1n, name_status: 4 }] })],
      });
      assert.equal(snapshot.gpus[0]?.processes?.[0]?.name, 'unknown program');
    });

    it('more bytes than 2^53, exactly', async () => {
      const total = 2n ** 60n + 1n;
      const snapshot = await look({
        gpus: [gpu(0, { total, used: 2n ** 53n + 1n, reserved: 0n })],
      });
      assert.equal(snapshot.gpus[0]?.total, total);
      assert.equal(snapshot.gpus[0]?.used, 2n ** 53n + 1n);
      assert.equal(snapshot.gpus[0]?.free, total - 2n ** 53n - 1n);
    });

    it('processes that may not be asked for leave the rest', async () => {
      const { gpus } = await look({ gpus: [gpu(0, { processes_status: 4 })] });
      assert.equal(gpus[0]?.processesProblem?.name, 'NVML_ERROR_NO_PERMISSION');
      assert.equal(gpus[0]?.problem, null);
      assert.equal(gpus[0]?.used, 2n * GiB);
    });
  });

  describe('machines of every shape', () => {
    beforeEach(() => {
      nvml = new StandInNvml(folder, compileStandInNvml(folder));
    });
    afterEach(() => client.dispose());

    async function fresh(machine: StandInMachine, timeoutMs?: number) {
      nvml.become(machine);
      client = start(nvml.environment, timeoutMs);
      return look(machine);
    }

    for (const count of [2, 16]) {
      it(`${count} GPUs`, async () => {
        const gpus = Array.from({ length: count }, (_, i) => gpu(i, { used: BigInt(i) * 1024n }));
        const snapshot = await fresh({ gpus });
        assert.deepEqual(
          snapshot.gpus.map(({ id, index, used }) => [id, index, used]),
          gpus.map((each, i) => [each.uuid, i, each.used]),
        );
      });
    }

    it('MIG: instances with their own memory and programs, the GPU itself of no use', async () => {
      const snapshot = await fresh({
        gpus: [
          gpu(0, {
            mig: 1,
            util_status: 3,
            instances: [
              gpu(10, { uuid: 'MIG-a', name: 'MIG 3g.71gb', used: GiB, processes: [{ pid: 5 }] }),
              gpu(11, { uuid: 'MIG-b', name: 'MIG 3g.71gb', used: 3n * GiB }),
            ],
          }),
          gpu(1),
        ],
      });
      assert.deepEqual(
        snapshot.gpus.map(({ id, parent, migInstance, used }) => [id, parent, migInstance, used]),
        [
          ['GPU-0', null, null, 2n * GiB],
          ['MIG-a', 'GPU-0', 0, GiB],
          ['MIG-b', 'GPU-0', 1, 3n * GiB],
          ['GPU-1', null, null, 2n * GiB],
        ],
      );
      assert.equal(snapshot.gpus[0]?.migEnabled, true);
      assert.equal(snapshot.gpus[1]?.processes?.[0]?.pid, 5);
      assert.deepEqual(
        usableGpus(snapshot.gpus).map((each) => each.id),
        ['MIG-a', 'MIG-b', 'GPU-1'],
      );
    });

    it('MIG instances that are made while it is looked at appear', async () => {
      const divided = gpu(0, { mig: 1, instances: [] });
      assert.equal((await fresh({ gpus: [divided] })).gpus.length, 1);
      const instances = [gpu(9, { uuid: 'MIG-new' })];
      assert.equal((await look({ gpus: [{ ...divided, instances }] })).gpus.length, 2);
    });

    for (const [status, name] of [
      [4, 'NVML_ERROR_NO_PERMISSION'],
      [18, 'NVML_ERROR_LIB_RM_VERSION_MISMATCH'],
      [999, 'NVML_ERROR_UNKNOWN'],
    ] as const) {
      it(`a driver that does not start: ${name}`, async () => {
        const snapshot = await fresh({ machine: { init: status }, gpus: [gpu(0)] });
        assert.equal(snapshot.problem?.name, name);
        assert.equal(snapshot.problem?.absent, false);
        assert.deepEqual(snapshot.gpus, []);
      });
    }

    it('a driver that is not loaded is nobody’s fault', async () => {
      const snapshot = await fresh({ machine: { init: 9 }, gpus: [] });
      assert.equal(snapshot.problem?.name, 'NVML_ERROR_DRIVER_NOT_LOADED');
      assert.equal(snapshot.problem?.absent, true);
    });

    it('counting that fails', async () => {
      const snapshot = await fresh({ machine: { count_status: 10 }, gpus: [gpu(0)] });
      assert.equal(snapshot.problem?.name, 'NVML_ERROR_TIMEOUT');
    });

    it('no GPU at all', async () => {
      const snapshot = await fresh({ gpus: [] });
      assert.match(snapshot.problem?.sentence ?? '', /finds no GPU/);
    });

    it('one GPU of two has fallen off the bus', async () => {
      const healthy = { gpus: [gpu(0), gpu(1)] };
      assert.equal((await fresh(healthy)).gpus[1]?.problem, null);
      const snapshot = await look({ gpus: [gpu(0), gpu(1, { handle_status: 15 })] });
      assert.equal(snapshot.problem, null);
      assert.equal(snapshot.gpus[0]?.used, 2n * GiB);
      assert.equal(snapshot.gpus[1]?.problem?.name, 'NVML_ERROR_GPU_IS_LOST');
      assert.equal(snapshot.gpus[1]?.used, null);
      assert.equal(
        snapshot.gpus[1]?.name,
        'STAND-IN NVIDIA GeForce RTX 4060',
        'who it was stays known',
      );
      assert.equal((await look(healthy)).gpus[1]?.problem, null, 'and it may come back');
    });

    it('a GPU that is lost from the beginning is listed by position', async () => {
      const snapshot = await fresh({ gpus: [gpu(0, { handle_status: 15 }), gpu(1)] });
      assert.equal(snapshot.gpus[0]?.id, 'index 0');
      assert.equal(snapshot.gpus[0]?.problem?.name, 'NVML_ERROR_GPU_IS_LOST');
      assert.equal(snapshot.gpus[1]?.id, 'GPU-1');
    });

    it('the driver is reloaded under it: NVML is started anew by itself', async () => {
      assert.equal((await fresh({ gpus: [gpu(0)] })).gpus.length, 1);
      nvml.takeCalls('init');
      // What a GPU answers while its driver is away.
      const away = await look({ machine: { init: 9 }, gpus: [gpu(0, { handle_status: 9 })] });
      assert.equal(away.gpus[0]?.problem?.name, 'NVML_ERROR_DRIVER_NOT_LOADED');
      const stillAway = await look({ machine: { init: 9 }, gpus: [gpu(0, { handle_status: 9 })] });
      assert.equal(stillAway.problem?.name, 'NVML_ERROR_DRIVER_NOT_LOADED');
      const back = await look({ machine: { driver: '590.2' }, gpus: [gpu(0), gpu(1)] });
      assert.equal(back.driverVersion, 'STAND-IN 590.2');
      assert.equal(back.gpus.length, 2);
    });

    it('a driver that hangs costs one clear error, and the next host works', async () => {
      nvml.become({ gpus: [gpu(0)], fault: 'hang' });
      client = start(nvml.environment, 500);
      await assert.rejects(
        client.request('gpuMemory', { processes: true }),
        (error) =>
          error instanceof Failure &&
          error.code === 'host-timeout' &&
          /The NVIDIA driver did not answer within 500 ms while reading GPU memory/.test(
            error.message,
          ),
      );
      assert.equal((await fresh({ gpus: [gpu(0)] })).gpus.length, 1);
    });

    it('a driver that ends the process costs one clear error', async () => {
      nvml.become({ gpus: [], fault: 'crash' });
      client = start(nvml.environment);
      await assert.rejects(
        client.request('gpuMemory', { processes: true }),
        (error) => error instanceof Failure && error.code === 'host-exited',
      );
    });

    it('NVML says an error in the form of the question: memory by the first version', async () => {
      for (const status of [25, 13, 3]) {
        const machine = { machine: { memory_v2_status: status }, gpus: [gpu(0)] };
        const snapshot = await fresh(machine);
        assert.equal(snapshot.gpus[0]?.used, (5n * GiB) / 2n, 'with what the driver keeps');
        assert.equal(snapshot.gpus[0]?.reserved, null);
        assert.equal(snapshot.gpus[0]?.problem, null);
        await client.dispose();
      }
    });
  });

  describe('an old driver', () => {
    it('memory and programs by the functions that it has', async () => {
      nvml = new StandInNvml(folder, compileStandInNvml(folder, 'old'));
      nvml.become({ gpus: [] });
      client = start(nvml.environment);
      const processes = [
        { pid: 1, memory: GiB, name: 'a' },
        { pid: 2, memory: 2n * GiB, name: 'b' },
        { pid: 3, name: 'c', kind: 'graphics' as const },
      ];
      const snapshot = await look({ gpus: [gpu(0, { processes })] });
      assert.equal(snapshot.gpus[0]?.used, (5n * GiB) / 2n);
      assert.deepEqual(
        snapshot.gpus[0]?.processes?.map(({ pid, memory }) => [pid, memory]),
        [
          [2, 2n * GiB],
          [1, GiB],
          [3, null],
        ],
      );
      await client.dispose();
    });
  });

  describe('without NVML', () => {
    const withoutNvml = { ENGINE_INSPECTOR_TEST_NVML: '/nonexistent/libnvidia-ml.so.1' };

    it('and without nvidia-smi there is nothing, said quietly', async () => {
      client = start({ ...withoutNvml, PATH: folder });
      const snapshot = makeSnapshot(await client.request('gpuMemory', { processes: true }), 0);
      await client.dispose();
      assert.equal(snapshot.source, 'none');
      assert.equal(snapshot.problem?.absent, true);
      assert.match(
        snapshot.problem?.detail ?? '',
        process.platform === 'win32' ? /was not found/ : /nonexistent/,
      );
    });

    itUnless(
      onWindows('the stand-in for nvidia-smi is a script with #!'),
      'nvidia-smi answers instead',
      async () => {
        const programs = fs.mkdtempSync(path.join(folder, 'bin-'));
        fs.writeFileSync(
          path.join(programs, 'nvidia-smi'),
          '#!/bin/sh\necho "0, GPU-smi, 00000000:01:00.0, 8188, 2048, 6140, 12, 8.9, [N/A], 580.1, STAND-IN RTX"\n',
          { mode: 0o755 },
        );
        client = start({ ...withoutNvml, PATH: programs });
        const snapshot = makeSnapshot(await client.request('gpuMemory', { processes: false }), 0);
        await client.dispose();
        assert.equal(snapshot.source, 'nvidia-smi');
        assert.equal(snapshot.gpus[0]?.id, 'GPU-smi');
        assert.equal(snapshot.problem, null);
      },
    );
  });
});
