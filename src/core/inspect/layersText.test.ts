import * as assert from 'node:assert/strict';
import { parseLayers } from './layers';
import { layersSummaryLines, layersTable } from './layersText';

const constant = (count: number) => ({
  Name: 'w',
  Dimensions: [count],
  Datatype: 'Float',
});
const document = parseLayers(
  JSON.stringify({
    Layers: [
      {
        Name: 'conv1',
        LayerType: 'kgen',
        Inputs: [],
        Outputs: [{ Name: 'y', Dimensions: [1, 8], Datatype: 'Float' }],
        Constants: [constant(1024)],
      },
      { Name: `gemm\u001b[31m${'x'.repeat(100)}`, LayerType: 'gemm', Inputs: [], Outputs: [] },
    ],
  }),
);

describe('layers as text', () => {
  it('counts them', () => {
    const lines = layersSummaryLines(document);
    assert.equal(lines[0], '2 layers');
    assert.ok(lines.includes('By type: 1 gemm, 1 kgen'), lines.join('\n'));
    assert.ok(lines.includes('Weights: 4.0 KiB'), lines.join('\n'));
  });

  it('lays them out, printable, without empty columns', () => {
    const lines = layersTable(document, [0.5, null]).split('\n');
    assert.match(lines[0] ?? '', /^# {2}Name +Type +Precision +Output +Weights +Time$/);
    assert.match(lines[1] ?? '', /^0 {2}conv1 +kgen +float32 +1x8 +4\.0 KiB +0\.5 ms$/);
    assert.match(lines[2] ?? '', /^1 {2}gemmx{56}… \(44 more\) +gemm$/);
    assert.equal(layersTable(document, null, [1]).split('\n').length, 2);
    assert.doesNotMatch(layersTable(document), /Time|\u001b/);
  });

  it('tells of names only', () => {
    const names = parseLayers('{"Layers": ["a", "b"]}');
    assert.equal(layersSummaryLines(names)[0], '2 layers, names only');
    assert.equal(layersTable(names), '#  Name\n0  a\n1  b');
    assert.match(layersSummaryLines(parseLayers('{"Layers": []}'))[0] ?? '', /no layers/);
  });
});
