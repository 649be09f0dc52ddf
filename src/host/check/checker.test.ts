import assert from 'node:assert/strict';
import { Checker } from './checker';
import type { Oracle } from './oracle';

describe('checker', () => {
  const wallClock = Date.now;
  const steadyClock = process.uptime.bind(process);
  afterEach(() => {
    Date.now = wallClock;
    process.uptime = steadyClock;
  });

  it('asks for the GPUs again after some seconds, also where the clock was set back meanwhile', async () => {
    let asked = 0;
    const gpus = () => {
      asked++;
      return Promise.resolve({
        cudaDriverVersion: 13000,
        driverVersion: null,
        message: '',
        gpus: [],
      });
    };
    const checker = new Checker({
      oracle: { gpus } as unknown as Oracle,
      choose: () => assert.fail('no engine is checked'),
      knownRuntimes: () => Promise.resolve([]),
    });
    await checker.machineFacts();
    await checker.machineFacts();
    assert.equal(asked, 1);
    Date.now = () => wallClock() - 3_600_000;
    process.uptime = () => steadyClock() + 60;
    await checker.machineFacts();
    assert.equal(asked, 2);
  });
});
