/**
 * What of a model makes its engine depend on the GPU or on the version of TensorRT-RTX: low-precision types that are alive,
 * matrix products in 32 bits, and the like (requirements.ts says what follows). "Alive" is what reaches an output, after an
 * If whose condition is a constant is resolved; types are followed node by node through the graph.
 *
 * Pure, and safe with hostile graphs: every node is visited once in each call of it, calls and nesting are limited, and
 * what cannot be told is left out.
 */
import type {
  OnnxDeclared,
  OnnxFunction,
  OnnxGraph,
  OnnxGraphNode,
  OnnxTensorFacts,
} from './onnxGraph';

export const traitIds = [
  'fp4',
  'fp8',
  'bf16',
  'int4',
  'fp32-product',
  'fp32-conv3d',
  'bf16-deconvolution',
  'int8-convolution',
  'attention-without-kernel',
  'quantized',
] as const;
export type TraitId = (typeof traitIds)[number];

export interface ModelTrait {
  id: TraitId;
  /** The first node that shows it; '' where it shows on a value that no node makes, or the node has no name. */
  node: string;
  /** Its operator; ''. */
  operator: string;
}

/** Visits of nodes, those of functions once in every call. */
const maxVisits = 1_000_000;
const maxDepth = 64;

/** null: too much to look through. */
export function findTraits(
  graph: OnnxGraph,
  functions: readonly OnnxFunction[],
): ModelTrait[] | null {
  const search = new TraitSearch(functions);
  try {
    search.graph(graph, new Scope(null), 0);
    return search.found();
  } catch (error) {
    if (error instanceof TooMuch) return null;
    throw error;
  }
}

class TooMuch extends Error {}

/** A value as far as it is known. */
interface Value {
  /** '' where it is not known. */
  type: string;
  /** null: not known. */
  shape: readonly (number | string)[] | null;
  /** A constant true or false. */
  flag: boolean | null;
  /** What a DequantizeLinear made it from; ''. */
  from: string;
  /** The node that made it; null: input or constant. */
  maker: OnnxGraphNode | null;
}

const unknownValue: Value = { type: '', shape: null, flag: null, from: '', maker: null };

/** Names and their values; a sub-graph sees those around it. */
class Scope {
  private readonly values = new Map<string, Value>();
  constructor(private readonly outer: Scope | null) {}

  set(name: string, value: Value): void {
    this.values.set(name, value);
  }

  get(name: string | undefined): Value {
    if (name === undefined || name === '') return unknownValue;
    return this.values.get(name) ?? this.outer?.get(name) ?? unknownValue;
  }
}

class TraitSearch {
  private readonly traits = new Map<TraitId, ModelTrait>();
  private readonly functions = new Map<string, OnnxFunction>();
  private visits = 0;

  constructor(functions: readonly OnnxFunction[]) {
    for (const own of functions) this.functions.set(`${own.domain}\n${own.name}`, own);
  }

  found(): ModelTrait[] {
    return traitIds.flatMap((id) => this.traits.get(id) ?? []);
  }

  /** scope: where its names are looked up and set. Returns the values of its outputs. */
  graph(graph: OnnxGraph, scope: Scope, depth: number): Value[] {
    if (depth > maxDepth) throw new TooMuch();
    for (const name of graph.inputs) {
      const declared = graph.declared.get(name);
      // Inputs of a function have what its caller gives.
      if (declared) scope.set(name, valueOf(declared));
    }
    for (const [name, tensor] of graph.initializers) scope.set(name, valueOf(tensor));
    const alive = this.alive(graph, scope);
    for (const node of graph.nodes) this.node(node, graph, scope, alive.has(node), depth);
    const outputs = graph.outputs.map((name) => scope.get(name));
    for (const output of outputs) this.type(output.type, output.maker);
    return outputs;
  }

