import * as assert from 'node:assert/strict';

import { compareValues } from './compareOutputs';
import { failureOf, makeRunReport, withReference, type RunFacts } from './makeRunReport';
import type { RawAttempt, RawRun } from '../wire/shimReports';
import { readSamples } from './runSamples';
import { makeRunFailure } from './runFailures';
import { defaultRunChoices, type OutputReport } from './runReport';
import { runText } from './runText';
import { summarizeTensor } from './tensorSummary';
import { encodeValues } from './tensorTypes';

const gib = 1024 ** 3;

/** Latencies in ms, started one after the other. */
function samplesOf(latencies: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(latencies.length * 32);
  const view = new DataView(bytes.buffer);
  let start = 0;
  latencies.forEach((ms, i) => {
    const ns = Math.round(ms * 1e6);
    view.setBigInt64(i * 32, BigInt(start), true);
    view.setBigInt64(i * 32 + 8, BigInt(ns), true);
    view.setBigInt64(i * 32 + 16, 20_000n, true);
    view.setBigInt64(i * 32 + 24, i % 2 === 0 ? BigInt(ns - 100_000) : -1n, true);
    start += ns;
  });
  return bytes;
}

const attempt = (change: Partial<RawAttempt> = {}): RawAttempt => ({
  budgetAsked: -1,
  budget: 4 * gib,
  scratch: 0,
  deviceMemory: gib,
  contextNs: 30e6,
  firstRunNs: 412e6,
  freeReady: 9 * gib,
  freeLowest: 8 * gib,
  freeAfter: 10 * gib,
  cudaGraph: null,
  firstSample: 0,
  sampleCount: 100,
  wallNs: 842e6,
  outputs: [],
  layers: null,
  failure: null,
  ...change,
});

const raw = (change: Partial<RawRun> = {}): RawRun => ({
  gpu: { name: 'RTX', computeCapability: '8.9', total: 16 * gib },
  loadNs: 120e6,
  streamable: 4 * gib,
  freeBefore: 15 * gib,
  freeLoaded: 10 * gib,
  freeAfter: 15 * gib,
  cache: {
    state: 'missing',
    loadedBytes: null,
    savedBytes: 2048,
    warmContextNs: 1e6,
    warmFirstRunNs: 30e6,
    message: '',
  },
  attempts: [attempt()],
  ...change,
});

const output = (values: number[]): OutputReport => ({
  ...summarizeTensor('out', 'float32', [values.length], encodeValues('float32', values)),
  dataPath: null,
  preview: null,
  comparison: null,
});

const facts = (change: Partial<RunFacts> = {}): RunFacts => ({
  id: 'r1',
  kind: 'run',
  file: 'models/up.engine',
  startedAt: 0,
  endedAt: 1000,
  runtime: { version: '1.7.1.116', path: '/rtx/libtensorrt_rtx.so.1' },
  choices: { ...defaultRunChoices, inputs: [] },
  inputs: [],
  raw: raw(),
  samples: samplesOf(Array.from({ length: 100 }, (_, i) => 8 + i / 100)),
  outputs: [output([1, 2])],
  lines: [],
  cachePath: '/models/up.cache',
  failure: null,
  reference: null,
  ...change,
});
const single = (change: Partial<RawAttempt>, run: Partial<RawRun> = {}) =>
  makeRunReport(facts({ raw: raw({ attempts: [attempt(change)], ...run }) }));
const sentences = (report: ReturnType<typeof makeRunReport>): string =>
  report.notes.map(({ sentence }) => sentence).join('\n');

describe('samples', () => {
  it('come in the order of their start, unknown GPU times as NaN, cut ones not at all', () => {
    const bytes = samplesOf([3, 1, 2]);
    bytes.copyWithin(64, 0, 32); // the third started when the first did
    const { at, latency, gpu } = readSamples(bytes, 0, 99);
    assert.deepEqual([...at], [0, 0, 0.003]);
    assert.deepEqual([...latency], [3, 3, 1]);
    assert.deepEqual([...gpu], [2.9, 2.9, NaN]);
    assert.equal(readSamples(bytes.subarray(0, 40), 0, 3).latency.length, 1);
    assert.equal(readSamples(bytes, 5, 3).latency.length, 0);
  });
});

