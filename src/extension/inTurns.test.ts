import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { inTurns } from './inTurns';

function busyFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('inTurns', () => {
  it('answers in order, and lets others have their turn in between', async () => {
    const begun: number[] = [];
    const work = inTurns([3, 1, 2, 5, 4], async (item) => {
      begun.push(item);
      busyFor(10);
      await new Promise((resolve) => setTimeout(resolve, item));
      return item * 10;
    });
    await turn();
    assert.ok(begun.length < 5, `all ${begun.length} in one turn`);
    assert.deepEqual(await work, [30, 10, 20, 50, 40]);
    assert.deepEqual(begun, [3, 1, 2, 5, 4]);
  });

  it('waits for none before it begins with the next', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const work = inTurns([1, 2], async (item) => {
      if (item === 2) release();
      await released;
      return item;
    });
    assert.deepEqual(await work, [1, 2]);
  });

  it('fails with what failed, also where that was long before the last', async () => {
    const work = inTurns([1, 2, 3, 4], (item) => {
      busyFor(10);
      return item === 1 ? Promise.reject(new Error('the first')) : Promise.resolve(item);
    });
    await assert.rejects(work, /the first/);
  });
});
