/**
 * The nodes of an ONNX graph, as far as following a fused layer back to them needs: the same walk over the file as for
 * its facts (onnxFacts.ts), so a model of many gigabytes costs a few reads.
 */
import { OnnxError, readOnnxFacts, type ByteSource } from '../rebuild/onnxFacts';
import { plainText } from '../text/plainText';

/** The nodes of an ONNX graph, as far as following a fused layer back to them needs. Read by readOnnxNodes. */
export interface OnnxNode {
  /** Printable; often empty in the file, then made of its first output as TensorRT-RTX's parser does. */
  name: string;
  /** "Conv"; with its domain before it when that is not the default one. */
  operator: string;
  inputs: string[];
  outputs: string[];
}

/** Far above any real model; all text of all nodes. */
const maxText = 128 * 1024 * 1024;
const maxNodes = 1_000_000;
const maxShown = 500;

/**
 * All nodes in the file's order, those of sub-graphs and of the model's own functions included. Throws OnnxError; errors
 * of the source pass through.
 */
export async function readOnnxNodes(source: ByteSource): Promise<OnnxNode[]> {
  const nodes: OnnxNode[] = [];
  let text = 0;
  await readOnnxFacts(source, ({ name, domain, operator, inputs, outputs }) => {
    const node: OnnxNode = {
      name: printable(onnxNodeName(name, outputs)),
      operator: printable(domain === '' ? operator : `${domain}.${operator}`),
      inputs: inputs.map(printable),
      outputs: outputs.map(printable),
    };
    for (const it of [node.name, node.operator, ...node.inputs, ...node.outputs]) text += it.length;
    if (nodes.length >= maxNodes || text > maxText) {
      throw new OnnxError('too-complex', 'has more nodes than any real model', 0);
    }
    nodes.push(node);
  });
  return nodes;
}

/** As NVIDIA's parser names a node without a name: "node_of_" and its first output. */
export function onnxNodeName(name: string, outputs: readonly string[]): string {
  const [first] = outputs;
  return name === '' && first !== undefined ? `node_of_${first}` : name;
}

const printable = (text: string): string => plainText(text, maxShown);

/** Nodes by name; several may share one. */
export function onnxNodesByName(nodes: readonly OnnxNode[]): Map<string, OnnxNode[]> {
  const byName = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    const list = byName.get(node.name);
    if (list) list.push(node);
    else byName.set(node.name, [node]);
  }
  return byName;
}
