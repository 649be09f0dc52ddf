import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import {
  Workbench,
  packagedVsix,
  repositoryRoot,
  startVSCode,
  temporaryFolder,
  type TemporaryFolder,
  type VSCode,
} from '../harness';
import { writeEngine } from '../support/engineFiles';
import { newest, older } from '../support/releases';

const library = (version: string): string =>
  path.join(repositoryRoot, '.deps/tensorrt-rtx', version, 'tensorrt_rtx_libs');

describe('Fix Engine Problem, as a person reaches it', () => {
  let folder: TemporaryFolder;
  let vscode: VSCode;
  let workbench: Workbench;

  before(async () => {
    folder = temporaryFolder();
    writeEngine(path.join(folder.path, 'old.engine'), { version: older });
    writeEngine(path.join(folder.path, 'other.engine'), { version: older });
    fs.writeFileSync(path.join(folder.path, 'page.engine'), '<!doctype html><title>404</title>');
    vscode = await startVSCode({
      workspace: folder.path,
      extension: { vsix: packagedVsix },
      env: { LD_LIBRARY_PATH: [library(newest), library(older)].join(':') },
    });
    workbench = new Workbench(vscode);
    await workbench.openFile('old.engine');
    await workbench.webview().locator('#headline').waitFor();
  });

  after(async () => {
    await vscode?.close();
    folder?.remove();
  });

  /** The quick pick is open and offers remedies. */
  async function offered(): Promise<void> {
    await workbench.quickPickRow(`Use Runtime ${older}`).waitFor();
  }
  async function dismissed(): Promise<void> {
    await workbench.page.keyboard.press('Escape');
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  it('by Ctrl+. in the page', async () => {
    await workbench.webview().locator('#headline').click();
    await workbench.page.keyboard.press('Control+.');
    await offered();
    await workbench.picture('fix-quick-pick');
    await dismissed();
  });

  it("by the button in the editor's title", async () => {
    await workbench.editorAction('Fix Engine Problem').click();
    await offered();
    await dismissed();
  });

  it('by the context menu of the Explorer', async () => {
    await workbench.showExplorer();
    await workbench.contextMenu(await workbench.shownRow('old.engine'), 'Fix Engine Problem…');
    await offered();
    await dismissed();
  });

  it('by the inline action of the Engines view', async () => {
    await workbench.showViewContainer('Engine Inspector');
    const row = workbench.treeRow('old.engine').first();
    await row.waitFor();
    await workbench.picture('engines-view');
    await workbench.treeAction(row, 'Fix Engine Problem');
    await offered();
    await dismissed();
  });

  it('by Ctrl+. in the header as text', async () => {
    await workbench.runCommand('Engine Inspector: Show Header as Text');
    const line = workbench.textLine('01 06 01 78');
    await line.waitFor();
    await workbench.page
      .locator('.codelens-decoration', { hasText: 'Fix Engine Problem' })
      .waitFor();
    await workbench.picture('header-text');
    await line.click();
    await workbench.page.keyboard.press('Control+.');
    await offered();
    await dismissed();
  });

  it('by the button in the title of Problems, for the engine in front or another', async () => {
    await workbench.showProblems();
    await workbench.page
      .locator('.panel .title-actions .action-label[aria-label^="Fix Engine Problem"]')
      .click();
    await offered();
    await workbench.pick('Another engine…');
    await workbench.quickPickRow('other.engine').waitFor();
    // A web page has no fix.
    assert.equal(await workbench.quickPickRow('page.engine').count(), 0);
    await workbench.pick('other.engine');
    await offered();
    await dismissed();
  });

  it('by the link of a problem of a closed file; the runtime that matches cures it', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.showProblems();
    await workbench.picture('problems');
    const sentence = `built by TensorRT-RTX ${older}`;
    await workbench.problem(sentence).first().waitFor();
    await workbench.problemLink(sentence).click();
    await offered();
    await workbench.pick(`Use Runtime ${older}`);
    await workbench.answer(
      "Check each engine with the runtime of the engine's own version?",
      "Match the Engine's Version",
    );
    await workbench.problem(sentence).first().waitFor({ state: 'detached' });
    assert.equal(await workbench.problem(sentence).count(), 0);
    await workbench.showViewContainer('Engine Inspector');
    await workbench.picture('cured');
  });
});
