/**
 * The packaged VSIX in a folder that tries to have its code run, watched from outside (strace): without a click nothing of
 * the folder is started or loaded, and nothing in it changes. In Restricted Mode it is opened through a link.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import {
  Workbench,
  packagedVsix,
  startVSCode,
  temporaryFolder,
  type TemporaryFolder,
  type VSCode,
} from '../harness';
import { libraryOf } from '../support/builtEngines';
import { folderState } from '../support/folderState';
import { makeHostile } from '../support/hostileWorkspace';
import { older } from '../support/releases';
import { below, readTrace, underStrace } from '../support/strace';

for (const trusted of [false, true]) {
  describe(`a hostile workspace ${trusted ? 'that is trusted' : 'in Restricted Mode, opened through a link'}`, () => {
    let workspace: TemporaryFolder;
    let elsewhere: TemporaryFolder;
    let vscode: VSCode | undefined;
    let output: string;
    let before_: string;

    before(() => {
      workspace = temporaryFolder();
      elsewhere = temporaryFolder();
      makeHostile(workspace.path);
      output = path.join(elsewhere.path, 'trace');
      before_ = folderState(workspace.path);
    });
    after(async () => {
      await vscode?.close();
      workspace?.remove();
      elsewhere?.remove();
    });

    it('is looked at: its engine, header, recipe, trees and problems', async () => {
      const link = path.join(elsewhere.path, 'opened');
      fs.symlinkSync(workspace.path, link);
      vscode = await startVSCode({
        workspace: trusted ? workspace.path : link,
        trusted,
        extension: { vsix: packagedVsix },
        // An empty folder of the list is the current one.
        cwd: workspace.path,
        env: { LD_LIBRARY_PATH: `:${path.dirname(libraryOf(older))}:lib` },
        under: underStrace(output),
      });
      const workbench = new Workbench(vscode);
      await workbench.openFile('old.engine');
      // The user's own library answered, and not the newer one of the folder.
      await workbench.webview().locator('body').getByText(older).first().waitFor();
      await workbench.showViewContainer('Engine Inspector');
      await workbench.treeRow(`TensorRT-RTX ${older}`).waitFor();
      await workbench.runCommand('Engine Inspector: Check All Engines in Workspace');
      await workbench.showProblems();
      await workbench.openFile('old.engine.json');
    });

    it('has no program of its started, and none of its libraries loaded', async () => {
      await vscode?.close();
      vscode = undefined;
      const { programs, code } = readTrace(output);
      assert.deepEqual(below(workspace.path, programs), []);
      assert.deepEqual(below(workspace.path, code), []);
      // It was watched where libraries are loaded.
      assert.deepEqual(below(path.dirname(libraryOf(older)), code).length > 0, true);
    });

    it('is as it was', () => {
      assert.equal(folderState(workspace.path), before_);
    });
  });
}
