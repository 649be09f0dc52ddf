import assert from 'node:assert/strict';

import { runReports } from '../../../test/webview/harness/runReports';
import { runJson } from '../../core/run/runJson';
import type { RunReport } from '../../core/run/runReport';
import { printedJson } from '../../core/text/printableJson';
import { importedRun } from './importRun';

const printed = (report: RunReport): string => printedJson(runJson(report));

describe('a run of another machine', () => {
  it('is read as it was printed, of every kind', () => {
    for (const report of Object.values(runReports)) {
      const imported = importedRun(printed(report), 'here');
      assert.ok(imported, report.id);
      assert.equal(imported.id, 'here');
      // Printed again it is the same: nothing that is printed was lost.
      assert.deepEqual({ ...runJson(imported), id: report.id }, runJson(report));
    }
  });

  it('names no file that would be read here', () => {
    const source = { kind: 'file', path: '//server/share/in.npy' } as const;
    const choices = {
      ...runReports.plain.choices,
      inputs: [{ name: 'input', shape: null, source }],
    };
    const imported = importedRun(printed({ ...runReports.plain, choices }), 'here');
    assert.deepEqual(imported?.choices.inputs[0]?.source, { kind: 'random', seed: 0 });
    assert.ok(imported.attempts.every(({ outputs }) => outputs.every((one) => !one.dataPath)));
  });

  it('keeps NaN and infinity, and texts printable', () => {
    const text = printed(runReports.plain).replace('"mean": 0.0002', '"mean": "NaN"');
    assert.equal(importedRun(text, 'here')?.inputs[0]?.mean, NaN);
    const hostile = printed(runReports.plain).replace('MADE-UP', '\\u202eMADE-UP');
    assert.ok(!importedRun(hostile, 'here')?.gpu?.name.includes('\u202e'));
  });

  it('is nothing else', () => {
    for (const text of ['', '[]', '{}', 'null', '{"error": {"code": "x"}}', '{"schema": 1}']) {
      assert.equal(importedRun(text, 'here'), null, text);
    }
    const later = printed(runReports.plain).replace('"schema": 1', '"schema": 2');
    assert.equal(importedRun(later, 'here'), null);
    const timeless = printed(runReports.plain).replace(
      /"startedAt": "[^"]*"/,
      '"startedAt": "soon"',
    );
    assert.equal(importedRun(timeless, 'here'), null);
  });
});
