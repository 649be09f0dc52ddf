/** The network that the stand-in TensorRT-RTX computes (network.cpp), as weights and as an ONNX model. */
import * as fs from 'node:fs';

import { floatBytes, int64Bytes, onnxType, writeOnnx } from '../../scripts/onnxWriter';
import type { OnnxDimension, OnnxNode, OnnxTensor } from '../../scripts/onnxWriter';

/** kernel [3, 3, 3, 3], then bias [3]: a picture stays a picture, a bit softer, its colours a bit mixed. */
export function standInWeights(): Float32Array<ArrayBuffer> {
  const blur = [0.05, 0.1, 0.05, 0.1, 0.4, 0.1, 0.05, 0.1, 0.05];
  const mixed = [-0.02, 0, 0.02, 0.01, 0.03, -0.01, 0, 0.02, -0.02];
  const weights = new Float32Array(84);
  for (let to = 0; to < 3; to++) {
    for (let from = 0; from < 3; from++) {
      const taps = to === from ? blur : mixed.map((value) => value * (1 + to - from / 2));
      weights.set(taps, (to * 3 + from) * 9);
    }
  }
  weights.set([0.05, 0, -0.02], 81);
  return weights;
}

export interface StandInModelOptions {
  /** As of writeStandInEngine. */
  dynamic?: boolean;
  half?: boolean;
  /** Exact where the sizes are powers of two: ONNX reckons places in floats. */
  shapeTensor?: boolean;
}

/** Writes the same network as an ONNX model: what ONNX Runtime says of it is what the stand-in must say. */
export function writeStandInModel(file: string, options: StandInModelOptions = {}): string {
  const { dynamic = true, half = false, shapeTensor = false } = options;
  const floats = half ? onnxType.float16 : onnxType.float;
  const weights = standInWeights();
  const batch: OnnxDimension = dynamic ? 'batch' : 1;
  const image: OnnxDimension[] = dynamic ? ['batch', 3, 'height', 'width'] : [1, 3, 64, 64];
  const initializers: OnnxTensor[] = [
    {
      name: 'kernel',
      type: onnxType.float,
      dims: [3, 3, 3, 3],
      data: floatBytes(weights.slice(0, 81)),
    },
    { name: 'bias', type: onnxType.float, dims: [3], data: floatBytes(weights.slice(81)) },
    { name: 'axes', type: onnxType.int64, dims: [2], data: int64Bytes([2, 3]) },
  ];
  const nodes: OnnxNode[] = [];
  const own = (name: string): string => (half ? `${name}_float` : name);
  const cast = (name: string): void => {
    if (!half) return;
    nodes.push({
      op: 'Cast',
      name: `${name}_cast`,
      inputs: [own(name)],
      outputs: [name],
      attributes: { to: onnxType.float16 },
    });
  };
  if (half) {
    nodes.push({
      op: 'Cast',
      name: 'image_cast',
      inputs: ['image'],
      outputs: ['image_float'],
      attributes: { to: onnxType.float },
    });
  }
  nodes.push(
    {
      op: 'Conv',
      name: 'picture_conv',
      inputs: [own('image'), 'kernel', 'bias'],
      outputs: ['convolved'],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] },
    },
    { op: 'Relu', name: 'picture_relu', inputs: ['convolved'], outputs: [own('picture')] },
    {
      op: 'ReduceMean',
      name: 'picture_mean',
      inputs: [own('picture'), 'axes'],
      outputs: [own('mean')],
      attributes: { keepdims: 0 },
    },
    {
      op: 'ArgMax',
      name: 'picture_label',
      inputs: [own('mean')],
      outputs: ['label'],
      attributes: { axis: 1, keepdims: 0 },
    },
  );
  if (shapeTensor) {
    initializers.push(
      { name: 'zero', type: onnxType.int64, dims: [1], data: int64Bytes([0]) },
      { name: 'two', type: onnxType.int64, dims: [1], data: int64Bytes([2]) },
    );
    nodes.push(
      { op: 'Shape', name: 'picture_shape', inputs: [own('picture')], outputs: ['shape'] },
      {
        op: 'Slice',
        name: 'picture_planes',
        inputs: ['shape', 'zero', 'two'],
        outputs: ['planes'],
      },
      {
        op: 'Concat',
        name: 'picture_sizes',
        inputs: ['planes', 'size'],
        outputs: ['sizes'],
        attributes: { axis: 0 },
      },
      {
        op: 'Resize',
        name: 'picture_resize',
        inputs: [own('picture'), '', '', 'sizes'],
        outputs: [own('resized')],
        attributes: {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        },
      },
    );
  }
  for (const name of ['picture', 'mean', ...(shapeTensor ? ['resized'] : [])]) cast(name);
  fs.writeFileSync(
    file,
    writeOnnx({
      producer: 'engine-inspector-stand-in',
      docString: 'STAND-IN: the network that the stand-in TensorRT-RTX computes.',
      graph: {
        name: 'stand_in',
        inputs: [
          { name: 'image', type: floats, shape: image },
          ...(shapeTensor ? [{ name: 'size', type: onnxType.int64, shape: [2] }] : []),
        ],
        outputs: [
          { name: 'picture', type: floats, shape: image },
          { name: 'mean', type: floats, shape: [batch, 3] },
          { name: 'label', type: onnxType.int64, shape: [batch] },
          ...(shapeTensor
            ? [{ name: 'resized', type: floats, shape: [batch, 3, null, null] }]
            : []),
        ],
        nodes,
        initializers,
      },
    }),
  );
  return file;
}
