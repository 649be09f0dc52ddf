/** SHA-256 of a file, in a thread of its own: hashing gigabytes must not keep the extension host from anything else. */
import { Worker } from 'node:worker_threads';
import { asFailure, Failure } from '../../core/wire/failure';

export interface HashOptions {
  signal?: AbortSignal;
  /** Several times a second. Bytes. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Lower-case hex. Throws a Failure: "file-error", or "cancelled". */
export function hashFile(file: string, { signal, onProgress }: HashOptions = {}): Promise<string> {
  const cancelled = () =>
    new Failure('cancelled', `Hashing ${file} was cancelled.`, 'Start it again when you like.');
  if (signal?.aborted === true) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerSource, { eval: true, workerData: file, env: {} });
    let settled = false;
    const settle = (act: () => void) => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', onAbort);
      act();
      void worker.terminate();
    };
    const onAbort = () => settle(() => reject(cancelled()));
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (message: HashMessage) => {
      switch (message.type) {
        case 'progress':
          onProgress?.(message.done, message.total);
          return;
        case 'done':
          settle(() => resolve(message.sha256));
          return;
        case 'failed':
          settle(() =>
            reject(
              new Failure(
                'file-error',
                `${file} could not be hashed: ${message.cause}`,
                'Check the file and the drive, then try again.',
                message.cause,
              ),
            ),
          );
      }
    });
    worker.on('error', (error) => settle(() => reject(asFailure(error, `Hashing ${file}`))));
    worker.on('exit', () =>
      settle(() => reject(asFailure(new Error('its thread ended'), `Hashing ${file}`))),
    );
  });
}

type HashMessage =
  | { type: 'progress'; done: number; total: number }
  | { type: 'done'; sha256: string }
  | { type: 'failed'; cause: string };

/**
 * Two buffers, so that the disk reads one while the other is hashed. As text, because the bundle is one file that a
 * worker could not be started from.
 */
const workerSource = `
const { parentPort, workerData: file } = require('node:worker_threads');
const fs = require('node:fs');
const fsp = require('node:fs/promises');
const { createHash } = require('node:crypto');
const size = 4 * 1024 * 1024;
async function main() {
  const handle = await fsp.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  const stat = await handle.stat();
  if (!stat.isFile()) throw new Error('it is not a regular file');
  const hash = createHash('sha256');
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let turn = 0;
  let done = 0;
  let told = Date.now();
  let next = handle.read(buffers[0], 0, size, 0);
  for (;;) {
    const { bytesRead } = await next;
    if (bytesRead === 0) break;
    const full = buffers[turn];
    turn = 1 - turn;
    done += bytesRead;
    next = handle.read(buffers[turn], 0, size, done);
    hash.update(bytesRead === size ? full : full.subarray(0, bytesRead));
    if (Date.now() - told >= 100) {
      told = Date.now();
      parentPort.postMessage({ type: 'progress', done, total: Math.max(stat.size, done) });
    }
  }
  await handle.close();
  parentPort.postMessage({ type: 'progress', done, total: done });
  parentPort.postMessage({ type: 'done', sha256: hash.digest('hex') });
}
main().catch((error) => parentPort.postMessage({ type: 'failed', cause: error.message }));
`;
