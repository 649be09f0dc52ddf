import assert from 'node:assert/strict';
import {
  formatBytes,
  formatBytesPair,
  formatCount,
  formatCudaVersion,
  formatDate,
  formatExactBytes,
  joinWords,
  threeParts,
  withFullStop,
} from './formats';

describe('formats', () => {
  it('formats sizes in the largest unit that fits', () => {
    const sizes: [number, string][] = [
      [0, '0 bytes'],
      [1, '1 byte'],
      [1023, '1023 bytes'],
      [1024, '1.0 KiB'],
      [1024 ** 2 - 1, '1.0 MiB'],
      [10_093_173_145, '9.4 GiB'],
      [8 * 2 ** 30, '8.0 GiB'],
      [1023.96 * 2 ** 30, '1.0 TiB'],
      [2 ** 62, '4.0 EiB'],
      [2 ** 80, '1048576.0 EiB'],
      [-2048, '-2.0 KiB'],
    ];
    for (const [bytes, text] of sizes) {
      assert.equal(formatBytes(bytes), text);
    }
    assert.equal(formatBytes(Number.NaN), 'an unknown number of bytes');
  });

  it('never lets two different sizes look the same', () => {
    assert.deepEqual(formatBytesPair(9 * 2 ** 30, 8 * 2 ** 30), ['9.0 GiB', '8.0 GiB']);
    assert.deepEqual(formatBytesPair(2 ** 33 + 1, 2 ** 33), [
      '8,589,934,593 bytes',
      '8,589,934,592 bytes',
    ]);
    assert.deepEqual(formatBytesPair(2 ** 33, 2 ** 33), ['8.0 GiB', '8.0 GiB']);
  });

  it('groups digits', () => {
    assert.equal(formatCount(0), '0');
    assert.equal(formatCount(999), '999');
    assert.equal(formatCount(1000), '1,000');
    assert.equal(formatCount(10_102_583_296), '10,102,583,296');
    assert.equal(formatCount(-123_456), '-123,456');
    assert.equal(formatExactBytes(1), '1 byte');
  });

  it('formats CUDA versions, and shows other numbers as they are', () => {
    assert.equal(formatCudaVersion(13040), '13.4');
    assert.equal(formatCudaVersion(13000), '13.0');
    assert.equal(formatCudaVersion(12080), '12.8');
    assert.equal(formatCudaVersion(4294967296), '4294967296');
    assert.equal(formatCudaVersion(-1), '-1');
    assert.equal(formatCudaVersion(0), '0');
  });

  it('formats dates in UTC', () => {
    assert.equal(formatDate(Date.UTC(2026, 10, 22, 17, 35, 59)), '2026-11-22 17:35 UTC');
    assert.equal(formatDate(Number.NaN), 'an unknown time');
    assert.equal(formatDate(1e300), 'an unknown time');
  });

  it('joins words', () => {
    assert.equal(joinWords([]), '');
    assert.equal(joinWords(['a']), 'a');
    assert.equal(joinWords(['a', 'b']), 'a and b');
    assert.equal(joinWords(['a', 'b', 'c']), 'a, b and c');
  });

  it('takes the three parts that count of a version', () => {
    assert.equal(threeParts('1.7.1.116'), '1.7.1');
    assert.equal(threeParts('1.7.1'), '1.7.1');
  });

  it('end what others say', () => {
    assert.deepEqual(['Not there', 'Is it?', 'It is.', ''].map(withFullStop), [
      'Not there.',
      'Is it?',
      'It is.',
      '',
    ]);
  });
});
