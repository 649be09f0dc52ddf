import * as assert from 'node:assert/strict';

import { mostJsonLevels } from './jsonDepth';
import { parseJson, tryParseJson } from './parseJson';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('parseJson', () => {
  it('takes JSON, a byte order mark before it, and as many levels as anything of ours needs', () => {
    assert.deepEqual(parseJson('\ufeff{"a": [1, "[[["]}'), { a: [1, '[[['] });
    assert.doesNotThrow(() => parseJson(nested(mostJsonLevels)));
    assert.deepEqual(
      parseJson('[1, 2]', (_key, value) => (value === 1 ? 3 : value)),
      [3, 2],
    );
  });

  it('refuses what is deeper and what is not JSON', () => {
    assert.throws(() => parseJson(nested(mostJsonLevels + 1)), /more than 100 lists and objects/);
    assert.throws(() => parseJson('{'), SyntaxError);
    assert.equal(tryParseJson(nested(200_000)), undefined);
    assert.equal(tryParseJson('null'), null);
  });
});
