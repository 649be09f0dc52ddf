import assert from 'node:assert/strict';
import * as path from 'node:path';

import { packagedVsix, repositoryRoot, startVSCode, Workbench, type VSCode } from '../harness';
import { newest } from '../support/releases';

const library = path.join(repositoryRoot, '.deps/tensorrt-rtx', newest, 'tensorrt_rtx_libs');

describe('Get Started: from an empty window to a cured engine, by keyboard alone', () => {
  let vscode: VSCode;
  let workbench: Workbench;
  const key = (name: string) => workbench.page.keyboard.press(name);

  before(async () => {
    vscode = await startVSCode({
      workspace: null,
      extension: { vsix: packagedVsix },
      env: { LD_LIBRARY_PATH: library },
    });
    workbench = new Workbench(vscode);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('walkthrough-failed');
  });
  after(async () => vscode?.close());

  const done = (title: string) =>
    workbench.page
      .locator('.getting-started-step', { hasText: title })
      .locator('.complete')
      .first();

  /** F1, a part of the title, Enter. */
  async function command(title: string): Promise<void> {
    await key('F1');
    await workbench.page.keyboard.type(title);
    await workbench.quickPickRow(title).first().waitFor();
    await key('Enter');
  }

  it('makes the sample from the first step, and opens it', async () => {
    await command('Welcome: Open Walkthrough');
    await workbench.quickPickRow('Get Started with Engine Inspector').waitFor();
    await workbench.page.keyboard.type('Get Started with Engine');
    await key('Enter');
    const button = workbench.page.getByRole('button', {
      name: 'Try the Sample',
      exact: true,
    });
    await button.waitFor();
    await workbench.picture('walkthrough-start');
    const focused = workbench.page.locator(':focus', { hasText: /^Try the Sample$/ });
    for (let steps = 0; steps < 60; steps++) {
      if ((await focused.count()) > 0) break;
      await key('Tab');
    }
    await key('Enter');
    await workbench.notification('Building the sample').waitFor();
    await workbench.page.waitForURL(/folder=.*sample/, { timeout: 60_000 });
    await workbench.page
      .locator('.getting-started-step', { hasText: 'Fix what does not run' })
      .waitFor({ timeout: 60_000 });
  });

  it('checks, and ticks off what really is so', async () => {
    const told = workbench.notification('2 engines checked: 1 damaged or incomplete');
    // A window that has just opened its folder may not list the files yet; a person asks again.
    for (let attempt = 1; ; attempt++) {
      await command('Engine Inspector: Check All Engines');
      try {
        await told.waitFor({ timeout: 10_000 });
        break;
      } catch (error) {
        if (attempt === 4) throw error;
      }
    }
    await done('Open a folder or try the sample').waitFor();
    await done('Find TensorRT-RTX').waitFor();
    await done('Check your engines').waitFor();
    assert.equal(await done('Fix what does not run').count(), 0);
    for (const theme of ['light', 'high-contrast', 'dark'] as const) {
      await workbench.useTheme(theme);
      await workbench.picture('walkthrough-checked');
    }
  });

  it('cures the engine that is cut short', async () => {
    await command('Engine Inspector: Fix Engine Problem');
    await workbench.question('incomplete');
    await workbench.quickPickRow('Rebuild for This Machine').waitFor();
    await key('Enter');
    await workbench.notification('cut-short.engine').filter({ hasText: 'built' }).waitFor();
    await done('Fix what does not run').waitFor();
    await workbench.picture('walkthrough-cured');
  });
});
