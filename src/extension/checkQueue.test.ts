import assert from 'node:assert/strict';
import { CheckQueue } from './checkQueue';

const options = { quietMs: 10, maxWaitMs: 40, batchSize: 3 };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A queue whose runs end when the test says so. */
function manual() {
  const batches: string[][] = [];
  let finish = () => {};
  const queue = new CheckQueue((keys) => {
    batches.push([...keys]);
    return new Promise((resolve) => (finish = resolve));
  }, options);
  const finishOne = async () => {
    finish();
    await sleep(0);
  };
  return { queue, batches, finishOne };
}

describe('CheckQueue', () => {
  it('runs one batch at a time, none larger than its size', async () => {
    const { queue, batches, finishOne } = manual();
    const done = queue.later(['a', 'b', 'c', 'd']);
    await sleep(0);
    assert.deepEqual(batches, [['a', 'b', 'c']]);
    await finishOne();
    assert.deepEqual(batches, [['a', 'b', 'c'], ['d']]);
    await finishOne();
    await done;
  });

  it('lets what a person waits for overtake', async () => {
    const { queue, batches, finishOne } = manual();
    void queue.later(['a', 'b', 'c', 'd', 'e']);
    await sleep(0);
    void queue.now(['opened', 'e']);
    await finishOne();
    assert.deepEqual(batches[1], ['opened', 'e', 'd']);
    await finishOne();
    await queue.idle();
    assert.equal(batches.length, 2);
  });

  it('runs a file again that is asked for while its batch runs', async () => {
    const { queue, batches, finishOne } = manual();
    const first = queue.now(['a']);
    await sleep(0);
    let secondDone = false;
    const second = queue.now(['a']).then(() => (secondDone = true));
    await finishOne();
    await first;
    assert.equal(secondDone, false);
    await finishOne();
    await second;
    assert.deepEqual(batches, [['a'], ['a']]);
  });

  it('waits until a watched file is quiet, but not for ever', async () => {
    const runs: number[] = [];
    const start = Date.now();
    const queue = new CheckQueue(() => {
      runs.push(Date.now() - start);
      return Promise.resolve();
    }, options);
    for (let i = 0; i < 40; i++) {
      queue.whenQuiet('a');
      await sleep(3);
    }
    await queue.idle();
    assert.ok(runs.length >= 2, `ran ${runs.length} times`);
    assert.ok(runs.length <= 12, `ran ${runs.length} times`);
  });

  it('does not wait for a clock that is set back', async () => {
    const wallClock = Date.now;
    let runs = 0;
    const queue = new CheckQueue(() => {
      runs++;
      return Promise.resolve();
    }, options);
    try {
      for (let i = 0; i < 40; i++) {
        Date.now = () => wallClock() - i * 60_000;
        queue.whenQuiet('a');
        await sleep(3);
      }
    } finally {
      Date.now = wallClock;
    }
    await queue.idle();
    assert.ok(runs >= 2, `ran ${runs} times`);
  });

  it('keeps nobody waiting after it is disposed', async () => {
    const { queue, batches } = manual();
    void queue.later(['a', 'b', 'c']);
    await sleep(0);
    const waiting = queue.later(['d']);
    queue.dispose();
    await waiting;
    await queue.now(['x']);
    assert.deepEqual(batches, [['a', 'b', 'c']]);
  });
});
