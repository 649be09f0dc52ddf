import assert from 'node:assert/strict';

import { isTooDeep } from './jsonDepth';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('isTooDeep', () => {
  it('counts lists and objects that are in each other', () => {
    assert.equal(isTooDeep(nested(100)), false);
    assert.equal(isTooDeep(nested(101)), true);
    assert.equal(isTooDeep('{"a": '.repeat(101)), true);
    assert.equal(isTooDeep('[],'.repeat(1000)), false);
    assert.equal(isTooDeep('', 0), false);
    assert.equal(isTooDeep(nested(3), 2), true);
  });

  it('passes over texts and comments, and over nothing that only looks like one', () => {
    const deep = '['.repeat(200);
    assert.equal(isTooDeep(`["${deep}"]`), false);
    assert.equal(isTooDeep(String.raw`["\"${deep}"]`), false);
    assert.equal(isTooDeep(`// ${deep}\n[]`), false);
    assert.equal(isTooDeep(`/* ${deep} */ []`), false);
    assert.equal(isTooDeep(`/* " */ ${deep}`), true);
    assert.equal(isTooDeep(`// "\n${deep}`), true);
    assert.equal(isTooDeep(String.raw`"\\" ${deep}`), true);
    // A text that does not end, ends with its line.
    assert.equal(isTooDeep(`"a\n${deep}`), true);
    assert.equal(isTooDeep(`/${deep}`), true);
  });
});
