import assert from 'node:assert/strict';
import { rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import { asksForProcesses, nextPollMs, outcomeOf, type PollOutcome } from './gpuMemorySchedule';

const conditions = { shown: true, focused: true, intervalMs: 2000 };
const read: PollOutcome = { kind: 'read', source: 'nvml' };

describe('gpuMemorySchedule', () => {
  it('looks at once, then at the interval, slower without focus, never unseen', () => {
    assert.equal(nextPollMs({ ...conditions, outcome: { kind: 'nothing-yet' } }), 0);
    assert.equal(nextPollMs({ ...conditions, outcome: read }), 2000);
    assert.equal(nextPollMs({ ...conditions, focused: false, outcome: read }), 10_000);
    assert.equal(nextPollMs({ ...conditions, shown: false, outcome: read }), null);
    assert.equal(
      nextPollMs({ ...conditions, shown: false, outcome: { kind: 'nothing-yet' } }),
      null,
    );
  });

  it('leaves a machine without a GPU alone', () => {
    assert.equal(nextPollMs({ ...conditions, outcome: { kind: 'absent' } }), null);
  });

  it('starts nvidia-smi every ten seconds at most', () => {
    const outcome: PollOutcome = { kind: 'read', source: 'nvidia-smi' };
    assert.equal(nextPollMs({ ...conditions, outcome }), 10_000);
    assert.equal(
      nextPollMs({ ...conditions, focused: false, intervalMs: 60_000, outcome }),
      300_000,
    );
  });

  it('backs off from a driver that fails, to a minute', () => {
    const after = (times: number) =>
      nextPollMs({ ...conditions, outcome: { kind: 'failing', times } });
    assert.deepEqual([1, 2, 3, 20].map(after), [4000, 8000, 16_000, 60_000]);
  });

  it('counts failures in a row and forgets them with the first answer', () => {
    const lost = snapshotOf([], 0, { status: 15 });
    const once = outcomeOf(lost, read);
    assert.deepEqual(outcomeOf(lost, once), { kind: 'failing', times: 2 });
    assert.deepEqual(outcomeOf(snapshotOf([rawGpu()]), once), read);
    assert.deepEqual(outcomeOf(snapshotOf([], 0, { status: 9 }), read), { kind: 'absent' });
    // One GPU of several that fails does not stop the others.
    assert.deepEqual(
      outcomeOf(snapshotOf([rawGpu(), rawGpu({ index: 1, status: 15 })]), read),
      read,
    );
  });

  it('asks for processes rarely unless somebody looks at them', () => {
    assert.equal([...Array(20).keys()].filter((poll) => asksForProcesses(poll, false)).length, 4);
    assert.equal(asksForProcesses(3, true), true);
  });
});
