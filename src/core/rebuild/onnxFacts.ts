/**
 * What an ONNX model says about itself, read without its weights: inputs, outputs, operators, opsets, producer, how many
 * bytes of weights there are and which files beside the model hold them.
 *
 * The file is walked field by field through a small window; the data of tensors is jumped over, so that a model of many
 * gigabytes costs a few reads and no memory to speak of. Everything in the file is hostile: lengths are checked against
 * the enclosing message, nesting and the amount of text that is kept are limited, and nothing is looked up outside the
 * file. Field numbers are those of onnx.proto.
 *
 * Pure: the caller supplies the bytes (src/host/build/onnxFile.ts from a file).
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  emptyGraph,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxGraphNode,
  type OnnxTensorFacts,
  type OnnxDimension,
} from './onnxGraph';
import { findTraits, type ModelTrait } from './onnxTraits';

export type { OnnxDimension };

export interface OnnxValueFacts {
  name: string;
  /** "float32", "int64", …; "sequence", "map", … for what is no tensor. */
  type: string;
  /** null: the model does not even tell the rank. */
  shape: OnnxDimension[] | null;
}

export interface OnnxOperatorCount {
  /** '' is ONNX's own domain. */
  domain: string;
  op: string;
  count: number;
}

/** A file beside the model that holds weights. */
export interface OnnxExternalFile {
  /** As the model writes it. */
  location: string;
  /** False where the location leads out of the model's folder; such a file is never opened. */
  inside: boolean;
  tensors: number;
  /** Bytes of weights in it, as far as the model tells. */
  bytes: number;
  /** The file must have at least this many bytes. */
  extent: number;
}

export interface OnnxFacts {
  /** Of the .onnx file alone. */
  fileSize: number;
  irVersion: number;
  producer: string;
  producerVersion: string;
  domain: string;
  modelVersion: number;
  docString: string;
  opsets: { domain: string; version: number }[];
  metadata: { key: string; value: string }[];
  graphName: string;
  /** Without the initializers that old models list among their inputs. */
  inputs: OnnxValueFacts[];
  outputs: OnnxValueFacts[];
  /** Of the graph, its sub-graphs and the model's own functions. */
  nodeCount: number;
  /** Most frequent first, then by name. */
  operators: OnnxOperatorCount[];
  initializerCount: number;
  /** Weights in initializers and constants, in the file and beside it. */
  weightBytes: number;
  /** The first initializers of types that TensorRT-RTX doesn't take. */
  strangeWeights: { name: string; type: string }[];
  externalFiles: OnnxExternalFile[];
  /** What TensorRT-RTX makes depend on the GPU or the version; null: the graph is too large to be looked through. */
  traits: ModelTrait[] | null;
}

export type OnnxErrorCode = 'empty' | 'not-onnx' | 'truncated' | 'malformed' | 'too-complex';

export class OnnxError extends Error {
  constructor(
    readonly code: OnnxErrorCode,
    /** Completes "<file> …": "is cut short: …". */
    readonly predicate: string,
    /** Where in the file; bytes. */
    readonly offset: number,
  ) {
    super(`The model ${predicate}.`);
    this.name = 'OnnxError';
  }
}

/** One node as the file has it. */
export interface OnnxRawNode {
  name: string;
  /** '' is ONNX's own domain. */
  domain: string;
  operator: string;
  inputs: string[];
  outputs: string[];
}

