/** Ten thousand engines on fifty targets, from the rule alone: cells, counts, and what the matrix page is given of them. */
import { makeFileFacts } from '../../src/core/file/fileFacts';
import { makeEngineReport } from '../../src/core/report/makeEngineReport';
import { boards } from '../../src/core/targets/boards';
import { MatrixCells, MatrixCounter } from '../../src/core/targets/matrix';
import { makeMatrixModel } from '../../src/core/targets/matrixModel';
import { boardTarget, type Target } from '../../src/core/targets/targets';
import { fleetHeaders } from './fleet';
import { median, ms, type Row } from './measure';

const engineCount = 10_000;
const targetCount = 50;

function fiftyTargets(): Target[] {
  const found = boards.flatMap(({ id, memory }) => {
    const choice = boardTarget(id, { memory: memory[0] ?? null });
    return 'target' in choice ? [choice.target] : [];
  });
  if (found.length < targetCount) throw new Error(`there are ${found.length} boards`);
  return found.slice(0, targetCount);
}

export function matrix(): Row[] {
  const targets = fiftyTargets();
  const facts = [...fleetHeaders(engineCount)].map(({ bytes, length }, at) =>
    makeFileFacts({ file: `model${at}.engine`, prefix: bytes, size: length, modified: 1e12 + at }),
  );
  const engines = facts.map((one, at) => ({
    id: String(at),
    path: one.file,
    report: makeEngineReport({
      facts: one,
      answer: null,
      runtime: null,
      machine: null,
      knownRuntimes: [],
      now: 1e12,
    }),
  }));
  const timed = (work: () => void): number => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    });
    return median(times);
  };
  const cells = timed(() => {
    const rows = new MatrixCells(targets);
    const counter = new MatrixCounter(targets, {});
    for (const one of facts) counter.add(one.kind, rows.row(one));
    counter.summary();
  });
  const page = timed(() => {
    makeMatrixModel({
      ...{ engines, targets, severity: {} },
      ...{ source: 'file', fileName: 'engine-inspector.json', problem: '' },
    });
  });
  const row = (what: string, time: number): Row => ({
    what: `${engineCount.toLocaleString('en')} engines that differ on ${targetCount} targets: ${what}`,
    ours: ms(time),
    yardstick: '',
    result: ms(time),
    target: '< 1 s',
    ok: time < 1000,
  });
  return [row('cells and counts', cells), row("the matrix page's model", page)];
}
