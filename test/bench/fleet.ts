/**
 * Many engines that differ as real ones do: headers of real engines (test/fixtures/engineHeaders.json) with other lengths,
 * weights, GPUs and CUDA versions in their places. Sparse files as long as their headers say.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { targetSet } from '../../src/core/gpu/computeCapability';
import { randomNumbers } from '../support/random';
import { inRoot } from './measure';

export interface Fleet {
  folder: string;
  paths: string[];
  /** A file with one path a line. */
  list: string;
}

/** A fleet comes from a few machines that build, for a few kinds of GPUs. */
const drivers = [0, 12080, 12090, 13000, 13020];
const gpus = [
  ['7.5'],
  ['8.6'],
  ['8.9'],
  ['12.0'],
  ['8.6', '8.9'],
  ['7.5', '8.6', '8.9'],
  ['8.0', '8.6', '8.9', '12.0'],
];

/** Whole engines: the header, and the length that it says. */
export function* fleetHeaders(count: number): Generator<{ bytes: Buffer; length: number }> {
  const { headers } = JSON.parse(
    fs.readFileSync(inRoot('test/fixtures/engineHeaders.json'), 'utf8'),
  ) as { headers: { version: string; build: string; header: string }[] };
  const random = randomNumbers(16);
  for (let at = 0; at < count; at++) {
    const from = headers[random(headers.length)];
    if (!from) throw new Error('there are no headers');
    const bytes = Buffer.from(from.header, 'hex');
    const length = 64 * (1 + random(2_000_000));
    bytes.writeBigUInt64LE(BigInt(length), 16);
    if (from.build !== 'default') {
      const named = gpus[random(gpus.length)] ?? [];
      const { targets } = targetSet(from.version);
      const mask = targets.reduce(
        (bits, { bit, computeCapability }) =>
          named.includes(computeCapability) ? bits | bit : bits,
        0,
      );
      bytes.writeUInt32LE(mask, 32);
    }
    bytes.writeBigInt64LE(BigInt(drivers[random(drivers.length)] ?? 0), 40);
    if (bytes.readBigInt64LE(56) !== 0n) {
      bytes.writeBigInt64LE(BigInt(Math.floor((length * (50 + random(45))) / 100)), 56);
    }
    yield { bytes, length };
  }
}

const compiledFor = Buffer.from('\naccelerators={sm75 }\n');

export function makeFleet(folder: string, count: number, folders: number): Fleet {
  const engines = path.join(folder, 'engines');
  const paths: string[] = [];
  const perFolder = Math.ceil(count / folders);
  for (const { bytes, length } of fleetHeaders(count)) {
    const at = paths.length;
    const inside = path.join(
      engines,
      folders === 1 ? '' : `site${String(Math.floor(at / perFolder)).padStart(3, '0')}`,
    );
    if (at % perFolder === 0) fs.mkdirSync(inside, { recursive: true });
    const file = path.join(inside, `model${String(at).padStart(6, '0')}.engine`);
    const handle = fs.openSync(file, 'w');
    fs.writeSync(handle, bytes);
    // As every engine has it in its first kilobytes; a check on targets reads that far.
    fs.writeSync(handle, compiledFor, 0, compiledFor.length, 600);
    fs.ftruncateSync(handle, length);
    fs.closeSync(handle);
    paths.push(file);
  }
  const list = path.join(folder, 'list.txt');
  fs.writeFileSync(list, paths.join('\n') + '\n');
  return { folder: engines, paths, list };
}