/** Bytes of a file by position. The array may be reused by the next read. */
export interface ByteSource {
  readonly size: number;
  /** Exactly length bytes, or fewer where the file ends early. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Throws OnnxError; errors of the source pass through. onNode: told of every node on the way, in the file's order. */
export async function readOnnxFacts(
  source: ByteSource,
  onNode: ((node: OnnxRawNode) => void) | null = null,
): Promise<OnnxFacts> {
  const walk = walkModel(source.size, onNode);
  let step = walk.next();
  while (step.done !== true) {
    const bytes = await source.read(step.value.offset, step.value.length);
    step = walk.next(bytes);
  }
  return step.value;
}

/** The same from bytes in memory. */
export function readOnnxFactsOfBytes(bytes: Uint8Array): OnnxFacts {
  const walk = walkModel(bytes.length, null);
  let step = walk.next();
  while (step.done !== true) {
    const { offset, length } = step.value;
    step = walk.next(bytes.subarray(offset, offset + length));
  }
  return step.value;
}

/** A type of tensors that every version of TensorRT-RTX from 1.4 on takes. */
export function isKnownType(type: string): boolean {
  return /^(float32|float16|bfloat16|float64|int64|int32|int8|uint8|bool|float8e4m3fn|float4e2m1|int4)$/.test(
    type,
  );
}

/** Dynamic inputs need an optimization profile. */
export function isDynamic(value: OnnxValueFacts): boolean {
  return value.shape?.some((dimension) => typeof dimension === 'string') ?? true;
}

/** "1x3xheightxwidth", "?" for dimensions without a name, "unknown rank". */
export function shapeText(shape: readonly OnnxDimension[] | null): string {
  if (shape === null) return 'unknown rank';
  if (shape.length === 0) return 'scalar';
  return shape.map((dimension) => (dimension === '' ? '?' : String(dimension))).join(' x ');
}

// ---- limits: far above any real model, low enough that a hostile file costs little ----

const windowBytes = 64 * 1024;
const maxDepth = 32;
/** One string that is kept whole (doc strings and metadata are cut, names must be exact). */
const maxName = 64 * 1024;
const maxKeptText = 64 * 1024;
/** All text kept of one model. */
const maxTotalText = 16 * 1024 * 1024;
/** A type with its shape, an opset entry: messages read whole. */
const maxSmallMessage = 1024 * 1024;
const maxRank = 64;
const maxListed = 100_000;
const maxStrange = 1000;
/** Inputs or outputs of one node that are told. */
const maxNodeTensors = 4096;
/** What is kept of a graph to look through it; past this it is not looked through. */
const maxGraphItems = 500_000;
const maxGraphText = 32 * 1024 * 1024;

// ---- the walk ----

interface Need {
  offset: number;
  length: number;
}
/** A piece of the walk: asks for bytes where its window ends, returns what it read. */
type Step<T> = Generator<Need, T, Uint8Array>;

const decoder = new TextDecoder();

/** The window over the file and the position in it. */
class Cursor {
  at = 0;
  textKept = 0;
  private start = 0;
  private reader = new BinaryReader(new Uint8Array(0));
  private window = new Uint8Array(0);

  constructor(readonly size: number) {}

  /** True when the next count bytes (or all that are left) are in the window. */
  has(count: number): boolean {
    const end = Math.min(this.at + count, this.size);
    return this.at >= this.start && end <= this.start + this.window.length;
  }

  *fill(count: number): Step<void> {
    if (this.has(count)) return;
    const length = Math.min(Math.max(count, windowBytes), this.size - this.at);
    const bytes = yield { offset: this.at, length };
    this.start = this.at;
    this.window = bytes as Uint8Array<ArrayBuffer>;
    this.reader = new BinaryReader(this.window);
    if (!this.has(count)) {
      throw new OnnxError(
        'truncated',
        'became shorter while it was read',
        this.start + bytes.length,
      );
    }
  }

  /** Field number and wire type. The caller has filled 20 bytes: enough for a tag and a varint. */
  tag(): [number, WireType] {
    return this.read((reader) => reader.tag());
  }

  /** A varint as a number; integers beyond 2^53 lose their last digits, which no honest model has. */
  varint(): number {
    return Number(this.read((reader) => reader.int64()));
  }

  /** The end of the length-delimited field that begins here. */
  lengthEnd(messageEnd: number): number {
    const length = this.read((reader) => reader.uint32());
    const end = this.at + length;
    if (end <= messageEnd) return end;
    if (messageEnd === this.size) {
      throw new OnnxError(
        'truncated',
        `is cut short: it ends at byte ${this.size}, but its contents go on to byte ${end} at least`,
        this.at,
      );
    }
    throw new OnnxError(
      'malformed',
      `is damaged: a field at byte ${this.at} is longer than what it is part of`,
      this.at,
    );
  }

