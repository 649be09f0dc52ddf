import assert from 'node:assert/strict';

import { onnxType, writeOnnx } from '../sample/onnxWriter';
import { nestedModel } from '../../../test/support/onnxModels';
import { OnnxError, readOnnxFacts, type ByteSource } from '../rebuild/onnxFacts';
import { onnxNodesByName, readOnnxNodes } from './onnxNodes';

function source(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

const value = (name: string) => ({ name, type: onnxType.float, shape: [1] });

function model(nodes: Parameters<typeof writeOnnx>[0]['graph']['nodes']): Uint8Array {
  return writeOnnx({
    graph: { name: 'g', inputs: [value('x')], outputs: [value('y')], nodes, initializers: [] },
  });
}

describe('onnxNodes', () => {
  it('reads names, operators and tensors in order', async () => {
    const nodes = await readOnnxNodes(
      source(
        model([
          { op: 'Conv', name: 'conv', inputs: ['x', 'w', ''], outputs: ['a'] },
          { op: 'Relu', name: '', inputs: ['a'], outputs: ['9'] },
          { op: 'Fuse', name: 'own', domain: 'com.own', inputs: ['9'], outputs: ['y\u202e'] },
        ]),
      ),
    );
    assert.deepEqual(nodes, [
      { name: 'conv', operator: 'Conv', inputs: ['x', 'w', ''], outputs: ['a'] },
      { name: 'node_of_9', operator: 'Relu', inputs: ['a'], outputs: ['9'] },
      { name: 'own', operator: 'com.own.Fuse', inputs: ['9'], outputs: ['y\\u202e'] },
    ]);
    assert.equal(onnxNodesByName(nodes).get('node_of_9')?.[0]?.operator, 'Relu');
  });

  it('has as many as the facts count, in sub-graphs too', async () => {
    const bytes = nestedModel(3);
    const nodes = await readOnnxNodes(source(bytes));
    assert.equal(nodes.length, (await readOnnxFacts(source(bytes))).nodeCount);
    assert.ok(nodes.length > 3);
  });

  it('keeps nodes that share a name', async () => {
    const twice = { op: 'Relu', name: 'r', inputs: ['x'], outputs: ['y'] };
    const nodes = await readOnnxNodes(source(model([twice, twice])));
    assert.equal(onnxNodesByName(nodes).get('r')?.length, 2);
  });

  it('refuses what is no model and a node that lists more than any real one', async () => {
    await assert.rejects(readOnnxNodes(source(new Uint8Array(40).fill(7))), OnnxError);
    const wide = model([
      { op: 'Concat', name: 'c', inputs: Array<string>(10_000).fill('x'), outputs: ['y'] },
    ]);
    assert.equal((await readOnnxNodes(source(wide)))[0]?.inputs.length, 4096);
  });
});
