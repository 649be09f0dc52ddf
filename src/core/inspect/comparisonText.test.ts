import * as assert from 'node:assert/strict';
import type { EngineComparison } from './compareEngines';
import { comparisonText } from './comparisonText';
import { compareLayers } from './compareEngines';
import { parseLayers } from './layers';

const rows = (...names: string[]) => parseLayers(JSON.stringify({ Layers: names })).rows;

describe('comparisonText', () => {
  const comparison: EngineComparison = {
    summary: 'The second file is smaller.',
    file: [
      { label: 'File size', a: '2.0 MiB', b: '1.0 MiB', differs: true, note: '1.0 MiB less' },
      { label: 'Version', a: '1.7.1.116', b: '1.7.1.116', differs: false, note: '' },
    ],
    memory: [],
    tensors: [
      { label: 'Input x', a: 'float32 1x3', b: '', differs: true, note: 'only in the first' },
    ],
    precisions: [],
    types: [],
    layers: null,
  };

  it('lays both out and marks what differs', () => {
    assert.equal(
      comparisonText(comparison, 'a.engine', 'b.engine'),
      [
        'first:  a.engine',
        'second: b.engine',
        '',
        'The second file is smaller.',
        '',
        'File',
        '*  File size  2.0 MiB    1.0 MiB    1.0 MiB less',
        '   Version    1.7.1.116  1.7.1.116',
        '',
        'Inputs and outputs',
        '*  Input x  float32 1x3  -  only in the first',
        '',
        'Layers: one of them has no layer information.',
      ].join('\n'),
    );
  });

  it('lists layers, not all of thousands', () => {
    const many = Array.from({ length: 60 }, (_, index) => `gone ${index}`);
    const layers = compareLayers(rows('a', ...many), rows('a', 'new'));
    const text = comparisonText({ ...comparison, layers }, 'a', 'b');
    assert.match(text, /Layers that are the same: 1/);
    assert.match(text, /Only in the first: 60\n {2}gone 0\n/);
    assert.match(text, /… and 20 more/);
    assert.match(text, /Only in the second: 1\n {2}new$/);
  });
});
