import * as assert from 'node:assert/strict';
import { printableJson, printedJson } from './printableJson';

describe('printableJson', () => {
  it('keeps what JSON knows and makes text printable', () => {
    assert.deepEqual(printableJson({ a: [1, null, true, 'x\u001b[31my\u202e'], 'k\n': 2 }), {
      a: [1, null, true, 'xy\\u202e'],
      'k\\n': 2,
    });
  });

  it('has a word for numbers that JSON has not', () => {
    assert.deepEqual(printableJson([NaN, Infinity, -Infinity, 12n]), [
      'NaN',
      'Infinity',
      '-Infinity',
      12,
    ]);
  });

  it('leaves out bytes and what is not there', () => {
    assert.deepEqual(printableJson({ pixels: new Uint8Array(4), a: undefined, b: 1 }), { b: 1 });
    assert.deepEqual(JSON.parse(printedJson(printableJson([undefined, new Uint8Array(1)]))), [
      null,
      null,
    ]);
  });

  it('is printed so that people can read it, too', () => {
    const value = { shape: [1, 3], none: [], empty: {}, list: [{ a: 'x"' }], deep: { b: null } };
    const text = printedJson(value);
    assert.deepEqual(JSON.parse(text), value);
    assert.equal(
      text,
      [
        '{',
        '  "shape": [1, 3],',
        '  "none": [],',
        '  "empty": {},',
        '  "list": [',
        '    {',
        '      "a": "x\\""',
        '    }',
        '  ],',
        '  "deep": {',
        '    "b": null',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });
});
