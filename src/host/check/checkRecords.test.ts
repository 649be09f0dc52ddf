import assert from 'node:assert/strict';
import { checkRecordSize } from './checkRecordSize';
import { CheckRecords, displayPath, packPaths } from './checkRecords';

function record(
  fields: Partial<Record<'validity' | 'type' | 'error' | 'from' | 'length', number>>,
) {
  const bytes = Buffer.alloc(checkRecordSize);
  bytes.write('vtrt', 0, 'latin1');
  Buffer.from([1, 7, 1, 116]).copy(bytes, 24);
  bytes.writeUInt32LE(64, 128);
  bytes.writeUInt32LE(fields.type ?? 1, 132);
  bytes.writeInt32LE(fields.error ?? 0, 136);
  bytes.writeInt32LE(fields.validity ?? 2, 140);
  bytes.writeBigUInt64LE(3n, 144);
  bytes.writeBigUInt64LE(20n * 1024n ** 3n, 152);
  bytes.writeBigInt64LE(1_700_000_000_123_456_789n, 160);
  bytes.writeUInt32LE(fields.from ?? 0, 168);
  bytes.writeUInt32LE(fields.length ?? 0, 172);
  return bytes;
}

describe('check records', () => {
  const text = Buffer.from('3one line\0' + '0\xff\xfe not UTF-8\0' + '2\0', 'latin1');
  // Off by some bytes, as a part of a larger message is.
  const padded = Buffer.concat([
    Buffer.alloc(3),
    record({ from: 0, length: text.length }),
    record({ validity: -1, type: 2, error: 13 }),
  ]);
  const records = new CheckRecords({ count: 2, records: padded.subarray(3), text });

  it('reads every field', () => {
    assert.equal(records.count, 2);
    assert.equal(records.validity(0), 2);
    assert.equal(records.diagnostics(0), 3);
    assert.equal(records.fileType(0), 'regular');
    assert.equal(records.systemError(0), 0);
    assert.equal(records.fileSize(0), 21_474_836_480);
    assert.equal(records.modified(0), 1_700_000_000_123);
    assert.equal(records.header(0).length, 64);
    assert.equal(records.versionBytes(0), 0x74010701);
    assert.equal(records.validity(1), null);
    assert.equal(records.fileType(1), 'directory');
    assert.equal(records.systemError(1), 13);
  });

  it('copies a header that is kept, so that the answer can go', () => {
    const kept = records.copyOfHeader(0);
    assert.deepEqual([...kept], [...records.header(0)]);
    assert.equal(kept.buffer.byteLength, 64);
  });

  it('splits the lines and keeps their bytes', () => {
    assert.deepEqual(
      records
        .lines(0)
        .map(({ severity, bytes }) => [severity, Buffer.from(bytes).toString('latin1')]),
      [
        [3, 'one line'],
        [0, '\xff\xfe not UTF-8'],
        [2, ''],
      ],
    );
    assert.deepEqual(records.lines(1), []);
  });

  it('refuses bytes that do not hold what count says, and lines outside the text', () => {
    const few = { count: 2, records: record({}), text };
    assert.throws(() => new CheckRecords(few), RangeError);
    const outside = new CheckRecords({ count: 1, records: record({ from: 9, length: 99 }), text });
    assert.throws(() => outside.lines(0), RangeError);
    assert.throws(() => records.validity(2), RangeError);
  });
});

describe('packPaths', () => {
  it('ends each path with a NUL, bytes as they are', () => {
    assert.deepEqual(packPaths(['/a', '/é']), Buffer.from('/a\0/é\0'));
    const bytes = Buffer.from('/caf\xe9', 'latin1');
    assert.deepEqual(
      packPaths(['/a', bytes]),
      Buffer.concat([Buffer.from('/a\0'), bytes, Buffer.alloc(1)]),
    );
    assert.equal(packPaths([]).length, 0);
  });

  it('refuses what would become two paths or none', () => {
    assert.throws(() => packPaths(['a\0b']), RangeError);
    assert.throws(() => packPaths(['/a', '']), RangeError);
    assert.throws(() => packPaths([Buffer.from('a\0b')]), RangeError);
  });

  it('shows bytes that are not UTF-8', () => {
    assert.equal(displayPath(Buffer.from('/caf\xe9/ü', 'latin1')), '/caf\\xe9/\\xfc');
    assert.equal(displayPath('/a\nb'), '/a\\nb');
  });
});
