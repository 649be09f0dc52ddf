import assert from 'node:assert/strict';

import { defaultStageLimits, loadLimitMs, StageFollower } from './runStages';

function follower(now: () => number = () => 0, attempts = 1) {
  return new StageFollower(
    {
      engineBytes: 200e6,
      attempts,
      warmUp: 20,
      profiledIterations: 10,
      limits: defaultStageLimits,
    },
    'start',
    now,
  );
}
const event = (kind: 'start' | 'step' | 'end', stage: string, step = 0, steps = 0) => ({
  token: 't',
  kind,
  stage,
  step,
  steps,
});

describe('the stages of a job', () => {
  it('gives loading more time for a larger file', () => {
    assert.equal(loadLimitMs(0, defaultStageLimits), 60_000);
    assert.equal(loadLimitMs(200e6, defaultStageLimits), 70_000);
    assert.equal(loadLimitMs(5e9, defaultStageLimits), 310_000);
  });

  it('tells how far it is, and of which budget', () => {
    const stages = follower(() => 0, 3);
    stages.see(event('start', 'deserialize', 0, 1000));
    stages.see(event('step', 'deserialize', 456, 1000));
    assert.deepEqual(stages.progress(), {
      stage: 'deserialize',
      sentence: 'Loading the engine, 45 %',
      fraction: 0.456,
    });
    stages.see(event('start', 'attempt', 0, 3));
    stages.see(event('start', 'context'));
    assert.equal(stages.progress().sentence, 'Budget 1 of 3: creating the execution context');
    stages.see(event('step', 'attempt', 1, 3));
    stages.see(event('start', 'measure', 0, 1000));
    assert.equal(stages.progress().sentence, 'Budget 2 of 3: measuring, 0 %');
    assert.equal(stages.progress().fraction, 0);
  });

  it('waits longer where the library compiles and where one iteration takes long', () => {
    let now = 0;
    const stages = follower(() => now);
    stages.see(event('start', 'buffers'));
    assert.equal(stages.limitMs(), 120_000);
    stages.see(event('start', 'first-run'));
    assert.equal(stages.limitMs(), 600_000);
    now = 30_000;
    stages.see(event('end', 'first-run'));
    stages.see(event('start', 'warm-up'));
    assert.equal(stages.limitMs(), 120_000 + 20 * 2 * 30_000);
    stages.see(event('start', 'measure', 0, 1000));
    assert.equal(stages.limitMs(), 120_000 + 4 * 30_000);
  });

  it('shows a stage of a newer shim by its name', () => {
    const stages = follower();
    stages.see(event('start', 'polish'));
    assert.equal(stages.progress().sentence, 'In the stage "polish"');
  });
});
