import assert from 'node:assert/strict';
import { GpuMemoryHistory, historyMs, historyRows } from './gpuMemoryHistory';

const look = (at: number, used: number | null, id = 'a') => ({
  at,
  gpus: [{ id, used: used === null ? null : BigInt(used), utilization: 50 }],
});

describe('GpuMemoryHistory', () => {
  it('keeps ten minutes and not more', () => {
    const history = new GpuMemoryHistory();
    for (let at = 0; at <= historyMs * 2; at += 2000) history.add(look(at, at));
    const samples = history.of('a');
    assert.equal(samples[0]?.at, historyMs);
    assert.equal(samples.at(-1)?.at, historyMs * 2);
    assert.equal(samples.length, 301);
  });

  it('is bounded however often is looked', () => {
    const history = new GpuMemoryHistory();
    for (let at = 0; at < 10_000; at++) history.add(look(at, 1));
    assert.equal(history.of('a').length, 2400);
    assert.equal(history.of('a').at(-1)?.at, 9999);
  });

  it('leaves a gap where nobody looked', () => {
    const history = new GpuMemoryHistory();
    history.add(look(0, 1));
    history.add(look(300_000, 2));
    assert.deepEqual(
      history.of('a').map((sample) => sample.used),
      [1, null, 2],
    );
  });

  it('survives a clock that is set back', () => {
    const history = new GpuMemoryHistory();
    for (const at of [1000, 2000, 3000, 1500]) history.add(look(at, at));
    assert.deepEqual(
      history.of('a').map((sample) => sample.at),
      [1000, 1500],
    );
  });

  it('forgets a GPU that is gone, and restores what was handed on', () => {
    const history = new GpuMemoryHistory();
    history.add(look(0, 1, 'gone'));
    history.add(look(historyMs + 5000, 1));
    assert.deepEqual(Object.keys(history.all()), ['a']);
    const copy = new GpuMemoryHistory();
    copy.restore(history.all());
    copy.add(look(historyMs + 6000, 2));
    assert.equal(copy.of('a').length, 2);
    assert.equal(history.of('a').length, 1);
  });

  it('becomes a table by minutes, newest first', () => {
    const history = new GpuMemoryHistory();
    history.add(look(60_000, 5));
    history.add(look(70_000, 9));
    history.add(look(80_000, 7));
    history.add(look(121_000, null));
    assert.deepEqual(historyRows(history.of('a')), [
      { from: 120_000, min: null, max: null, last: null, utilization: 50 },
      { from: 60_000, min: 5, max: 9, last: 7, utilization: 50 },
    ]);
  });
});
