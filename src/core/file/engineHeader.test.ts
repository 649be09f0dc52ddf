import assert from 'node:assert/strict';
import fc from 'fast-check';
import { editHeader, realHeader, realHeaders } from '../../../test/support/engines';
import {
  hasRtxTag,
  headerFields,
  headerHex,
  isDamagedHeader,
  readEngineHeader,
  targetsText,
} from './engineHeader';

describe('engineHeader', () => {
  it('has headers of all four releases', () => {
    assert.deepEqual(
      [...new Set(realHeaders.map((h) => h.version))],
      ['1.4.0.76', '1.5.0.114', '1.6.1.120', '1.7.1.116'],
    );
  });

  for (const real of realHeaders) {
    it(`reads a real engine of ${real.version}, ${real.build}`, () => {
      const header = readEngineHeader(Buffer.from(real.header, 'hex'));
      assert.ok(header);
      assert.equal(header.version, real.version);
      assert.equal(header.fileSize, real.fileSize);
      assert.equal(header.cudaDriver, 0);
      const one = real.build === '8.6 only';
      const all = real.version.startsWith('1.4')
        ? ['8.0', '8.6', '8.9', '12.0']
        : ['8.0', '8.6', '8.9', '12.0', '12.1'];
      assert.deepEqual(header.computeCapabilities, one ? ['8.6'] : all);
      assert.equal(header.ptxForNewer, !one);
      assert.equal(header.weightBytes === 0, real.build === 'weight streaming');
    });
  }

  it('reads the CUDA runtime that the releases record', () => {
    const recorded = ['1.4.0.76', '1.5.0.114', '1.6.1.120', '1.7.1.116'].map(
      (version) => readEngineHeader(realHeader(version))?.cudaRuntime,
    );
    assert.deepEqual(recorded, [13020, 13020, 13040, 0]);
  });

  it('reads bit 5 as newer GPUs in 1.4 and as 12.1 from 1.5 on', () => {
    const bit5 = { targets: 0x20 };
    const in14 = readEngineHeader(editHeader(realHeader('1.4.0.76'), bit5));
    assert.deepEqual([in14?.computeCapabilities, in14?.ptxForNewer], [[], true]);
    const in17 = readEngineHeader(editHeader(realHeader('1.7.1.116'), bit5));
    assert.deepEqual([in17?.computeCapabilities, in17?.ptxForNewer], [['12.1'], false]);
    const future = readEngineHeader(
      editHeader(realHeader('1.7.1.116'), { targets: 0x60, version: [2, 1, 0, 9] }),
    );
    assert.deepEqual([future?.computeCapabilities, future?.ptxForNewer], [['12.1'], true]);
  });

  it('reads lengths beyond 4 GiB', () => {
    const header = readEngineHeader(
      editHeader(realHeader('1.7.1.116'), {
        fileSize: 10_102_583_296n,
        weightBytes: 10_093_173_145n,
      }),
    );
    assert.equal(header?.fileSize, 10_102_583_296);
    assert.equal(header?.weightBytes, 10_093_173_145);
  });

  it('takes no numbers that cannot be, and calls them damage', () => {
    const real = realHeader('1.7.1.116');
    assert.equal(isDamagedHeader(real), false);
    const secondTag = Buffer.from(real);
    secondTag[31] = 0x3f;
    const damaged = [
      secondTag,
      editHeader(real, { version: [0, 0, 1, 7] }),
      editHeader(real, { version: [1, 239, 1, 116] }),
      editHeader(real, { fileSize: 63n }),
      editHeader(real, { fileSize: 2n ** 62n }),
      editHeader(real, { cudaDriver: -1n }),
      editHeader(real, { cudaRuntime: 1_000_000n }),
      editHeader(real, { weightBytes: -1n }),
      editHeader(real, { weightBytes: 2n ** 60n }),
    ];
    for (const bytes of damaged) {
      assert.equal(readEngineHeader(bytes), null);
      assert.equal(isDamagedHeader(bytes), true);
      // Nothing but the tag and the layout is said of them.
      assert.ok(headerFields(bytes).length <= 3);
    }
    assert.equal(isDamagedHeader(editHeader(real, { layout: 3 })), false);
  });

  it('shows bits that it does not know', () => {
    const header = readEngineHeader(editHeader(realHeader('1.7.1.116'), { targets: 0x80000002 }));
    assert.ok(header);
    assert.equal(targetsText(header), '8.0 · unknown bits 0x80000000');
    const none = readEngineHeader(editHeader(realHeader('1.7.1.116'), { targets: 0 }));
    assert.ok(none);
    assert.equal(targetsText(none), 'none');
  });

  it('refuses other layouts, other tags and fewer than 64 bytes', () => {
    const real = realHeader('1.7.1.116');
    assert.equal(readEngineHeader(editHeader(real, { layout: 3 })), null);
    const zero = Buffer.from(real);
    zero[4] = 1;
    assert.equal(readEngineHeader(zero), null);
    const tag = Buffer.from(real);
    tag.write('ftrt');
    assert.equal(readEngineHeader(tag), null);
    for (let length = 0; length < 64; length++) {
      assert.equal(readEngineHeader(real.subarray(0, length)), null);
    }
  });

  it('reads from the middle of a larger buffer', () => {
    const real = realHeader('1.7.1.116');
    const large = Buffer.concat([Buffer.alloc(13, 0xee), real, Buffer.alloc(7, 0xee)]);
    assert.deepEqual(readEngineHeader(large.subarray(13, 13 + 64)), readEngineHeader(real));
  });

  it('covers each of the fields once, in order, and no byte twice', () => {
    const fields = headerFields(realHeader('1.7.1.116'), new Set(['version']));
    let end = 0;
    for (const field of fields) {
      assert.ok(field.offset >= end);
      end = field.offset + field.length;
      assert.equal(field.flagged, field.id === 'version');
    }
    assert.equal(end, 64);
    assert.deepEqual(
      fields.map((f) => f.id),
      [
        'tag',
        'zero',
        'layout',
        'fileSize',
        'version',
        'tag2',
        'targets',
        'cudaDriver',
        'cudaRuntime',
        'weightBytes',
      ],
    );
  });

  it('shows only what it knows of an unknown layout or a foreign file', () => {
    const unknown = headerFields(editHeader(realHeader('1.7.1.116'), { layout: 9 }));
    assert.deepEqual(
      unknown.map((f) => f.id),
      ['tag', 'zero', 'layout'],
    );
    const foreign = headerFields(Buffer.from('<!DOCTYPE html>'));
    assert.deepEqual(
      foreign.map((f) => [f.id, f.value]),
      [['tag', '"<!DO"']],
    );
    assert.deepEqual(headerFields(Buffer.from('vt')), []);
  });

  it('writes hex of at most 64 bytes', () => {
    assert.equal(headerHex(Buffer.from([0, 15, 255])), '00 0f ff');
    assert.equal(headerHex(Buffer.alloc(100)).length, 64 * 3 - 1);
    assert.equal(headerHex(new Uint8Array()), '');
  });

  it('takes any bytes', () => {
    const tagged = fc
      .uint8Array({ minLength: 0, maxLength: 80 })
      .map((rest) => Buffer.concat([Buffer.from('vtrt\0\0\0\0\x02\0\0\0'), rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), tagged), (bytes) => {
        const header = readEngineHeader(bytes);
        assert.equal(header !== null && !hasRtxTag(bytes), false);
        for (const field of headerFields(bytes)) {
          assert.ok(field.offset + field.length <= bytes.length);
          assert.doesNotMatch(field.value, /[\p{Cc}]|undefined|NaN/u);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
