import assert from 'node:assert/strict';
import { decodeText } from './decodeText';

describe('decodeText', () => {
  const text = '{"name": "Größe"}';
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();

  it('reads UTF-8 and UTF-16, with a mark and without', () => {
    for (const bytes of [
      Buffer.from(text),
      Buffer.from(`\ufeff${text}`),
      little,
      big,
      Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
    ]) {
      assert.equal(decodeText(bytes), text);
    }
  });

  it('takes anything else for UTF-8', () => {
    assert.equal(decodeText(new Uint8Array()), '');
    assert.equal(decodeText(Buffer.from('a')), 'a');
    assert.equal(decodeText(new Uint8Array(2)), '\0\0');
  });
});
