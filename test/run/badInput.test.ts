/** Engines, inputs and machines that are bad: each costs one clear message, and leaves no process and no GPU memory. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';

import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { recipePathOf, writeRecipe } from '../../src/core/rebuild/recipe';
import type { RunFailure, RunReport } from '../../src/core/run/runReport';
import { engineIntegrity } from '../../src/host/check/engineIntegrity';
import { until } from '../support/builtEngines';
import { itUnless, underWine } from '../support/leaveOut';
import { engineHosts, failure, gib, mib, RunBench } from './support';

const impatient = { loadBaseMs: 700, loadBytesPerSecond: 1e12, stallMs: 700, compileMs: 700 };

/** Windows has no signals: there a process ends with a number. */
const killedBy = (signal: string): RegExp =>
  new RegExp(process.platform === 'win32' ? 'exit code [13],|Windows exception' : signal);

describe('what can go wrong with an engine that is inspected or run', () => {
  let bench: RunBench;
  before(() => (bench = new RunBench()));
  afterEach(() => bench.rest());
  after(() => bench.dispose());

  /** Of the whole run; it names the file and says what to do. */
  const endedBy = (report: RunReport, file: string): RunFailure => {
    assert.ok(report.failure, report.headline);
    return clear(report.failure, file);
  };
  const attemptFailed = (report: RunReport, file: string, attempt = 0): RunFailure => {
    assert.equal(report.failure, null);
    const failed = report.attempts[attempt]?.failure;
    assert.ok(failed, report.headline);
    return clear(failed, file);
  };
  const clear = (failed: RunFailure, file: string): RunFailure => {
    assert.ok(failed.sentence.includes(file), failed.sentence);
    assert.notEqual(failed.nextStep, '');
    return failed;
  };

  describe('the file', () => {
    it('is not there, no engine, or cut short: nothing is started', async () => {
      const missing = await failure(bench.inspect(bench.at('missing.engine')));
      assert.equal(missing.code, 'file-error');
      fs.writeFileSync(bench.at('text.engine'), 'hello');
      const text = await failure(bench.run(bench.at('text.engine')));
      assert.equal(text.code, 'invalid-argument');
      assert.match(text.message, /text\.engine is not a TensorRT-RTX engine/);
      const cut = await failure(bench.inspect(bench.engine({ damage: 'truncated' })));
      assert.match(cut.message, /cut short: it has 5,\d{3},\d{3} bytes/);
    });

    it('is damaged and refused: inspect throws, run reports, with the words of the library', async () => {
      const engine = bench.engine({ damage: 'weights' });
      const refused = await failure(bench.inspect(engine));
      assert.equal(refused.code, 'runtime-failed');
      assert.equal(refused.at?.stage, 'deserialize');
      assert.match(refused.message, /could not load .*checksum/);
      assert.match(refused.nextStep, /SHA-256/);
      const report = await bench.run(engine);
      const failed = endedBy(report, engine.file);
      assert.deepEqual([failed.code, failed.stage], ['runtime-failed', 'deserialize']);
      assert.ok(failed.lines.some((line) => /checksum/.test(line)));
      assert.deepEqual(report.attempts, []);
    });

    it('is damaged and accepted: only the recorded SHA-256 tells', async () => {
      const engine = bench.engine({ damage: 'padding' });
      assert.equal((await bench.run(engine)).failure, null);
      const good = fs.readFileSync(engine.file);
      const last = engine.size - 100;
      good[last] = 0;
      const sha256 = createHash('sha256').update(good).digest('hex');
      const recipe = {
        model: { path: 'm.onnx', sha256: null, size: null, externalData: [] },
        options: defaultEngineOptions(),
        built: null,
        engine: { file: 'e.engine', sha256, size: engine.size },
      };
      fs.writeFileSync(recipePathOf(engine.file), writeRecipe(recipe));
      const { state, expected, actual } = await engineIntegrity(engine.file);
      assert.deepEqual([state, expected], ['differs', sha256]);
      assert.notEqual(actual, sha256);
      fs.writeFileSync(engine.file, good);
      assert.equal((await engineIntegrity(engine.file)).state, 'matches');
    });

    describe('has a recipe beside it', () => {
      const bad: Record<string, (recipe: string) => void> = {
        'of 350 MB': (recipe) => {
          fs.writeFileSync(recipe, '{');
          fs.truncateSync(recipe, 350 * mib);
        },
        'of 200,000 brackets': (recipe) => fs.writeFileSync(recipe, '['.repeat(200_000)),
        'that is a folder': (recipe) => fs.mkdirSync(recipe),
        ...(process.platform === 'win32'
          ? {}
          : {
              'that is a pipe': (recipe) => execFileSync('mkfifo', [recipe]),
              'that is a device': (recipe) => fs.symlinkSync('/dev/zero', recipe),
            }),
      };
      for (const [title, make] of Object.entries(bad)) {
        it(`${title}: no sum is known, and nothing waits for it`, async () => {
          const engine = bench.engine();
          make(recipePathOf(engine.file));
          const { inspection } = await bench.inspect(engine);
          assert.ok(
            inspection.notes.some(({ sentence }) => /SHA-256/.test(sentence)),
            JSON.stringify(inspection.notes),
          );
          const report = await bench.run(engine);
          assert.equal(report.failure, null);
          assert.equal(report.attempts.length, 1);
        });
      }
    });

    it('hangs: its process is stopped after the limit, which grows with the file', async () => {
      const engine = bench.engine({ damage: 'hang' });
      const started = Date.now();
      const runner = bench.runner({ timeouts: impatient });
      const hung = await failure(bench.inspect(engine, runner));
      assert.equal(hung.code, 'host-timeout');
      assert.match(
        hung.message,
        /took too long while loading .* Nothing was heard of it for 0\.7 s/,
      );
      assert.ok(Date.now() - started < 5_000);
      bench.nothingIsLeft();
      const failed = endedBy(await bench.run(engine, {}, { runner }), engine.file);
      assert.deepEqual([failed.code, failed.stage], ['host-timeout', 'deserialize']);
    });

    it('reads slowly but goes on: it is waited for', async () => {
      const engine = bench.engine({ weightBytes: 128 * mib });
      bench.become({ faults: { slow_read_ms: 60 } });
      const started = Date.now();
      await bench.inspect(engine, bench.runner({ timeouts: impatient }));
      assert.ok(Date.now() - started > 1_500);
    });

    it('crashes: one message, and the next one runs', async () => {
      const runner = bench.runner();
      const engine = bench.engine({ damage: 'crash' });
      const crashed = await failure(bench.inspect(engine, runner));
      assert.equal(crashed.code, 'host-exited');
      assert.match(crashed.message, /while loading /);
      assert.match(crashed.message, killedBy('SIGABRT'));
      assert.match(crashed.detail, /STAND-IN TensorRT-RTX: this engine crashes/);
      const failed = endedBy(await bench.run(engine, {}, { runner }), engine.file);
      assert.equal(failed.code, 'host-exited');
      // The last stage may not have been told any more.
      assert.match(failed.stage, /^(read|deserialize)$/);
      await bench.inspect(bench.engine(), runner);
    });

    it('is of another version: both are named before it is loaded', async () => {
      const engine = bench.engine({ version: '1.5.0.114' });
      const other = await failure(bench.inspect(engine));
      assert.equal(other.code, 'unsupported-version');
      assert.match(other.message, /built by TensorRT-RTX 1\.5\.0\.114 .* loaded by 1\.7\.0\.99/);
      assert.equal((await failure(bench.run(engine))).code, 'unsupported-version');
      assert.ok(!bench.logged.some(({ text }) => /Loaded engine/.test(text)));
    });
  });

  describe('the memory', () => {
    it('is less than its weights: inspected without them, a run refused before loading, with both numbers', async () => {
      const engine = bench.engine({ streaming: false, weightBytes: 3 * gib });
      bench.become({ totalMemory: 2 * gib, usedMemory: 0 });
      assert.equal((await bench.inspect(engine)).inspection.facts.weightsDeferred, true);
      const failed = endedBy(await bench.run(engine), engine.file);
      assert.deepEqual([failed.code, failed.stage], ['gpu-out-of-memory', 'check']);
      assert.match(failed.sentence, /need 3\.0 GiB of GPU memory, the GPU has 2\.0 GiB/);
      assert.match(failed.nextStep, /weight streaming/);
    });

    it('runs out at load', async () => {
      const engine = bench.engine({ streaming: false, weightBytes: 512 * mib });
      bench.become({ usedMemory: 8 * gib - 300 * mib });
      assert.equal((await bench.inspect(engine)).inspection.facts.weightsDeferred, true);
      const failed = endedBy(await bench.run(engine), engine.file);
      assert.deepEqual([failed.code, failed.stage], ['gpu-out-of-memory', 'deserialize']);
      assert.match(failed.sentence, /not enough GPU memory for the weights of /);
      assert.match(failed.nextStep, /^Rebuild the engine with weight streaming/);
    });

    it('runs out at the context, and a smaller budget helps', async () => {
      const engine = bench.engine({ weightBytes: 512 * mib, scratchBytes: 8 * mib });
      bench.become({ usedMemory: 8 * gib - 300 * mib });
      const failed = attemptFailed(await bench.run(engine), engine.file);
      assert.equal(failed.code, 'gpu-out-of-memory');
      assert.ok(['budget', 'context'].includes(failed.stage), failed.stage);
      assert.match(failed.nextStep, /[Ll]ower the weight streaming budget/);
      assert.equal((await bench.run(engine, { budget: 32 * mib })).attempts[0]?.failure, null);
    });

    it('runs out for inputs and outputs, or in the run', async () => {
      const engine = bench.engine({ weightBytes: mib });
      const stages = new Set<string>();
      for (let nth = 1; nth <= 8; nth++) {
        bench.become({ faults: { oom_alloc: nth } });
        const report = await bench.run(engine);
        const failed = report.failure ?? report.attempts[0]?.failure;
        if (!failed) continue;
        clear(failed, engine.file);
        assert.equal(failed.code, 'gpu-out-of-memory', `allocation ${nth} at ${failed.stage}`);
        stages.add(failed.stage);
        bench.nothingIsLeft();
      }
      assert.ok(stages.has('buffers') && stages.has('deserialize'), [...stages].join());
    });

    it('is not enough for a budget that works only from somewhere on: the sweep goes on', async () => {
      const engine = bench.engine({ weightBytes: 8 * mib, leastBudget: 3 * mib });
      const failed = attemptFailed(await bench.run(engine, { budget: mib }), engine.file);
      assert.equal(failed.stage, 'context');
      const budgets = [8 * mib, 4 * mib, mib, 0];
      const sweep = await bench.run(engine, {}, { kind: 'sweep', budgets });
      assert.deepEqual(
        sweep.attempts.map((attempt) => attempt.failure === null),
        [true, true, false, false],
      );
      assert.deepEqual(
        sweep.sweep?.points.map(({ median }) => median !== null),
        [true, true, false, false],
      );
      assert.match(sweep.headline, /2 of 4 budgets could not be measured/);
    });
  });

  describe('the inputs', () => {
    const source = (path: string) => ({ kind: 'file', path }) as const;
    const withImage = (path: string, shape: number[] | null = [1, 3, 16, 16]) => ({
      inputs: [{ name: 'image', shape, source: source(path) }],
    });

    it('are not there, of the wrong number of bytes, type or shape', async () => {
      const engine = bench.engine();
      const runner = bench.runner();
      await bench.inspect(engine, runner);
      const refused = (path: string, shape?: number[] | null) =>
        failure(bench.run(engine, withImage(bench.at(path), shape), { runner }));

      const missing = await refused('no-such-file.bin');
      assert.equal(missing.code, 'file-error');
      assert.match(missing.message, /no-such-file\.bin/);
      fs.writeFileSync(bench.at('short.bin'), Buffer.alloc(3000));
      const short = await refused('short.bin');
      assert.match(short.message, /short\.bin has 3,000 bytes, but .* takes 3,072 bytes/);
      const header = "{'descr': '<c16', 'fortran_order': False, 'shape': (1, 3, 16, 16), }";
      fs.writeFileSync(bench.at('complex.npy'), npy(header, 768 * 16));
      assert.match((await refused('complex.npy')).message, /complex\.npy/);
      const other = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4, 16, 16), }";
      fs.writeFileSync(bench.at('other.npy'), npy(other, 1024 * 4));
      assert.match((await refused('other.npy', null)).message, /Dimension 1 .* is 3, not 4/);
      const outside = await failure(
        bench.run(engine, withImage(bench.at('short.bin'), [9, 3, 16, 16]), { runner }),
      );
      assert.equal(outside.code, 'invalid-argument');
      assert.match(outside.message, /profile 0 allows 1 to 4/);
    });

    it('are named wrong, or chosen for a profile that is not there', async () => {
      const engine = bench.engine();
      const unknown = await failure(
        bench.run(engine, { inputs: [{ name: 'picture', shape: null, source: { kind: 'ones' } }] }),
      );
      assert.match(unknown.message, /"picture" is an output/);
      const profile = await failure(bench.run(engine, { profile: 1 }));
      assert.match(profile.message, /There is no optimization profile 1/);
      const sweep = bench.engine({ streaming: false });
      assert.match(
        (await failure(bench.run(sweep, {}, { kind: 'sweep', budgets: [] }))).message,
        /no weights that can be streamed/,
      );
    });
  });

  describe('the machine', () => {
    it('has no GPU, or a driver that does not start', async () => {
      const engine = bench.engine();
      bench.become({ noGpu: true });
      const none = await failure(bench.inspect(engine));
      assert.ok(none.message.includes(engine.file), none.message);
      assert.match(none.message, /no (usable )?NVIDIA (GPU|driver)/);
      bench.become({ noGpu: false, init: 999 });
      const failed = endedBy(await bench.run(engine), engine.file);
      assert.match(failed.sentence, /driver/);
      assert.match(failed.nextStep, /driver/);
    });

    it('refuses a call of CUDA while an engine is loaded or prepared', async () => {
      const engine = bench.engine();
      bench.become({ faults: { deserialize: 209 } });
      const load = endedBy(await bench.run(engine), engine.file);
      assert.deepEqual([load.stage, load.cuda], ['deserialize', 209]);
      assert.match(load.sentence, /no code that .*STAND-IN.* \(compute capability 8\.9\) can run/);
      for (const fault of ['context', 'jit'] as const) {
        bench.become({ faults: { [fault]: 209 } });
        const failed = attemptFailed(await bench.run(engine), engine.file);
        assert.equal(failed.cuda, 209, fault);
        assert.match(failed.nextStep, /[Rr]ebuild/);
      }
    });

    itUnless(
      underWine('the engine host ends there with an access violation, and why was not found out'),
      'loses the GPU in the middle of a run',
      async () => {
        const engine = bench.engine();
        for (const lost_code of [719, 46]) {
          bench.become({ faults: { lost_launch: 15, lost_code } });
          const report = await bench.run(engine, { iterations: 200 });
          const failed = attemptFailed(report, engine.file);
          assert.equal(failed.cuda, lost_code);
          assert.match(failed.sentence, /lost|not available/);
          bench.nothingIsLeft();
        }
      },
    );

    it('hangs in a run, or crashes in it: stopped, and said where', async () => {
      const engine = bench.engine({ jitMs: 0 });
      const runner = bench.runner({ timeouts: impatient });
      bench.become({ faults: { hang_launch: 20 } });
      const hung = endedBy(await bench.run(engine, { iterations: 500 }, { runner }), engine.file);
      assert.deepEqual([hung.code, hung.stage], ['host-timeout', 'measure']);
      bench.nothingIsLeft();
      bench.become({ faults: { hang_context: 1 } });
      const context = endedBy(await bench.run(engine, {}, { runner }), engine.file);
      assert.deepEqual([context.code, context.stage], ['host-timeout', 'context']);
      bench.become({ faults: { crash_enqueue: 1 } });
      const crashed = endedBy(await bench.run(engine, {}, { runner }), engine.file);
      assert.equal(crashed.code, 'host-exited');
      assert.match(crashed.sentence, killedBy('SIG(ABRT|SEGV)'));
    });

    it('kills the engine host in the middle of a run', async () => {
      const engine = bench.engine();
      let stage = '';
      const running = bench.run(
        engine,
        { iterations: 0, seconds: 30 },
        { onProgress: (progress) => (stage = progress.stage) },
      );
      await until('it to measure', () => stage === 'measure');
      assert.ok(bench.memoryInUse() > 4 * mib);
      const [pid] = engineHosts();
      assert.ok(pid !== undefined);
      process.kill(pid, 'SIGKILL');
      const failed = endedBy(await running, engine.file);
      assert.equal(failed.code, 'host-exited');
      assert.match(failed.sentence, killedBy('SIGKILL'));
    });
  });
});

function npy(header: string, bytes: number): Buffer {
  const length = Math.ceil((header.length + 1 + 10) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + length, ' ');
  head.write('\x93NUMPY\x01\x00', 0, 'latin1');
  head.writeUInt16LE(length, 8);
  head.write(header, 10, 'latin1');
  head[9 + length] = 10;
  return Buffer.concat([head, Buffer.alloc(bytes)]);
}
