/** Inspecting engines on a stand-in GPU: what comes out is what the engine was written with. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';

import { parseLayers } from '../../src/core/inspect/layers';
import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { recipePathOf, writeRecipe } from '../../src/core/rebuild/recipe';
import { standInProfile, standInVersion } from '../standIns/standIns';
import { mib, RunBench } from './support';

describe('inspecting an engine', () => {
  let bench: RunBench;
  before(() => (bench = new RunBench()));
  afterEach(() => bench.rest());
  after(() => bench.dispose());

  it('tells tensors, profiles and sizes as they were written', async () => {
    const second = {
      image: { min: [1, 3, 16, 16], opt: [2, 3, 32, 48], max: [2, 3, 64, 64] },
      size: { min: [2, 2], opt: [8, 4], max: [16, 16] },
    };
    const engine = bench.engine({
      name: 'STAND-IN two profiles',
      profiles: [standInProfile, second],
      shapeTensor: true,
      half: true,
      auxStreams: 3,
      refittable: true,
      layers: 7,
      weightBytes: 6 * mib,
      scratchBytes: 1 * mib,
    });
    const { inspection, layers } = await bench.inspect(engine);
    const { facts } = inspection;
    assert.equal(inspection.file, engine.file);
    assert.equal(inspection.runtime.version, standInVersion);
    assert.equal(facts.name, 'STAND-IN two profiles');
    assert.deepEqual(
      facts.tensors.map(({ name, mode, type, shape, location, shapeTensor, linear }) => {
        return { name, mode, type, shape, location, shapeTensor, linear };
      }),
      [
        ['image', 'input', 'float16', [-1, 3, -1, -1], 'device', false],
        ['size', 'input', 'int64', [2], 'host', true],
        ['picture', 'output', 'float16', [-1, 3, -1, -1], 'device', false],
        ['mean', 'output', 'float16', [-1, 3], 'device', false],
        ['label', 'output', 'int64', [-1], 'device', false],
        ['resized', 'output', 'float16', [-1, 3, -1, -1], 'device', false],
      ].map(([name, mode, type, shape, location, shapeTensor]) => {
        return { name, mode, type, shape, location, shapeTensor, linear: true };
      }),
    );
    const [image, size, picture] = facts.tensors;
    assert.equal(facts.profileCount, 2);
    assert.deepEqual(image?.profiles, [standInProfile.image, second.image]);
    assert.deepEqual(size?.profileValues, [standInProfile.size, second.size]);
    assert.deepEqual(picture?.profiles, [null, null]);
    assert.equal(facts.auxStreams, 3);
    assert.equal(facts.refittable, true);
    assert.equal(facts.layerCount, 7);
    assert.equal(facts.profilingVerbosity, 'detailed');
    assert.equal(facts.deviceMemoryPerProfile.length, 2);
    assert.match(facts.gpu.name, /^STAND-IN /);
    assert.equal(facts.gpu.computeCapability, '8.9');
    assert.equal(facts.gpu.total, 8 * 1024 * mib);
    assert.ok(facts.loadMs > 0);
    const parsed = parseLayers(layers);
    assert.equal(parsed.rows.length, 7);
  });

  it('tells streaming: everything by default, scratch at each smaller budget', async () => {
    const engine = bench.engine({ weightBytes: 8 * mib, scratchBytes: 3 * mib });
    const { facts, notes } = (await bench.inspect(engine)).inspection;
    assert.equal(facts.streamable, engine.streamable);
    assert.equal(facts.defaultBudget, engine.streamable);
    const least = facts.budgets[0];
    const most = facts.budgets.at(-1);
    assert.deepEqual([least?.taken, least?.scratch], [0, engine.scratch]);
    assert.deepEqual([most?.taken, most?.scratch], [engine.streamable, 0]);
    assert.ok(facts.budgets.length >= 4);
    for (const { taken, scratch, deviceMemory } of facts.budgets) {
      assert.equal(scratch, taken < engine.streamable ? engine.scratch : 0);
      assert.equal(deviceMemory, facts.deviceMemory + scratch);
    }
    assert.ok(!notes.some(({ id }) => id === 'scratch-eats-saving'));
  });

  it('warns where scratch eats what streaming saves, and where streaming is not built in', async () => {
    const eaten = bench.engine({ weightBytes: 4 * mib, scratchBytes: 5 * mib });
    const { notes } = (await bench.inspect(eaten)).inspection;
    const note = notes.find(({ id }) => id === 'scratch-eats-saving');
    assert.match(note?.sentence ?? '', /4\.0 MiB .* 5\.0 MiB of scratch: it saves no memory/);

    const plain = (await bench.inspect(bench.engine({ streaming: false }))).inspection;
    assert.equal(plain.facts.streamable, 0);
    assert.deepEqual(
      [plain.facts.defaultBudget, plain.facts.automaticBudget, plain.facts.budgets],
      [null, null, []],
    );
    assert.ok(plain.notes.some(({ id }) => id === 'not-streaming'));
    assert.ok(plain.facts.loadedMemory >= 8_000_000);
  });

  it('tells formats by profile where they differ, and outputs that share memory with an input', async () => {
    const engine = bench.engine({
      profiles: [standInProfile, standInProfile],
      ...{ alias: true, vectorizedProfile: 1 },
    });
    const { facts, notes } = (await bench.inspect(engine)).inspection;
    const [image, picture] = facts.tensors;
    assert.equal(image?.profileFormats, undefined);
    assert.deepEqual(
      picture?.profileFormats?.map(({ linear }) => linear),
      [true, false],
    );
    assert.match(picture.profileFormats?.[1]?.format ?? '', /kCHW4/);
    assert.equal(picture.linear, true);
    assert.equal(picture.aliasOf, 'image');
    const shared = notes.find(({ id }) => id === 'shared-memory');
    assert.match(shared?.sentence ?? '', /"picture" shares its memory with the input "image"/);
  });

  it('loads an engine whose weights do not fit without them', async () => {
    const engine = bench.engine({ streaming: false, weightBytes: 64 * mib });
    bench.become({ usedMemory: (8 * 1024 - 96 - 32) * mib }); // a context takes 96
    const { facts, notes } = (await bench.inspect(engine)).inspection;
    assert.equal(facts.weightsDeferred, true);
    assert.equal(facts.tensors.length, 4);
    assert.ok(facts.loadedMemory < 64 * mib);
    const note = notes.find(({ id }) => id === 'weights-deferred');
    assert.match(note?.sentence ?? '', /loaded without them.* can't run like this/);
    bench.become({ usedMemory: 1024 * mib });
    const fits = (await bench.inspect(engine)).inspection;
    assert.equal(fits.facts.weightsDeferred, undefined);
  });

  it('tells names only, no layers, and an inspector that is not there', async () => {
    const noteIds = async (verbosity: 'layer-names-only' | 'none' | 'detailed') =>
      (await bench.inspect(bench.engine({ verbosity }))).inspection.notes.map(({ id }) => id);
    assert.ok((await noteIds('layer-names-only')).includes('names-only'));
    assert.ok((await noteIds('none')).includes('no-layers'));
    bench.become({ faults: { no_inspector: 1 } });
    const { inspection, layers } = await bench.inspect(bench.engine());
    assert.equal(layers.length, 0);
    assert.ok(inspection.notes.some(({ id }) => id === 'no-layers'));
  });

  it('says whether a SHA-256 is recorded, and when the weights are more than what is free', async () => {
    const engine = bench.engine({ weightBytes: 512 * mib });
    bench.become({ usedMemory: 8 * 1024 * mib - 300 * mib });
    const ids = async () => (await bench.inspect(engine)).inspection.notes.map(({ id }) => id);
    assert.deepEqual(await ids(), ['weights-do-not-fit', 'hash-unknown']);
    const recipe = {
      model: { path: 'm.onnx', sha256: null, size: null, externalData: [] },
      options: defaultEngineOptions(),
      built: null,
      engine: { file: 'e.engine', sha256: '0'.repeat(64), size: engine.size },
    };
    fs.writeFileSync(recipePathOf(engine.file), writeRecipe(recipe));
    assert.deepEqual(await ids(), ['weights-do-not-fit']);
  });

  it('leaves layers out where they are not asked for, and tells how far it is', async () => {
    const engine = bench.engine({ weightBytes: 64 * mib });
    bench.become({ faults: { slow_read_ms: 20 } });
    const stages: string[] = [];
    const fractions: number[] = [];
    const { layers } = await bench.runner().inspect(
      { engine: engine.file, runtime: bench.runtime, layers: false },
      {
        onProgress: ({ stage, fraction }) => {
          if (stages.at(-1) !== stage) stages.push(stage);
          if (stage === 'deserialize' && fraction !== null) fractions.push(fraction);
        },
      },
    );
    assert.equal(layers.length, 0);
    assert.deepEqual(stages, ['start', 'load', 'read', 'deserialize', 'inspect']);
    assert.ok(fractions.length >= 3 && fractions.every((f, i) => f >= (fractions[i - 1] ?? 0)));
  });

  it('takes turns, and a waiting one can be cancelled', async () => {
    const runner = bench.runner();
    const engine = bench.engine();
    const abort = new AbortController();
    const first = bench.inspect(engine, runner);
    const second = runner.inspect(
      { engine: engine.file, runtime: bench.runtime, layers: true },
      { signal: abort.signal },
    );
    const third = bench.inspect(engine, runner);
    abort.abort();
    await assert.rejects(second, { code: 'cancelled' });
    assert.equal((await first).inspection.file, engine.file);
    assert.equal((await third).inspection.file, engine.file);
  });

  it('reads free memory beside a run', async () => {
    bench.become({ usedMemory: 3 * 1024 * mib });
    const { free, total } = await bench.runner().freeMemory();
    assert.deepEqual([free, total], [5 * 1024 * mib, 8 * 1024 * mib]);
  });
});
