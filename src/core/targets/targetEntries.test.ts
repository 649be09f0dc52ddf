import assert from 'node:assert/strict';

import { factsOf, realHeader } from '../../../test/support/engines';
import type { FileFacts } from '../report/engineReport';
import { MatrixCells, type SeverityByReason } from './matrix';
import { TargetEntries, type TargetEntry } from './targetEntries';
import { boardTarget, type Target } from './targets';

function board(id: string, more: Partial<Target> = {}): Target {
  const choice = boardTarget(id);
  assert.ok('target' in choice);
  return { ...choice.target, ...more };
}

function entries(
  facts: FileFacts,
  targets: readonly Target[],
  which: 'required' | 'all' = 'required',
  severity: SeverityByReason = {},
): TargetEntry[] {
  const told = targets.filter(({ required }) => required || which === 'all');
  return new TargetEntries(told, severity, targets.length).of(
    facts,
    new MatrixCells(told).row(facts),
  );
}

describe('problems on targets', () => {
  const only86 = factsOf(realHeader('1.7.1.116', '8.6 only'));
  const ada = board('rtx-4060');
  const blackwell = board('rtx-5090');
  const ampere = board('rtx-3090');

  it('are one for each cause, and name the targets where those differ', () => {
    const [entry, ...more] = entries(only86, [ada, ampere, blackwell]);
    assert.deepEqual(more, []);
    assert.match(entry?.sentence ?? '', /^RTX 4060: Not built for .* 8\.9.* RTX 5090: Not built/);
    assert.deepEqual(
      [entry?.id, entry?.severity, entry?.fixFor],
      ['unsupported-compute-capability', 'error', 'rtx-4060'],
    );
    assert.deepEqual(entries(only86, [ampere]), []);
  });

  it('leave out optional targets, unless all are wanted', () => {
    const targets = [ada, { ...blackwell, required: false }];
    assert.doesNotMatch(entries(only86, targets)[0]?.sentence ?? '', /5090/);
    assert.match(entries(only86, targets, 'all')[0]?.sentence ?? '', /5090/);
    const optional = targets.map((target) => ({ ...target, required: false }));
    assert.deepEqual(entries(only86, optional), []);
    assert.equal(entries(only86, optional, 'all')[0]?.severity, 'information');
  });

  it('say once what is the same on all, and follow the severities of the file', () => {
    const old = [ada, blackwell].map((target) => ({ ...target, tensorrtRtx: '1.6.1' }));
    const engine = factsOf(realHeader('1.7.1.116'));
    const [entry] = entries(engine, old);
    assert.match(entry?.sentence ?? '', /^All 2 targets: Built by TensorRT-RTX 1\.7\.1/);
    const third = { ...ampere, required: false };
    assert.match(entries(engine, [...old, third])[0]?.sentence ?? '', /^All 2 required targets: /);
    assert.equal(
      entries(engine, old, 'all', { 'version-mismatch': 'warning' })[0]?.severity,
      'warning',
    );
    assert.deepEqual(entries(engine, old, 'all', { 'version-mismatch': 'off' }), []);
  });

  it('repeat nothing that is wrong with the file everywhere, and offer no fix where none helps', () => {
    assert.deepEqual(entries(factsOf(realHeader('1.7.1.116'), { size: 100 }), [ada, ampere]), []);
    const [never] = entries(only86, [board('gtx-1080-ti')]);
    assert.equal(never?.severity, 'error');
    assert.equal(never.fixFor, null);
  });
});
