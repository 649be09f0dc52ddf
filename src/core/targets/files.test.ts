import assert from 'node:assert/strict';
import { fileFilter } from './files';

describe('which files belong', () => {
  const belongs = (files: string[] | null, exclude: string[], file: string) =>
    fileFilter({ files, exclude }).belongs(file);

  it('takes a pattern without a slash in every folder, one with a slash from the top', () => {
    assert.equal(belongs(null, [], 'a/b.engine'), true);
    assert.equal(belongs(['*.engine'], [], 'a/b.engine'), true);
    assert.equal(belongs(['a/*.engine'], [], 'a/b.engine'), true);
    assert.equal(belongs(['a/*.engine'], [], 'a/c/b.engine'), false);
    assert.equal(belongs(['a/**/*.engine'], [], 'a/b.engine'), true);
    assert.equal(belongs(['a/'], [], 'b/a/c.engine'), true);
    assert.equal(belongs(['a/**'], [], 'b/a/c.engine'), false);
    assert.equal(belongs(['./a/**'], [], 'a/.cache/b.engine'), true);
    assert.equal(belongs(['{a,b}/*.[ep]*'], [], 'b/c.plan'), true);
    assert.equal(belongs(['#odd.engine', '!c.engine'], [], '#odd.engine'), true);
  });

  it('leaves out a folder with all below it', () => {
    for (const pattern of ['old', 'old/', 'old/**', 'old/*', 'o?d', './old']) {
      assert.equal(belongs(null, [pattern], 'old/deep/b.engine'), false, pattern);
      assert.equal(belongs(null, [pattern], 'older/b.engine'), true, pattern);
    }
    assert.equal(belongs(null, ['old'], 'a/old/b.engine'), false);
    assert.equal(belongs(null, ['/old'], 'a/old/b.engine'), true);
    assert.equal(belongs(null, ['/old'], 'old/b.engine'), false);
    const filter = fileFilter({ files: ['*.engine'], exclude: ['old', 'b.engine'] });
    assert.equal(filter.leavesOut('a/old'), true);
    assert.equal(filter.leavesOut('a'), false);
    assert.equal(filter.belongs('a/b.engine'), false);
  });
});
