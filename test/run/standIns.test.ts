/** Do the stand-ins obey the rules that NVIDIA documents and that were measured? Asked through the public interface. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import * as ort from 'onnxruntime-web';

import { readLibraryFileSync } from '../../src/host/runtimes/libraryFile';
import {
  standInMachine,
  standInVersion,
  writeStandInEngine,
  writeStandInModel,
  type StandInComputer,
} from '../standIns/standIns';

const root = path.resolve(__dirname, '../..');

describe('the stand-ins', () => {
  let folder = '';
  let program = '';
  let machine: StandInComputer;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stand-ins-'));
    program = path.join(folder, 'selfTest');
    const headers = path.join(root, '.deps/headers');
    execFileSync(process.env['CXX'] ?? 'c++', [
      ...['-std=c++17', '-Wall', '-Wextra', '-Werror', '-O1'],
      ...['-isystem', path.join(headers, '1.7'), '-isystem', headers],
      ...[path.join(root, 'test/standIns/selfTest.cpp'), '-o', program, '-ldl'],
    ]);
    machine = standInMachine();
  });
  after(() => {
    machine.dispose();
    fs.rmSync(folder, { recursive: true });
  });
  beforeEach(() => machine.configure({ faults: {}, computeCapability: '8.9', noGpu: false }));

  const engine = (name: string, options: Parameters<typeof writeStandInEngine>[1] = {}): string =>
    writeStandInEngine(path.join(folder, `${name}.engine`), options).file;

  function ask(group: string, ...engines: string[]): SpawnSyncReturns<string> {
    return spawnSync(program, [machine.runtime, group, ...engines], {
      env: { ...process.env, ...machine.environment },
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
  }

  it('are told apart from the real library, and say what they are', () => {
    assert.equal(readLibraryFileSync(machine.runtime).version, standInVersion);
    assert.match(machine.runtime, /STAND-IN/);
  });

  it('obey the rules of weight streaming budgets', () => {
    const { status, stdout } = ask('budgets', engine('a'), engine('b', { streaming: false }));
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^\d\d checked\n$/);
    assert.equal(machine.memoryInUse(), 0);
  });

  it('compute, check shapes and memory, and take their time', () => {
    const { status, stdout } = ask('running', engine('a'));
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^\d\d checked\n$/);
  });

  for (const half of [false, true]) {
    it(`agree with ONNX Runtime about the network in ${half ? 'FP16' : 'FP32'}`, async () => {
      const file = engine('a', { half, shapeTensor: true });
      const model = writeStandInModel(path.join(folder, 'a.onnx'), { half, shapeTensor: true });
      const pixels = 3 * 64 * 64;
      const image = half
        ? // The bits of floats between 0.5 and 2.
          Uint16Array.from({ length: pixels }, (_, i) => 0x3800 + ((i * 37) % 0x800))
        : Float32Array.from({ length: pixels }, (_, i) => Math.sin(i));
      const size = BigInt64Array.of(32n, 128n);
      fs.writeFileSync(path.join(folder, 'image.bin'), Buffer.from(image.buffer));
      fs.writeFileSync(path.join(folder, 'size.bin'), Buffer.from(size.buffer));
      const { status, stdout } = ask('dump', file, folder);
      assert.equal(status, 0, stdout);

      ort.env.wasm.numThreads = 1;
      const session = await ort.InferenceSession.create(fs.readFileSync(model));
      const outputs = await session.run({
        image: new ort.Tensor(half ? 'float16' : 'float32', image, [1, 3, 64, 64]),
        size: new ort.Tensor('int64', size, [2]),
      });
      assert.deepEqual(Object.keys(outputs).sort(), ['label', 'mean', 'picture', 'resized']);
      for (const [name, tensor] of Object.entries(outputs)) {
        const bytes = fs.readFileSync(path.join(folder, `${name}.bin`));
        const theirs = tensor.data as Float32Array | Uint16Array | BigInt64Array;
        assert.equal(bytes.length, theirs.byteLength, name);
        const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
        const ours: ArrayLike<number | bigint> =
          name === 'label'
            ? new BigInt64Array(own)
            : half
              ? new Uint16Array(own) // neighbouring floats are neighbouring numbers
              : new Float32Array(own);
        for (let i = 0; i < theirs.length; i++) {
          const distance = Math.abs(Number(ours[i]) - Number(theirs[i]));
          assert.ok(distance <= (half ? 1 : 1e-5), `${name}[${i}]: ${ours[i]}, not ${theirs[i]}`);
        }
      }
      await session.release();
    });
  }

  it('answer getEngineValidity by the recorded rule', () => {
    const validity = (options: Parameters<typeof writeStandInEngine>[1]): string =>
      ask('validity', engine('a', options)).stdout.trim();
    assert.equal(validity({}), '0 0');
    assert.equal(validity({ version: '1.7.1.116' }), '2 1');
    assert.equal(validity({ targets: 0x02 }), '2 2');
    assert.equal(validity({ version: '1.4.0.76', targets: 0x02 }), '2 3');
    assert.equal(validity({ cudaDriver: 13010, cudaRuntime: 13050 }), '2 12');
    assert.equal(validity({ streaming: false, weightBytes: 9 * 1024 ** 3 }), '2 16');
    machine.configure({ computeCapability: '15.0' });
    assert.equal(validity({}), '1 0');
    machine.configure({ computeCapability: '9.0' });
    assert.equal(validity({}), '2 2');
    machine.configure({ noGpu: true });
    assert.equal(validity({}), '2 0');
    fs.writeFileSync(path.join(folder, 'short.engine'), 'vtrt');
    assert.equal(ask('validity', path.join(folder, 'short.engine')).stdout.trim(), '2 32');
  });

  it('inspect in the form of the real inspector', () => {
    interface Json {
      Layers: unknown[];
      'I/O Tensors': { Name: string }[];
      'Engine Metadata': unknown;
    }
    const inspect = (options: Parameters<typeof writeStandInEngine>[1]): Json =>
      JSON.parse(ask('inspecting', engine('a', options)).stdout) as Json;
    const real = JSON.parse(
      fs.readFileSync(
        path.join(root, 'test/fixtures/inspector/super-resolution-detailed.json'),
        'utf8',
      ),
    ) as Json;
    const detailed = inspect({ layers: 20_000 });
    assert.equal(detailed.Layers.length, 20_000);
    assert.deepEqual(Object.keys(detailed), Object.keys(real));
    for (const layer of [detailed.Layers[1], detailed.Layers[19_999]]) {
      assert.deepEqual(Object.keys(layer as object), Object.keys(real.Layers[1] as object));
    }
    assert.deepEqual(
      inspect({ shapeTensor: true })['I/O Tensors'].map(({ Name }) => Name),
      ['image', 'size', 'picture', 'mean', 'label', 'resized'],
    );
    assert.ok(
      inspect({ verbosity: 'layer-names-only' }).Layers.every((x) => typeof x === 'string'),
    );
    assert.deepEqual(inspect({ verbosity: 'none' }).Layers, []);
  });

  it('refuse engines that are damaged where it can be seen, and take the others', () => {
    const attempt = (damage: 'truncated' | 'weights' | 'padding' | 'crash') =>
      ask('attempt', engine('a', { damage }));
    assert.match(attempt('truncated').stdout, /^engine 0\n1STAND-IN .*the stream ended/);
    assert.match(attempt('weights').stdout, /^engine 0\n1STAND-IN .*checksum/);
    assert.match(attempt('padding').stdout, /^engine 1\ncontext 1\nenqueue 1 synchronize 0/);
    assert.equal(attempt('crash').signal, 'SIGABRT');
  });

  it('fail where they are told to', () => {
    const attempt = (
      faults: Parameters<StandInComputer['configure']>[0]['faults'] = {},
    ): string => {
      machine.configure({ faults });
      return ask('attempt', engine('a')).stdout;
    };
    assert.match(attempt({ oom_alloc: 3 }), /^engine 1\ncontext 0\n[^]*OutOfMemory/);
    assert.match(attempt({ oom_above: 6_000_000 }), /^engine 1\ncontext 0\n[^]*OutOfMemory/);
    assert.match(attempt({ deserialize: 2 }), /^engine 0\n[^]*CUDA error 2: out of memory/);
    assert.match(
      attempt({ context: 209 }),
      /^engine 1\ncontext 0\n[^]*CUDA error 209: no kernel image/,
    );
    assert.match(
      attempt({ lost_launch: 2, lost_code: 46 }),
      /^engine 1\ncontext 1\nenqueue 1 synchronize 0\nenqueue 1 synchronize 46\nenqueue 0 synchronize 46\n/,
    );
    machine.configure({ faults: { crash_enqueue: 1 } });
    assert.equal(ask('attempt', engine('a')).signal, 'SIGABRT');
  });
});
