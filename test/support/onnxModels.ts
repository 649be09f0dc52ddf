/**
 * Models that tests need, good and bad, made from nothing: each function says what TensorRT-RTX should think of it.
 */
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { makeSampleModel, writeSampleModel } from '../../scripts/makeSampleModel';
import {
  floatBytes,
  int64Bytes,
  onnxType,
  writeOnnx,
  type OnnxDimension,
  type OnnxNode,
  type OnnxTensor,
} from '../../scripts/onnxWriter';

/** Batch, height and width are dynamic: needs a profile for `image`. */
export const dynamicModel = (): Uint8Array => makeSampleModel().onnx;

/** Builds without any profile. */
export const staticModel = (): Uint8Array => makeSampleModel({ fixedShape: true }).onnx;

/** Writes a static model whose weights lie in a file beside it. Returns both paths. */
export function writeExternalDataModel(folder: string, name = 'external.onnx'): [string, string] {
  const [model, data] = writeSampleModel(join(folder, name), {
    fixedShape: true,
    externalData: true,
  });
  if (model === undefined || data === undefined) throw new Error('no external data written');
  return [model, data];
}

/** The parser must refuse it, naming the operator and the node. */
export const unsupportedOperatorModel = (): Uint8Array =>
  smallModel({
    nodes: [
      { op: 'Relu', name: 'first', inputs: ['x'], outputs: ['h'] },
      { op: 'NoSuchOperator', name: 'the_bad_one', inputs: ['h'], outputs: ['y'] },
    ],
  });

/** Nothing to stream, nothing to hash beside it: still a good model. */
export const modelWithoutWeights = (): Uint8Array =>
  smallModel({ nodes: [{ op: 'Relu', name: 'only', inputs: ['x'], outputs: ['y'] }] });

/** Two inputs share the dimension "batch": profiles that give it different ranges contradict each other. */
export const twoInputModel = (): Uint8Array =>
  smallModel({
    inputs: ['x', 'z'],
    shape: ['batch', 4],
    nodes: [{ op: 'Add', name: 'add', inputs: ['x', 'z'], outputs: ['y'] }],
  });

/** As the sample, but claiming another version of ONNX's file format. */
export const modelOfIrVersion = (irVersion: number): Uint8Array =>
  smallModel({ irVersion, nodes: [{ op: 'Relu', name: 'only', inputs: ['x'], outputs: ['y'] }] });

/** Before ONNX 1.5 initializers were listed among the inputs. */
export const modelWithInitializerAsInput = (): Uint8Array =>
  smallModel({
    irVersion: 3,
    inputs: ['x', 'w'],
    nodes: [{ op: 'Add', name: 'add', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [
      {
        name: 'w',
        type: onnxType.float,
        dims: [1, 4],
        data: floatBytes(Float32Array.of(1, 2, 3, 4)),
      },
    ],
  });

/** A graph in a graph in a graph, depth times. */
export function nestedModel(depth: number): Uint8Array {
  let nodes: OnnxNode[] = [{ op: 'Relu', name: 'leaf', inputs: ['x'], outputs: ['y'] }];
  for (let level = 0; level < depth; level++) {
    const graph = { name: `level${level}`, inputs: [], outputs: [], nodes, initializers: [] };
    nodes = [
      {
        op: 'If',
        name: `if${level}`,
        inputs: ['c'],
        outputs: ['y'],
        attributes: { then_branch: { graph }, else_branch: { graph: { ...graph, nodes: [] } } },
      },
    ];
  }
  return smallModel({ nodes });
}

/** A model whose external data leads out of its folder: nothing may open that file. */
export const escapingModel = (location: string): Uint8Array =>
  smallModel({
    nodes: [{ op: 'Add', name: 'add', inputs: ['x', 'w'], outputs: ['y'] }],
    initializers: [
      { name: 'w', type: onnxType.float, dims: [1, 4], data: { location, offset: 0, length: 16 } },
    ],
  });

/**
 * Writes a model with `bytes` of weights in a sparse file beside it, so that more than 2 GB cost no disk. The table of
 * weights is looked up by Gather, so the model is small but valid.
 */
export function writeHugeModel(folder: string, bytes: number, name = 'huge.onnx'): string {
  const data = `${basename(name)}.data`;
  const columns = 1024;
  const rows = Math.floor(bytes / 4 / columns);
  const onnx = writeOnnx({
    graph: {
      name: 'huge',
      inputs: [{ name: 'row', type: onnxType.int64, shape: [1] }],
      outputs: [{ name: 'y', type: onnxType.float, shape: [1, columns] }],
      nodes: [{ op: 'Gather', name: 'lookup', inputs: ['table', 'row'], outputs: ['y'] }],
      initializers: [
        {
          name: 'table',
          type: onnxType.float,
          dims: [rows, columns],
          data: { location: data, offset: 0, length: rows * columns * 4 },
        },
      ],
    },
  });
  writeFileSync(join(folder, name), onnx);
  const file = openSync(join(folder, data), 'w');
  ftruncateSync(file, rows * columns * 4);
  closeSync(file);
  return join(folder, name);
}

/**
 * Takes seconds to build: many convolutions of different sizes, none of which helps with another. For cancelling and
 * killing in the middle.
 */
export function slowModel(layers = 60): Uint8Array {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  let channels = 3;
  let last = 'x';
  for (let i = 0; i < layers; i++) {
    const next = 16 + ((i * 7) % 48);
    const kernel = i % 2 === 0 ? 3 : 5;
    const values = Float32Array.from(
      { length: next * channels * kernel * kernel },
      (_, n) => (((n * 2_654_435_761) % 1000) - 500) / 50_000,
    );
    initializers.push({
      name: `w${i}`,
      type: onnxType.float,
      dims: [next, channels, kernel, kernel],
      data: floatBytes(values),
    });
    nodes.push(
      {
        op: 'Conv',
        name: `conv${i}`,
        inputs: [last, `w${i}`],
        outputs: [`c${i}`],
        attributes: { pads: Array<number>(4).fill((kernel - 1) / 2) },
      },
      {
        op: 'Sigmoid',
        name: `act${i}`,
        inputs: [`c${i}`],
        outputs: [i === layers - 1 ? 'y' : `a${i}`],
      },
    );
    last = `a${i}`;
    channels = next;
  }
  return smallModel({ shape: [1, 3, 64, 64], nodes, initializers });
}

/** Shape arithmetic with an int64 constant: a second kind of weight. */
export const reshapeModel = (): Uint8Array =>
  smallModel({
    nodes: [{ op: 'Reshape', name: 'reshape', inputs: ['x', 's'], outputs: ['y'] }],
    initializers: [{ name: 's', type: onnxType.int64, dims: [2], data: int64Bytes([4, 1]) }],
  });

function smallModel(options: {
  nodes: readonly OnnxNode[];
  inputs?: readonly string[];
  shape?: readonly OnnxDimension[];
  initializers?: readonly OnnxTensor[];
  irVersion?: number;
}): Uint8Array {
  const shape = options.shape ?? [1, 4];
  return writeOnnx({
    irVersion: options.irVersion ?? 8,
    graph: {
      name: 'small',
      inputs: (options.inputs ?? ['x']).map((name) => ({ name, type: onnxType.float, shape })),
      outputs: [{ name: 'y', type: onnxType.float, shape: shape.map(() => null) }],
      nodes: options.nodes,
      initializers: options.initializers ?? [],
    },
  });
}