  /** Nodes that an output depends on. */
  private alive(graph: OnnxGraph, scope: Scope): Set<OnnxGraphNode> {
    const makers = new Map<string, OnnxGraphNode>();
    for (const node of graph.nodes) {
      for (const output of node.outputs) if (output !== '') makers.set(output, node);
    }
    const alive = new Set<OnnxGraphNode>();
    const wanted = [...graph.outputs];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      const node = makers.get(name);
      if (node === undefined || alive.has(node)) continue;
      this.count();
      alive.add(node);
      for (const input of node.inputs) wanted.push(input);
      for (const inner of takenGraphs(node, flagOf(node, scope, makers))) {
        this.outerNames(inner, wanted, 0);
      }
    }
    return alive;
  }

  /** All names that a sub-graph uses: those of its own do no harm, names are unique in a model. */
  private outerNames(graph: OnnxGraph, into: string[], depth: number): void {
    if (depth > maxDepth) throw new TooMuch();
    into.push(...graph.outputs);
    for (const node of graph.nodes) {
      this.count();
      into.push(...node.inputs);
      for (const inner of node.graphs.values()) this.outerNames(inner, into, depth + 1);
    }
  }

  private node(
    node: OnnxGraphNode,
    graph: OnnxGraph,
    scope: Scope,
    isAlive: boolean,
    depth: number,
  ): void {
    this.count();
    const inputs = node.inputs.map((name) => scope.get(name));
    const inner = this.inner(node, inputs, scope, isAlive, depth);
    const outputs = inner ?? outputValues(node, inputs, graph.declared);
    node.outputs.forEach((name, index) => {
      if (name === '') return;
      const value = outputs[index] ?? valueOf(graph.declared.get(name));
      scope.set(name, { ...value, maker: node });
    });
    // The builder of 1.4 asks for a GPU for any of them, also where nothing comes of it.
    if (quantizing.test(node.operator)) this.add('quantized', node);
    if (!isAlive) return;
    for (const { type } of inputs) this.type(type, node);
    node.outputs.forEach((name) => this.type(scope.get(name).type, node));
    this.operator(node, inputs);
  }

  /** Sub-graphs and functions: their nodes are looked at, and their outputs are the node's. */
  private inner(
    node: OnnxGraphNode,
    inputs: readonly Value[],
    scope: Scope,
    isAlive: boolean,
    depth: number,
  ): Value[] | null {
    const own = this.functions.get(`${node.domain}\n${node.operator}`);
    if (own) {
      if (!isAlive) return null;
      const called = new Scope(null);
      own.graph.inputs.forEach((name, index) => called.set(name, inputs[index] ?? unknownValue));
      return this.graph(own.graph, called, depth + 1);
    }
    let outputs: Value[] | null = null;
    for (const graph of takenGraphs(node, inputs[0]?.flag ?? null)) {
      const of = isAlive
        ? this.graph(graph, new Scope(scope), depth + 1)
        : this.dead(graph, depth + 1);
      outputs ??= of;
    }
    // The first output of a loop's body is its condition.
    return node.operator === 'Loop' ? (outputs?.slice(1) ?? null) : outputs;
  }

  /** Of a graph from which nothing reaches an output, only what counts all the same. */
  private dead(graph: OnnxGraph, depth: number): null {
    if (depth > maxDepth) throw new TooMuch();
    for (const node of graph.nodes) {
      this.count();
      if (quantizing.test(node.operator)) this.add('quantized', node);
      for (const inner of node.graphs.values()) this.dead(inner, depth + 1);
    }
    return null;
  }

  private operator(node: OnnxGraphNode, inputs: readonly Value[]): void {
    const [first = unknownValue, second = unknownValue] = inputs;
    const isFp32 = first.type === 'float32' || first.type === 'float64';
    switch (node.operator) {
      case 'Einsum':
        // With one operand nothing is multiplied.
        if (isFp32 && node.inputs.length > 1) this.add('fp32-product', node);
        break;
      case 'MatMul':
      case 'Gemm':
      case 'LSTM':
      case 'GRU':
      case 'RNN':
        if (isFp32) this.add('fp32-product', node);
        break;
      case 'Conv':
      case 'ConvTranspose': {
        const deconvolution = node.operator === 'ConvTranspose';
        if (isFp32 && spatialRank(node, inputs) === 3) this.add('fp32-conv3d', node);
        if (deconvolution && first.type === 'bfloat16') this.add('bf16-deconvolution', node);
        const grouped = deconvolution && (node.numbers.get('group') ?? 1) > 1;
        if (!grouped && first.from === 'int8' && second.from === 'int8') {
          this.add('int8-convolution', node);
        }
        break;
      }
      case 'Attention': {
        if (node.numbers.get('TRT_decomposable') === 1) break;
        const size = headSize(node, first);
        const unusual = size !== null && (size <= 8 || size > 256);
        if (isFp32 || unusual) this.add('attention-without-kernel', node);
        break;
      }
    }
  }

  private type(type: string, node: OnnxGraphNode | null): void {
    const id = traitOfType[type];
    if (id !== undefined) this.add(id, node);
  }

  private add(id: TraitId, node: OnnxGraphNode | null): void {
    if (this.traits.has(id)) return;
    this.traits.set(id, { id, node: node?.name ?? '', operator: node?.operator ?? '' });
  }

  private count(): void {
    this.visits += 1;
    if (this.visits > maxVisits) throw new TooMuch();
  }
}

