/** factsProcess MODEL: what reading the facts of an ONNX file costs in a process of its own. */
import { readOnnxFile } from '../../src/host/build/onnxFile';
import { residentBytes } from './processMemory';

async function main(): Promise<void> {
  const before = residentBytes(process.pid, 'VmHWM');
  const start = performance.now();
  const { facts } = await readOnnxFile(process.argv[2] ?? '');
  const ms = performance.now() - start;
  const growth = residentBytes(process.pid, 'VmHWM') - before;
  console.log(JSON.stringify({ ms, growth, inputs: facts.inputs.length, nodes: facts.nodeCount }));
}

void main();
