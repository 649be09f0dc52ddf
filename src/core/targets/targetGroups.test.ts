import assert from 'node:assert/strict';

import { engineHeader } from '../../../test/support/engineFiles';
import { editHeader, factsOf, inputOf, noDriver, realHeader } from '../../../test/support/engines';
import { makeEngineReport } from '../report/makeEngineReport';
import { groupByTarget } from './targetGroups';
import { boardTarget, type Target } from './targets';

function board(id: string, more: Partial<Target> = {}): Target {
  const choice = boardTarget(id);
  assert.ok('target' in choice);
  return { ...choice.target, tensorrtRtx: '1.7.1', ...more };
}
const engine = (name: string, bytes: Uint8Array) => ({
  name,
  report: makeEngineReport(inputOf(factsOf(bytes), { answer: null, machine: noDriver })),
});

const here = realHeader('1.7.1.116');
const engines = [
  engine('fine', here),
  engine('old', realHeader('1.6.1.120')),
  engine('large', editHeader(here, { weightBytes: 9_000_000_000n })),
  engine('page', Buffer.from('<!DOCTYPE html><html>')),
  engine('left out', here),
];
const all = () => true;
const groups = (targets: readonly Target[], severity = {}) =>
  groupByTarget(engines, { targets, severity }, ({ name }) => name !== 'left out').map(
    ({ id, label, count, severity: worst, rows }) => ({
      ...{ id, label, count, worst },
      rows: rows.map(({ engine: { name }, on }) => `${name}: ${on?.word ?? '-'}`),
    }),
  );

describe('engines by target', () => {
  it('stand below each target where they have a problem, with what it is, and counted', () => {
    const laptop = board('rtx-4060-laptop');
    assert.deepEqual(groups([laptop, board('gtx-1660-ti', { required: false })]), [
      {
        ...{ id: 'target:rtx-4060-laptop', label: 'RTX 4060 Laptop', count: "2 of 3 don't run" },
        ...{ worst: 'error', rows: ['old: rebuild', 'large: needs weight streaming'] },
      },
      {
        ...{ id: 'target:gtx-1660-ti', label: 'GTX 1660 Ti (optional)' },
        ...{ count: "3 of 3 don't run", worst: 'information' },
        rows: ['fine: rebuild', 'old: rebuild', 'large: rebuild'],
      },
      {
        ...{ id: 'target-others', label: 'Not checked for targets', count: '2' },
        ...{ worst: 'information', rows: ['page: -', 'left out: -'] },
      },
    ]);
  });

  it('keep those together that have no problem anywhere, and follow the severity of the file', () => {
    const [first, fine, others] = groups([board('rtx-5090')], { 'version-mismatch': 'off' });
    assert.deepEqual([first?.count, first?.worst, first?.rows], ['all 3 run', 'ok', []]);
    assert.deepEqual(fine?.rows, ['fine: -', 'old: -', 'large: -']);
    assert.equal(others?.id, 'target-others');
  });

  it('are counted as the matrix counts them where a target runs them slower', () => {
    const slower = engine('ptx', engineHeader({ version: '1.4.0.76', targets: 0x3f }));
    const targets = [board('gb10', { tensorrtRtx: null })];
    const [group] = groupByTarget([slower], { targets, severity: {} }, all);
    assert.deepEqual([group?.count, group?.severity], ['1 runs', 'warning']);
    const [row] = group?.rows ?? [];
    assert.deepEqual(
      [row?.on?.word, row?.on?.howKnown, row?.on?.fixable],
      ['runs slower (PTX)', 'Predicted', false],
    );
  });
});
