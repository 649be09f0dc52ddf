/** GPU memory on screen: status bar item, tooltip and view, on a machine made by the stand-in NVML. */
import assert from 'node:assert/strict';
import * as path from 'node:path';

import {
  packagedVsix,
  startVSCode,
  temporaryFolder,
  Workbench,
  type TemporaryFolder,
  type Theme,
  type VSCode,
} from '../harness';
import { compileStandInNvml, StandInNvml } from '../standIns/nvml/standInNvml';
import { writeEngine } from '../support/engineFiles';
import { newest } from '../support/releases';

const GiB = 1024n ** 3n;
const hostile = '[click](command:workbench.action.terminal.new) <b>x</b> | `y` $(trash)';

describe('GPU memory on screen', () => {
  let folder: TemporaryFolder;
  let nvml: StandInNvml;
  let vscode: VSCode;
  let workbench: Workbench;

  before(() => {
    folder = temporaryFolder();
    nvml = new StandInNvml(folder.path, compileStandInNvml(folder.path));
    const gpu = { name: 'NVIDIA GeForce RTX 4060', total: 8n * GiB, used: 6n * GiB, util: 34 };
    nvml.become({
      gpus: [
        {
          ...gpu,
          uuid: 'GPU-0',
          processes: [
            { pid: 4711, memory: 4n * GiB, name: '/usr/bin/python3 train.py' },
            { pid: 815, memory: GiB, name: hostile },
          ],
        },
        { ...gpu, uuid: 'GPU-1', used: GiB, util: 0 },
      ],
    });
    const version = newest;
    writeEngine(path.join(folder.path, 'large.engine'), { version, weightBytes: 3 * 1024 ** 3 });
  });
  after(() => folder.remove());
  afterEach(() => vscode.close());

  for (const theme of ['dark', 'light'] satisfies Theme[]) {
    it(`item, tooltip and view in ${theme}`, async () => {
      vscode = await startVSCode({
        workspace: folder.path,
        extension: { vsix: packagedVsix },
        env: nvml.environment,
        theme,
      });
      workbench = new Workbench(vscode);
      const { page } = vscode;
      await workbench.openFile('large.engine');
      const item = page.locator('.statusbar-item', { hasText: '6.0/8.0 GiB, does not fit now' });
      await item.waitFor();

      await item.hover();
      const tooltip = page.locator('.monaco-hover', { hasText: 'python3 train.py' });
      await tooltip.waitFor();
      const text = await tooltip.innerText();
      assert.match(text, /6\.0\/8\.0 GiB in use, 2\.0 GiB free, 34 % busy/);
      assert.match(text, /Does not fit now: its weights need 3\.0 GiB/);
      assert.ok(text.includes(hostile.slice(0, 40)), text);
      const links = await tooltip.locator('a').allInnerTexts();
      assert.deepEqual(links, ['Show GPU memory', 'Choose GPU…']);
      await workbench.picture(`gpu-tooltip-${theme}`);

      await item.click();
      const view = workbench.webview();
      await view.locator('h1', { hasText: '2.0 GiB of 8.0 GiB free' }).waitFor();
      await view.locator('canvas').first().waitFor();
      await view.locator('[data-fit=does-not-fit-now]').waitFor();
      await workbench.picture(`gpu-view-${theme}`);
    });
  }
});
