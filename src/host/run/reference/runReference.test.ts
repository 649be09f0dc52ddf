import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { build, type BuildOptions } from 'esbuild';
import { PNG } from 'pngjs';

import { onnxType, writeOnnx } from '../../../../scripts/onnxWriter';
import {
  dynamicModel,
  staticModel,
  unsupportedOperatorModel,
  writeExternalDataModel,
  writeHugeModel,
} from '../../../../test/support/onnxModels';
import type { TensorFacts, TensorType } from '../../../core/inspect/inspection';
import { encodeValues } from '../../../core/run/tensorTypes';
import { Failure } from '../../../core/wire/failure';
import { loadInput, type LoadInputOptions } from '../inputs/loadInput';
import { runReference, type ReferenceRequest } from './runReference';

const root = path.resolve(__dirname, '../../../..');
let folder: string;
let main: string;
let inputs = 0;

before(async function () {
  this.timeout(60_000);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-reference-'));
  main = path.join(folder, 'reference.js');
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the build script is CommonJS
  const { bundles } = require('../../../../esbuild.js') as {
    bundles: Record<string, BuildOptions>;
  };
  await build({ ...bundles['reference'], outfile: main });
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const write = (name: string, bytes: Uint8Array): string => {
  fs.writeFileSync(path.join(folder, name), bytes);
  return path.join(folder, name);
};
function input(name: string, shape: number[], type: TensorType = 'float32') {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
  return {
    name,
    type,
    shape,
    dataPath: write(`${name}-${(inputs += 1)}.bin`, encodeValues(type, values)),
  };
}
const request = (model: string, change: Partial<ReferenceRequest> = {}): ReferenceRequest => ({
  main,
  model,
  inputs: [input('image', [1, 3, 64, 64])],
  folder,
  wasmFolder: path.join(root, 'node_modules/onnxruntime-web/dist'),
  ...change,
});

describe('ONNX Runtime on the CPU', function () {
  this.timeout(60_000);

  it('runs on several threads as on one', async () => {
    // Half of this machine's threads may be one: the ways of loading ONNX Runtime differ.
    const model = write('threads.onnx', staticModel());
    const inputs = [input('image', [1, 3, 64, 64])];
    const [one, four] = await Promise.all(
      [1, 4].map((threads) => runReference(request(model, { threads, inputs }))),
    );
    assert.equal(one?.failure, null, JSON.stringify(one?.failure));
    assert.equal(four?.failure, null, JSON.stringify(four?.failure));
    assert.ok(Math.abs((one?.outputs[0]?.mean ?? 1) - (four?.outputs[0]?.mean ?? 2)) < 1e-5);
  });

  it('runs a model and tells its outputs', async () => {
    const stages: string[] = [];
    const model = write('static.onnx', staticModel());
    const report = await runReference(request(model), {
      onProgress: ({ stage }) => stages.push(stage),
    });
    assert.equal(report.failure, null, JSON.stringify(report.failure));
    assert.match(report.label, /^ONNX Runtime 1\.\d+\.\d+ \(CPU\)$/);
    assert.ok(report.ms !== null && report.ms > 0);
    const [output] = report.outputs;
    assert.deepEqual(output?.shape, [1, 3, 128, 128]);
    assert.equal(output?.count, 49_152);
    assert.equal(output?.nan, 0);
    assert.ok((output?.standardDeviation ?? 0) > 0.1);
    assert.equal(output?.preview?.width, 128);
    assert.equal(fs.statSync(output?.dataPath ?? '').size, 49_152 * 4);
    assert.deepEqual(stages, [
      'reference-load',
      'reference-inputs',
      'reference-run',
      'reference-outputs',
    ]);
  });

  it('reads weights beside the model, and other shapes of a dynamic one', async () => {
    const [external] = writeExternalDataModel(folder);
    const beside = await runReference(request(external));
    const inside = await runReference(request(write('static.onnx', staticModel())));
    assert.equal(beside.failure, null, JSON.stringify(beside.failure));
    assert.deepEqual(beside.outputs[0]?.first, inside.outputs[0]?.first);
    const dynamic = write('dynamic.onnx', dynamicModel());
    const report = await runReference(
      request(dynamic, { inputs: [input('image', [2, 3, 32, 48])] }),
    );
    assert.deepEqual(report.outputs[0]?.shape, [2, 3, 64, 96]);
  });

  it('takes dimensions of -1, as older exporters write them, for open ones', async () => {
    const model = writeOnnx({
      graph: {
        name: 'open',
        inputs: [{ name: 'x', type: onnxType.float, shape: [-1, 4] }],
        outputs: [{ name: 'y', type: onnxType.float, shape: [-1, 4] }],
        nodes: [{ op: 'Relu', name: 'relu', inputs: ['x'], outputs: ['y'] }],
        initializers: [],
      },
    });
    const open = write('open.onnx', model);
    const report = await runReference(request(open, { inputs: [input('x', [3, 4])] }));
    assert.equal(report.failure, null, JSON.stringify(report.failure));
    assert.deepEqual(report.outputs[0]?.shape, [3, 4]);
  });

  it('takes inputs in another floating-point type than the model has', async () => {
    const model = write('static.onnx', staticModel());
    const halves = [input('image', [1, 3, 64, 64], 'float16')];
    const report = await runReference(request(model, { inputs: halves }));
    assert.equal(report.failure, null, JSON.stringify(report.failure));
    const integers = [input('image', [1, 3, 64, 64], 'int32')];
    const { failure } = await runReference(request(model, { inputs: integers }));
    assert.match(
      failure?.sentence ?? '',
      /"image" is int32 in the engine and float32 in the model/,
    );
  });

  it('says what does not fit', async () => {
    const model = write('static.onnx', staticModel());
    const wrong = await runReference(request(model, { inputs: [input('image', [1, 3, 32, 32])] }));
    assert.match(
      wrong.failure?.sentence ?? '',
      /static\.onnx: The input "image" is 1 x 3 x 32 x 32, but the model takes 1 x 3 x 64 x 64\.$/,
    );
    const two = [input('a', [1]), input('b', [1])];
    const { failure } = await runReference(request(model, { inputs: two }));
    assert.match(failure?.sentence ?? '', /an input "image" that the engine does not have/);
    assert.match(failure?.nextStep ?? '', /model that the engine was built from/);
  });

  it('says why a model cannot be loaded', async () => {
    const operator = write('operator.onnx', unsupportedOperatorModel());
    const unknown = await runReference(request(operator, { inputs: [input('x', [1, 4])] }));
    assert.match(
      unknown.failure?.sentence ?? '',
      /operator\.onnx: ONNX Runtime could not load the model: .*NoSuchOperator/,
    );
    assert.equal(unknown.failure?.code, 'model-rejected');
    const missing = await runReference(request(path.join(folder, 'nowhere.onnx')));
    assert.match(missing.failure?.sentence ?? '', /nowhere\.onnx is not there/);
    const text = await runReference(request(write('text.onnx', Buffer.from('not a model'))));
    assert.equal(text.failure?.code, 'model-rejected');
  });

  it('says that a model is too large before reading it', async () => {
    const huge = writeHugeModel(folder, 3 * 1024 ** 3);
    const { failure } = await runReference(request(huge));
    assert.match(
      failure?.sentence ?? '',
      /huge\.onnx has 3\.0 GiB, more than ONNX Runtime can load here/,
    );
  });

  it('is stopped at its time limit and when it is cancelled', async () => {
    const model = write('dynamic.onnx', dynamicModel());
    const large = { inputs: [input('image', [4, 3, 512, 512])] };
    const late = await runReference(request(model, large), { timeoutMs: 700 });
    assert.equal(late.failure?.code, 'host-timeout');
    assert.match(late.failure?.sentence ?? '', /longer than 0\.7 s/);
    const abort = new AbortController();
    const running = runReference(request(model, large), {
      signal: abort.signal,
      onProgress: ({ stage }) => stage === 'reference-run' && abort.abort(),
    });
    await assert.rejects(
      running,
      (error) => error instanceof Failure && error.code === 'cancelled',
    );
    await assert.rejects(
      runReference(request(model), { signal: AbortSignal.abort() }),
      /cancelled/,
    );
  });

  it('ends with a sentence when its process dies or is none', async () => {
    const model = write('static.onnx', staticModel());
    const dying = write('dying.js', Buffer.from('console.error("last words"); process.exit(3);'));
    const died = await runReference(request(model, { main: dying }));
    assert.equal(died.failure?.code, 'host-exited');
    assert.match(died.failure?.sentence ?? '', /ended \(code 3\) while it loaded .*static\.onnx/);
    assert.deepEqual(died.failure?.lines, ['last words']);
    const wrong = write('wrong.js', Buffer.from('process.send({ type: "done", outputs: 5 })'));
    const answered = await runReference(request(model, { main: wrong }));
    assert.match(answered.failure?.sentence ?? '', /answer could not be read/);
    const none = await runReference(request(model, { nodePath: path.join(folder, 'no-node') }));
    assert.equal(none.failure?.code, 'host-start-failed');
    const noWasm = await runReference(request(model, { wasmFolder: folder }));
    assert.match(noWasm.failure?.sentence ?? '', /ort-wasm-simd-threaded\.wasm/);
  });
});

describe('pictures in a process of their own', function () {
  this.timeout(30_000);
  const tensor: TensorFacts = {
    ...{ name: 'image', mode: 'input', type: 'float32', shape: [1, 3, 2, 2], format: '' },
    ...{ linear: true, location: 'device', shapeTensor: false, profiles: [], profileValues: [] },
  };
  const load = (file: string, options: Partial<LoadInputOptions> = {}) => {
    const source = { kind: 'file' as const, path: file };
    const choice = { name: 'image', shape: null, source };
    const dataPath = path.join(folder, 'picture.bin');
    return loadInput(choice, tensor, 0, { dataPath, pictures: { main }, ...options });
  };

  it('become the same input as here', async () => {
    const image = new PNG({ width: 5, height: 4 });
    image.data.forEach((_, i, data) => (data[i] = (i * 37) % 256));
    const file = write('photo.png', PNG.sync.write(image));
    const outside = await load(file);
    const bytes = fs.readFileSync(path.join(folder, 'picture.bin'));
    assert.deepEqual(await load(file, { pictures: undefined }), outside);
    assert.deepEqual(fs.readFileSync(path.join(folder, 'picture.bin')), bytes);
  });

  it('fail with the same sentences', async () => {
    const file = write('bad.png', Buffer.from('no picture'));
    const errors = [load(file), load(file, { pictures: undefined })].map((loading) =>
      loading.catch((error: unknown) => error),
    );
    const [outside, here] = await Promise.all(errors);
    assert.ok(outside instanceof Failure && here instanceof Failure);
    assert.deepEqual(
      [outside.code, outside.message, outside.nextStep],
      [here.code, here.message, here.nextStep],
    );
    const dying = write('dies.js', Buffer.from('process.exit(9)'));
    await assert.rejects(load(file, { pictures: { main: dying } }), (error) => {
      return error instanceof Failure && /bad\.png ended the process/.test(error.message);
    });
    const hangs = write('hangs.js', Buffer.from('setInterval(() => 0, 1000)'));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    await assert.rejects(
      load(file, { pictures: { main: hangs }, signal: abort.signal }),
      (error) => error instanceof Failure && error.code === 'cancelled',
    );
  });
});
