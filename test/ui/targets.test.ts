/** Targets on screen: the Engines view by target, the status bar's summary, and the matrix that it opens. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { writeEngine, type EngineFile } from '../support/engineFiles';
import { newest, older } from '../support/releases';
import { axeFindings, inEveryTheme, useVSCode } from './support/useVSCode';

describe('targets on screen', () => {
  const used = useVSCode('targets', (folder) => {
    const put = (name: string, engine: EngineFile) => {
      const file = path.join(folder, 'models', name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      writeEngine(file, engine);
    };
    put('detector.engine', { version: newest, weightBytes: 2e9 });
    put('lastYear.engine', { version: older });
    put('vision/large.engine', { version: newest, weightBytes: 9e9 });
    put('vision/small.engine', { version: newest, weightBytes: 4e8 });
    fs.writeFileSync(path.join(folder, 'models/readme.engine'), 'Put engines here.');
    const targets = ['rtx-5090', 'rtx-4060-laptop', { board: 'gtx-1660-ti', required: false }];
    fs.writeFileSync(
      path.join(folder, 'engine-inspector.json'),
      JSON.stringify({ targets, tensorrtRtx: newest.split('.').slice(0, 3).join('.') }),
    );
    return {};
  });
  const summary = '2 of 4 engines run on all 2 required targets';

  it('are groups of the Engines view, and summed up in the status bar', async () => {
    const { workbench } = used;
    await workbench.showViewContainer('Engine Inspector');
    await workbench.treeRow('detector.engine').first().waitFor();
    await workbench.runCommand('Engine Inspector: Group Engines…');
    await workbench.pick('Group by Target');
    for (const theme of ['dark', 'light', 'high-contrast', 'high-contrast-light'] as const) {
      await workbench.useTheme(theme);
      await workbench.treeRow("1 of 4 doesn't run").waitFor();
      await workbench.treeRow("2 of 4 don't run").waitFor();
      await workbench.treeRow('needs weight streaming').waitFor();
      await workbench.treeRow("4 of 4 don't run").waitFor();
      await workbench.statusBarItem(summary).waitFor();
      await workbench.picture('targets-views');
    }
    await workbench.useTheme('dark');
  });

  it('open the matrix from the status bar', async () => {
    const { workbench } = used;
    await workbench.statusBarItem(summary).click();
    await inEveryTheme(workbench, 'targets-matrix', async (page) => {
      await page.getByText('large.engine').first().waitFor();
      assert.deepEqual(await axeFindings(workbench), []);
    });
  });
});
