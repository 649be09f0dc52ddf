import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../core/wire/failure';
import {
  type HostAction,
  type HostEvent,
  type HostLifecycle,
  initialLifecycle,
  stepLifecycle,
} from './hostLifecycle';

const refused = new Failure('not-tensorrt-rtx', 'x is not TensorRT-RTX.', 'Choose another.');
const budget = { maxRestarts: 4, windowMs: 180_000 };

function run(...events: HostEvent[]): { state: HostLifecycle; actions: HostAction[] } {
  let state = initialLifecycle;
  const actions = events.map((event) => {
    const { next, action } = stepLifecycle(state, event, budget);
    state = next;
    return action;
  });
  return { state, actions };
}

const crashAt = (at: number): HostEvent[] => [
  { event: 'needed' },
  { event: 'started' },
  { event: 'crashed', at },
];

describe('host lifecycle', () => {
  it('starts once and lets others wait', () => {
    const { state, actions } = run(
      { event: 'needed' },
      { event: 'needed' },
      { event: 'started' },
      { event: 'needed' },
    );
    assert.deepEqual(actions, ['start', 'wait', 'use', 'use']);
    assert.equal(state.state, 'ready');
  });

  it('starts again after a crash, four times within three minutes', () => {
    const four = [0, 1, 2, 3].flatMap((at) => crashAt(at * 1000));
    const afterFour = run(...four, { event: 'needed' });
    assert.equal(afterFour.actions.at(-1), 'start');
    const { state, actions } = run(...four, ...crashAt(179_000), { event: 'needed' });
    assert.equal(state.state, 'given-up');
    assert.deepEqual(actions.slice(-2), ['give-up', 'refuse-given-up']);
  });

  it('forgets crashes that are older than the window', () => {
    const events = [0, 60_000, 120_000, 170_000, 180_001].flatMap(crashAt);
    assert.equal(run(...events).state.state, 'absent');
  });

  it('gives up once, and starts afresh when it is asked again', () => {
    const five = [0, 1, 2, 3, 4].flatMap(crashAt);
    const { actions } = run(...five, { event: 'crashed', at: 5 });
    assert.equal(actions.filter((action) => action === 'give-up').length, 1);
    const again = run(...five, { event: 'asked-again' }, { event: 'needed' });
    assert.equal(again.actions.at(-1), 'start');
    assert.deepEqual(again.state.crashes, []);
  });

  it('counts no process that was killed on purpose', () => {
    const kill: HostEvent[] = [
      { event: 'needed' },
      { event: 'started' },
      { event: 'killed-on-purpose' },
    ];
    const { state } = run(...Array.from({ length: 20 }, () => kill).flat());
    assert.deepEqual(state, { state: 'absent', crashes: [] });
  });

  it('keeps the reason of a library that cannot be loaded', () => {
    const { state, actions } = run(
      { event: 'needed' },
      { event: 'load-refused', error: refused },
      { event: 'needed' },
    );
    assert.deepEqual(actions, ['start', 'close', 'refuse']);
    assert.ok(state.state === 'refused' && state.error === refused);
    const again = run(
      { event: 'needed' },
      { event: 'load-refused', error: refused },
      { event: 'asked-again' },
      { event: 'needed' },
    );
    assert.equal(again.actions.at(-1), 'start');
  });

  it('closes an idle host and lets who needs it meanwhile wait for the next', () => {
    const { state, actions } = run(
      { event: 'needed' },
      { event: 'started' },
      { event: 'idle' },
      { event: 'needed' },
      { event: 'closed' },
      { event: 'needed' },
    );
    assert.deepEqual(actions, ['start', 'use', 'close', 'wait', 'none', 'start']);
    assert.equal(state.state, 'starting');
  });

  it('holds its promises for any order of events', () => {
    const event: fc.Arbitrary<HostEvent> = fc.oneof(
      fc.constant<HostEvent>({ event: 'needed' }),
      fc.constant<HostEvent>({ event: 'started' }),
      fc.constant<HostEvent>({ event: 'load-refused', error: refused }),
      fc.integer({ min: 0, max: 1_000_000 }).map((at): HostEvent => ({ event: 'crashed', at })),
      fc.constant<HostEvent>({ event: 'killed-on-purpose' }),
      fc.constant<HostEvent>({ event: 'idle' }),
      fc.constant<HostEvent>({ event: 'closed' }),
      fc.constant<HostEvent>({ event: 'asked-again' }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state = initialLifecycle;
        for (const each of events) {
          const before = state;
          const { next, action } = stepLifecycle(state, each, budget);
          // A process is started from nothing only, and used only when it is ready.
          if (action === 'start') assert.equal(before.state, 'absent');
          if (action === 'use') assert.equal(next.state, 'ready');
          if (action === 'give-up') assert.equal(next.state, 'given-up');
          // Only the user's wish leaves these two.
          if (before.state === 'given-up' || before.state === 'refused') {
            if (each.event !== 'asked-again') assert.equal(next, before);
          }
          assert.ok(next.crashes.length <= budget.maxRestarts + 1);
          state = next;
        }
      }),
    );
  });
});
