import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { compareEngines, compareLayers } from './compareEngines';
import type { Inspection, TensorFacts } from './inspection';
import { parseLayers } from './layers';
import type { EngineReport } from '../report/engineReport';

const sample = (name: string) =>
  parseLayers(
    readFileSync(path.resolve(__dirname, `../../../test/fixtures/inspector/${name}.json`)),
  );
const det = sample('ppocrv4-det-detailed');
const layer = (name: string, onnx: string[], more: object = {}) => ({
  Name: name,
  LayerType: 'kgen',
  Constants: [],
  Outputs: [{ Name: 'o', Dimensions: [4], Datatype: 'Float' }],
  Metadata: onnx.map((it) => `[ONNX Layer: ${it}]`).join('\u001f'),
  ...more,
});
const layers = (...all: unknown[]) => parseLayers(JSON.stringify({ Layers: all }));
const rows = (...all: unknown[]) => layers(...all).rows;

const report = (size: number, version: string): EngineReport =>
  ({
    size,
    headline: 'This machine can run this engine.',
    rows: [
      {
        id: 'version',
        label: 'TensorRT-RTX',
        engine: version,
        machine: '',
        note: '',
        state: 'good',
      },
    ],
  }) as unknown as EngineReport;

const tensor = (name: string, mode: 'input' | 'output', shape: number[]): TensorFacts => ({
  name,
  mode,
  type: 'float32',
  shape,
  format: 'Row major linear FP32 format (kLINEAR)',
  linear: true,
  location: 'device',
  shapeTensor: false,
  profiles: [{ min: [1], opt: [2], max: [4] }],
  profileValues: [null],
});

const inspection = (tensors: TensorFacts[], deviceMemory: number): Inspection =>
  ({
    runtime: { version: '1.7.1.116', path: '' },
    facts: {
      tensors,
      profileCount: 2,
      deviceMemory,
      deviceMemoryPerProfile: [deviceMemory, 5],
      auxStreams: 0,
      streamable: 0,
      loadedMemory: 10,
    },
  }) as unknown as Inspection;

describe('compareEngines', () => {
  it('finds nothing between an engine and itself', () => {
    const side = { report: report(10, '1.7.1.116'), inspection: null, layers: det };
    const comparison = compareEngines(side, side);
    assert.equal(comparison.summary, 'Both files have the same size; all 95 layers are the same.');
    assert.deepEqual(comparison.layers, {
      same: 95,
      changed: [],
      kinds: [],
      removed: [],
      added: [],
    });
    assert.ok([...comparison.file, ...comparison.memory].every((row) => !row.differs));
  });

  it('compares header, tensors and memory', () => {
    const comparison = compareEngines(
      {
        report: report(1024, '1.6.1.120'),
        inspection: inspection(
          [tensor('x', 'input', [-1]), tensor('y', 'output', [2])],
          2 * 1024 * 1024,
        ),
        layers: null,
      },
      {
        report: report(4096, '1.7.1.116'),
        inspection: inspection(
          [tensor('x', 'input', [3]), tensor('z\u202e', 'output', [2])],
          1024 * 1024,
        ),
        layers: null,
      },
    );
    assert.equal(
      comparison.summary,
      'The second file is 3.0 KiB larger; 3 inputs or outputs differ.',
    );
    assert.deepEqual(comparison.file[0], {
      label: 'File size',
      a: '1.0 KiB',
      b: '4.0 KiB',
      differs: true,
      note: '3.0 KiB more',
    });
    assert.deepEqual(comparison.tensors, [
      {
        label: 'Input x',
        a: 'float32 ?, profile 0: 1 to 4, best 2',
        b: 'float32 3',
        differs: true,
        note: '',
      },
      { label: 'Output y', a: 'float32 2', b: '', differs: true, note: 'only in the first' },
      {
        label: 'Output z\\u202e',
        a: '',
        b: 'float32 2',
        differs: true,
        note: 'only in the second',
      },
    ]);
    const memory = comparison.memory.find((row) => row.label === 'Activations at most');
    assert.equal(memory?.note, '1.0 MiB less');
    assert.equal(comparison.layers, null);
  });

  it('aligns layers by their ONNX nodes, whatever they are called', () => {
    const half = { Outputs: [{ Name: 'o', Dimensions: [4], Datatype: 'Half' }] };
    const { same, changed, kinds, removed, added } = compareLayers(
      rows(
        layer('a_myl0_1', ['conv', 'relu']),
        layer('b_myl0_2', ['mul', 'add']),
        layer('move_myl0_3', []),
        layer('gone', ['old']),
      ),
      rows(
        layer('move_myl0_0', []),
        layer('other', ['relu', 'conv'], half),
        layer('c1', ['mul']),
        layer('c2', ['add']),
      ),
    );
    assert.equal(same, 1);
    assert.deepEqual(kinds, [{ change: 'precision: float32 → float16', count: 1 }]);
    assert.deepEqual(
      changed.map(({ a, b, changes }) => [a.index, b.index, changes]),
      [[0, 1, ['precision: float32 → float16']]],
    );
    assert.deepEqual(
      removed.map((it) => [it.layer.name, it.elsewhere.map((other) => other.name)]),
      [
        ['b_myl0_2', ['c1', 'c2']],
        ['gone', []],
      ],
    );
    assert.deepEqual(
      added.map((it) => [it.layer.name, it.elsewhere.map((other) => other.name)]),
      [
        ['c1', ['b_myl0_2']],
        ['c2', ['b_myl0_2']],
      ],
    );
  });

  it('does not take a kernel’s hash or what is not told for a change', () => {
    const first = layer('x', ['n'], { TacticName: `k_0x${'a'.repeat(32)}` });
    const second = layer('x', ['n'], { TacticName: `k_0x${'b'.repeat(32)}` });
    assert.equal(compareLayers(rows(first), rows(second)).same, 1);
    assert.equal(compareLayers(rows(first), rows('x')).same, 1);
    assert.equal(compareLayers(rows('x', 'x'), rows('x')).removed.length, 1);
  });

  it('compares two engines of 20,000 layers', () => {
    const many = rows(
      ...Array.from({ length: 20_000 }, (_, at) => layer(`l${at}`, [`n${at}`, 'shared'])),
    );
    const turned = [...many].reverse();
    assert.equal(compareLayers(many, turned).same, 20_000);
  });
});