describe('the report of a run', () => {
  it('has the numbers and a headline', () => {
    const report = makeRunReport(facts());
    const [first] = report.attempts;
    assert.equal(report.headline, '8.49 ms median, 119 inferences a second.');
    assert.equal(report.loadMs, 120);
    assert.equal(first?.latency?.p99, 8.98);
    assert.equal(first?.gpuTime?.count, 50);
    assert.equal(first?.budgetAsked, null);
    assert.deepEqual(first?.memory, {
      total: 16 * gib,
      before: gib,
      loaded: 6 * gib,
      ready: 7 * gib,
      peak: 8 * gib,
      after: gib,
    });
    assert.deepEqual(report.notes, []);
    assert.equal(failureOf(report), null);
  });

  it('tells what the cache did', () => {
    const { cache } = makeRunReport(facts());
    assert.deepEqual([cache.coldMs, cache.warmMs], [442, 31]);
    assert.equal(
      cache.sentence,
      'There was no runtime cache yet. Context and first run took 442 ms, with it 31 ms. It is kept for this engine and GPU (2.0 KiB).',
    );
    const used = { state: 'loaded', loadedBytes: 2048, savedBytes: null, message: '' } as const;
    const none = { warmContextNs: null, warmFirstRunNs: null };
    const loaded = single({}, { cache: { ...used, ...none } }).cache;
    assert.deepEqual([loaded.coldMs, loaded.warmMs], [null, 442]);
    assert.match(loaded.sentence, /was used \(2\.0 KiB\).*took 442 ms\.$/);
    const passedOver = single({}, { cache: { ...used, ...none, savedBytes: 4096 } }).cache;
    assert.match(passedOver.sentence, /was loaded .* but kernels were compiled all the same/);
    const refused = {
      ...used,
      ...none,
      state: 'refused',
      savedBytes: 10,
      message: 'wrong GPU',
    } as const;
    assert.match(
      single({}, { cache: refused }).cache.sentence,
      /refused \(wrong GPU\), and made anew/,
    );
    const failed = { ...used, ...none, state: 'missing', message: 'disk full' } as const;
    assert.match(single({}, { cache: failed }).cache.sentence, /could not be kept: disk full\.$/);
    const off = { ...used, ...none, state: 'off' } as const;
    assert.equal(single({}, { cache: off }).cache.state, 'off');
  });

  it('says that streaming turns CUDA graphs off, whatever the shim told', () => {
    const report = single({ budget: gib, budgetAsked: gib, cudaGraph: true, scratch: 0 });
    assert.equal(report.attempts[0]?.cudaGraph, false);
    assert.match(sentences(report), /CUDA graphs are off while weights are streamed/);
    assert.match(sentences(report), /3\.0 GiB of 4\.0 GiB are not kept on the GPU/);
    assert.equal(single({ cudaGraph: true }).attempts[0]?.cudaGraph, true);
    assert.match(sentences(single({ cudaGraph: false })), /did not use a CUDA graph/);
  });

  it('says when scratch eats the saving and when the budget was another', () => {
    assert.match(
      sentences(single({ budget: 3 * gib, budgetAsked: 3 * gib, scratch: gib })),
      /saves no memory/,
    );
    assert.match(
      sentences(single({ budgetAsked: 9 * gib })),
      /took a budget of 4\.0 GiB instead of 9\.0 GiB/,
    );
    const fixed = single({ budgetAsked: gib, budget: null }, { streamable: 0 });
    assert.match(sentences(fixed), /without weight streaming: the budget had no effect/);
  });

  it('warns of NaN and of what differs from the reference', () => {
    const bad = output([NaN, 1, Infinity]);
    const report = makeRunReport(
      facts({ outputs: [{ ...bad, comparison: compareValues('float32', [NaN, 1], [0, 1]) }] }),
    );
    assert.match(sentences(report), /output "out" holds 1 NaN and 1 infinite of 3 values/);
    assert.match(sentences(report), /"out" against ONNX Runtime: Differs: 1 of 2/);
    assert.ok(report.notes.every(({ severity }) => severity === 'warning'));
  });

  it('says when there is little to say', () => {
    assert.match(sentences(single({ sampleCount: 5 })), /Percentiles of 5 iterations say little/);
    const wild = facts({
      samples: samplesOf(Array.from({ length: 100 }, (_, i) => (i < 90 ? 1 : 9))),
    });
    assert.match(sentences(makeRunReport(wild)), /Latency varies/);
    assert.equal(single({ sampleCount: 0 }).headline, 'It ran, but nothing was measured.');
  });

  it('sorts layers by time and shares it out', () => {
    const layers = [
      { name: 'a', ns: 10e6, count: 10 },
      { name: 'b\u202e', ns: 30e6, count: 10 },
      { name: 'c', ns: 0, count: 0 },
    ];
    assert.deepEqual(single({ layers }).attempts[0]?.layers, [
      { name: 'b\\u202e', mean: 3, share: 0.75 },
      { name: 'a', mean: 1, share: 0.25 },
      { name: 'c', mean: 0, share: 0 },
    ]);
  });

  it('is about the failure where there is nothing else', () => {
    const failure = { stage: 'first-run', status: 14, cuda: 209, sentence: 'enqueueV3 failed' };
    const report = single({ failure, sampleCount: 0, firstRunNs: null });
    assert.match(
      report.headline,
      /no code that RTX \(compute capability 8\.9\) can run \(CUDA error 209/,
    );
    assert.equal(failureOf(report)?.code, 'cuda-failed');
    const early = makeRunFailure({
      file: 'up.engine',
      stage: 'deserialize',
      code: 'runtime-failed',
      cuda: 0,
      sentence: '',
      lines: [],
    });
    const none = makeRunReport(facts({ raw: null, failure: early, outputs: [] }));
    assert.equal(none.headline, 'TensorRT-RTX could not load up.engine.');
    assert.equal(none.cache.state, 'off');
    assert.match(runText(none, { layers: 3 }), /^models\/up\.engine: TensorRT-RTX could not load/);
  });
});

describe('the report of a sweep', () => {
  const point = (budget: number, ms: number, used: number, i: number) => {
    const change = {
      budget,
      budgetAsked: budget,
      freeReady: 15 * gib - used,
      freeLowest: 15 * gib - used,
    };
    return { raw: attempt({ ...change, firstSample: i, sampleCount: 1 }), ms };
  };
  const sweepOf = (points: ReturnType<typeof point>[], change: Partial<RawRun> = {}) =>
    makeRunReport(
      facts({
        kind: 'sweep',
        raw: raw({ attempts: points.map((each) => each.raw), ...change }),
        samples: samplesOf(points.map(({ ms }) => ms)),
      }),
    );

  it('marks the least memory at nearly full speed', () => {
    const report = sweepOf([
      point(4 * gib, 8, 6 * gib, 0),
      point(3 * gib, 8.1, 5 * gib, 1),
      point(2 * gib, 8.25, 3.6 * gib, 2),
      point(gib, 12, 3 * gib, 3),
      point(0, 36, 2 * gib, 4),
    ]);
    assert.equal(report.sweep?.knee, 2);
    assert.equal(
      report.headline,
      '97 % of full speed, 2.4 GiB less: at a budget of 2.0 GiB, 8.25 ms median.',
    );
    const text = runText(report, { layers: 0 });
    assert.match(text, /budget {3}GPU memory {2}median {3}p95/);
    assert.match(text, /2\.0 GiB {2}3\.6 GiB .*best trade-off/);
  });

  it('marks none where less memory costs speed at once, or saves nothing', () => {
    const costs = sweepOf([point(4 * gib, 8, 6 * gib, 0), point(0, 36, 2 * gib, 1)]);
    assert.equal(costs.sweep?.knee, null);
    assert.match(costs.headline, /^8 ms to 36 ms median over 2 budgets\. No budget stands out/);
    const same = sweepOf([point(4 * gib, 8, 6 * gib, 0), point(2 * gib, 8, 6 * gib, 1)]);
    assert.equal(same.sweep?.knee, null);
  });

  it('tells of budgets that failed', () => {
    const failure = { stage: 'context', status: 15, cuda: 2, sentence: '' };
    const failed = { raw: attempt({ budget: 4 * gib, failure, sampleCount: 0 }), ms: 1 };
    const some = sweepOf([failed, point(gib, 8, 2 * gib, 1), point(0, 9, gib, 2)]);
    assert.match(some.headline, /1 of 3 budgets could not be measured/);
    assert.match(sentences(some), /not enough GPU memory for the execution context/);
    assert.equal(failureOf(some), null);
    const all = sweepOf([failed, failed]);
    assert.match(all.headline, /not enough GPU memory/);
  });

  it('warns where scratch eats what streaming saves', () => {
    const full = point(4 * gib, 8, 6 * gib, 0);
    const eaten = point(4 * gib - 5, 9, 6 * gib, 1);
    eaten.raw.scratch = gib;
    assert.match(sentences(sweepOf([full, eaten])), /At 1 of 2 budgets the scratch/);
  });
});

describe('the reference in a report', () => {
  const reference = {
    label: 'ONNX Runtime 1.30.0 (CPU)',
    model: 'up.onnx',
    ms: 31,
    outputs: [output([1, 2])],
    failure: null,
  };

  it('alone is labelled as such', () => {
    const report = makeRunReport(facts({ kind: 'reference', raw: null, outputs: [], reference }));
    assert.equal(
      report.headline,
      'ONNX Runtime 1.30.0 (CPU): 31 ms. The engine itself was not run.',
    );
    assert.match(sentences(report), /nothing about the speed of the engine/);
    assert.match(
      runText(report, { layers: 0 }),
      /Reference: ONNX Runtime 1\.30\.0 \(CPU\)\n {2}Model: up\.onnx/,
    );
  });

  it('can be joined later, and its failure is a note', () => {
    const report = makeRunReport(facts());
    const failure = makeRunFailure({
      file: 'up.onnx',
      stage: 'reference-load',
      code: 'model-rejected',
      cuda: 0,
      sentence: 'no such operator',
      lines: [],
    });
    const joined = withReference(report, { ...reference, failure });
    assert.equal(joined.headline, report.headline);
    assert.match(
      sentences(joined),
      /No comparison with ONNX Runtime: up\.onnx: no such operator\./,
    );
  });
});

describe('a run as text', () => {
  it('has everything in one piece', () => {
    const layers = [
      { name: 'conv', ns: 30e6, count: 10 },
      { name: 'relu', ns: 10e6, count: 10 },
    ];
    const made = single({ layers });
    const input = {
      ...summarizeTensor('in', 'float32', [1], encodeValues('float32', [1])),
      source: 'ones',
    };
    assert.equal(
      runText({ ...made, inputs: [input] }, { layers: 1 }),
      `models/up.engine: 8.49 ms median, 119 inferences a second.

Measured
  Latency: median 8.49 ms, mean 8.49 ms, p90 8.89 ms, p95 8.94 ms, p99 8.98 ms, min 8 ms, max 8.99 ms
  Iterations: 100
  Throughput: 119 inferences a second
  On the GPU: 8.38 ms median
  In enqueueV3: 20 µs median
  Execution context: 30 ms
  First run: 412 ms

GPU memory
  In use: before 1.0 GiB, engine loaded 6.0 GiB, ready to run 7.0 GiB, peak 8.0 GiB, after 1.0 GiB
  Weights: 4.0 GiB of 4.0 GiB kept (the default budget), 0 bytes of scratch

Inputs
  in: float32 1, ones

Outputs
  out: float32 2, min 1, max 2, mean 1.5, std 0.5
    first 1 2

Slowest layers
  3 ms  75 %  conv
  and 1 more

Runtime cache
  There was no runtime cache yet. Context and first run took 442 ms, with it 31 ms. It is kept for this engine and GPU (2.0 KiB).

TensorRT-RTX 1.7.1.116 on RTX (compute capability 8.9). Run 1970-01-01 00:00 UTC.`,
    );
  });
});