  skip(wire: WireType, messageEnd: number): void {
    switch (wire) {
      case WireType.Varint:
        this.varint();
        break;
      case WireType.Bit64:
        this.at += 8;
        break;
      case WireType.Bit32:
        this.at += 4;
        break;
      case WireType.LengthDelimited:
        this.at = this.lengthEnd(messageEnd);
        break;
      case WireType.StartGroup:
      case WireType.EndGroup:
      default:
        throw this.damaged();
    }
    if (this.at > messageEnd) throw this.damaged();
  }

  /** The bytes up to end, which the caller keeps only until the next fill. */
  *bytes(end: number, limit: number): Step<Uint8Array> {
    const length = end - this.at;
    if (length > limit) {
      throw new OnnxError(
        'too-complex',
        `has a description of ${length} bytes at byte ${this.at}, more than any real model`,
        this.at,
      );
    }
    if (!this.has(length)) yield* this.fill(length);
    const from = this.at - this.start;
    this.at = end;
    return this.window.subarray(from, from + length);
  }

  /** A name: kept whole. */
  *name(end: number): Step<string> {
    return this.keep(decoder.decode(yield* this.bytes(end, maxName)));
  }

  /** A text for people: cut where it is very long. */
  *text(end: number): Step<string> {
    const cut = Math.min(end, this.at + maxKeptText);
    const text = this.keep(decoder.decode(yield* this.bytes(cut, maxKeptText)));
    this.at = end;
    return cut < end ? `${text} …` : text;
  }

  damaged(): OnnxError {
    return new OnnxError('malformed', `is damaged at byte ${this.at}`, this.at);
  }

  keep(text: string): string {
    this.textKept += text.length;
    if (this.textKept > maxTotalText) {
      throw new OnnxError(
        'too-complex',
        'holds more names and descriptions than any real model',
        this.at,
      );
    }
    return text;
  }

  private read<T>(read: (reader: BinaryReader) => T): T {
    this.reader.pos = this.at - this.start;
    try {
      const value = read(this.reader);
      this.at = this.start + this.reader.pos;
      return value;
    } catch {
      // The library's own message ("premature EOF", "invalid varint") says less than ours.
      if (this.at + 10 >= this.size) {
        throw new OnnxError('truncated', `is cut short: it ends at byte ${this.size}`, this.at);
      }
      throw this.damaged();
    }
  }
}

/** What is gathered on the way. */
interface Gathered extends Omit<OnnxFacts, 'operators' | 'externalFiles' | 'traits'> {
  hasGraph: boolean;
  operators: Map<string, OnnxOperatorCount>;
  initializerNames: Set<string>;
  externalFiles: Map<string, OnnxExternalFile>;
  onNode: ((node: OnnxRawNode) => void) | null;
  graph: OnnxGraph | null;
  functions: OnnxFunction[];
  /** What may still be kept of the graph; below zero: nothing more. */
  graphItems: number;
  graphText: number;
}

function* walkModel(size: number, onNode: ((node: OnnxRawNode) => void) | null): Step<OnnxFacts> {
  if (size === 0) throw new OnnxError('empty', 'is empty', 0);
  const facts: Gathered = { ...emptyFacts(size), onNode };
  const cursor = new Cursor(size);
  try {
    yield* modelFields(cursor, facts);
  } catch (error) {
    // Whatever went wrong before anything of a model was seen: it is something else.
    const begun = facts.hasGraph || facts.opsets.length > 0 || facts.irVersion > 0;
    if (!(error instanceof OnnxError) || begun) throw error;
    throw new OnnxError('not-onnx', 'is not an ONNX model', error.offset);
  }
  if (!facts.hasGraph || facts.irVersion === 0) {
    throw new OnnxError('not-onnx', 'is not an ONNX model: it holds no graph', 0);
  }
  return finish(facts);
}

/** Of ModelProto, which has a dozen kinds: more of others than any version to come will have. */
const mostOtherFields = 10_000;

function* modelFields(c: Cursor, facts: Gathered): Step<void> {
  const end = c.size;
  let others = 0;
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 1 && wire === WireType.Varint) facts.irVersion = c.varint();
    else if (field === 2 && delimited) facts.producer = yield* c.text(c.lengthEnd(end));
    else if (field === 3 && delimited) facts.producerVersion = yield* c.text(c.lengthEnd(end));
    else if (field === 4 && delimited) facts.domain = yield* c.text(c.lengthEnd(end));
    else if (field === 5 && wire === WireType.Varint) facts.modelVersion = c.varint();
    else if (field === 6 && delimited) facts.docString = yield* c.text(c.lengthEnd(end));
    else if (field === 7 && delimited) {
      const begins = c.at;
      const first = facts.hasGraph ? facts.graph : null;
      facts.hasGraph = true;
      facts.graph = yield* readGraph(c, c.lengthEnd(end), facts, 0);
      refuseSecondCopy(first, facts.graph, begins);
    } else if (field === 8 && delimited) {
      push(c, facts.opsets, readOpset(c, yield* c.bytes(c.lengthEnd(end), maxSmallMessage)));
    } else if (field === 14 && delimited) {
      push(c, facts.metadata, yield* readEntry(c, c.lengthEnd(end)));
    } else if (field === 25 && delimited) yield* readFunction(c, c.lengthEnd(end), facts);
    else {
      // Of any file some bytes can be read as fields: gigabytes of them are no model.
      if (++others > mostOtherFields) throw new OnnxError('not-onnx', 'is not an ONNX model', c.at);
      c.skip(wire, end);
    }
  }
}

