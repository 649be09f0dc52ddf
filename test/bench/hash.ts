/** SHA-256 of 2 GiB beside sha256sum. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { hashFile } from '../../src/host/check/hashFile';
import { temporaryFolder } from '../harness';
import { interleaved, median, outputOf, processTime, times, type Row } from './measure';

const size = 2 * 1024 ** 3;

export async function sha256(): Promise<Row[]> {
  const folder = temporaryFolder();
  try {
    const file = path.join(folder.path, 'large.engine');
    const piece = Buffer.alloc(16 << 20);
    for (let i = 0; i < piece.length; i += 4)
      piece.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i);
    const handle = fs.openSync(file, 'w');
    for (let written = 0; written < size; written += piece.length) fs.writeSync(handle, piece);
    fs.closeSync(handle);
    const [expected] = (await outputOf('sha256sum', [file])).split(' ');
    const results = await interleaved(3, {
      ours: async () => {
        const start = performance.now();
        const sum = await hashFile(file);
        if (sum !== expected) throw new Error(`${sum} is not ${expected}`);
        return performance.now() - start;
      },
      sha256sum: () => processTime('sha256sum', [file]),
    });
    const speed = (values: number[]): number => size / 1e6 / (median(values) / 1000);
    const ratio = speed(results.ours) / speed(results.sha256sum);
    return [
      {
        what: 'SHA-256 of 2 GiB',
        ours: `${speed(results.ours).toFixed(0)} MB/s`,
        yardstick: `sha256sum: ${speed(results.sha256sum).toFixed(0)} MB/s`,
        result: times(ratio),
        target: `≥ ${times(0.9)}`,
        ok: ratio >= 0.9,
      },
    ];
  } finally {
    folder.remove();
  }
}
