/** Running engines on a stand-in GPU: the numbers are those of its network, the rules those of TensorRT-RTX. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { parseLayers } from '../../src/core/inspect/layers';
import type { RunChoices } from '../../src/core/run/runReport';
import { itUnless, onWindows, underWine } from '../support/leaveOut';
import { standInWeights } from '../standIns/standInModel';
import {
  standInProfile,
  writeStandInEngine,
  writeStandInModel,
  type StandInEngine,
} from '../standIns/standIns';
import { floatsOf, gib, mib, RunBench } from './support';

/** The network of the stand-in, once more: convolution 3 x 3 with padding, bias, nothing below zero. */
function network(image: Float32Array, height: number, width: number): Float32Array {
  const weights = standInWeights();
  const picture = new Float32Array(image.length);
  const value = (n: number, c: number, y: number, x: number): number =>
    y < 0 || y >= height || x < 0 || x >= width
      ? 0
      : (image[((n * 3 + c) * height + y) * width + x] ?? 0);
  for (let n = 0; n < image.length / (3 * height * width); n++) {
    for (let to = 0; to < 3; to++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let sum = weights[81 + to] ?? 0;
          for (let from = 0; from < 3; from++) {
            for (let tap = 0; tap < 9; tap++) {
              const weight = weights[(to * 3 + from) * 9 + tap] ?? 0;
              sum += weight * value(n, from, y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1);
            }
          }
          picture[((n * 3 + to) * height + y) * width + x] = Math.max(0, sum);
        }
      }
    }
  }
  return picture;
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, within: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const [a = NaN, b = NaN] = [actual[i], expected[i]];
    assert.ok(Math.abs(a - b) <= within, `element ${i}: ${a}, expected ${b}`);
  }
}

const means = (picture: Float32Array, area: number): number[] =>
  Array.from({ length: picture.length / area }, (_, plane) => {
    return picture.subarray(plane * area, (plane + 1) * area).reduce((a, b) => a + b, 0) / area;
  });

const image = (shape: number[] | null, source: RunChoices['inputs'][0]['source']) => [
  { name: 'image', shape, source },
];
const random = { kind: 'random', seed: 7 } as const;

