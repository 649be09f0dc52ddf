/** Folders and pictures that are larger than anybody means. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type * as fsType from 'node:fs';

import { findEngines } from '../../src/cli/findEngines';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';

/** The module that others import. */
const fs = createRequire(__filename)('node:fs') as typeof fsType;
const million = 1_000_000;

describe('a search', () => {
  let folder: TemporaryFolder;
  const { readdirSync } = fs;
  before(() => (folder = temporaryFolder()));
  afterEach(() => Object.assign(fs, { readdirSync }));
  after(() => folder.remove());

  /** As if the folder held that many: to make them would take longer than all other tests. */
  function holds(count: number, extension: string): void {
    const isFile = (): boolean => true;
    Object.assign(fs, {
      readdirSync: () =>
        Array.from({ length: count }, (_, i) => ({ name: `${i}${extension}`, isFile })),
    });
  }

  it('stops after a million engines, and says so', () => {
    holds(million + 5, '.engine');
    const problems: string[] = [];
    let found = 0;
    const search = findEngines([folder.path], {
      extensions: [],
      followLinks: false,
      complain: (problem) => problems.push(problem),
    });
    for (const { named } of search) found += named ? 0 : 1;
    assert.equal(found, million);
    assert.deepEqual(problems, [
      'The search stopped after 1000000 engines. Name the folders one by one.',
    ]);
  });

  it('passes over a million files that are none', () => {
    holds(million, '.txt');
    const search = findEngines([folder.path], {
      extensions: [],
      followLinks: false,
      complain: (problem) => assert.fail(problem),
    });
    assert.deepEqual([...search], []);
  });
});
