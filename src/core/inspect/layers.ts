/**
 * The layers of an engine, from what IEngineInspector of TensorRT-RTX 1.4–1.7 says (kJSON) and from what NVIDIA's tools
 * write: trtexec --exportLayerInfo of TensorRT and TensorRT-RTX, and --exportProfile.
 *
 * Everything in it is hostile or broken until it is read: names that are numbers or missing, names that occur twice,
 * layers that are only strings, lists that are something else. What can be shown is shown, what was left out is said in
 * `notes`, and only a document that holds no layers at all is an error.
 *
 * `rows` is the table, one small object for each layer. Shapes and formats of one layer's tensors are read when asked
 * for (layerDetail), so that 20,000 layers cost little. Texts in rows and details are printable.
 */
import { formatCount } from '../text/formats';
import { plainText } from '../text/plainText';
import type { LayerTime } from '../run/runReport';
import { bitsOfType as bits, type TensorType } from './inspection';
import { isProfile, profileOfValue } from './layerProfile';
import { LayersError, type LayersErrorCode } from './layersError';
import { decodeText } from '../text/decodeText';
import { JsonError, parseTolerantJson } from './tolerantJson';

export interface LayerRow {
  /** Position in the engine, from 0; the identity of the layer, as names may occur twice. */
  index: number;
  name: string;
  /** "kgen", "correlation", …; '' when only names are there. */
  type: string;
  tactic: string;
  /** Types of its outputs: "float16", "float16 + int32"; '' when not told. */
  precision: string;
  /** "1x64x224x224, 1x1"; ? for a dynamic dimension. */
  outputShapes: string;
  /** Bytes of its constants; null: not told, or one of them has a dynamic shape or an unknown type. */
  weightBytes: number | null;
  /** Bytes of its outputs; null: not told, or dynamic. */
  activationBytes: number | null;
  /** Names of the ONNX nodes that it came from, exact (compare with OnnxNode.name after plainText). */
  onnx: string[];
  stream: number | null;
}

export interface LayerTensor {
  name: string;
  /** -1: dynamic; null: not told. */
  shape: number[] | null;
  strides: number[] | null;
  /** A TensorType, or what the tool wrote. */
  type: string;
  format: string;
  /** null: dynamic or not told. */
  bytes: number | null;
}

export interface LayerDetail {
  inputs: LayerTensor[];
  constants: LayerTensor[];
  outputs: LayerTensor[];
  /** What the metadata says besides ONNX nodes. */
  metadata: string[];
  /** Everything else that the tool wrote about it. */
  others: { key: string; value: string }[];
}

export interface LayersDocument {
  /** names-only: the engine was built without detailed profiling verbosity. */
  detail: 'detailed' | 'names-only' | 'none';
  rows: LayerRow[];
  /** Bytes of all constants, one that several layers share counted once; null: no layer tells. */
  weightBytes: number | null;
  /** Layers whose weight bytes are not known. */
  unknownWeights: number;
  /** Present when the document is NVIDIA's profile: layers are names with times. */
  times: LayerTime[] | null;
  /** What was left out or mended, in sentences. */
  notes: string[];
  /** As parsed; read it by layerDetail and layerEdges. */
  readonly raw: readonly unknown[];
}

export { LayersError, type LayersErrorCode };

/** Far above any real engine. */
export const maxLayersBytes = 256 * 1024 * 1024;
export const maxLayers = 200_000;
const maxTensors = 4096;
const maxNameLength = 4096;
const maxShownName = 500;
const maxOnnxNodes = 4096;

/** Throws LayersError. */
export function parseLayers(input: Uint8Array | string): LayersDocument {
  const value = parseDocument(input);
  const notes: string[] = [];
  if (value.mended) notes.push('The JSON is not quite valid and was mended before it was read.');
  if (isProfile(value.value)) return profileDocument(value.value, notes);
  const list = layerList(value.value);
  if (list.length > maxLayers) {
    notes.push(
      `It lists ${formatCount(list.length)} layers; the first ${formatCount(maxLayers)} are shown.`,
    );
  }
  const raw = list.slice(0, maxLayers);
  const shared = new Map<string, number | null>();
  const rows: LayerRow[] = [];
  const kept: unknown[] = [];
  let leftOut = 0;
  let detailed = 0;
  for (const item of raw) {
    const row = readRow(item, rows.length, shared);
    if (row === null) {
      leftOut += 1;
      continue;
    }
    if (isRecord(item) && Object.keys(item).length > 1) detailed += 1;
    rows.push(row);
    kept.push(item);
  }
  if (leftOut > 0) {
    notes.push(
      leftOut === 1
        ? 'One entry is neither a layer nor a name and was left out.'
        : `${formatCount(leftOut)} entries are neither layers nor names and were left out.`,
    );
  }
  const known = [...shared.values()].filter((bytes) => bytes !== null);
  const unknownWeights = rows.filter((row) => row.weightBytes === null).length;
  return {
    detail: rows.length === 0 ? 'none' : detailed > 0 ? 'detailed' : 'names-only',
    rows,
    weightBytes:
      unknownWeights === rows.length && known.length === 0
        ? null
        : known.reduce((sum, bytes) => sum + bytes, 0),
    unknownWeights,
    times: null,
    notes,
    raw: kept,
  };
}

