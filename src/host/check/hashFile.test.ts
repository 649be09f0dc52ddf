import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { itUnless, onWindows } from '../../../test/support/leaveOut';
import { hashFile } from './hashFile';
import { Failure } from '../../core/wire/failure';

describe('hashFile', () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hashFile-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('agrees with node:crypto at every length around its buffers', async () => {
    const megabytes4 = 4 * 1024 * 1024;
    const small = 1024 * 1024;
    for (const length of [
      0,
      1,
      small - 1,
      small,
      small + 1,
      megabytes4 - 1,
      megabytes4,
      megabytes4 + 1,
      3 * megabytes4 + 17,
    ]) {
      const file = path.join(folder, 'file');
      const bytes = Buffer.alloc(length, 'engine');
      fs.writeFileSync(file, bytes);
      const steps: number[] = [];
      const sha256 = await hashFile(file, {
        onProgress: (done, total) => {
          assert.equal(total, length);
          steps.push(done);
        },
      });
      assert.equal(sha256, createHash('sha256').update(bytes).digest('hex'));
      assert.equal(steps.at(-1), length);
      assert.deepEqual(
        steps,
        [...steps].sort((a, b) => a - b),
      );
    }
  });

  it('stops when it is cancelled', async () => {
    const file = path.join(folder, 'sparse');
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 200 * 1024 ** 3);
    const abort = new AbortController();
    const hashing = hashFile(file, { signal: abort.signal, onProgress: () => abort.abort() });
    await assert.rejects(
      hashing,
      (error) => error instanceof Failure && error.code === 'cancelled',
    );
    await assert.rejects(
      hashFile(file, { signal: abort.signal }),
      (error) => error instanceof Failure && error.code === 'cancelled',
    );
  });

  itUnless(
    onWindows('/proc is of Linux'),
    'leaves nothing open, whenever it is cancelled',
    async () => {
      const file = path.join(folder, 'cancelled');
      fs.writeFileSync(file, Buffer.alloc(9_000_000));
      const stillOpen = (): number =>
        fs.readdirSync('/proc/self/fd').filter((name) => {
          try {
            return fs.readlinkSync(`/proc/self/fd/${name}`) === fs.realpathSync(file);
          } catch {
            return false;
          }
        }).length;
      for (let i = 0; i < 200; i++) {
        const abort = new AbortController();
        const hashing = hashFile(file, { signal: abort.signal }).catch(() => null);
        await new Promise((resolve) => setTimeout(resolve, (i * 60) / 200));
        abort.abort();
        await hashing;
      }
      for (let waits = 0; stillOpen() > 0 && waits < 100; waits++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.equal(stillOpen(), 0);
    },
  );

  it('says what cannot be hashed', async () => {
    for (const file of [path.join(folder, 'missing'), folder, '/dev/zero']) {
      await assert.rejects(
        hashFile(file),
        (error) =>
          error instanceof Failure &&
          error.code === 'file-error' &&
          error.message.startsWith(`${file} could not be hashed`),
      );
    }
  });
});
