import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { engineHeader } from '../../../test/support/engineFiles';
import {
  editHeader,
  factsOf,
  fixturesFolder,
  realHeader,
  realHeaders,
} from '../../../test/support/engines';
import { makeFileFacts, unreadableFacts } from '../file/fileFacts';
import type { FileFacts } from '../report/engineReport';
import { boards } from './boards';
import { cellWords } from './cell';
import { MatrixCells, MatrixCounter, runSentence, severityOfCell } from './matrix';
import { boardTarget, type Target } from './targets';

function target(board: string, more: Partial<Target> = {}): Target {
  const choice = boardTarget(board);
  assert.ok('target' in choice, board);
  return { ...choice.target, tensorrtRtx: '1.7.1', ...more };
}

/** All fixtures: real headers of every version and build, the distinct recorded headers, and files that are no engines. */
function fixtures(): FileFacts[] {
  const real = realHeaders.map(({ version, build, header }) =>
    factsOf(Buffer.from(header, 'hex'), { file: `${version} ${build}` }),
  );
  const recorded = JSON.parse(
    readFileSync(path.join(fixturesFolder, 'recordedVerdicts.json'), 'utf8'),
  ) as { rows: { case: string; header: string }[] };
  const cases = new Map(recorded.rows.map((row) => [row.header, row.case]));
  const engine = realHeader('1.7.1.116');
  return [
    ...real,
    ...[...cases].map(([header, name], at) =>
      factsOf(Buffer.from(header, 'hex'), { file: `recorded ${at}: ${name}` }),
    ),
    factsOf(engine, { file: 'cut short', size: 5000 }),
    factsOf(engine, { file: 'too long', size: 9_000_000 }),
    factsOf(editHeader(engine, { weightBytes: 7_800_000_000n }), { file: '7.3 GiB of weights' }),
    factsOf(Buffer.from('<!DOCTYPE html><html>'), { file: 'a web page' }),
    factsOf(Buffer.alloc(0), { file: 'empty' }),
    unreadableFacts('unreadable', 'It could not be read: permission denied.'),
  ];
}

const golden = path.join(fixturesFolder, 'matrix.txt');

describe('the matrix', () => {
  it('over all fixtures is the one in test/fixtures/matrix.txt', () => {
    const targets = [
      target('rtx-5090'),
      target('rtx-4060-laptop', { driverVersion: 13000 }),
      target('rtx-3050-6gb'),
      target('rtx-2050-laptop'),
      target('gtx-1660-ti', { required: false }),
      target('a100-40gb'),
      target('gb10'),
      target('gb10', { tensorrtRtx: '1.4.0', name: 'GB10 with 1.4.0' }),
      target('rtx-4090', { tensorrtRtx: null, name: 'RTX 4090 with any' }),
      target('h200'),
    ];
    const matrix = new MatrixCells(targets);
    const counter = new MatrixCounter(targets);
    const text = fixtures().map((facts) => {
      const row = matrix.row(facts);
      counter.add(facts.kind, row);
      const lines = row.map(
        ({ name, cell, sentence }) =>
          `  ${name}: ${cell === null ? 'unchecked' : cellWords[cell]}. ${sentence}`,
      );
      return `${facts.file}\n${lines.join('\n')}\n`;
    });
    const { causes, sentence, ...rest } = counter.summary();
    const whole = [
      ...text,
      sentence,
      `${rest.engines} engines, ${rest.others} others, ${rest.unreadable} unreadable`,
      ...causes.map(
        (cause) =>
          `${cause.cell} (${cause.id}): ${cause.engines} engines on ${cause.targets.join(', ')}`,
      ),
      '',
    ].join('\n');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, whole);
    assert.equal(whole, readFileSync(golden, 'utf8'));
  });

  it('makes 10,000 engines on 50 targets in less than a second, also where no two are alike', () => {
    const targets = boards
      .filter(({ memory }) => memory.length === 1)
      .slice(0, 50)
      .map(({ id }) => target(id));
    assert.equal(targets.length, 50);
    const facts = Array.from({ length: 10_000 }, (_, at) =>
      makeFileFacts({
        file: `${at}.engine`,
        prefix: engineHeader({ version: '1.7.1.116', weightBytes: at * 300_007 }),
        size: 4096,
        modified: null,
      }),
    );
    const started = process.cpuUsage();
    const matrix = new MatrixCells(targets);
    const counter = new MatrixCounter(targets);
    for (const one of facts) counter.add(one.kind, matrix.row(one));
    // Processor time: other programs of this machine do not count.
    const took = process.cpuUsage(started).user / 1000;
    assert.equal(counter.summary().engines, 10_000);
    assert.ok(took < 1000, `${Math.round(took)} ms`);
  });

  it('counts an EPContext model with an engine of ours, and none of other providers', () => {
    const targets = [target('rtx-4060')];
    const matrix = new MatrixCells(targets);
    const counter = new MatrixCounter(targets);
    const inside = factsOf(realHeader('1.7.1.116'));
    const ours: FileFacts = {
      ...inside,
      kind: 'epcontext',
      engines: [{ name: 'a', offset: 1, facts: inside, problem: '' }],
    };
    const other: FileFacts = { ...ours, engines: [], headerBytes: new Uint8Array(), header: null };
    for (const one of [ours, other]) counter.add(one.kind, matrix.row(one));
    const { engines, others, sentence } = counter.summary();
    assert.deepEqual([engines, others], [1, 1]);
    assert.match(sentence, /runs on/);
  });

  it('keeps an optional target from failing, and takes the severity that was chosen', () => {
    const row = new MatrixCells([target('gtx-1660-ti'), target('h200')]).row(
      factsOf(realHeader('1.7.1.116')),
    );
    const [turing, hopper] = row;
    assert.ok(turing && hopper);
    assert.equal(severityOfCell(turing, { required: true }), 'error');
    assert.equal(severityOfCell(turing, { required: false }), 'information');
    const id = 'unsupported-compute-capability';
    assert.equal(severityOfCell(turing, { required: true }, { [id]: 'warning' }), 'warning');
    assert.equal(severityOfCell(hopper, { required: true }, { [id]: 'off' }), 'ok');
  });

  it('says in one sentence how many run', () => {
    assert.equal(runSentence(12, 14, 3, 3), '12 of 14 engines run on all 3 targets.');
    assert.equal(runSentence(1, 1, 1, 2), 'The engine runs on the required target.');
    assert.equal(runSentence(0, 0, 1, 1), 'No engines were found.');
  });
});
