import assert from 'node:assert/strict';
import { answerOf, factsOf, inputOf, noDriver, realHeader } from '../../test/support/engines';
import type { EngineReport } from '../core/report/engineReport';
import { makeEngineReport } from '../core/report/makeEngineReport';
import { canBeCured, firstArrangement, groupNodes, sorted } from './enginesTreeModel';

const here = realHeader('1.7.1.116');
const other = realHeader('1.6.1.120');
const report = (bytes: Uint8Array, validity: number, more: { size?: number } = {}) =>
  makeEngineReport(
    inputOf(factsOf(bytes, more), { answer: answerOf(validity, validity === 2 ? 1 : 0) }),
  );
const withoutGpu = (bytes: Uint8Array, diagnostics: number) =>
  makeEngineReport(
    inputOf(factsOf(bytes), {
      answer: answerOf(2, diagnostics),
      machine: { ...noDriver, nvidiaDevice: false },
    }),
  );

const fine = report(here, 0);
const mismatched = report(other, 2);
const cut = report(here, 0, { size: 99 });
const foreign = report(Buffer.from('PK\u0003\u0004'), 2);
const at = (path: string, made: EngineReport) => ({ path, report: made });
const pathOf = ({ path }: ReturnType<typeof at>) => path;
const noPath = () => assert.fail('a path is made where none counts');

describe('groupNodes', () => {
  it('keeps engines of another version apart from those that only have no GPU here', () => {
    const groups = groupNodes(
      [at('a', withoutGpu(here, 0)), at('b', withoutGpu(other, 1)), at('c', withoutGpu(here, 0))],
      firstArrangement,
      noPath,
    );
    assert.deepEqual(
      groups.map(({ label, engines }) => [label, engines.length]),
      [
        ['Built by another version', 1],
        ['Nothing wrong, but no GPU here', 2],
      ],
    );
  });

  it('puts the worst first, files of other programs last, and leaves empty groups out', () => {
    const groups = groupNodes(
      [at('a', fine), at('b', mismatched), at('c', cut), at('d', foreign)],
      firstArrangement,
      noPath,
    );
    assert.deepEqual(
      groups.map(({ reason }) => reason),
      ['damaged', 'version', 'runs', 'foreign'],
    );
  });

  it('groups by folder, or not at all', () => {
    const engines = [at('m/x/a', fine), at('b', cut), at('m/x/c', mismatched)];
    const by = (grouping: 'folder' | 'none') =>
      groupNodes(engines, { ...firstArrangement, grouping }, pathOf).map(
        ({ label, engines: inside, severity }) => [label, inside.length, severity],
      );
    assert.deepEqual(by('folder'), [
      ['.', 1, 'error'],
      ['m/x', 2, 'error'],
    ]);
    assert.deepEqual(by('none'), [['', 3, 'error']]);
  });

  it('filters by words of path and reason, and by being a problem', () => {
    const engines = [at('m/det.engine', fine), at('m/seg.engine', mismatched), at('o/det', cut)];
    const left = (filter: string, onlyProblems = false) =>
      groupNodes(
        engines,
        { ...firstArrangement, filter, onlyProblems, grouping: 'none' },
        pathOf,
      ).flatMap(({ engines: inside }) => inside.map(({ path }) => path));
    assert.deepEqual(left('DET'), ['m/det.engine', 'o/det']);
    assert.deepEqual(left('another version'), ['m/seg.engine']);
    assert.deepEqual(left('m/ det'), ['m/det.engine']);
    assert.deepEqual(left('', true), ['m/seg.engine', 'o/det']);
  });
});

describe('sorted', () => {
  it('orders paths as people count, and by severity, size or date before', () => {
    const engines = [
      at('m/10', { ...fine, size: 1, modified: 3 }),
      at('m/9', { ...fine, size: 2, modified: 1 }),
      at('a/1', { ...cut, size: 1, modified: 2 }),
    ];
    const by = (sorting: Parameters<typeof sorted>[1]) =>
      sorted(engines, sorting, pathOf).map(({ path }) => path);
    assert.deepEqual(by('path'), ['a/1', 'm/9', 'm/10']);
    assert.deepEqual(by('severity'), ['a/1', 'm/9', 'm/10']);
    assert.deepEqual(by('size'), ['m/9', 'a/1', 'm/10']);
    assert.deepEqual(by('changed'), ['m/10', 'a/1', 'm/9']);
  });
});

describe('canBeCured', () => {
  it('counts neither files of other programs nor what is fine', () => {
    assert.deepEqual([fine, mismatched, cut, foreign, withoutGpu(here, 0)].map(canBeCured), [
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});
