/** An ONNX graph as far as the types of its values and what reaches an output are to be known: never the weights. */
/** A fixed size, or the name of a dynamic dimension ('' when it has none). */
export type OnnxDimension = number | string;

/** A tensor that the model brings along. */
export interface OnnxTensorFacts {
  /** "float32", as in OnnxValueFacts. */
  type: string;
  dims: number[];
  /** Of a single true or false; null: anything else. */
  flag: boolean | null;
}

/** What is declared of a value: an input, an output, or an entry of value_info. */
export interface OnnxDeclared {
  type: string;
  /** null: not even the rank. */
  shape: OnnxDimension[] | null;
}

export interface OnnxGraphNode {
  name: string;
  /** '' is ONNX's own domain. */
  domain: string;
  operator: string;
  inputs: string[];
  outputs: string[];
  /** By attribute. */
  numbers: Map<string, number>;
  lists: Map<string, number[]>;
  tensors: Map<string, OnnxTensorFacts>;
  graphs: Map<string, OnnxGraph>;
  /** Attributes of other kinds that are there: "value_floats". */
  others: Set<string>;
}

export interface OnnxGraph {
  nodes: OnnxGraphNode[];
  initializers: Map<string, OnnxTensorFacts>;
  /** Inputs, outputs and value_info. */
  declared: Map<string, OnnxDeclared>;
  inputs: string[];
  outputs: string[];
}

/** A function that the model defines and its nodes call. */
export interface OnnxFunction {
  /** '' is ONNX's own domain. */
  domain: string;
  name: string;
  graph: OnnxGraph;
}

export function emptyGraph(): OnnxGraph {
  return { nodes: [], initializers: new Map(), declared: new Map(), inputs: [], outputs: [] };
}