/** The tensors of one layer, and whatever else is told about it. */
export function layerDetail(document: LayersDocument, index: number): LayerDetail {
  const layer = document.raw[index];
  const detail: LayerDetail = { inputs: [], constants: [], outputs: [], metadata: [], others: [] };
  if (!isRecord(layer)) return detail;
  detail.inputs = tensorList(layer, 'Inputs').map(readTensor);
  detail.constants = constantsOf(layer).map(readTensor);
  detail.outputs = tensorList(layer, 'Outputs').map(readTensor);
  detail.metadata = readMetadata(layer['Metadata']).others;
  for (const [key, value] of Object.entries(layer).slice(0, 64)) {
    if (shownKeys.has(key)) continue;
    const text = typeof value === 'string' ? value : safeJson(value);
    if (text !== '') detail.others.push({ key: printable(key), value: plainText(text, 1000) });
  }
  return detail;
}

/** Exact names of the tensors that a layer reads and writes: the edges of the graph. */
export function layerTensorNames(
  document: LayersDocument,
  index: number,
): { inputs: string[]; outputs: string[] } {
  const layer = document.raw[index];
  if (!isRecord(layer)) return { inputs: [], outputs: [] };
  return {
    inputs: tensorList(layer, 'Inputs').map(tensorKey),
    outputs: tensorList(layer, 'Outputs').map(tensorKey),
  };
}

/** The layer's name as it was written: what a profile is joined by. */
export function exactName(document: LayersDocument, index: number): string {
  return rawName(document.raw[index]) ?? '';
}

// ---- the document ----

function parseDocument(input: Uint8Array | string): { value: unknown; mended: boolean } {
  if (input.length > maxLayersBytes) {
    throw new LayersError(
      'too-large',
      `It is larger than ${formatCount(maxLayersBytes / 1024 / 1024)} MiB, more than any real engine's layers.`,
    );
  }
  const text = typeof input === 'string' ? input : withoutEnd(decodeText(input));
  if (text.trim() === '') throw new LayersError('empty', 'It is empty.');
  try {
    return parseTolerantJson(text);
  } catch (error) {
    if (error instanceof JsonError) {
      const { what, line, column } = error;
      throw new LayersError(
        'not-json',
        `It is not valid JSON: at line ${line}, column ${column} ${what}.`,
        line,
        column,
      );
    }
    throw new LayersError('too-large', 'It is too large to be read.');
  }
}

