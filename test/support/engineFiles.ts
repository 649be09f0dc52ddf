/**
 * Files for tests that need many engines, or sizes that no real one has: the observed 64 byte header and nothing (a hole)
 * behind it. Enough for everything that reads headers; a runtime deserializes none of them.
 */
import * as fs from 'node:fs';

export interface EngineFile {
  /** "1.7.1.116" */
  version: string;
  /** What the header says; the file gets this length too unless `length` is given. Bytes. */
  fileSize?: number;
  /** Bytes. */
  length?: number;
  weightBytes?: number;
  /** The mask at offset 32; 0x7e is the default of TensorRT-RTX 1.5 and newer. */
  targets?: number;
}

export function engineHeader({
  version,
  fileSize = 4096,
  weightBytes = 0,
  targets = 0x7e,
}: EngineFile): Buffer {
  const header = Buffer.alloc(64);
  header.write('vtrt', 0, 'latin1');
  header.writeUInt32LE(2, 8);
  header.writeBigUInt64LE(BigInt(fileSize), 16);
  Buffer.from(version.split('.').map(Number)).copy(header, 24);
  header.write('vtrt', 28, 'latin1');
  header.writeUInt32LE(targets, 32);
  header.writeBigInt64LE(BigInt(weightBytes), 56);
  return header;
}

export function writeEngine(file: string, engine: EngineFile): void {
  fs.writeFileSync(file, engineHeader(engine));
  fs.truncateSync(file, engine.length ?? engine.fileSize ?? 4096);
}
