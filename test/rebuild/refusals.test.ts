/** What the real libraries refuse, explained: the table of core/rebuild/refusals.ts against their own words. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { onnxType, writeOnnx, type OnnxNode, type OnnxValue } from '../../scripts/onnxWriter';
import { ModelRefused } from '../../src/host/build/rebuild';
import { Failure } from '../../src/core/wire/failure';
import { optionsWith, RebuildBench, requestFor, removeFolder } from '../support/rebuilds';
import { itUnless, underWine } from '../support/leaveOut';

const image = (name: string, type: number = onnxType.float): OnnxValue => ({
  name,
  type,
  shape: [1, 4, 16, 16],
});

function modelOf(nodes: OnnxNode[], inputs: OnnxValue[], outputs: OnnxValue[]): Uint8Array {
  return writeOnnx({ graph: { name: 'g', inputs, outputs, nodes, initializers: [] } });
}

const customNodes = (count: number): OnnxNode[] =>
  Array.from({ length: count }, (_, i) => ({
    op: ['GridX', 'RoiY', 'PoolZ'][i % 3] ?? '',
    domain: 'acme',
    name: `/m/${i}`,
    inputs: [i === 0 ? 'x' : `t${i - 1}`],
    outputs: [i === count - 1 ? 'y' : `t${i}`],
  }));

for (const minor of ['1.4', '1.7']) {
  describe(`refused models, TensorRT-RTX ${minor}`, () => {
    const bench = new RebuildBench();
    let folder: string;
    after(() => bench.dispose());
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'refused-'))));
    afterEach(() => removeFolder(folder));

    function request(bytes: Uint8Array, profiles: Parameters<typeof optionsWith>[0] = {}) {
      const model = path.join(folder, 'm.onnx');
      fs.writeFileSync(model, bytes);
      return requestFor(minor, model, path.join(folder, 'm.engine'), {
        options: optionsWith(profiles),
      });
    }

    async function refused(bytes: Uint8Array): Promise<Failure> {
      try {
        await bench.rebuilder.build(request(bytes));
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
        return error;
      }
      return assert.fail('it was built');
    }

    it('counts every operator that is not known, with its domain', async () => {
      const error = await refused(modelOf(customNodes(40), [image('x')], [image('y')]));
      assert.ok(error instanceof ModelRefused, error.message);
      assert.match(error.message, /GridX ×14, RoiY ×13, PoolZ ×13: .*domain acme/);
      assert.deepEqual(
        error.refusal.operators.map(({ operator, count, domain }) => [operator, count, domain]),
        [
          ['GridX', 14, 'acme'],
          ['RoiY', 13, 'acme'],
          ['PoolZ', 13, 'acme'],
        ],
      );
    });

    it('does not call a pooling with dilations unknown', async () => {
      const attributes = { kernel_shape: [3, 3], dilations: [2, 2] };
      const pool = { op: 'MaxPool', name: '/pool', inputs: ['x'], outputs: ['y'], attributes };
      const error = await refused(
        modelOf([pool], [image('x')], [{ ...image('y'), shape: [1, 4, 12, 12] }]),
      );
      assert.match(error.message, /MaxPool "\/pool": .*dilations other than 1/);
      assert.match(error.nextStep, /knows MaxPool, but not used like this/);
    });

    itUnless(
      minor === '1.7'
        ? underWine("NVIDIA's 1.7 reads through a null pointer without a driver")
        : null,
      'names the node where types are mixed',
      async () => {
        const add = { op: 'Add', name: '/fc/Add', inputs: ['x', 'b'], outputs: ['y'] };
        const error = await refused(
          modelOf([add], [image('x', onnxType.float16), image('b')], [image('y')]),
        );
        assert.match(
          error.message,
          /Add "\/fc\/Add": its inputs have different types, FP16 and FP32/,
        );
        assert.match(error.nextStep, /Cast before \/fc\/Add/);
      },
    );

    it('asks for the values of an input that shapes are computed with, and builds with them', async () => {
      const reshape = { op: 'Reshape', name: '/r', inputs: ['x', 'target'], outputs: ['y'] };
      const target: OnnxValue = { name: 'target', type: onnxType.int64, shape: [2] };
      const bytes = modelOf(
        [reshape],
        [image('x'), target],
        [{ name: 'y', type: onnxType.float, shape: ['a', 'b'] }],
      );
      const error = await refused(bytes);
      assert.match(error.message, /input "target" .*holds values that shapes are computed with/);
      assert.match(error.nextStep, /--profile target:1x1:4x4:16x16$/);
      const { options } = request(bytes);
      options.profiles = [[{ input: 'target', min: [1, 1024], opt: [1, 1024], max: [1, 1024] }]];
      const built = await bench.rebuilder.build({ ...request(bytes), options });
      assert.ok(built.engineSize > 0);
    });

    it('names the type of weights that are not taken', async () => {
      const weights = { name: 'Wq', type: 21, dims: [4, 4], data: new Uint8Array(8) };
      const scale = {
        ...{ name: 's', type: onnxType.float, dims: [] },
        data: new Uint8Array(4).fill(0x3f),
      };
      const nodes: OnnxNode[] = [
        { op: 'DequantizeLinear', name: 'd', inputs: ['Wq', 's'], outputs: ['w'] },
        { op: 'Add', name: 'a', inputs: ['x', 'w'], outputs: ['y'] },
      ];
      const x = { name: 'x', type: onnxType.float, shape: [4, 4] };
      const error = await refused(
        writeOnnx({
          ...{ opset: 21, irVersion: 10 },
          graph: {
            ...{ name: 'g', inputs: [x], outputs: [{ ...x, name: 'y' }], nodes },
            initializers: [weights, scale],
          },
        }),
      );
      assert.match(error.message, /the weights Wq are UINT4/);
    });

    it('keeps the warnings of a build that succeeds', async () => {
      const attributes = { shape: [1, 4, 16, 16], seed: { float: 7 } };
      const random = { op: 'RandomUniform', name: 'r', inputs: [], outputs: ['n'], attributes };
      const add = { op: 'Add', name: 'a', inputs: ['x', 'n'], outputs: ['y'] };
      const built = await bench.rebuilder.build(
        request(modelOf([random, add], [image('x')], [image('y')])),
      );
      assert.match(built.libraryWarnings.join('\n'), /seed/);
    });
  });
}

describe('a version that needs a GPU where there is none', () => {
  const bench = new RebuildBench();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'refused-'));
  const shown = process.env['CUDA_VISIBLE_DEVICES'];
  before(() => (process.env['CUDA_VISIBLE_DEVICES'] = '')); // also where there is one
  after(async () => {
    if (shown === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
    else process.env['CUDA_VISIBLE_DEVICES'] = shown;
    await bench.dispose();
    await removeFolder(folder);
  });

  it('says so, and which version does not', async () => {
    const model = path.join(folder, 'quantized.onnx');
    const one = (name: string, type: number, data: Uint8Array) => ({ name, type, dims: [], data });
    const nodes: OnnxNode[] = [
      { op: 'QuantizeLinear', name: 'q', inputs: ['x', 's', 'z'], outputs: ['xq'] },
      { op: 'DequantizeLinear', name: 'd', inputs: ['xq', 's', 'z'], outputs: ['y'] },
    ];
    const graph = {
      ...{ name: 'g', inputs: [image('x')], outputs: [image('y')], nodes },
      initializers: [
        one('s', onnxType.float, new Uint8Array(4).fill(0x3c)),
        one('z', 3, new Uint8Array(1)),
      ],
    };
    fs.writeFileSync(model, writeOnnx({ opset: 17, graph }));
    const built = bench.rebuilder.build(
      requestFor('1.4', model, path.join(folder, 'quantized.engine'), { options: optionsWith({}) }),
    );
    await assert.rejects(built, (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.match(error.message, /1\.4\.0 needs a GPU to build quantized models\.$/);
      assert.match(error.nextStep, /1\.5 or newer/);
      return true;
    });
  });
});
