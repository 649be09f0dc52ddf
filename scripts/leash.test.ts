/** What the harness starts ends with the harness, also when nobody is left to end it. */
import * as assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';

import { repositoryRoot } from '../test/harness';

const leash = path.join(repositoryRoot, 'test/harness/leash.mjs');
// A program that starts another one and does not listen to SIGTERM: each prints its process id.
const program = `
  process.on('SIGTERM', () => undefined);
  console.log(process.pid);
  if (process.argv[1] !== 'last') {
    require('node:child_process').spawn(process.execPath, ['-e', process.execArgv[1], 'last'], { stdio: 'inherit' });
  }
  setInterval(() => undefined, 1000);`;
const runner = `
  require('node:child_process').spawn(process.execPath, [${JSON.stringify(leash)}, process.execPath, '-e', ${JSON.stringify(program)}],
    { stdio: ['pipe', 'inherit', 'inherit'], detached: true });`;

describe('the leash', () => {
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  /** The first `count` lines that it prints: process ids. */
  const pidsOf = (child: ChildProcess, count: number): Promise<number[]> =>
    new Promise((resolve, reject) => {
      let text = '';
      child.once('error', reject);
      child.stdout?.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        const lines = text.trim().split('\n');
        if (lines.length >= count) resolve(lines.map(Number));
      });
    });
  const allEnd = async (pids: number[]): Promise<void> => {
    for (let i = 0; i < 100 && pids.some(isAlive); i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(pids.filter(isAlive), []);
  };

  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    it(`ends all when the runner gets ${signal}`, async () => {
      const child = spawn(process.execPath, ['-e', runner], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pids = await pidsOf(child, 2);
      assert.ok(pids.every(isAlive));
      child.kill(signal);
      await allEnd(pids);
    });
  }

  it('ends with the code of the program', async () => {
    const child = spawn(process.execPath, [leash, process.execPath, '-e', 'process.exit(7)'], {
      stdio: ['pipe', 'inherit', 'inherit'],
      detached: true,
    });
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 7);
  });
});
