import assert from 'node:assert/strict';
import { rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import type { GpuSnapshot } from '../../core/gpu/gpuMemory';
import { GpuPoller } from './gpuPoller';

class Reader {
  reads: boolean[] = [];
  closes = 0;
  next: () => GpuSnapshot = () => snapshotOf([rawGpu()]);
  read(processes: boolean): Promise<GpuSnapshot> {
    this.reads.push(processes);
    return Promise.resolve(this.next());
  }
  close(): Promise<void> {
    this.closes++;
    return Promise.resolve();
  }
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('GpuPoller', () => {
  let reader: Reader;
  let poller: GpuPoller;
  let seen: GpuSnapshot[];
  beforeEach(() => {
    reader = new Reader();
    seen = [];
    poller = new GpuPoller(reader, (snapshot) => seen.push(snapshot));
  });
  afterEach(() => poller.dispose());

  it('does not look while nobody sees it', async () => {
    poller.update({ intervalMs: 5 });
    await later(30);
    assert.deepEqual(reader.reads, []);
    assert.equal(poller.everyMs, null);
  });

  it('looks at the interval while it is seen, and stops when it is hidden', async () => {
    poller.update({ shown: true, intervalMs: 5 });
    await later(60);
    assert.ok(reader.reads.length >= 3, `${reader.reads.length} looks`);
    assert.equal(reader.reads[0], true);
    assert.equal(reader.reads[1], false);
    poller.update({ shown: false });
    await later(10);
    const count = reader.reads.length;
    await later(40);
    assert.equal(reader.reads.length, count);
    assert.equal(seen.length, count);
  });

  it('leaves a machine without a GPU alone until it is asked to look again', async () => {
    reader.next = () => snapshotOf([], 0, { source: 'none', status: -1 });
    poller.update({ shown: true, intervalMs: 5 });
    await later(50);
    assert.equal(reader.reads.length, 1);
    assert.equal(reader.closes, 1, 'and holds no process');
    reader.next = () => snapshotOf([rawGpu()]);
    await poller.refresh();
    assert.equal(seen.at(-1)?.gpus.length, 1);
    await later(30);
    assert.ok(reader.reads.length > 2, 'and goes on by itself');
  });

  it('starts anew after a driver that fails, ever later', async () => {
    reader.next = () => snapshotOf([], 0, { status: 18 });
    poller.update({ shown: true, intervalMs: 5 });
    await later(80);
    assert.equal(reader.closes, reader.reads.length);
    // 10, 20, 40, 80 … instead of 5 each time.
    assert.ok(reader.reads.length <= 4, `${reader.reads.length} looks`);
    reader.next = () => snapshotOf([rawGpu()]);
    await poller.refresh();
    assert.equal(poller.everyMs, 5);
  });

  it('asks for programs at once when the view is opened', async () => {
    poller.update({ shown: true, intervalMs: 60_000 });
    await later(10);
    await later(10);
    assert.deepEqual(reader.reads, [true]);
    poller.update({ viewVisible: true });
    await later(20);
    assert.deepEqual(reader.reads, [true, true]);
  });

  it('never looks twice at a time', async () => {
    let under = 0;
    let most = 0;
    reader.read = async () => {
      most = Math.max(most, ++under);
      await later(20);
      under--;
      return snapshotOf([rawGpu()]);
    };
    poller.update({ shown: true, intervalMs: 1 });
    await Promise.all([poller.refresh(), poller.refresh(), later(60)]);
    assert.equal(most, 1);
  });
});