describe('running an engine', function () {
  // Times are measured, and Wine wakes nobody up in time now and then.
  if (underWine('') !== null) this.retries(2);

  let bench: RunBench;
  before(() => (bench = new RunBench()));
  afterEach(() => bench.rest());
  after(() => bench.dispose());

  it('gives the values that its network computes, at a dynamic shape', async () => {
    const shape = [2, 3, 24, 40];
    const report = await bench.run(bench.engine(), { inputs: image(shape, random) });
    assert.equal(report.failure, null);
    const [attempt] = report.attempts;
    assert.deepEqual(
      attempt?.outputs.map((output) => [output.name, output.type, output.shape]),
      [
        ['picture', 'float32', shape],
        ['mean', 'float32', [2, 3]],
        ['label', 'int64', [2]],
      ],
    );
    const input = fs.readFileSync(`${bench.folder}/${report.id}/input-0.bin`);
    const values = new Float32Array(new Uint8Array(input).buffer);
    assert.equal(values.length, 2 * 3 * 24 * 40);
    const picture = network(values, 24, 40);
    near(floatsOf(report, 'picture'), picture, 1e-5);
    near(floatsOf(report, 'mean'), means(picture, 24 * 40), 1e-5);
    const labels = attempt.outputs[2];
    assert.deepEqual(
      labels?.first,
      [0, 1].map((n) => {
        const three = means(picture, 24 * 40).slice(n * 3, n * 3 + 3);
        return three.indexOf(Math.max(...three));
      }),
    );
    const summary = attempt.outputs[0];
    assert.equal(summary?.count, picture.length);
    near([summary.max ?? NaN], [Math.max(...picture)], 1e-5);
    assert.equal(summary.preview?.width, 40);
    assert.equal(report.inputs[0]?.source, 'random values, seed 7');
  });

  it('gives an output that shares memory with an input that memory, and the values of one inference', async () => {
    const shape = [1, 3, 16, 16];
    const inputs = image(shape, { kind: 'ones' });
    const report = await bench.run(bench.engine({ alias: true }), { inputs });
    assert.equal(report.failure ?? report.attempts[0]?.failure, null);
    near(floatsOf(report, 'picture'), network(new Float32Array(768).fill(1), 16, 16), 1e-5);
    assert.match(report.notes.map(({ sentence }) => sentence).join(), /shares its memory with/);
    const several = await bench.run(bench.engine({ alias: true }), { inputs, streams: 3 });
    assert.equal(several.attempts[0]?.failure, null);
  });

  it('shows no values of an output that is not row major linear in the profile of the run', async () => {
    const profiles = [standInProfile, standInProfile];
    const engine = bench.engine({ profiles, vectorizedProfile: 1 });
    const said = async (profile: number) => {
      const report = await bench.run(engine, { profile });
      return report.notes.map(({ sentence }) => sentence).join();
    };
    assert.doesNotMatch(await said(0), /not row major linear/);
    assert.match(await said(1), /"picture" is not row major linear/);
  });

  it('compiles kernels for dynamic shapes before it measures, and in the background where asked', async () => {
    const said = async (lazyKernels: boolean, dynamic = true) => {
      const report = await bench.run(bench.engine({ dynamic }), { lazyKernels });
      return report.notes.map(({ sentence }) => sentence).join();
    };
    assert.match(await said(false), /compiled before anything was measured \(eager\)/);
    assert.match(await said(true), /compiled in the background/);
    assert.doesNotMatch(await said(false, false), /compiled/);
  });

  it('takes the same values for the same seed, and others for another', async () => {
    const engine = bench.engine();
    const runner = bench.runner();
    const mean = async (seed: number) => {
      const inputs = image(null, { kind: 'random', seed });
      return [...floatsOf(await bench.run(engine, { inputs }, { runner }), 'mean')];
    };
    const first = await mean(1);
    assert.deepEqual(await mean(1), first);
    assert.notDeepEqual(await mean(2), first);
  });

  it('runs half precision, and shape tensors with the values of the profile or given ones', async () => {
    const half = await bench.run(bench.engine({ half: true }), {
      inputs: image([1, 3, 16, 16], { kind: 'ones' }),
    });
    const expected = network(new Float32Array(768).fill(1), 16, 16);
    const picture = half.attempts[0]?.outputs[0];
    assert.equal(picture?.type, 'float16');
    near(picture.first, expected.slice(0, picture.first.length), 2e-3);

    const engine = bench.engine({ shapeTensor: true });
    const runner = bench.runner();
    const inputs = image([1, 3, 64, 64], random);
    const resized = async (more: RunChoices['inputs']) => {
      const report = await bench.run(engine, { inputs: [...inputs, ...more] }, { runner });
      assert.equal(report.failure, null);
      return { report, output: report.attempts[0]?.outputs[3] };
    };
    assert.deepEqual((await resized([])).output?.shape, [1, 3, 32, 32]);
    fs.writeFileSync(bench.at('size.raw'), Buffer.from(BigInt64Array.of(16n, 8n).buffer));
    const file = { kind: 'file', path: bench.at('size.raw') } as const;
    const given = await resized([{ name: 'size', shape: null, source: file }]);
    assert.deepEqual(given.output?.shape, [1, 3, 16, 8]);
    const whole = floatsOf(given.report, 'picture');
    const small = floatsOf(given.report, 'resized');
    assert.equal(small[8], whole[4 * 64]); // the second row of 16 is the fifth of 64
  });

  it('measures latency, throughput, memory and layers', async () => {
    const engine = bench.engine({ latencyMs: 2, layers: 6 });
    const runner = bench.runner();
    const { layers } = await bench.inspect(engine, runner);
    const report = await bench.run(engine, { iterations: 100, profiledIterations: 5 }, { runner });
    const [attempt] = report.attempts;
    assert.ok(attempt?.latency && attempt.gpuTime && attempt.enqueueTime && attempt.histogram);
    assert.equal(attempt.latency.count, 100);
    assert.ok(attempt.latency.min >= 2 && attempt.latency.median < 4, 'about 2 ms');
    // Under Wine the stand-in's waits end early or late, and each of the two is a median of its own.
    const margin = underWine('') === null ? 0 : 0.5;
    const { median } = attempt.gpuTime;
    assert.ok(median >= 1.9 - margin && median <= attempt.latency.median + margin, `${median} ms`);
    assert.ok(attempt.throughput !== null && attempt.throughput > 100 && attempt.throughput <= 500);
    assert.equal(
      attempt.histogram.counts.reduce((a, b) => a + b, 0) + attempt.histogram.above,
      100,
    );
    assert.equal(attempt.timeline?.latency.length, 100);
    const { total, before, loaded, ready, peak, after } = attempt.memory;
    assert.equal(total, 8 * gib);
    assert.ok(before !== null && loaded !== null && ready !== null && peak !== null);
    assert.ok(before <= loaded && loaded < ready && ready <= peak);
    assert.equal(after, before);
    // Input, outputs, activations and all weights are there at least.
    assert.ok(ready - before >= engine.streamable + 2 * 3 * 64 * 64 * 4);

    const names = parseLayers(layers).rows.map(({ name }) => name);
    assert.deepEqual(attempt.layers?.map(({ name }) => name).sort(), names.sort());
    const sum = attempt.layers.reduce((all, { mean }) => all + mean, 0);
    assert.ok(Math.abs(sum - 2) < 0.1, `${sum} ms in all layers`);
    assert.match(report.headline, /ms median, \d+ inferences a second/);
    assert.ok(report.loadMs !== null && report.loadMs > 0);
  });

  it('measures for a time, with copies, and over several streams', async () => {
    const engine = bench.engine({ latencyMs: 1 });
    const runner = bench.runner();
    const timed = await bench.run(engine, { iterations: 0, seconds: 0.4 }, { runner });
    const count = timed.attempts[0]?.latency?.count ?? 0;
    assert.ok(count > 100 && count < 420, `${count} in 0.4 s of 1 ms each`);
    const copied = await bench.run(engine, { copies: true }, { runner });
    assert.equal(copied.attempts[0]?.latency?.count, 20);
    const streams = await bench.run(engine, { streams: 4, iterations: 80 }, { runner });
    const attempt = streams.attempts[0];
    assert.ok(attempt?.latency && attempt.latency.count >= 80);
    assert.equal(attempt.failure, null);
    // One stand-in GPU does one thing at a time: streams wait for each other.
    const least = underWine('') === null ? 1.5 : 1.1; // there its waits end early
    assert.ok(attempt.latency.median > least, `${attempt.latency.median}`);
  });

  it('keeps a runtime cache: cold and warm, then loaded, and made anew where it is refused', async () => {
    const engine = bench.engine({ jitMs: 80 });
    const runner = bench.runner();
    const caches = () =>
      fs.readdirSync(bench.cacheFolder).map((name) => path.join(bench.cacheFolder, name));
    const run = async () =>
      bench.run(engine, { runtimeCache: true, profiledIterations: 0 }, { runner });
    const first = await run();
    assert.equal(first.cache.state, 'missing');
    assert.ok(first.cache.coldMs !== null && first.cache.coldMs >= 80);
    assert.ok(first.cache.warmMs !== null && first.cache.warmMs < 40);
    const [cache = '', ...others] = caches();
    assert.deepEqual([others, first.cache.path], [[], cache]);
    assert.equal(first.cache.savedBytes, fs.statSync(cache).size);

    const second = await run();
    assert.equal(second.cache.state, 'loaded');
    assert.ok((second.attempts[0]?.firstRunMs ?? NaN) < 40);
    assert.equal(second.cache.coldMs, null);

    fs.writeFileSync(cache, 'not a cache');
    const third = await run();
    assert.equal(third.cache.state, 'refused');
    assert.ok(fs.statSync(cache).size > 100, 'a good one was written');
    assert.equal((await run()).cache.state, 'loaded');
    assert.deepEqual(caches(), [cache], 'a temporary file is left');

    const off = await bench.run(engine, { runtimeCache: false }, { runner });
    assert.equal(off.cache.state, 'off');
  });

  it('loads no runtime cache that lies beside an engine, and none that was made for another', async () => {
    const engine = bench.engine({ jitMs: 20 });
    const runner = bench.runner();
    const run = async (of: StandInEngine) =>
      (await bench.run(of, { runtimeCache: true, profiledIterations: 0 }, { runner })).cache.state;
    assert.equal(await run(engine), 'missing');
    assert.equal(await run(engine), 'loaded');
    const other = bench.engine({ jitMs: 20, layers: 8 });
    const [cache = ''] = fs.readdirSync(bench.cacheFolder);
    fs.copyFileSync(path.join(bench.cacheFolder, cache), `${other.file}.runtimecache`);
    assert.equal(await run(other), 'missing');
    // The same bytes elsewhere are the same engine; another GPU has kernels of its own.
    fs.copyFileSync(engine.file, bench.at('copy.engine'));
    assert.equal(await run({ ...engine, file: bench.at('copy.engine') }), 'loaded');
    bench.become({ name: 'STAND-IN other GPU' });
    assert.equal(await run(engine), 'missing');
    // An engine that was built again under the same name is another engine.
    bench.become({ name: 'GeForce RTX 4060' });
    writeStandInEngine(engine.file, { latencyMs: 0.5, jitMs: 20, half: true });
    assert.equal(await run(engine), 'missing');
  });

  itUnless(
    onWindows('folders have no mode bits'),
    'does without a runtime cache where others may write, or something else has its name, and says so',
    async () => {
      const engine = bench.engine();
      const state = async () => {
        const { cache, notes } = await bench.run(engine, { runtimeCache: true });
        const told = notes.map(({ sentence }) => sentence).find((one) => /not used/.test(one));
        return [cache.state, told?.replace(/.*not used: /, '').replace(/\/\S*\//g, '')];
      };
      fs.rmSync(bench.cacheFolder, { recursive: true, force: true });
      assert.deepEqual((await state())[0], 'missing');
      fs.chmodSync(bench.cacheFolder, 0o777);
      assert.match((await state()).join(' '), /^off others may write into caches/);
      fs.chmodSync(bench.cacheFolder, 0o700);
      const [cache = ''] = fs.readdirSync(bench.cacheFolder);
      fs.rmSync(path.join(bench.cacheFolder, cache));
      fs.symlinkSync(engine.file, path.join(bench.cacheFolder, cache));
      assert.match((await state()).join(' '), /^off .*runtimecache is not a file/);
      fs.rmSync(bench.cacheFolder, { recursive: true });
      fs.writeFileSync(bench.cacheFolder, '');
      assert.match((await state()).join(' '), /^off .*caches/);
      fs.rmSync(bench.cacheFolder);
    },
  );

  it('clamps budgets, and knows the default, the automatic one and the rule', async () => {
    const engine = bench.engine({ weightBytes: 64 * mib });
    const runner = bench.runner();
    const taken = async (budget: RunChoices['budget']) =>
      (await bench.run(engine, { budget, iterations: 2 }, { runner })).attempts[0];
    const all = engine.streamable;
    assert.equal((await taken('default'))?.budget, all);
    assert.equal((await taken(0))?.budget, 0);
    assert.equal((await taken(mib))?.budget, mib);
    assert.equal((await taken(2 * all))?.budget, all);
    assert.equal((await taken('automatic'))?.budget, all);
    assert.equal((await taken('rule'))?.budget, all / 2);
    const streaming = await taken(all / 2);
    assert.equal(streaming?.scratch, engine.scratch);
    // Free memory is read just before: 160 MiB are there, the CUDA context takes its part later.
    bench.become({ usedMemory: 8 * gib - 100 * mib - 96 * mib });
    const rule = (await taken('rule'))?.budget ?? 0;
    assert.equal(rule, Math.min(32 * mib, 98 * mib));
    bench.become({ usedMemory: 8 * gib - 60 * mib, contextMemory: 4 * mib });
    assert.equal((await taken('rule'))?.budget, 30 * mib);
    bench.become({ contextMemory: 96 * mib });
  });

  it('tells that CUDA graphs are off while weights are streamed', async () => {
    const engine = bench.engine();
    const runner = bench.runner();
    const graph = async (budget: RunChoices['budget']) =>
      bench.run(engine, { budget, cudaGraph: true }, { runner });
    assert.equal((await graph('default')).attempts[0]?.cudaGraph, true);
    const streamed = await graph(0);
    assert.equal(streamed.attempts[0]?.cudaGraph, false);
    assert.ok(streamed.notes.some(({ sentence }) => /graphs are off/.test(sentence)));
    assert.equal((await bench.run(engine, {}, { runner })).attempts[0]?.cudaGraph, null);
  });

  it('sweeps budgets in fresh contexts: slower with less memory, knee and numbers', async () => {
    const engine = bench.engine({ weightBytes: 64 * mib, latencyMs: 2.5, streamMs: 6 });
    const budgets = [1, 0.75, 0.5, 0.25, 0].map((share) => share * engine.streamable);
    const sentences: string[] = [];
    const report = await bench.run(
      engine,
      { iterations: 20 },
      { kind: 'sweep', budgets, onProgress: ({ sentence }) => sentences.push(sentence) },
    );
    assert.equal(report.failure, null);
    assert.deepEqual(
      report.sweep?.points.map(({ budget }) => budget),
      budgets,
    );
    const medians = report.sweep.points.map(({ median }) => median ?? NaN);
    assert.ok((medians[4] ?? 0) > 5 && (medians[0] ?? 9) < 4, medians.join(' '));
    const memory = report.sweep.points.map((point) => point.memory ?? NaN);
    assert.ok((memory[0] ?? 0) - (memory[4] ?? 0) > 50 * mib, memory.join(' '));
    // A quarter of the weights arrives while the rest is computed; half of them does not.
    assert.equal(report.sweep.knee, 1);
    assert.ok(sentences.some((sentence) => sentence.startsWith('Budget 5 of 5: ')));
    assert.deepEqual(
      report.attempts.map(({ outputs }) => outputs.length),
      [3, 0, 0, 0, 0],
    );
  });

  it('searches the largest budget that fits, and measures it twice', async () => {
    const engine = bench.engine({ weightBytes: 64 * mib });
    const all = await bench.run(engine);
    const { peak, before } = all.attempts[0]?.memory ?? {};
    assert.ok(typeof peak === 'number' && typeof before === 'number');
    const goal = { kind: 'memory', bytes: peak - before - engine.streamable / 2 } as const;
    const { report, folder } = await bench.search(engine, goal);
    const answer = report.sweep?.goal;
    assert.equal(answer?.confidence, 'twice', answer?.sentence);
    assert.equal(report.headline, answer.sentence);
    const budget = answer.budget ?? NaN;
    assert.ok(budget < engine.streamable / 2 && budget > 0, answer.sentence);
    const own = report.attempts.filter(({ budgetAsked }) => budgetAsked === budget);
    assert.equal(own.length, 2);
    assert.ok(
      own.every(({ memory }) => (memory.peak ?? NaN) - (memory.before ?? NaN) <= goal.bytes),
    );
    const budgets = report.sweep?.points.map((point) => point.budget) ?? [];
    assert.deepEqual(
      [...budgets].sort((a, b) => b - a),
      budgets,
    );
    assert.deepEqual([budgets[0], budgets.at(-1)], [engine.streamable, 0]);
    // Outputs are kept once.
    assert.equal(report.attempts[0]?.outputs.length, 3);
    assert.ok(!fs.existsSync(path.join(folder, 'search')));
  });

  it('counts NaN and infinity in outputs, and says so', async () => {
    bench.become({ faults: { nan: 1 } });
    const report = await bench.run(bench.engine());
    const picture = report.attempts[0]?.outputs[0];
    assert.deepEqual([picture?.nan, picture?.infinite], [7, 1]);
    assert.ok(
      report.notes.some(
        ({ severity, sentence }) =>
          severity === 'warning' && /"picture" holds 7 NaN and 1 infinite/.test(sentence),
      ),
    );
  });

  it('agrees with ONNX Runtime on the model that it was made of', async () => {
    const model = writeStandInModel(bench.at('model.onnx'));
    const report = await bench.run(
      bench.engine(),
      { inputs: image([1, 3, 32, 32], random) },
      { reference: { model } },
    );
    assert.equal(report.reference?.failure, null);
    assert.match(report.reference.label, /ONNX Runtime .*CPU/);
    assert.deepEqual(
      report.attempts[0]?.outputs.map(({ comparison }) => comparison?.state),
      ['good', 'good', 'good'],
    );

    // The same later, for a run that is kept.
    const runner = bench.runner();
    const plain = await bench.run(bench.engine(), {}, { runner });
    const folder = bench.at(plain.id);
    const joined = await runner.compare(plain, { model, folder });
    assert.equal(joined.attempts[0]?.outputs[0]?.comparison?.state, 'good');

    // And alone, without a GPU.
    fs.mkdirSync(bench.at('alone'));
    const alone = await runner.reference({
      engine: bench.at('none.engine'),
      choices: { ...plain.choices, inputs: image([1, 3, 32, 32], random) },
      model,
      folder: bench.at('alone'),
      id: 'alone',
      tensors: null,
    });
    assert.equal(alone.kind, 'reference');
    assert.deepEqual(
      alone.reference?.outputs.map(({ name, mean }) => [name, mean]),
      report.reference.outputs.map(({ name, mean }) => [name, mean]),
    );
  });

  it('loads an engine once for a run after an inspection, and again when the file changed', async () => {
    const engine = bench.engine({}, 'changing.engine');
    const runner = bench.runner();
    await bench.inspect(engine, runner);
    const loads = () => bench.logged.filter(({ text }) => /Loaded engine size/.test(text)).length;
    const before = loads();
    await bench.run(engine, {}, { runner });
    assert.equal(loads() - before, 1);
    bench.engine({ weightBytes: 5 * mib }, 'changing.engine');
    const again = await bench.run(engine, {}, { runner });
    assert.equal(again.streamable, 5 * mib);
    assert.equal(loads() - before, 3);
  });
});
