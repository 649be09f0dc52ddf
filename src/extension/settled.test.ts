import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Settled } from './settled';

describe('Settled', () => {
  const looks: (() => boolean)[] = [];
  const make = () =>
    new Settled(0, async (isLatest) => {
      looks.push(isLatest);
      await turn();
    });
  const until = async (count: number) => {
    while (looks.length < count) await turn();
  };
  beforeEach(() => looks.splice(0));

  it('looks once for many changes; of looks that overlap the latest counts', async () => {
    const settled = make();
    for (let i = 0; i < 3; i++) settled.soon();
    await until(1);
    assert.deepEqual(
      looks.map((isLatest) => isLatest()),
      [true],
    );
    settled.soon();
    await until(2);
    assert.deepEqual(
      looks.map((isLatest) => isLatest()),
      [false, true],
    );
    settled.dispose();
  });

  it('counts no look once it is disposed', async () => {
    const settled = make();
    settled.soon();
    await until(1);
    settled.dispose();
    assert.equal(looks[0]?.(), false);
  });
});