/** C strings bring their zero along. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end);
}

function layerList(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    const list = value as unknown[];
    const looksRight = list.some(
      (item) => typeof item === 'string' || (isRecord(item) && rawName(item) !== null),
    );
    if (looksRight) return list;
    if (list.some((item) => isRecord(item) && 'startComputeMs' in item)) {
      throw new LayersError(
        'not-layers',
        'It holds times of whole inferences (trtexec --exportTimes), not of layers. Export layers with --exportLayerInfo or their times with --exportProfile.',
      );
    }
  } else if (isRecord(value)) {
    const found = Object.entries(value).find(([key]) => key.toLowerCase() === 'layers')?.[1];
    if (Array.isArray(found)) return found as unknown[];
    if (isRecord(found)) return Object.entries(found).map(([name, it]) => namedLayer(name, it));
    // getLayerInformation of one layer
    if ('LayerType' in value && rawName(value) !== null) return [value];
  }
  throw new LayersError(
    'not-layers',
    'It is JSON, but holds no list of layers. Export one with the engine inspector, or with trtexec --exportLayerInfo and --exportProfile.',
  );
}

function namedLayer(name: string, value: unknown): unknown {
  return isRecord(value) ? { Name: name, ...value } : name;
}

function profileDocument(value: unknown, notes: string[]): LayersDocument {
  const times = profileOfValue(value).slice(0, maxLayers);
  const raw = times.map((time) => time.name);
  const rows = raw.map((name, index) => bareRow(name, index));
  return {
    detail: rows.length === 0 ? 'none' : 'names-only',
    rows,
    weightBytes: null,
    unknownWeights: rows.length,
    times,
    notes,
    raw,
  };
}

// ---- one layer ----

const shownKeys = new Set([
  ...['Name', 'LayerType', 'Inputs', 'Constants', 'Outputs', 'TacticName', 'StreamId'],
  ...['Metadata', 'name', 'Stream'],
]);

function bareRow(name: string, index: number): LayerRow {
  return {
    index,
    name: printable(name),
    type: '',
    tactic: '',
    precision: '',
    outputShapes: '',
    weightBytes: null,
    activationBytes: null,
    onnx: [],
    stream: null,
  };
}

function readRow(
  item: unknown,
  index: number,
  shared: Map<string, number | null>,
): LayerRow | null {
  if (typeof item === 'string' || typeof item === 'number') return bareRow(String(item), index);
  if (!isRecord(item)) return null;
  const row = bareRow(rawName(item) ?? `layer ${index}`, index);
  row.type = printable(textOf(item['LayerType']));
  row.tactic = printable(textOf(item['TacticName']) || textOf(item['TacticValue']));
  const stream = item['StreamId'] ?? item['Stream'];
  row.stream = typeof stream === 'number' && Number.isInteger(stream) ? stream : null;
  row.onnx = readMetadata(item['Metadata']).onnx;
  const outputs = tensorList(item, 'Outputs');
  if (outputs.length > 0) {
    row.precision = [...new Set(outputs.map(typeOf).filter((type) => type !== ''))].join(' + ');
    row.outputShapes = outputs.map((tensor) => shapeText(shapeOf(tensor))).join(', ');
    row.activationBytes = sum(outputs.map(bytesOf));
  } else if (Array.isArray(item['Outputs'])) row.activationBytes = 0;
  const constants = constantsOf(item);
  if (constants.length > 0) {
    const bytes = constants.map(bytesOf);
    row.weightBytes = sum(bytes);
    constants.forEach((constant, at) =>
      shared.set(`${tensorKey(constant)}\n${bytes[at]}`, bytes[at]!),
    );
  } else if (Array.isArray(item['Constants'])) row.weightBytes = 0;
  return row;
}

function sum(values: readonly (number | null)[]): number | null {
  let all = 0;
  for (const value of values) {
    if (value === null) return null;
    all += value;
  }
  return all;
}

type Json = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function rawName(item: unknown): string | null {
  if (typeof item === 'string' || typeof item === 'number') return bounded(String(item));
  if (!isRecord(item)) return null;
  const name = item['Name'] ?? item['name'];
  if (typeof name === 'string' || typeof name === 'number') return bounded(String(name));
  return 'LayerType' in item ? '' : null;
}

const bounded = (text: string): string =>
  text.length > maxNameLength ? text.slice(0, maxNameLength) : text;

const plain = /^[\x20-\x7e]*$/;

/** plainText, but quick for the names that nearly all are. */
function printable(text: string): string {
  return text.length <= maxShownName && plain.test(text) ? text : plainText(text, maxShownName);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function safeJson(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.length > 256) return `${value.length} entries`;
  try {
    return JSON.stringify(value).slice(0, 4000);
  } catch {
    return ''; // nested too deep
  }
}

// ---- where it came from ----

/** "[ONNX Layer: a]␟[ONNX Layer: b]": U+001F in TensorRT-RTX 1.7, U+001E in TensorRT. */
const separators = /[\u001e\u001f]/;
const onnxLayer = /^\[ONNX Layer: ([^]*)\]$/;
const onnxLayers = /\[ONNX Layer: ([^\]]*)\]/g;

function readMetadata(value: unknown): { onnx: string[]; others: string[] } {
  const onnx: string[] = [];
  const others: string[] = [];
  if (typeof value !== 'string' || value === '') return { onnx, others };
  for (const part of value.split(separators, maxOnnxNodes)) {
    const text = part.trim();
    if (text === '') continue;
    // Without a separator several stand side by side; a name may hold a bracket, but not that beginning.
    const single = text.lastIndexOf('[ONNX Layer: ') === 0 ? onnxLayer.exec(text)?.[1] : undefined;
    if (single !== undefined) onnx.push(bounded(single));
    else if (text.includes('[ONNX Layer: ')) {
      for (const match of text.matchAll(onnxLayers)) onnx.push(bounded(match[1] ?? ''));
    } else others.push(plainText(text, 1000));
  }
  return { onnx: [...new Set(onnx)], others };
}

