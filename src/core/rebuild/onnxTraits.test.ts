import assert from 'node:assert/strict';

import {
  onnxType,
  writeOnnx,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from '../sample/onnxWriter';
import { readOnnxFactsOfBytes } from './onnxFacts';

const fp8 = 17;
const bool = 9;
const x: OnnxValue = { name: 'x', type: onnxType.float, shape: [4, 8] };
const y: OnnxValue = { name: 'y', type: onnxType.float, shape: [4, 8] };
const scale: OnnxTensor = {
  name: 's',
  type: onnxType.float,
  dims: [],
  data: new Uint8Array(4),
};
const zero: OnnxTensor = { name: 'z', type: fp8, dims: [], data: new Uint8Array(1) };

function node(op: string, inputs: string[], outputs: string[], more: Partial<OnnxNode> = {}) {
  return { op, name: `n_${outputs[0] ?? ''}`, inputs, outputs, ...more };
}

function traits(graph: Partial<OnnxGraph>): string[] | null {
  const bytes = writeOnnx({
    graph: { name: 'g', inputs: [x], outputs: [y], nodes: [], initializers: [], ...graph },
  });
  return readOnnxFactsOfBytes(bytes).traits?.map(({ id, node: at }) => `${id} ${at}`) ?? null;
}

const quantize = [
  node('QuantizeLinear', ['x', 's', 'z'], ['q']),
  node('DequantizeLinear', ['q', 's', 'z'], ['d']),
];

describe('traits of a model', () => {
  it('follow types from a quantized value to the product behind it', () => {
    assert.deepEqual(
      traits({
        nodes: [...quantize, node('MatMul', ['d', 'w'], ['y'])],
        initializers: [
          scale,
          zero,
          { name: 'w', type: 1, dims: [8, 8], data: new Uint8Array(256) },
        ],
      }),
      ['fp8 n_q', 'fp32-product n_y', 'quantized n_q'],
    );
  });

  it('leave out what reaches no output', () => {
    assert.deepEqual(
      traits({ nodes: [...quantize, node('Relu', ['x'], ['y'])], initializers: [scale, zero] }),
      ['quantized n_q'],
    );
    assert.deepEqual(traits({ nodes: [node('Relu', ['x'], ['y'])], initializers: [zero] }), []);
  });

  it('enter the branch that a constant condition takes', () => {
    const branch = (nodes: OnnxNode[], output: string): OnnxGraph => ({
      name: output,
      inputs: [],
      outputs: [{ ...y, name: output }],
      nodes,
      initializers: [],
    });
    const choose = (
      condition: OnnxTensor[],
      inputs = [x],
      constant: OnnxNode[] = [],
    ): string[] | null =>
      traits({
        inputs,
        nodes: [
          ...constant,
          node('If', ['c'], ['y'], {
            attributes: {
              then_branch: { graph: branch(quantize, 'd') },
              else_branch: { graph: branch([node('Relu', ['x'], ['r'])], 'r') },
            },
          }),
        ],
        initializers: [scale, zero, ...condition],
      });
    const flag = (value: number): OnnxTensor => ({
      name: 'c',
      type: bool,
      dims: [],
      data: Uint8Array.of(value),
    });
    assert.deepEqual(choose([flag(0)]), []);
    assert.deepEqual(choose([flag(1)]), ['fp8 n_q', 'quantized n_q']);
    assert.deepEqual(choose([], [x, { name: 'c', type: bool, shape: [] }]), [
      'fp8 n_q',
      'quantized n_q',
    ]);
    const made = node('Constant', [], ['c'], { attributes: { value: { tensor: flag(0) } } });
    assert.deepEqual(choose([], [x], [made]), []);
  });

  it('find three dimensions by the kernel or by the weights', () => {
    const conv = (weights: number[], attributes: OnnxNode['attributes'] = {}): string[] | null =>
      traits({
        nodes: [node('Conv', ['x', 'w'], ['y'], { attributes })],
        initializers: [{ name: 'w', type: 1, dims: weights, data: new Uint8Array(4) }],
        inputs: [{ ...x, shape: ['n', 4, 8, 8, 8] }],
      });
    assert.deepEqual(conv([8, 4, 3, 3, 3]), ['fp32-conv3d n_y']);
    assert.deepEqual(conv([8, 4, 3, 3], { kernel_shape: [3, 3] }), []);
  });

  it('end with graphs that call for ever-growing work', () => {
    // 40 nested conditions, each entered on both sides.
    let graph: OnnxGraph = {
      name: 'g',
      inputs: [],
      outputs: [{ ...y, name: 'y0' }],
      nodes: [node('Relu', ['x'], ['y0'])],
      initializers: [],
    };
    for (let depth = 1; depth < 12; depth++) {
      const inner = graph;
      graph = {
        ...inner,
        outputs: [{ ...y, name: `y${depth}` }],
        nodes: [
          node('If', ['c'], [`y${depth}`], {
            attributes: { then_branch: { graph: inner }, else_branch: { graph: inner } },
          }),
        ],
      };
    }
    const begin = performance.now();
    traits({
      nodes: graph.nodes,
      outputs: [{ ...y, name: 'y11' }],
      inputs: [x, { name: 'c', type: bool, shape: [] }],
    });
    assert.ok(performance.now() - begin < 5000);
  });
});