/** Protobuf joins two messages into one: a file that was written twice is one model that has everything twice. */
function refuseSecondCopy(first: OnnxGraph | null, second: OnnxGraph, at: number): void {
  const names = new Set([...(first?.inputs ?? []), ...(first?.outputs ?? [])]);
  if (![...second.inputs, ...second.outputs].some((name) => names.has(name))) return;
  throw new OnnxError(
    'malformed',
    `holds two graphs with the same inputs and outputs: the file was written twice, or two models were joined, and a second one begins before byte ${at}`,
    at,
  );
}

function* readGraph(c: Cursor, end: number, facts: Gathered, depth: number): Step<OnnxGraph> {
  if (depth > maxDepth) {
    throw new OnnxError('too-complex', `nests more than ${maxDepth} graphs`, c.at);
  }
  const graph = emptyGraph();
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 1 && delimited) yield* readNode(c, c.lengthEnd(end), facts, graph, depth);
    else if (field === 2 && delimited && depth === 0) {
      facts.graphName = yield* c.text(c.lengthEnd(end));
    } else if (field === 5 && delimited) {
      facts.initializerCount += 1;
      const tensor = yield* readTensor(c, c.lengthEnd(end), facts);
      if (depth === 0) rememberInitializer(c, facts, tensor.name);
      if (!isKnownType(tensor.type) && facts.strangeWeights.length < maxStrange) {
        facts.strangeWeights.push({ name: c.keep(tensor.name), type: tensor.type });
      }
      if (mayKeep(facts, tensor.name)) graph.initializers.set(tensor.name, tensor);
    } else if (delimited && (field === 11 || field === 12 || field === 13)) {
      const kept = c.textKept;
      const value = readValue(c, yield* c.bytes(c.lengthEnd(end), maxSmallMessage));
      // Those of sub-graphs, and what lies between, are no inputs and outputs of the model.
      if (depth > 0 || field === 13) c.textKept = kept;
      else push(c, field === 11 ? facts.inputs : facts.outputs, value);
      if (mayKeep(facts, value.name)) {
        graph.declared.set(value.name, { type: value.type, shape: value.shape });
        if (field === 11) graph.inputs.push(value.name);
        if (field === 12) graph.outputs.push(value.name);
      }
    } else if (field === 15 && delimited) {
      facts.initializerCount += 1;
      yield* readSparseTensor(c, c.lengthEnd(end), facts);
    } else c.skip(wire, end);
  }
  return graph;
}

