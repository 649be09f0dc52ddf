import assert from 'node:assert/strict';
import { answerOf, editHeader, factsOf, inputOf, realHeader } from '../../../test/support/engines';
import { matrixLines, type MatrixFilter } from '../pages/matrixRows';
import { withEngines } from '../report/containedReports';
import type { FileFacts } from '../report/engineReport';
import { makeEngineReport } from '../report/makeEngineReport';
import { matrixCsv, matrixJson, matrixMarkdown } from './matrixExport';
import { makeMatrixModel, type MatrixEngine } from './matrixModel';
import { boardTarget, type BoardTargetOptions } from './targets';

const engine17 = realHeader('1.7.1.116');
const target = (board: string, options: BoardTargetOptions = {}) => {
  const made = boardTarget(board, { tensorrtRtx: '1.7.1', ...options });
  if (!('target' in made)) throw new Error(made.problem.sentence);
  return made.target;
};
const engine = (path: string, bytes: Uint8Array = engine17, size?: number): MatrixEngine => ({
  id: path,
  path,
  report: makeEngineReport(
    inputOf(factsOf(bytes, size === undefined ? {} : { size }), { answer: answerOf(0, 0) }),
  ),
});
const model = (engines: MatrixEngine[], source: 'file' | 'defaults' = 'file') =>
  makeMatrixModel({
    engines,
    targets: [
      target('rtx-4060-laptop', { name: 'Laptop' }),
      target('gtx-1660-ti', { name: 'Old', required: false }),
    ],
    severity: {},
    source,
    fileName: 'engine-inspector.json',
    problem: '',
  });
const large = editHeader(engine17, { weightBytes: BigInt(9 * 2 ** 30) });
const old = realHeader('1.6.1.120');
const engines = [
  engine('a/fine.engine'),
  engine('a/large.engine', large),
  engine('b/=old.engine', old),
  engine('short.engine', engine17, 99),
  engine('yolo.engine', Buffer.from('PK\u0003\u0004 no engine')),
];

describe('the matrix model', () => {
  it('counts engines on required targets and leaves other files aside', () => {
    const made = model(engines);
    assert.equal(made.title, '1 of 4 engines run on the required target.');
    assert.equal(made.aside, '1 other file is not a TensorRT-RTX engine.');
    assert.deepEqual(
      made.rows.map(({ name, folder, fails }) => [name, folder, fails]),
      [
        ['fine.engine', 'a', false],
        ['large.engine', 'a', true],
        ['=old.engine', 'b', true],
        ['short.engine', '', true],
      ],
    );
    assert.equal(model(engines, 'defaults').title, '0 of 4 engines run on all 2 targets.');
  });

  it('has a row for an ONNX model with an engine in it, which it counts', () => {
    const inside = factsOf(engine17);
    const contained = { name: 'a', offset: 1, problem: '' };
    const facts: FileFacts = {
      ...inside,
      kind: 'epcontext',
      engines: [{ ...contained, facts: inside }],
    };
    const input = inputOf(facts, { answer: answerOf(0, 0) });
    const one = engine('a').report;
    const report = withEngines(makeEngineReport(input), facts, [{ ...contained, report: one }]);
    const { rows, title } = model([{ id: 'm', path: 'a/net_ctx.onnx', report }]);
    assert.match(title, /engine/);
    assert.deepEqual(
      rows.map(({ name, note }) => [name, note]),
      [['net_ctx.onnx', '1.7.1 · in an ONNX model']],
    );
  });

  it('has a word, a remedy and a cause for each cell, and each cell once', () => {
    const { cells, rows, causes } = model([...engines, engine('c/fine2.engine')]);
    const cell = (at: number, column: number) => cells[rows[at]?.cells[column] ?? -1];
    assert.equal(cell(0, 0)?.short, 'runs');
    assert.equal(cell(1, 0)?.short, 'memory');
    assert.equal(cell(1, 0)?.remedy?.action, 'weight-streaming');
    assert.equal(cell(2, 0)?.short, 'version');
    assert.equal(cell(3, 0)?.short, 'damaged');
    assert.equal(cell(0, 1)?.short, 'GPU');
    assert.deepEqual(rows[0]?.cells, rows[4]?.cells);
    for (const { cause } of cells) {
      assert.ok(cause === '' || causes.some(({ key }) => key === cause), cause);
    }
  });

  it('tells root causes with what can be done about all of them', () => {
    const { causes } = model(engines);
    const memory = causes.find(({ key }) => key.startsWith('insufficient-gpu-memory'));
    assert.equal(memory?.sentence, "1 engine doesn't fit on Laptop without weight streaming.");
    assert.equal(memory.action, 'Rebuild 1 with Weight Streaming…');
    assert.equal(causes.find(({ key }) => key.startsWith('truncated'))?.action, null);
    assert.ok(causes[0]?.required);
  });
});

describe('the lines of the matrix', () => {
  const filter: MatrixFilter = {
    text: '',
    problemsOnly: false,
    sort: 'worst',
    byFolder: false,
    closed: new Set(),
  };
  const names = (change: Partial<MatrixFilter>) =>
    matrixLines(model(engines), { ...filter, ...change }).map((line) =>
      line.kind === 'folder' ? `[${line.folder}]` : line.row.name,
    );

  it('are sorted worst first or by name', () => {
    assert.equal(names({}).at(-1), 'fine.engine');
    assert.deepEqual(names({ sort: 'name' }), [
      'short.engine',
      'fine.engine',
      'large.engine',
      '=old.engine',
    ]);
  });

  it('are found by name, folder and reason, and closed by folder', () => {
    assert.deepEqual(names({ text: 'memory' }), ['large.engine']);
    assert.deepEqual(names({ text: 'A/ FINE', sort: 'name' }), []);
    assert.deepEqual(names({ text: 'fine' }), ['fine.engine']);
    assert.deepEqual(names({ byFolder: true, sort: 'name', closed: new Set(['a']) }), [
      '[]',
      'short.engine',
      '[a]',
      '[b]',
      '=old.engine',
    ]);
  });
});

describe('the exported matrix', () => {
  it('is CSV that no spreadsheet takes for a formula', () => {
    const lines = matrixCsv(model([engine('=1+1.engine'), engine('a, b.engine')])).split('\r\n');
    assert.equal(lines[0], 'Engine,Laptop,Old');
    assert.match(lines[1] ?? '', /^'=1\+1\.engine,Runs,/);
    assert.match(lines[2] ?? '', /^"a, b\.engine",Runs,/);
  });

  it('is JSON', () => {
    const value = JSON.parse(matrixJson(model(engines))) as {
      engines: { file: string; cells: { target: string; result: string }[] }[];
    };
    assert.equal(value.engines.length, 4);
    assert.equal(value.engines[0]?.cells[0]?.result, 'Runs');
  });

  it('is Markdown in which a name is a name', () => {
    const text = matrixMarkdown(model([engine('a|b_[x](y).engine')]));
    assert.match(text, /^\*\*The engine runs on the required target\.\*\*/);
    assert.ok(text.includes('| a\\|b\\_\\[x\\]'), text);
  });
});