// ---- tensors ----

function tensorList(layer: Json, key: string): Json[] {
  const value = layer[key];
  if (!Array.isArray(value)) return [];
  return (value as unknown[])
    .slice(0, maxTensors)
    .map((item) => (typeof item === 'string' ? { Name: item } : item))
    .filter(isRecord);
}

/** TensorRT-RTX lists Constants; TensorRT writes Weights and Bias as a type and a count. */
function constantsOf(layer: Json): Json[] {
  const constants = tensorList(layer, 'Constants');
  for (const key of ['Weights', 'Bias']) {
    const value = layer[key];
    if (!isRecord(value) || typeof value['Count'] !== 'number') continue;
    const owner = textOf(layer['Name']);
    constants.push({
      Name: owner === '' ? key : `${owner} ${key.toLowerCase()}`,
      Dimensions: [value['Count']],
      Datatype: value['Type'],
    });
  }
  return constants;
}

function tensorKey(tensor: Json): string {
  return bounded(textOf(tensor['Name'] ?? tensor['name']));
}

function readTensor(tensor: Json): LayerTensor {
  return {
    name: printable(tensorKey(tensor)),
    shape: shapeOf(tensor),
    strides: numbersOf(tensor['Strides']),
    type: printable(typeOf(tensor)),
    format: printable(textOf(tensor['Format'] ?? tensor['Format/Datatype'])),
    bytes: bytesOf(tensor),
  };
}

function numbersOf(value: unknown): number[] | null {
  if (!Array.isArray(value) || value.length > 64) return null;
  const numbers = value as unknown[];
  return numbers.every((item) => typeof item === 'number' && Number.isFinite(item))
    ? (numbers as number[])
    : null;
}

function shapeOf(tensor: Json): number[] | null {
  return numbersOf(tensor['Dimensions'] ?? tensor['dimensions']);
}

/** "1x3x?x?", "scalar", "?" when it is not told. */
export function shapeText(shape: readonly number[] | null): string {
  if (shape === null) return '?';
  if (shape.length === 0) return 'scalar';
  return shape.map((size) => (size < 0 ? '?' : String(size))).join('x');
}

function bytesOf(tensor: Json): number | null {
  const shape = shapeOf(tensor);
  const bits = bitsOfType(typeOf(tensor));
  if (shape === null || bits === null) return null;
  let elements = 1;
  for (const size of shape) {
    if (size < 0 || !Number.isInteger(size)) return null;
    elements *= size;
  }
  const bytes = Math.ceil((elements * bits) / 8);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** By the spellings of the inspectors, in small letters without spaces, dashes and underscores. */
const typeNames: Readonly<Record<string, TensorType>> = {
  float: 'float32',
  fp32: 'float32',
  float32: 'float32',
  half: 'float16',
  fp16: 'float16',
  float16: 'float16',
  int8: 'int8',
  int32: 'int32',
  int64: 'int64',
  bool: 'bool',
  uint8: 'uint8',
  fp8: 'float8e4m3',
  float8: 'float8e4m3',
  fp8e4m3: 'float8e4m3',
  float8e4m3: 'float8e4m3',
  bf16: 'bfloat16',
  bfloat16: 'bfloat16',
  int4: 'int4',
  fp4: 'float4e2m1',
  fp4e2m1: 'float4e2m1',
  float4e2m1: 'float4e2m1',
  e8m0: 'float8e8m0',
  fp8e8m0: 'float8e8m0',
  float8e8m0: 'float8e8m0',
};

const typeInFormat = /\b(FP32|FP16|BF16|FP8|FP4|INT8|INT32|INT64|INT4|UINT8|BOOL)\b/i;

/** A TensorType where it is one, else what was written. */
function typeOf(tensor: Json): string {
  const written = textOf(tensor['Datatype'] ?? tensor['DataType'] ?? tensor['datatype']);
  // TensorRT's older inspector: "Format/Datatype": "Row major linear FP32"
  const text = written || (typeInFormat.exec(textOf(tensor['Format/Datatype']))?.[1] ?? '');
  const key = text.toLowerCase().replace(/[\s_-]/g, '');
  return Object.hasOwn(typeNames, key) ? typeNames[key]! : plainText(text, 40);
}

/** null: not one that we know. */
export function bitsOfType(type: string): number | null {
  return Object.hasOwn(bits, type) ? bits[type as TensorType] : null;
}
