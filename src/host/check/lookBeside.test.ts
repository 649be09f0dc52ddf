import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryFolder } from '../../../test/harness/workspace';
import { lookBeside } from './lookBeside';

describe('what lies beside many files', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());
  const many = Array.from({ length: 20 }, (_, at) => path.join(folder.path, `m${at}.engine`));

  it('is told from one look into their folder', async () => {
    for (const name of ['m3.engine.json', 'M4.onnx']) {
      fs.writeFileSync(path.join(folder.path, name), '');
    }
    const beside = await lookBeside(many);
    assert.deepEqual(beside(2), { mayHaveRecipe: false, mayHaveModel: false });
    assert.deepEqual(beside(3), { mayHaveRecipe: true, mayHaveModel: false });
    assert.deepEqual(beside(4), { mayHaveRecipe: false, mayHaveModel: true });
  });

  it('is not looked for beside a few, nor known of a folder that cannot be read', async () => {
    const few = await lookBeside(many.slice(0, 2));
    assert.equal(few(0), undefined);
    const gone = await lookBeside(many.map((file) => path.join(file, 'not there', 'a.engine')));
    assert.equal(gone(0), undefined);
    assert.equal((await lookBeside(many))(20), undefined);
  });
});
