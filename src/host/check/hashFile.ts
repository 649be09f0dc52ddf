/**
 * SHA-256 of a file, in a thread of its own unless it is small: hashing gigabytes must not keep the extension host from
 * anything else.
 */
import { createHash } from 'node:crypto';
import type * as fs from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { asFailure, Failure } from '../../core/wire/failure';
import { openIfRegular } from '../files/openRegular';

/** Hashed within some milliseconds: starting a thread takes longer. Bytes. */
const smallFile = 1024 * 1024;

/** Milliseconds. */
const mostToClose = 1000;

export interface HashOptions {
  signal?: AbortSignal;
  /** Several times a second. Bytes. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Lower-case hex. Throws a Failure: "file-error", or "cancelled". */
export async function hashFile(file: string, options: HashOptions = {}): Promise<string> {
  if (options.signal?.aborted === true) throw cancelled(file);
  const { handle, stat } = await openIfRegular(file).catch((error: unknown) => {
    throw notHashed(file, error instanceof Error ? error.message : String(error));
  });
  if (handle === null) throw notHashed(file, 'it is not a regular file');
  if (stat.size > 0 && stat.size <= smallFile) {
    const sha256 = await hashSmall(handle, file, options);
    if (sha256 !== null) return sha256;
  }
  // Opened here and not in the thread: what a thread is opening when it is ended stays open as long as the process does.
  const worker = new Worker(workerSource, {
    eval: true,
    workerData: { descriptor: handle.fd, size: stat.size },
    env: {},
  });
  const close = (): Promise<void> => handle.close().catch(() => undefined);
  try {
    const sha256 = await answerOf(worker, file, options);
    await close();
    return sha256;
  } catch (error) {
    // Closed before anybody hears of it, so that the file can be removed; a disk that answers no more holds nobody up.
    const late = new Promise((resolve) => setTimeout(resolve, mostToClose).unref());
    await Promise.race([worker.terminate().then(close), late]);
    throw error;
  }
}

/** null: it grew meanwhile and is small no longer; the handle stays open. */
async function hashSmall(
  handle: fs.FileHandle,
  file: string,
  { signal, onProgress }: HashOptions,
): Promise<string | null> {
  let grew = false;
  try {
    const bytes = Buffer.allocUnsafe(smallFile + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === bytes.length) break;
    }
    if (signal?.aborted === true) throw cancelled(file);
    grew = length > smallFile;
    if (grew) return null;
    onProgress?.(length, length);
    return createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw notHashed(file, error instanceof Error ? error.message : String(error));
  } finally {
    if (!grew) await handle.close().catch(() => undefined);
  }
}

function answerOf(
  worker: Worker,
  file: string,
  { signal, onProgress }: HashOptions,
): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const onAbort = (): void => reject(cancelled(file));
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.on('message', (message: HashMessage) => {
      switch (message.type) {
        case 'progress':
          if (signal?.aborted !== true) onProgress?.(message.done, message.total);
          return;
        case 'done':
          resolve(message.sha256);
          return;
        case 'failed':
          reject(notHashed(file, message.cause));
      }
    });
    worker.on('error', (error) => reject(asFailure(error, `Hashing ${file}`)));
    worker.on('exit', () => {
      signal?.removeEventListener('abort', onAbort);
      reject(asFailure(new Error('its thread ended'), `Hashing ${file}`));
    });
  });
}

const cancelled = (file: string): Failure =>
  new Failure('cancelled', `Hashing ${file} was cancelled.`, 'Start it again at any time.');

const notHashed = (file: string, cause: string): Failure =>
  new Failure(
    'file-error',
    `${file} could not be hashed: ${cause}`,
    'Check the file and the drive, then try again.',
    cause,
  );

type HashMessage =
  | { type: 'progress'; done: number; total: number }
  | { type: 'done'; sha256: string }
  | { type: 'failed'; cause: string };

/**
 * Two buffers, so that the disk reads one while the other is hashed. As text, because the bundle is one file that a
 * worker could not be started from.
 */
const workerSource = `
const { parentPort, workerData } = require('node:worker_threads');
const read = require('node:util').promisify(require('node:fs').read);
const { createHash } = require('node:crypto');
const size = 4 * 1024 * 1024;
async function main() {
  const hash = createHash('sha256');
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let turn = 0;
  let done = 0;
  let told = performance.now();
  let next = read(workerData.descriptor, buffers[0], 0, size, 0);
  for (;;) {
    const { bytesRead } = await next;
    if (bytesRead === 0) break;
    const full = buffers[turn];
    turn = 1 - turn;
    done += bytesRead;
    next = read(workerData.descriptor, buffers[turn], 0, size, done);
    hash.update(bytesRead === size ? full : full.subarray(0, bytesRead));
    if (performance.now() - told >= 100) {
      told = performance.now();
      parentPort.postMessage({ type: 'progress', done, total: Math.max(workerData.size, done) });
    }
  }
  parentPort.postMessage({ type: 'progress', done, total: done });
  parentPort.postMessage({ type: 'done', sha256: hash.digest('hex') });
}
main().catch((error) => parentPort.postMessage({ type: 'failed', cause: error.message }));
`;
