/**
 * Writes small ONNX models for the sample, the demo and the tests: a plain description of a graph in, the bytes of a ModelProto out.
 * Field numbers are those of onnx.proto (ONNX's public schema). Only what our own models need; reading foreign models is
 * core/rebuild/onnxFacts.ts, which shares no code with this file, so that one checks the other.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** TensorProto.DataType, the ones used here. */
export const onnxType = { float: 1, int32: 6, int64: 7, float16: 10 } as const;

/** A number is a fixed dimension, a string names a dynamic one, null is dynamic without a name. */
export type OnnxDimension = number | string | null;

export interface OnnxValue {
  name: string;
  type: number;
  shape: readonly OnnxDimension[];
}

export interface OnnxTensor {
  name: string;
  type: number;
  dims: readonly number[];
  /** The bytes themselves, or where they lie in a file beside the model. */
  data: Uint8Array | OnnxExternalData;
}

export interface OnnxExternalData {
  location: string;
  offset: number;
  length: number;
}

export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { float: number }
  | { graph: OnnxGraph }
  | { tensor: OnnxTensor };

export interface OnnxNode {
  op: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Readonly<Record<string, OnnxAttribute>>;
  domain?: string;
}

export interface OnnxGraph {
  name: string;
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
  nodes: readonly OnnxNode[];
  initializers: readonly OnnxTensor[];
}

export interface OnnxModel {
  graph: OnnxGraph;
  irVersion?: number;
  opset?: number;
  producer?: string;
  producerVersion?: string;
  docString?: string;
  metadata?: Readonly<Record<string, string>>;
}

export function writeOnnx(model: OnnxModel): Uint8Array {
  const w = new BinaryWriter();
  w.tag(1, WireType.Varint).int64(model.irVersion ?? 8);
  text(w, 2, model.producer ?? 'engine-inspector');
  text(w, 3, model.producerVersion ?? '1');
  text(w, 6, model.docString ?? '');
  message(w, 7, () => writeGraph(w, model.graph));
  message(w, 8, () => {
    text(w, 1, '');
    w.tag(2, WireType.Varint).int64(model.opset ?? 18);
  });
  for (const [key, value] of Object.entries(model.metadata ?? {})) entry(w, 14, key, value);
  return w.finish();
}

/** The bytes of 32-bit floats as ONNX stores them: little endian. */
export function floatBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return bytes;
}

export function int64Bytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setBigInt64(i * 8, BigInt(value), true));
  return bytes;
}

function writeGraph(w: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) message(w, 1, () => writeNode(w, node));
  text(w, 2, graph.name);
  for (const tensor of graph.initializers) message(w, 5, () => writeTensor(w, tensor));
  for (const input of graph.inputs) message(w, 11, () => writeValue(w, input));
  for (const output of graph.outputs) message(w, 12, () => writeValue(w, output));
}

function writeNode(w: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) w.tag(1, WireType.LengthDelimited).string(input);
  for (const output of node.outputs) w.tag(2, WireType.LengthDelimited).string(output);
  text(w, 3, node.name);
  text(w, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(w, 5, () => writeAttribute(w, name, value));
  }
  text(w, 7, node.domain ?? '');
}

function writeAttribute(w: BinaryWriter, name: string, value: OnnxAttribute): void {
  const type = (number: number): void => {
    w.tag(20, WireType.Varint).int32(number);
  };
  text(w, 1, name);
  if (typeof value === 'number') {
    w.tag(3, WireType.Varint).int64(value);
    return type(2);
  }
  if (typeof value === 'string') {
    w.tag(4, WireType.LengthDelimited).string(value);
    return type(3);
  }
  if ('float' in value) {
    w.tag(2, WireType.Bit32).float(value.float);
    return type(1);
  }
  if ('graph' in value) {
    message(w, 6, () => writeGraph(w, value.graph));
    return type(5);
  }
  if ('tensor' in value) {
    message(w, 5, () => writeTensor(w, value.tensor));
    return type(4);
  }
  for (const number of value) w.tag(8, WireType.Varint).int64(number);
  type(7);
}

function writeTensor(w: BinaryWriter, tensor: OnnxTensor): void {
  for (const dim of tensor.dims) w.tag(1, WireType.Varint).int64(dim);
  w.tag(2, WireType.Varint).int32(tensor.type);
  text(w, 8, tensor.name);
  if (tensor.data instanceof Uint8Array) {
    w.tag(9, WireType.LengthDelimited).bytes(tensor.data);
    return;
  }
  entry(w, 13, 'location', tensor.data.location);
  entry(w, 13, 'offset', String(tensor.data.offset));
  entry(w, 13, 'length', String(tensor.data.length));
  w.tag(14, WireType.Varint).int32(1);
}

function writeValue(w: BinaryWriter, value: OnnxValue): void {
  text(w, 1, value.name);
  message(w, 2, () =>
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(value.type);
      message(w, 2, () => {
        for (const dimension of value.shape) message(w, 1, () => writeDimension(w, dimension));
      });
    }),
  );
}

function writeDimension(w: BinaryWriter, dimension: OnnxDimension): void {
  if (typeof dimension === 'number') w.tag(1, WireType.Varint).int64(dimension);
  if (typeof dimension === 'string') text(w, 2, dimension);
}

function entry(w: BinaryWriter, field: number, key: string, value: string): void {
  message(w, field, () => {
    text(w, 1, key);
    text(w, 2, value);
  });
}

function text(w: BinaryWriter, field: number, value: string): void {
  w.tag(field, WireType.LengthDelimited).string(value);
}

function message(w: BinaryWriter, field: number, write: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork();
  write();
  w.join();
}
