/** The nodes of an ONNX graph, as far as following a fused layer back to them needs. Read by readOnnxNodes. */
export interface OnnxNode {
  /** Printable; often empty in the file, then made of its position as TensorRT-RTX's parser does. */
  name: string;
  /** "Conv"; with its domain before it when that is not the default one. */
  operator: string;
  inputs: string[];
  outputs: string[];
}
