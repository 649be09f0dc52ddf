import assert from 'node:assert/strict';

import fc from 'fast-check';

import { JsonError, parseTolerantJson } from './tolerantJson';

const errorOf = (text: string): JsonError => {
  try {
    parseTolerantJson(text);
  } catch (error) {
    assert(error instanceof JsonError, String(error));
    return error;
  }
  assert.fail(`no error for ${text}`);
};

describe('tolerantJson', () => {
  it('takes valid JSON as it is', () => {
    assert.deepEqual(parseTolerantJson('{"a": [1, "\\u001f", null]}'), {
      value: { a: [1, '\u001f', null] },
      mended: false,
    });
  });

  it('mends what tools get wrong', () => {
    const mended = (text: string): unknown => {
      const { value, mended } = parseTolerantJson(text);
      assert.equal(mended, true);
      return value;
    };
    assert.deepEqual(mended('{"Metadata": "a\u001fb\n"}'), { Metadata: 'a\u001fb\n' });
    assert.deepEqual(mended('["C:\\models\\x", "\\u12"]'), ['C:\\models\\x', '\\u12']);
    assert.deepEqual(mended('[1, 2, ]'), [1, 2]);
    assert.deepEqual(mended('{"a": {"b": 1,},\n}'), { a: { b: 1 } });
    assert.deepEqual(mended('[nan, -inf, Infinity, NaN, -1.5e3]'), [null, null, null, null, -1500]);
    assert.deepEqual(mended('\ufeff{"a": 1}'), { a: 1 });
  });

  it('tells where an error is', () => {
    const cases: [string, number, number, RegExp][] = [
      ['', 1, 1, /ends too early/],
      ['{\n  "a": 1\n  "b": 2}', 3, 3, /neither a comma/],
      ['{"Layers": [{"Name": "x"', 1, 25, /ends too early/],
      ['{"Layers": ["x]', 1, 13, /does not end/],
      ['{"a" 1}', 1, 6, /no colon/],
      ['{a: 1}', 1, 2, /no name in quotes/],
      ['[1] x', 1, 5, /follows the end/],
      ['[oops]', 1, 2, /no value/],
      ['[,]', 1, 2, /no value/],
    ];
    for (const [text, line, column, what] of cases) {
      const error = errorOf(text);
      assert.deepEqual([error.line, error.column], [line, column], `${text}: ${error.message}`);
      assert.match(error.what, what);
    }
  });

  it('takes depth without dying of it', () => {
    assert.match(errorOf(`${'['.repeat(2_000_000)}`).what, /more than 1000/);
    assert.equal(Array.isArray(parseTolerantJson('['.repeat(5000) + ']'.repeat(5000)).value), true);
  });

  it('never throws anything else, and agrees with JSON.parse', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 3 }), (json, position, junk) => {
        assert.deepEqual(parseTolerantJson(json).value, JSON.parse(json));
        const at = position % (json.length + 1);
        try {
          parseTolerantJson(json.slice(0, at) + junk + json.slice(at + 1));
        } catch (error) {
          assert(error instanceof JsonError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
