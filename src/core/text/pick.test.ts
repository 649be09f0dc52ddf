import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { withInternal } from '../../../test/support/withInternal';
import { answerOf, factsOf, inputOf, realHeader, realLines } from '../../../test/support/engines';
import { makeSnapshot, type RawGpuMemory } from '../gpu/gpuMemory';
import { visibleGpus } from '../gpu/gpuMemoryChoice';
import { gpuMemoryJson } from '../gpu/gpuMemoryJson';
import type { EngineComparison } from '../inspect/compareEngines';
import type { Inspection } from '../inspect/inspection';
import {
  comparisonJson,
  inspectionJson,
  layerRowsJson,
  layersJson,
} from '../inspect/inspectionJson';
import { parseLayers } from '../inspect/layers';
import { makeEngineReport } from '../report/makeEngineReport';
import { makePrediction } from '../report/prediction';
import { reportJson } from '../report/reportJson';
import { runJson } from '../run/runJson';
import {
  defaultRunChoices,
  type OutputReport,
  type RunReport,
  type TensorSummary,
} from '../run/runReport';
import { pick } from './pick';

const statistics = {
  ...{ count: 1, mean: 1, median: 1, p90: 1, p95: 1, p99: 1, min: 1, max: 1 },
  standardDeviation: 0,
};
const summary: TensorSummary = {
  type: 'float32',
  ...{ name: 'x', shape: [1], count: 1, min: 0, max: 0, mean: 0 },
  ...{ standardDeviation: 0, nan: 0, infinite: 0, zeros: 1, first: [0] },
};
const output: OutputReport = {
  ...summary,
  dataPath: '/private/folder',
  preview: { width: 1, height: 1, pixels: new Uint8Array(4), sentence: 'grey' },
  comparison: {
    ...{ maxAbsolute: 0, maxRelative: 0, cosine: 1, mismatched: 0 },
    ...{ sentence: 'Agrees.', state: 'good' },
  },
};
const failure = { stage: 'read', code: 'x', sentence: 'x', nextStep: 'x', cuda: 0, lines: ['x'] };
const run: RunReport = {
  ...{ schema: 1, id: 'r', kind: 'run', file: 'x.engine', startedAt: 0, endedAt: 1 },
  runtime: { version: '1.7.1.116', path: '/x' },
  gpu: { name: 'RTX', computeCapability: '8.9', total: 1 },
  choices: {
    ...defaultRunChoices,
    inputs: [
      {
        name: 'x',
        shape: null,
        source: {
          kind: 'file',
          path: '/x.png',
          image: { layout: 'nchw', colors: 'rgb', scale: [1], offset: [0] },
        },
      },
    ],
  },
  inputs: [{ ...summary, source: 'random' }],
  loadMs: 1,
  streamable: 0,
  attempts: [
    {
      ...{ budgetAsked: null, budget: null, scratch: null, deviceMemory: 1 },
      memory: { total: 1, before: 1, loaded: 1, ready: 1, peak: 1, after: 1 },
      ...{ contextMs: 1, firstRunMs: 1, throughput: 1, cudaGraph: null },
      ...{ latency: statistics, gpuTime: statistics, enqueueTime: statistics },
      histogram: { from: 0, width: 1, counts: [1], above: 0 },
      timeline: { at: [0], latency: [1] },
      layers: [{ name: 'x', mean: 1, share: 1 }],
      outputs: [output],
      failure,
    },
  ],
  cache: {
    ...{ state: 'off', path: null, loadedBytes: null, savedBytes: null },
    ...{ coldMs: null, warmMs: null, sentence: '' },
  },
  sweep: {
    points: [{ budget: 1, memory: 1, median: 1, attempt: 0 }],
    ...{ knee: null, sentence: '' },
    goal: {
      ...{ goal: { kind: 'memory', bytes: 1 }, budget: 1, confidence: 'twice', sentence: 'x' },
    },
  },
  reference: { label: 'x', model: 'x', ms: 1, outputs: [output], failure },
  failure,
  headline: 'x',
  notes: [{ severity: 'warning', sentence: 'x' }],
  libraryLines: [{ severity: 1, text: 'x' }],
};

