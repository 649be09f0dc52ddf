/**
 * The sample model: a small super-resolution network (twice the width and height) with seeded weights, so that every machine
 * gets the same bytes. It is no trained network; it is real enough to be parsed, optimized and built by TensorRT-RTX. For
 * the walkthrough, `doctor --full`, the demo and the tests.
 */
import { randomBits } from '../run/randomBits';
import { floatBytes, onnxType, writeOnnx, type OnnxNode, type OnnxTensor } from './onnxWriter';

export interface SampleModelOptions {
  /** Fixed input 1x3x64x64; else batch, height and width are dynamic. */
  fixedShape?: boolean;
  /** File name of the external data; absent: the weights are in the model. */
  externalData?: string;
}

export interface SampleModel {
  onnx: Uint8Array;
  /** The bytes of the external data file, null: none. */
  externalData: Uint8Array | null;
}

/** The input's name, for profiles. */
export const sampleInput = 'image';
/** A profile that fits the dynamic sample model. */
export const sampleProfile = {
  input: sampleInput,
  min: [1, 3, 32, 32],
  opt: [1, 3, 64, 64],
  max: [2, 3, 128, 128],
};

const channels = 48;
const scale = 2;

export function makeSampleModel(options: SampleModelOptions = {}): SampleModel {
  const weights = new Weights(options.externalData ?? null);
  const nodes: OnnxNode[] = [];
  const conv = (name: string, input: string, from: number, to: number, kernel: number): string => {
    nodes.push({
      op: 'Conv',
      name,
      inputs: [
        input,
        weights.add(`${name}.weight`, [to, from, kernel, kernel]),
        weights.add(`${name}.bias`, [to]),
      ],
      outputs: [`${name}.out`],
      attributes: {
        kernel_shape: [kernel, kernel],
        pads: Array<number>(4).fill((kernel - 1) / 2),
        strides: [1, 1],
      },
    });
    return `${name}.out`;
  };
  const relu = (name: string, input: string): string => {
    nodes.push({ op: 'Relu', name, inputs: [input], outputs: [`${name}.out`] });
    return `${name}.out`;
  };

  const head = relu('head.relu', conv('head.conv', sampleInput, 3, channels, 5));
  const inner = relu('body.relu', conv('body.conv1', head, channels, channels, 3));
  const residual = conv('body.conv2', inner, channels, channels, 3);
  nodes.push({ op: 'Add', name: 'body.add', inputs: [head, residual], outputs: ['body.out'] });
  const tail = conv('tail.conv', 'body.out', channels, 3 * scale * scale, 3);
  nodes.push({
    op: 'DepthToSpace',
    name: 'tail.upscale',
    inputs: [tail],
    outputs: ['upscaled'],
    attributes: { blocksize: scale, mode: 'CRD' },
  });

  const fixed = options.fixedShape === true;
  const onnx = writeOnnx({
    producer: 'engine-inspector-sample',
    producerVersion: '1.0',
    docString: 'Sample network of Engine Inspector: doubles width and height. Not trained.',
    metadata: { purpose: 'demo and tests', scale: String(scale) },
    graph: {
      name: 'sample_super_resolution',
      inputs: [
        {
          name: sampleInput,
          type: onnxType.float,
          shape: fixed ? [1, 3, 64, 64] : ['batch', 3, 'height', 'width'],
        },
      ],
      outputs: [
        {
          name: 'upscaled',
          type: onnxType.float,
          shape: fixed ? [1, 3, 128, 128] : ['batch', 3, 'out_height', 'out_width'],
        },
      ],
      nodes,
      initializers: weights.tensors,
    },
  });
  return { onnx, externalData: options.externalData === undefined ? null : weights.bytes() };
}

/** The initializers, filled from one seeded sequence in the order they are asked for. */
class Weights {
  readonly tensors: OnnxTensor[] = [];
  private readonly chunks: Uint8Array[] = [];
  private offset = 0;
  private readonly bits = randomBits(20_250_101);

  constructor(private readonly externalData: string | null) {}

  add(name: string, dims: number[]): string {
    const fanIn = dims.slice(1).reduce((product, dim) => product * dim, 1);
    const size = fanIn * (dims[0] ?? 1);
    // He's range keeps the activations near one through every layer; biases stay small.
    const range = dims.length === 1 ? 0.01 : Math.sqrt(6 / fanIn);
    const data = floatBytes(
      Float32Array.from({ length: size }, () => ((this.bits() / 2 ** 32) * 2 - 1) * range),
    );
    this.tensors.push({
      name,
      type: onnxType.float,
      dims,
      data:
        this.externalData === null
          ? data
          : { location: this.externalData, offset: this.offset, length: data.length },
    });
    this.chunks.push(data);
    this.offset += data.length;
    return name;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.offset);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}
