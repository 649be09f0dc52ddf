import assert from 'node:assert/strict';
import { RunPhases } from './runPhases';

describe('the stages of a run as they are told', () => {
  const start = {
    kind: 'start',
    phase: 7,
    parent: null,
    name: 'measure',
    step: 0,
    steps: 1000,
  } as const;
  const step = (number: number) =>
    ({ kind: 'step', phase: 7, parent: null, name: '', step: number, steps: 0 }) as const;
  const end = { kind: 'end', phase: 7, parent: null, name: '', step: 0, steps: 0 } as const;

  it('names the stage of every event and gathers steps', () => {
    let now = 0;
    const phases = new RunPhases('token', () => now);
    const told = [phases.tell(start)];
    for (let number = 1; number <= 1000; number++) {
      now += 1;
      told.push(phases.tell(step(number)));
    }
    told.push(phases.tell(end));
    const kept = told.filter((event) => event !== null);
    assert.deepEqual(kept[0], {
      token: 'token',
      kind: 'start',
      stage: 'measure',
      step: 0,
      steps: 1000,
    });
    assert.ok(kept.length > 15 && kept.length < 30, `${kept.length}`);
    assert.ok(kept.every(({ stage, steps }) => stage === 'measure' && steps === 1000));
    assert.deepEqual(
      kept.slice(-2).map(({ kind, step: at }) => [kind, at]),
      [
        ['step', 1000],
        ['end', 0],
      ],
    );
  });

  it('says nothing of a phase that it never saw begin', () => {
    assert.equal(new RunPhases('token').tell(step(1)), null);
  });
});
