/** SECURITY.md claims nothing without a test, and names no test that is not there. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import * as ts from 'typescript';

import { repositoryRoot } from '../test/harness';
import { testFiles } from './testFiles';

const text = fs.readFileSync(path.join(repositoryRoot, 'SECURITY.md'), 'utf8');
const says = new Set(['describe', 'describeUnless', 'it', 'itUnless', 'itOnWindows']);

/** Titles of all tests and of what they stand in; of those made from parts, their source. */
function allTitles(): string[] {
  const titles: string[] = [];
  for (const file of testFiles('src', 'scripts', 'test')) {
    const source = ts.createSourceFile(
      file,
      fs.readFileSync(path.resolve(repositoryRoot, file), 'utf8'),
      ts.ScriptTarget.Latest,
    );
    const look = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && says.has(node.expression.getText(source))) {
        for (const argument of node.arguments.slice(0, 2)) {
          if (ts.isStringLiteralLike(argument)) titles.push(argument.text);
          else if (ts.isTemplateExpression(argument)) titles.push(argument.getText(source));
        }
      }
      ts.forEachChild(node, look);
    };
    look(source);
  }
  return titles;
}

const claims = text
  .split(/^- /m)
  .slice(1)
  .map((claim) => claim.split(/\n\n/)[0] ?? '');

describe('SECURITY.md', () => {
  it('names only tests that are there', () => {
    const titles = allTitles();
    const named = claims.flatMap((claim) => {
      const [, tests = ''] = claim.split(/^ +Tests:/m);
      return [...tests.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title.replace(/\s+/g, ' '));
    });
    assert.ok(named.length > 40, `${named.length} names were understood`);
    assert.deepEqual(
      named.filter((title) => !titles.some((one) => one.includes(title))),
      [],
    );
  });

  it('claims nothing without a test but that nothing is sent', () => {
    const without = claims.filter(
      (claim) => !/^ +Tests: `/m.test(claim.replace(/Tests:\n +/g, 'Tests: ')),
    );
    assert.deepEqual(without.length, 1, without.join('\n'));
    assert.match(without[0] ?? '', /sends nothing anywhere/);
  });
});
