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

describe('the packaged extension in VS Code', () => {
  let folder: TemporaryFolder;
  let vscode: VSCode;
  let workbench: Workbench;

  before(async () => {
    folder = temporaryFolder();
    fs.writeFileSync(path.join(folder.path, 'empty.engine'), '');
    vscode = await startVSCode({ workspace: folder.path, extension: { vsix: packagedVsix } });
    workbench = new Workbench(vscode);
  });

  after(async () => {
    await vscode?.close();
    folder?.remove();
  });

  it('opens an .engine in our editor', async () => {
    await workbench.openFile('empty.engine');
    await workbench.webview().locator('#headline').waitFor();
    await workbench.picture('empty-engine');
  });
});