function* readNode(
  c: Cursor,
  end: number,
  facts: Gathered,
  graph: OnnxGraph,
  depth: number,
): Step<void> {
  const node: OnnxGraphNode = {
    name: '',
    domain: '',
    operator: '',
    inputs: [],
    outputs: [],
    numbers: new Map(),
    lists: new Map(),
    tensors: new Map(),
    graphs: new Map(),
    others: new Set(),
  };
  const wanted = facts.onNode !== null || mayKeep(facts, '');
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 4 && delimited) {
      node.operator = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
    } else if (field === 5 && delimited) {
      yield* readAttribute(c, c.lengthEnd(end), facts, node, depth);
    } else if (field === 7 && delimited) {
      node.domain = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
    } else if (wanted && delimited && field === 3) {
      node.name = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
    } else if (wanted && delimited && (field === 1 || field === 2)) {
      const list = field === 1 ? node.inputs : node.outputs;
      const tensor = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
      if (list.length < maxNodeTensors) list.push(tensor);
    } else c.skip(wire, end);
  }
  facts.nodeCount += 1;
  // "ai.onnx" is another way to write ONNX's own domain.
  if (node.domain === 'ai.onnx') node.domain = '';
  const { name, domain, operator, inputs, outputs } = node;
  countOperator(c, facts, domain, operator);
  facts.onNode?.({ name, domain, operator, inputs, outputs });
  if (mayKeep(facts, name, operator, ...inputs, ...outputs)) graph.nodes.push(node);
}

/** Graphs, weights, and the small values that types depend on: everything else of an attribute is jumped over. */
function* readAttribute(
  c: Cursor,
  end: number,
  facts: Gathered,
  node: OnnxGraphNode,
  depth: number,
): Step<void> {
  let name = '';
  let number: number | null = null;
  let tensor: OnnxTensorFacts | null = null;
  let graph: OnnxGraph | null = null;
  const list: number[] = [];
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 1 && delimited) {
      name = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
    } else if (field === 3 && wire === WireType.Varint) number = c.varint();
    else if (field === 8 && wire === WireType.Varint) {
      const item = c.varint();
      if (list.length < maxRank) list.push(item);
    } else if (field === 8 && delimited) {
      const packed = new BinaryReader(yield* c.bytes(c.lengthEnd(end), maxSmallMessage));
      while (packed.pos < packed.len && list.length < maxRank) {
        list.push(guarded(c, () => Number(packed.int64())));
      }
    } else if ((field === 5 || field === 10) && delimited) {
      tensor = yield* readTensor(c, c.lengthEnd(end), facts);
    } else if ((field === 6 || field === 11) && delimited) {
      graph = yield* readGraph(c, c.lengthEnd(end), facts, depth + 1);
    } else if ((field === 22 || field === 23) && delimited) {
      yield* readSparseTensor(c, c.lengthEnd(end), facts);
    } else c.skip(wire, end);
  }
  if (!mayKeep(facts, name)) return;
  if (number !== null) node.numbers.set(name, number);
  else if (list.length > 0) node.lists.set(name, list);
  else if (tensor !== null) node.tensors.set(name, tensor);
  else if (graph !== null) node.graphs.set(name, graph);
  else node.others.add(name);
}

function* readFunction(c: Cursor, end: number, facts: Gathered): Step<void> {
  const own: OnnxFunction = { domain: '', name: '', graph: emptyGraph() };
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 7 && delimited) yield* readNode(c, c.lengthEnd(end), facts, own.graph, 1);
    else if (delimited && (field === 1 || field === 10 || field === 4 || field === 5)) {
      const text = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
      if (!mayKeep(facts, text)) continue;
      if (field === 1) own.name = text;
      else if (field === 10) own.domain = text === 'ai.onnx' ? '' : text;
      else (field === 4 ? own.graph.inputs : own.graph.outputs).push(text);
    } else c.skip(wire, end);
  }
  facts.functions.push(own);
}

/** Counts what is kept of the graph; false: no more of it. */
function mayKeep(
  facts: Pick<Gathered, 'graphItems' | 'graphText'>,
  ...names: readonly string[]
): boolean {
  facts.graphItems -= 1;
  for (const name of names) facts.graphText -= name.length;
  return facts.graphItems >= 0 && facts.graphText >= 0;
}

function* readSparseTensor(c: Cursor, end: number, facts: Gathered): Step<void> {
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    if ((field === 1 || field === 2) && wire === WireType.LengthDelimited) {
      yield* readTensor(c, c.lengthEnd(end), facts);
    } else c.skip(wire, end);
  }
}

