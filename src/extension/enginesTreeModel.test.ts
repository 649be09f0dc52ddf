import assert from 'node:assert/strict';
import type { Verdict } from '../core/report/engineReport';
import { groupNodes } from './enginesTreeModel';

const engine = (path: string, verdict: Verdict) => ({ path, verdict });

describe('groupNodes', () => {
  it('puts the worst first and leaves empty groups out', () => {
    const groups = groupNodes([
      engine('a', 'valid'),
      engine('b', 'invalid'),
      engine('c', 'unchecked'),
    ]);
    assert.deepEqual(
      groups.map(({ verdict }) => verdict),
      ['invalid', 'unchecked', 'valid'],
    );
  });

  it('orders paths as people count', () => {
    const [group] = groupNodes(['m/10', 'm/9', 'a/1'].map((path) => engine(path, 'valid')));
    assert.deepEqual(
      group?.engines.map(({ path }) => path),
      ['a/1', 'm/9', 'm/10'],
    );
  });
});
