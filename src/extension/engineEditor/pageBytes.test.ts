import assert from 'node:assert/strict';
import { pageBytes } from './pageBytes';

describe('pageBytes', () => {
  it('makes a Uint8Array of a Buffer, with memory of its own', () => {
    const made = pageBytes(Buffer.from('layers'));
    assert.equal(made.constructor, Uint8Array);
    assert.equal(made.buffer.byteLength, 6);
    assert.equal(new TextDecoder().decode(made), 'layers');
  });

  it('copies a view of more, and nothing else', () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    assert.equal(pageBytes(whole), whole);
    const part = pageBytes(whole.subarray(1, 3));
    assert.deepEqual([...part], [2, 3]);
    assert.equal(part.buffer.byteLength, 2);
  });
});