/** Adds the tensor's bytes to the facts. */
function* readTensor(
  c: Cursor,
  end: number,
  facts: Gathered,
): Step<OnnxTensorFacts & { name: string }> {
  let name = '';
  let type = 0;
  let elements = 1;
  let flag: boolean | null = null;
  const shape: number[] = [];
  const dimension = (size: number): void => {
    elements *= Math.max(0, size);
    if (shape.length < maxRank) shape.push(size);
  };
  let rawBytes = 0;
  let typedBytes = 0;
  let isExternal = false;
  const external: { key: string; value: string }[] = [];
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 1 && wire === WireType.Varint) dimension(c.varint());
    else if (field === 1 && delimited) {
      const dims = new BinaryReader(yield* c.bytes(c.lengthEnd(end), maxSmallMessage));
      while (dims.pos < dims.len) dimension(guarded(c, () => Number(dims.int64())));
    } else if (field === 2 && wire === WireType.Varint) type = c.varint();
    else if (field === 8 && delimited) {
      name = decoder.decode(yield* c.bytes(c.lengthEnd(end), maxName));
    } else if (field === 9 && delimited) {
      const stop = c.lengthEnd(end);
      rawBytes += stop - c.at;
      if (stop - c.at === 1) flag = (yield* c.bytes(stop, 1))[0] !== 0;
      c.at = stop;
    } else if (delimited && (field === 4 || field === 5 || field === 6 || field === 7)) {
      const stop = c.lengthEnd(end);
      typedBytes += stop - c.at;
      if (field === 5 && stop - c.at === 1) flag = (yield* c.bytes(stop, 1))[0] !== 0;
      c.at = stop;
    } else if (delimited && (field === 10 || field === 11)) {
      const stop = c.lengthEnd(end);
      typedBytes += stop - c.at;
      c.at = stop;
    } else if (field === 13 && delimited) {
      const entry = yield* readEntry(c, c.lengthEnd(end));
      if (external.length < 16) external.push(entry);
    } else if (field === 14 && wire === WireType.Varint) isExternal = c.varint() === 1;
    else c.skip(wire, end);
  }
  const described = Math.ceil((elements * bitsOf(type)) / 8);
  if (isExternal) {
    facts.weightBytes += addExternal(c, facts, external, described);
  } else if (rawBytes > 0) {
    facts.weightBytes += rawBytes;
  } else if (typedBytes > 0) {
    // Typed data is written as varints or floats: at least one byte an element, so a claim beyond that is false.
    const most = bitsOf(type) === 0 ? typedBytes : typedBytes * 8;
    facts.weightBytes += bitsOf(type) === 0 ? typedBytes : Math.min(described, most);
  }
  const isFlag = elements === 1 && onnxTypeName(type) === 'bool';
  return { name, type: onnxTypeName(type), dims: shape, flag: isFlag ? flag : null };
}

function addExternal(
  c: Cursor,
  facts: Gathered,
  entries: readonly { key: string; value: string }[],
  described: number,
): number {
  const value = (key: string): string | undefined =>
    entries.find((entry) => entry.key === key)?.value;
  const number = (key: string): number | null => {
    const text = value(key);
    if (text === undefined || !/^\d{1,15}$/.test(text)) return null;
    return Number(text);
  };
  const location = value('location') ?? '';
  const bytes = number('length') ?? (Number.isSafeInteger(described) ? described : 0);
  let file = facts.externalFiles.get(location);
  if (file === undefined) {
    if (facts.externalFiles.size >= maxListed) throw tooMany(c);
    file = { location, inside: staysInside(location), tensors: 0, bytes: 0, extent: 0 };
    facts.externalFiles.set(c.keep(location), file);
  }
  file.tensors += 1;
  file.bytes += bytes;
  file.extent = Math.max(file.extent, (number('offset') ?? 0) + bytes);
  return bytes;
}

/** ONNX demands a path relative to the model that does not leave its folder. Windows' ways to leave count everywhere. */
function staysInside(location: string): boolean {
  if (location === '' || location.includes('\0')) return false;
  if (/^[/\\]/.test(location) || /^[A-Za-z]:/.test(location)) return false;
  return !location.split(/[/\\]/).includes('..');
}

