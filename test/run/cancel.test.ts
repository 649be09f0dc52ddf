/** A cancel at any moment: soon over, and no process and no GPU memory is left. */
import assert from 'node:assert/strict';

import { randomNumbers } from '../support/random';
import { until } from '../support/builtEngines';
import { failure, mib, RunBench } from './support';

describe('cancelling', () => {
  let bench: RunBench;
  before(() => (bench = new RunBench()));
  afterEach(() => bench.rest());
  after(() => bench.dispose());

  it('leaves nothing, at twenty moments of a run', async () => {
    const engine = bench.engine({ weightBytes: 64 * mib, jitMs: 200, latencyMs: 1 });
    bench.become({ faults: { slow_read_ms: 10 } });
    const runner = bench.runner();
    const random = randomNumbers(20261122);
    const stages = new Set<string>();
    for (let time = 0; time < 20; time++) {
      const abort = new AbortController();
      let stage = '';
      const running = bench.run(
        engine,
        { iterations: 0, seconds: 30, profiledIterations: 10 },
        { runner, signal: abort.signal, onProgress: (progress) => (stage = progress.stage) },
      );
      setTimeout(() => abort.abort(), 1 + random(1200));
      const ended = new Promise<number>((resolve) =>
        abort.signal.addEventListener('abort', () => resolve(Date.now())),
      );
      const { code, message } = await failure(running);
      assert.equal(code, 'cancelled', message);
      assert.ok(Date.now() - (await ended) < 3_000, `it took long in the stage ${stage}`);
      bench.nothingIsLeft();
      stages.add(stage);
    }
    assert.ok(stages.size >= 3, `only in ${[...stages].join()}`);
    // The runner is as good as before.
    assert.equal((await bench.run(engine, {}, { runner })).failure, null);
  });

  it('leaves nothing of an inspection, or of a library that does not listen', async () => {
    const engine = bench.engine({ weightBytes: 64 * mib });
    const inspecting = (signal: AbortSignal) =>
      bench
        .runner()
        .inspect({ engine: engine.file, runtime: bench.runtime, layers: true }, { signal });
    bench.become({ faults: { slow_read_ms: 100 } });
    const abort = new AbortController();
    const polite = failure(inspecting(abort.signal));
    setTimeout(() => abort.abort(), 400);
    assert.equal((await polite).code, 'cancelled');
    bench.nothingIsLeft();

    bench.become({ faults: { hang_deserialize: 1 } });
    const again = new AbortController();
    const deaf = failure(inspecting(again.signal));
    setTimeout(() => again.abort(), 400);
    assert.equal((await deaf).code, 'cancelled');
    bench.nothingIsLeft();
  });

  it('of a sweep and of all that waits, when the runner is disposed of', async () => {
    const engine = bench.engine();
    const runner = bench.runner();
    const budgets = [4 * mib, 2 * mib, 0];
    const sweep = failure(
      bench.run(engine, { iterations: 0, seconds: 10 }, { runner, kind: 'sweep', budgets }),
    );
    const waiting = failure(bench.run(engine, {}, { runner }));
    await until('GPU memory to be in use', () => bench.memoryInUse() > 2 * mib);
    await runner.dispose();
    bench.nothingIsLeft();
    assert.equal((await sweep).code, 'cancelled');
    assert.equal((await waiting).code, 'cancelled');
  });
});
