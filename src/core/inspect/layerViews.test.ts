/** What is made of parsed layers: table, summary, CSV, times and graph. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { layersToCsv } from './layerCsv';
import { groupLayers, layerGraph, layOut, neighbourhood } from './layerGraph';
import { parseProfile } from './layerProfile';
import { joinTimes } from './layerTimes';
import { LayersError, parseLayers } from './layers';
import { summarizeLayers } from './layerSummary';
import { filterLayers, noFilter, orderLayers, searchTexts } from './layerTable';

const sample = (name: string) =>
  parseLayers(
    readFileSync(path.resolve(__dirname, `../../../test/fixtures/inspector/${name}.json`)),
  );
const det = sample('ppocrv4-det-detailed');
const net = sample('super-resolution-detailed');
const layersOf = (...layers: unknown[]) => parseLayers(JSON.stringify({ Layers: layers }));

describe('layerTable', () => {
  const texts = searchTexts(det.rows);

  it('filters by words, type and precision', () => {
    const found = filterLayers(det.rows, texts, { ...noFilter, text: ' P2O.conv.1  FUSION ' });
    assert.ok(found.length > 1);
    for (const index of found) {
      assert.equal(det.rows[index]?.type, 'runtime_fusion');
      assert.ok(det.rows[index]?.onnx.some((name) => name.startsWith('p2o.Conv.1')));
    }
    assert.equal(filterLayers(det.rows, texts, noFilter).length, 95);
    assert.equal(filterLayers(det.rows, texts, { ...noFilter, type: 'kgen' }).length, 30);
    assert.equal(filterLayers(det.rows, texts, { ...noFilter, precision: 'int4' }).length, 0);
  });

  it('orders by numbers and by names, unknown ones last', () => {
    const all = det.rows.map((row) => row.index);
    const heavy = orderLayers(det.rows, all, { column: 'weightBytes', descending: true });
    const bytes = heavy.map((index) => det.rows[index]!.weightBytes!);
    assert.deepEqual(
      bytes,
      [...bytes].sort((a, b) => b - a),
    );
    const { rows } = layersOf({ Name: 'n10' }, { Name: 'n9', LayerType: 'b' }, { Name: 'n1' });
    const by = (column: 'name' | 'type' | 'index', descending: boolean) =>
      orderLayers(rows, [0, 1, 2], { column, descending });
    assert.deepEqual(by('name', false), [2, 1, 0]);
    assert.deepEqual(by('type', true), [1, 0, 2]);
    assert.deepEqual(by('type', false), [1, 0, 2]);
    assert.deepEqual(by('index', true), [2, 1, 0]);
    assert.deepEqual(
      orderLayers(rows, [0, 1, 2], { column: 'time', descending: true }, [1, null, 2]),
      [2, 0, 1],
    );
  });
});

describe('layerSummary', () => {
  it('counts by type and precision and finds the heaviest', () => {
    const summary = summarizeLayers(det, 3);
    assert.deepEqual(
      summary.types.map(({ name, count }) => [name, count]),
      [
        ['correlation', 34],
        ['kgen', 30],
        ['runtime_fusion', 29],
        ['deconv', 1],
        ['shape_call', 1],
      ],
    );
    assert.equal(summary.heaviest.length, 3);
    assert.ok(summary.heaviest[0]!.weightBytes >= summary.heaviest[1]!.weightBytes);
    const shares = summary.types.reduce((sum, group) => sum + group.weightShare, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9);
    const none = summarizeLayers(layersOf('a', 'b'));
    assert.deepEqual(none.heaviest, []);
    assert.equal(none.types[0]?.weightShare, 0);
  });
});

describe('layerCsv', () => {
  it('writes a line for each layer and quotes what needs it', () => {
    const document = layersOf({ Name: 'a,"b"', LayerType: '=HYPERLINK("x")' }, 'plain');
    assert.equal(
      layersToCsv(document, [1.5, null]),
      'index,name,type,precision,output shapes,weight bytes,activation bytes,time ms,tactic,stream,onnx nodes\r\n' +
        '0,"a,""b""","\'=HYPERLINK(""x"")",,,,,1.5,,,\r\n' +
        '1,plain,,,,,,,,,\r\n',
    );
    assert.equal(layersToCsv(net).split('\r\n').length, 8);
    assert.equal(layersToCsv(net, null, [5, 99]).split('\r\n').length, 3);
  });
});

describe('layerProfile', () => {
  it('reads NVIDIA’s profile', () => {
    const times = parseProfile(
      '[{"count": 4}, {"name": "a", "timeMs": 8}, {"name": 5, "medianMs": 2}, {"name": "bad"}]',
    );
    assert.deepEqual(
      times.map(({ name, mean }) => [name, mean]),
      [
        ['a', 2],
        ['5', 2],
      ],
    );
    assert.equal(times[0]?.share, 0.5);
    for (const bad of ['', '{}', '[1', '[{"name": "a"}]']) {
      assert.throws(() => parseProfile(bad), LayersError, bad);
    }
  });

  it('joins times with layers by name, repeated names in order', () => {
    const document = layersOf('a', 'b', 'a', 'c');
    const time = (name: string, mean: number) => ({ name, mean, share: 0 });
    const joined = joinTimes(document, [
      time('a', 1),
      time('a', 2),
      time('b', 3),
      time('b', 4),
      time('z', 5),
    ]);
    assert.deepEqual(joined.ms, [1, 3, 2, null]);
    assert.equal(joined.total, 15);
    assert.deepEqual(
      joined.unmatched.map(({ name, mean }) => [name, mean]),
      [
        ['b', 4],
        ['z', 5],
      ],
    );
  });
});

describe('layerGraph', () => {
  it('follows tensors from layer to layer', () => {
    const graph = layerGraph(net);
    assert.equal(graph.edges, 5);
    assert.deepEqual(
      graph.incoming.map((edges) => edges.map((edge) => edge.from)),
      [[], [0], [1], [2], [3], [4]],
    );
    assert.ok(layerGraph(det).edges >= 94);
  });

  it('takes writers that run before the reader', () => {
    const graph = layerGraph(
      layersOf(
        { Name: 'a', Outputs: [{ Name: 't' }] },
        { Name: 'b', Outputs: [{ Name: 't' }] },
        { Name: 'c', Inputs: [{ Name: 't' }, { Name: 't' }], Outputs: [{ Name: 't' }] },
        { Name: 'd', Inputs: [{ Name: 'later' }] },
        { Name: 'e', Inputs: [{ Name: 't' }], Outputs: [{ Name: 'later' }] },
      ),
    );
    assert.deepEqual(
      graph.incoming.map((edges) => edges.map((edge) => edge.from)),
      [[], [], [0, 1], [4], [0, 1, 2]],
    );
  });

  it('keeps a neighbourhood small and says where it goes on', () => {
    const graph = layerGraph(det);
    const near = neighbourhood(graph, 10, 2, 80);
    assert.ok(near.layers.includes(10) && near.layers.length < 20);
    assert.ok(near.more.size > 0);
    assert.ok(near.edges.every((edge) => near.layers.includes(edge.from)));
    assert.equal(neighbourhood(graph, 10, 90, 12).layers.length, 12);
    assert.deepEqual(neighbourhood(graph, 999, 2).layers, []);
  });

  it('groups by the scopes of ONNX names, else evenly', () => {
    const scoped = layersOf(
      'first',
      ...['/enc/a/MatMul', '/enc/a/Add', '/enc/b/MatMul', '', '/dec/x'].map((name, at) => ({
        Name: `l${at}`,
        Metadata: name === '' ? '' : `[ONNX Layer: ${name}]`,
        Inputs: [{ Name: `t${at}` }],
        Outputs: [{ Name: `t${at + 1}` }],
      })),
    );
    const grouped = groupLayers(scoped, layerGraph(scoped));
    assert.deepEqual(grouped.groups, [
      { label: 'enc/a', first: 0, last: 2 },
      { label: 'enc/b', first: 3, last: 4 },
      { label: 'dec', first: 5, last: 5 },
    ]);
    assert.deepEqual(grouped.edges, [
      { from: 0, to: 1, tensors: 1 },
      { from: 1, to: 2, tensors: 1 },
    ]);
    const even = groupLayers(det, layerGraph(det), 10);
    assert.equal(even.groups.length, 10);
    assert.equal(even.groups[0]?.label, 'Layers 0–9');
    assert.equal(even.groups.at(-1)?.last, 94);
    assert.deepEqual(groupLayers(layersOf(), layerGraph(layersOf())).groups, []);
  });

  it('lays out without overlaps, cycles included', () => {
    const size = { width: 160, height: 40 };
    const edges = [
      { from: 0, to: 1 },
      { from: 0, to: 2 },
      { from: 1, to: 3 },
      { from: 2, to: 3 },
      { from: 3, to: 0 },
    ];
    const placed = layOut(4, edges, size);
    for (let a = 0; a < 4; a += 1) {
      for (let b = a + 1; b < 4; b += 1) {
        const [p, q] = [placed.nodes[a]!, placed.nodes[b]!];
        assert.ok(Math.abs(p.x - q.x) >= size.width || Math.abs(p.y - q.y) >= size.height);
      }
    }
    assert.ok(placed.edges.every((points) => points.length >= 2));
    assert.ok(placed.width > 160 && placed.height > 40);
    assert.deepEqual(layOut(0, [], size).nodes, []);
  });
});