function* readEntry(c: Cursor, end: number): Step<{ key: string; value: string }> {
  let key = '';
  let value = '';
  while (c.at < end) {
    if (!c.has(20)) yield* c.fill(20);
    const [field, wire] = c.tag();
    const delimited = wire === WireType.LengthDelimited;
    if (field === 1 && delimited) key = yield* c.text(c.lengthEnd(end));
    else if (field === 2 && delimited) value = yield* c.text(c.lengthEnd(end));
    else c.skip(wire, end);
  }
  return { key, value };
}

// ---- small messages, read whole ----

function readOpset(c: Cursor, bytes: Uint8Array): { domain: string; version: number } {
  const opset = { domain: '', version: 0 };
  eachField(c, bytes, (reader, field, wire) => {
    if (field === 1 && wire === WireType.LengthDelimited) opset.domain = c.keep(textOf(reader));
    else if (field === 2 && wire === WireType.Varint) opset.version = Number(reader.int64());
    else return false;
    return true;
  });
  return opset;
}

function readValue(c: Cursor, bytes: Uint8Array): OnnxValueFacts {
  const value: OnnxValueFacts = { name: '', type: 'unknown', shape: null };
  eachField(c, bytes, (reader, field, wire) => {
    if (wire !== WireType.LengthDelimited) return false;
    if (field === 1) value.name = c.keep(textOf(reader));
    else if (field === 2) readType(c, reader.bytes(), value);
    else return false;
    return true;
  });
  return value;
}

/** TypeProto: which of its fields is set says what it is. */
function readType(c: Cursor, bytes: Uint8Array, value: OnnxValueFacts): void {
  const others: Record<number, string> = {
    4: 'sequence',
    5: 'map',
    7: 'opaque',
    8: 'sparse tensor',
    9: 'optional',
  };
  eachField(c, bytes, (reader, field, wire) => {
    if (wire !== WireType.LengthDelimited) return false;
    if (field === 1) {
      readTensorType(c, reader.bytes(), value);
      return true;
    }
    const other = others[field];
    if (other !== undefined) value.type = other;
    return false;
  });
}

function readTensorType(c: Cursor, bytes: Uint8Array, value: OnnxValueFacts): void {
  eachField(c, bytes, (reader, field, wire) => {
    if (field === 1 && wire === WireType.Varint) value.type = onnxTypeName(reader.int32());
    else if (field === 2 && wire === WireType.LengthDelimited) {
      value.shape = readShape(c, reader.bytes());
    } else return false;
    return true;
  });
}

function readShape(c: Cursor, bytes: Uint8Array): OnnxDimension[] {
  const shape: OnnxDimension[] = [];
  eachField(c, bytes, (reader, field, wire) => {
    if (field !== 1 || wire !== WireType.LengthDelimited) return false;
    if (shape.length >= maxRank) {
      throw new OnnxError('too-complex', `has a tensor of more than ${maxRank} dimensions`, c.at);
    }
    shape.push(readDimension(c, reader.bytes()));
    return true;
  });
  return shape;
}

function readDimension(c: Cursor, bytes: Uint8Array): OnnxDimension {
  let dimension: OnnxDimension = '';
  eachField(c, bytes, (reader, field, wire) => {
    if (field === 1 && wire === WireType.Varint) {
      const size = Number(reader.int64());
      // Some exporters write -1 where they mean "dynamic".
      dimension = size >= 0 ? size : '';
    } else if (field === 2 && wire === WireType.LengthDelimited) {
      dimension = c.keep(textOf(reader));
    } else return false;
    return true;
  });
  return dimension;
}

/** take returns false for a field it does not want; it is then skipped. */
function eachField(
  c: Cursor,
  bytes: Uint8Array,
  take: (reader: BinaryReader, field: number, wire: WireType) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  guarded(c, () => {
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (!take(reader, field, wire)) reader.skip(wire, field);
    }
  });
}

function guarded<T>(c: Cursor, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof OnnxError) throw error;
    throw c.damaged();
  }
}