const traitOfType: Readonly<Record<string, TraitId | undefined>> = {
  bfloat16: 'bf16',
  int4: 'int4',
  float8e4m3fn: 'fp8',
  float4e2m1: 'fp4',
};

/** The graphs of a node that can be entered. */
function takenGraphs(node: OnnxGraphNode, condition: boolean | null): OnnxGraph[] {
  const all = [...node.graphs.values()];
  if (node.operator !== 'If' || condition === null) return all;
  const taken = node.graphs.get(condition ? 'then_branch' : 'else_branch');
  return taken ? [taken] : all;
}

/** Of an If: its condition, where that is a constant. */
function flagOf(
  node: OnnxGraphNode,
  scope: Scope,
  makers: ReadonlyMap<string, OnnxGraphNode>,
): boolean | null {
  const [name = ''] = node.inputs;
  const maker = makers.get(name);
  return maker ? constantFlag(maker) : scope.get(name).flag;
}

function constantFlag(node: OnnxGraphNode): boolean | null {
  return node.operator === 'Constant' ? (node.tensors.get('value')?.flag ?? null) : null;
}

function valueOf(from: OnnxDeclared | OnnxTensorFacts | undefined): Value {
  if (from === undefined) return unknownValue;
  if (!('dims' in from)) return { ...unknownValue, type: from.type, shape: from.shape };
  return { ...unknownValue, type: from.type, shape: from.dims, flag: from.flag };
}

/** 1, 2 or 3 dimensions of the kernel; null: not known. */
function spatialRank(node: OnnxGraphNode, inputs: readonly Value[]): number | null {
  const kernel = node.lists.get('kernel_shape');
  if (kernel) return kernel.length;
  const known = inputs.slice(0, 2).find((value) => value.shape !== null)?.shape;
  return known ? known.length - 2 : null;
}

/** Of an Attention; null: not known. */
function headSize(node: OnnxGraphNode, query: Value): number | null {
  const last = query.shape?.at(-1);
  if (typeof last !== 'number') return null;
  if (query.shape?.length === 4) return last;
  const heads = node.numbers.get('q_num_heads') ?? 0;
  return heads > 0 ? last / heads : null;
}

/** TensorProto.DataType in attributes, as far as types of floats and booleans depend on it. */
const typeNumbers: Readonly<Record<number, string | undefined>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
};

type OutputTypes = (node: OnnxGraphNode, inputs: readonly Value[]) => string[];

const always =
  (...types: string[]): OutputTypes =>
  () =>
    types;
const named =
  (attribute: string, otherwise: (inputs: readonly Value[]) => string): OutputTypes =>
  (node, inputs) => [typeNumbers[node.numbers.get(attribute) ?? -1] ?? otherwise(inputs)];
const typeAt =
  (index: number) =>
  (inputs: readonly Value[]): string =>
    inputs[index]?.type ?? '';

