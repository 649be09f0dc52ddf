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
import { newest as outside, older as inWorkspace } from '../support/releases';

describe('Restricted Mode', () => {
  let folder: TemporaryFolder;
  let vscode: VSCode;
  let workbench: Workbench;

  before(async () => {
    folder = temporaryFolder();
    const put = (name: string): string => {
      const file = path.join(folder.path, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      return file;
    };
    // Three ways in which a workspace could make us load its library: settings, a Python environment, a known name.
    const library = put(
      '.venv/lib/python3.11/site-packages/tensorrt_rtx_libs/libtensorrt_rtx.so.1',
    );
    fs.copyFileSync(
      path.join(
        repositoryRoot,
        '.deps/tensorrt-rtx',
        inWorkspace,
        'tensorrt_rtx_libs/libtensorrt_rtx.so.1',
      ),
      library,
    );
    fs.writeFileSync(
      put('.vscode/settings.json'),
      JSON.stringify({
        'engineInspector.runtimePath': library,
        'engineInspector.runtimeChoice': 'matchEngine',
      }),
    );
    writeEngine(put('old.engine'), { version: inWorkspace });
    fs.writeFileSync(
      put('pointer.engine'),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 132735010\n`,
    );
    vscode = await startVSCode({
      workspace: folder.path,
      trusted: false,
      extension: { vsix: packagedVsix },
      env: {
        LD_LIBRARY_PATH: path.join(
          repositoryRoot,
          '.deps/tensorrt-rtx',
          outside,
          'tensorrt_rtx_libs',
        ),
      },
    });
    workbench = new Workbench(vscode);
  });

  after(async () => {
    await vscode?.close();
    folder?.remove();
  });

  it('opens the page and asks the runtime from outside the workspace only', async () => {
    await workbench.statusBarItem('Restricted Mode').waitFor();
    await workbench.openFile('old.engine');
    const page = workbench.webview().locator('body');
    await page.getByText(outside).first().waitFor();
    await workbench.showViewContainer('Engine Inspector');
    await workbench.treeRow(`TensorRT-RTX ${outside}`).waitFor();
    assert.equal(await workbench.treeRow(`TensorRT-RTX ${inWorkspace}`).count(), 0);
    await workbench.picture('restricted-mode');
    const logs = Object.values(vscode.server.extensionHostLogs()).join('\n');
    assert.match(logs, new RegExp(outside.replaceAll('.', '\\.')));
    assert.ok(!logs.includes(path.join(folder.path, '.venv')), 'its library was looked at');
  });

  it('copies the command of git, and says so before, in the page and where fixes are asked for', async () => {
    await workbench.openFile('pointer.engine');
    const named = 'Copy git lfs pull Command';
    const button = workbench.webview().getByRole('button', { name: named });
    await button.waitFor();
    await workbench.picture('restricted-lfs');
    await workbench.runCommand('Engine Inspector: Fix Engine Problem…');
    await workbench.quickPickRow(named).first().waitFor();
    await workbench.page.keyboard.press('Escape');
    await workbench.quickInput().waitFor({ state: 'hidden' });
    await button.click();
    await workbench.notification('The command was copied').waitFor();
    assert.match(await workbench.clipboard(), /^git lfs pull '?--include=pointer\.engine'?$/);
    assert.equal(await workbench.page.locator('.single-terminal-tab').count(), 0);
  });
});