/** Not BinaryReader.string(): that refuses bytes that are no UTF-8, which a facts reader should show, not die of. */
function textOf(reader: BinaryReader): string {
  return decoder.decode(reader.bytes());
}

// ---- bookkeeping ----

function countOperator(c: Cursor, facts: Gathered, domain: string, op: string): void {
  const key = `${domain}\n${op}`;
  const known = facts.operators.get(key);
  if (known !== undefined) {
    known.count += 1;
    return;
  }
  if (facts.operators.size >= maxListed) throw tooMany(c);
  c.keep(key);
  facts.operators.set(key, { domain, op, count: 1 });
}

/** Past the limit they are no longer told from inputs, which matters only to models older than ONNX 1.5. */
function rememberInitializer(c: Cursor, facts: Gathered, name: string): void {
  if (c.textKept + name.length > maxTotalText / 2) return;
  facts.initializerNames.add(c.keep(name));
}

function push<T>(c: Cursor, list: T[], item: T): void {
  if (list.length >= maxListed) throw tooMany(c);
  list.push(item);
}

function tooMany(c: Cursor): OnnxError {
  return new OnnxError('too-complex', 'lists more things than any real model', c.at);
}

function emptyFacts(fileSize: number): Omit<Gathered, 'onNode'> {
  return {
    fileSize,
    hasGraph: false,
    irVersion: 0,
    producer: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0,
    docString: '',
    opsets: [],
    metadata: [],
    graphName: '',
    inputs: [],
    outputs: [],
    nodeCount: 0,
    operators: new Map(),
    initializerCount: 0,
    initializerNames: new Set(),
    weightBytes: 0,
    strangeWeights: [],
    externalFiles: new Map(),
    graph: null,
    functions: [],
    graphItems: maxGraphItems,
    graphText: maxGraphText,
  };
}

function finish(gathered: Gathered): OnnxFacts {
  const { initializerNames, operators, externalFiles } = gathered;
  return {
    fileSize: gathered.fileSize,
    irVersion: gathered.irVersion,
    producer: gathered.producer,
    producerVersion: gathered.producerVersion,
    domain: gathered.domain,
    modelVersion: gathered.modelVersion,
    docString: gathered.docString,
    opsets: gathered.opsets,
    metadata: gathered.metadata,
    graphName: gathered.graphName,
    inputs: gathered.inputs.filter((input) => !initializerNames.has(input.name)),
    outputs: gathered.outputs,
    nodeCount: gathered.nodeCount,
    operators: [...operators.values()].sort(
      (a, b) => b.count - a.count || compareText(a.domain, b.domain) || compareText(a.op, b.op),
    ),
    initializerCount: gathered.initializerCount,
    weightBytes: gathered.weightBytes,
    strangeWeights: gathered.strangeWeights,
    externalFiles: [...externalFiles.values()],
    traits:
      gathered.graph && mayKeep(gathered) ? findTraits(gathered.graph, gathered.functions) : null,
  };
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** TensorProto.DataType: name and bits of one element (0: no fixed size). */
const dataTypes: Readonly<Record<number, readonly [string, number]>> = {
  1: ['float32', 32],
  2: ['uint8', 8],
  3: ['int8', 8],
  4: ['uint16', 16],
  5: ['int16', 16],
  6: ['int32', 32],
  7: ['int64', 64],
  8: ['string', 0],
  9: ['bool', 8],
  10: ['float16', 16],
  11: ['float64', 64],
  12: ['uint32', 32],
  13: ['uint64', 64],
  14: ['complex64', 64],
  15: ['complex128', 128],
  16: ['bfloat16', 16],
  17: ['float8e4m3fn', 8],
  18: ['float8e4m3fnuz', 8],
  19: ['float8e5m2', 8],
  20: ['float8e5m2fnuz', 8],
  21: ['uint4', 4],
  22: ['int4', 4],
  23: ['float4e2m1', 4],
  24: ['float8e8m0', 8],
};

function onnxTypeName(type: number): string {
  return dataTypes[type]?.[0] ?? `type ${type}`;
}

function bitsOf(type: number): number {
  return dataTypes[type]?.[1] ?? 0;
}