/** Operators whose outputs have another type than their first input. */
const outputTypes = new Map<string, OutputTypes>([
  ...[
    'Equal',
    'Less',
    'Greater',
    'LessOrEqual',
    'GreaterOrEqual',
    'And',
    'Or',
    'Not',
    'Xor',
    'IsNaN',
    'IsInf',
    'OptionalHasElement',
  ].map((name): [string, OutputTypes] => [name, always('bool')]),
  ...['Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero', 'NonMaxSuppression'].map(
    (name): [string, OutputTypes] => [name, always('int64')],
  ),
  ...['MatMulInteger', 'ConvInteger'].map((name): [string, OutputTypes] => [name, always('int32')]),
  ['TopK', (_, inputs) => [typeAt(0)(inputs), 'int64']],
  ['Cast', named('to', () => '')],
  ['CastLike', (_, inputs) => [typeAt(1)(inputs)]],
  ['Where', (_, inputs) => [typeAt(1)(inputs)]],
  ['OneHot', (_, inputs) => [typeAt(2)(inputs)]],
  ['EyeLike', named('dtype', typeAt(0))],
  ['RandomNormalLike', named('dtype', typeAt(0))],
  ['RandomUniformLike', named('dtype', typeAt(0))],
  ['RandomNormal', named('dtype', () => 'float32')],
  ['RandomUniform', named('dtype', () => 'float32')],
  ['Bernoulli', named('dtype', typeAt(0))],
  ['Multinomial', named('dtype', () => 'int32')],
  ['ConstantOfShape', (node) => [node.tensors.get('value')?.type ?? 'float32']],
  [
    'Constant',
    (node) => {
      const tensor = node.tensors.get('value');
      if (tensor) return [tensor.type];
      const whole = node.numbers.has('value_int') || node.lists.has('value_ints');
      return [whole ? 'int64' : node.others.size > 0 ? 'float32' : ''];
    },
  ],
  [
    'QuantizeLinear',
    named('output_dtype', (inputs) => (inputs.length > 2 ? typeAt(2)(inputs) : 'uint8')),
  ],
  ['DequantizeLinear', named('output_dtype', typeAt(1))],
  ['DynamicQuantizeLinear', always('uint8', 'float32', 'uint8')],
  // Of TensorRT's own domain, as Model Optimizer writes them.
  ['TRT_FP4DynamicQuantize', always('float4e2m1', 'float8e4m3fn')],
  ['TRT_MXFP8DynamicQuantize', always('float8e4m3fn', 'float8e8m0')],
  ['TRT_MXFP8DequantizeLinear', named('output_dtype', () => 'float32')],
  ['TRT_FP8QuantizeLinear', always('float8e4m3fn')],
  ['TRT_FP8DequantizeLinear', (_, inputs) => [typeAt(1)(inputs)]],
  ['TRT_INT4QuantizeLinear', always('int4')],
  ['TRT_INT4DequantizeLinear', (_, inputs) => [typeAt(1)(inputs)]],
]);

/** ONNX's own and those of TensorRT's domain. */
const quantizing = /(Q|q)uantize(Linear)?$/;

/** Operators that keep the shape of their first input. */
const keepShape = /^(Quantize|Dequantize)Linear$|^(Cast|Identity|Relu)$/;

function outputValues(
  node: OnnxGraphNode,
  inputs: readonly Value[],
  declared: ReadonlyMap<string, OnnxDeclared>,
): Value[] {
  const types = outputTypes.get(node.operator)?.(node, inputs);
  const [first = unknownValue] = inputs;
  const from = node.operator === 'DequantizeLinear' ? first.type : '';
  return node.outputs.map((name, index) => {
    const known = valueOf(declared.get(name));
    return {
      type: (types?.[index] ?? known.type) || first.type,
      shape: known.shape ?? (keepShape.test(node.operator) ? first.shape : null),
      flag: index === 0 ? constantFlag(node) : null,
      from,
      maker: node,
    };
  });
}