const range = { min: [1], opt: [1], max: [1] };
const inspection: Inspection = {
  ...{ schema: 1, file: 'x.engine', inspectedAt: 0, runtime: { version: '1', path: '/x' } },
  facts: {
    name: 'x',
    tensors: [
      {
        ...{ name: 'x', mode: 'input', type: 'float32', shape: [1], format: 'x', linear: true },
        ...{ location: 'device', shapeTensor: false, profiles: [range], profileValues: [range] },
      },
    ],
    ...{ profileCount: 1, deviceMemory: 1, deviceMemoryPerProfile: [1], auxStreams: 0 },
    ...{ layerCount: 1, profilingVerbosity: 'detailed', refittable: false, streamable: 1 },
    ...{ defaultBudget: 1, automaticBudget: 1, loadedMemory: 1, loadMs: 1 },
    budgets: [{ asked: 1, taken: 1, scratch: 1, deviceMemory: 1 }],
    gpu: { name: 'RTX', computeCapability: '8.9', total: 1, free: 1 },
  },
  notes: [{ id: 'names-only', severity: 'information', sentence: 'x' }],
  libraryLines: [{ severity: 1, text: 'x' }],
};

const layers = parseLayers(
  readFileSync(
    path.resolve(__dirname, '../../../test/fixtures/inspector/ppocrv4-det-detailed.json'),
  ),
);
const [layer] = layers.rows;
assert.ok(layer);
const row = { label: 'x', a: 'x', b: 'x', differs: false, note: '' };
const comparison: EngineComparison = {
  summary: 'x',
  ...{ file: [row], memory: [row], tensors: [row], precisions: [row], types: [row] },
  layers: {
    same: 0,
    changed: [{ a: layer, b: layer, changes: ['x'] }],
    kinds: [{ change: 'x', count: 1 }],
    removed: [{ layer, elsewhere: [layer] }],
    added: [{ layer, elsewhere: [layer] }],
  },
};

const facts = factsOf(realHeader('1.6.1.120'));
const report = makeEngineReport(
  inputOf(facts, { answer: answerOf(2, 1, [[3, realLines.version16in17]]) }),
);
const prediction = makePrediction(
  facts,
  {
    ...{ computeCapability: '7.5', totalGpuMemory: 8 * 1024 ** 3, driverVersion: 12000 },
    ...{ tensorrtRtx: '1.7.1', cudaRuntimeVersion: 13040 },
  },
  'x.json',
);

const raw: RawGpuMemory = {
  ...{ source: 'nvml', status: 15, detail: 'x', driverVersion: '580', nvmlVersion: '13' },
  cudaDriverVersion: 13000,
  gpus: [
    {
      ...{ uuid: 'GPU-1', parentUuid: '', name: 'RTX', index: 0, migInstance: null },
      ...{ migEnabled: false, computeCapability: '8.9', pciBusId: '0', utilization: 1 },
      ...{ total: 2n, used: 1n, free: 1n, reserved: 0n, status: 15, processesStatus: 0 },
      processes: [{ pid: 7, name: 'x', memory: 1n, kind: 'compute' }],
    },
  ],
};
const snapshot = makeSnapshot(raw, 0);

describe('what is printed', () => {
  // Each prints what it is given, once as it is and once with a field more in every object.
  const printers: Record<string, (mark: <T>(value: T) => T) => unknown> = {
    check: (mark) => reportJson(mark(report), mark(prediction)),
    inspect: (mark) => inspectionJson(mark(inspection)),
    'the layers of inspect': (mark) => layersJson(mark(layers)),
    'inspect --import': (mark) => layerRowsJson(mark(layers), [1]),
    'inspect --compare': (mark) => comparisonJson('a', 'b', mark(comparison)),
    'run and sweep': (mark) => runJson(mark(run)),
    gpu: (mark) =>
      gpuMemoryJson(
        mark(snapshot),
        mark(visibleGpus(snapshot.gpus, { CUDA_VISIBLE_DEVICES: '0' })),
      ),
  };
  const text = (value: unknown): string =>
    JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? Number(one) : one));

  for (const [name, print] of Object.entries(printers)) {
    it(`${name}: a field that is added inside does not become public`, () => {
      const plain = text(print((value) => value));
      assert.ok(plain.length > 100);
      assert.equal(text(print(withInternal)), plain);
    });
  }

  it('keeps what tells where the private folder is, and pixels, to itself', () => {
    assert.doesNotMatch(text(runJson(run)), /private|preview|dataPath/);
  });
});

describe('pick', () => {
  it('takes what is named, of lists from each item, and nulls as they are', () => {
    const value = { a: 1, b: { c: null, d: 2 }, e: [{ f: 3, g: 4 }], h: null as { i: 1 } | null };
    assert.deepEqual(
      pick(value, { a: true, b: { c: true, d: false }, e: { f: true, g: false }, h: { i: true } }),
      { a: 1, b: { c: null }, e: [{ f: 3 }], h: null },
    );
  });
});
