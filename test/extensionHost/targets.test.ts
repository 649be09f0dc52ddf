/** Targets in the window: the status bar's summary, and the matrix that it opens. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/ids';
import { activated, closeEditors, inFolder, newest, putEngine, until } from './inVSCode';

describe('targets', () => {
  const file = inFolder('engine-inspector.json');
  const write = (config: object) => fs.writeFileSync(file.fsPath, JSON.stringify(config));
  const engines: vscode.Uri[] = [];

  before(() => {
    engines.push(
      putEngine('targets/a.engine', { version: newest }),
      putEngine('targets/large.engine', { version: newest, weightBytes: 9e9 }),
    );
  });
  after(async () => {
    await closeEditors();
    fs.rmSync(file.fsPath, { force: true });
    for (const { fsPath } of engines) fs.rmSync(fsPath);
  });

  it('are summed up in the status bar where engine-inspector.json names some, and only there', async () => {
    const { targets, reports, engines: workspace } = await activated();
    await workspace.checkAll();
    await until('the reports', () => engines.every((uri) => reports.get(uri)));
    assert.equal(targets.status.shown, null);
    write({ targets: ['rtx-5090', 'rtx-4060-laptop'], files: ['targets/*.engine'] });
    await until(
      'the summary',
      () => targets.status.shown === '1 of 2 engines run on all 2 targets.',
    );
    write({ targets: ['rtx-5090'], files: ['targets/*.engine'] });
    await until(
      'the new summary',
      () => targets.status.shown === '2 of 2 engines run on the target.',
    );
    fs.rmSync(file.fsPath);
    await until('no summary', () => targets.status.shown === null);
  });

  it('are a matrix that follows the file', async () => {
    const { targets } = await activated();
    write({ targets: ['rtx-5090', 'rtx-4060-laptop'], files: ['targets/*.engine'] });
    await vscode.commands.executeCommand(commands.showMatrix);
    const cells = () => {
      const model = targets.matrix?.shown;
      return model?.rows.map(({ cells: row }) => row.map((at) => model.cells[at]?.word)) ?? [];
    };
    await until(
      'the cells',
      () =>
        JSON.stringify(cells()) ===
          JSON.stringify([
            ['Runs', 'Runs'],
            ['Runs', 'Needs weight streaming'],
          ]) ||
        JSON.stringify(cells()) ===
          JSON.stringify([
            ['Runs', 'Needs weight streaming'],
            ['Runs', 'Runs'],
          ]),
    );
    write({ targets: ['gb10'], files: ['targets/*.engine'] });
    await until(
      'one column',
      () => cells().every((row) => row.length === 1) && cells().length === 2,
    );
    assert.equal(targets.status.shown !== null, true);
  });
});
