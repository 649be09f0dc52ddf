import assert from 'node:assert/strict';
import * as path from 'node:path';

import type { Locator } from 'playwright-core';

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

  /** F1, the title, Enter on its row, which is the first. */
  const command = (title: string) =>
    workbench.runCommand(title, async (row) => {
      await row.and(workbench.page.locator('.focused')).waitFor({ timeout: 5000 });
      await key('Enter');
    });

  /** Does it, again where nothing came of it: the window that has just opened its folder takes the focus for the walkthrough. */
  async function untilSeen(outcome: Locator, action: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await action();
      try {
        await outcome.first().waitFor({ timeout: 15_000 });
        return;
      } catch (error) {
        if (attempt === 3) throw error;
        await key('Escape');
      }
    }
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
    // The build takes less than its notification needs to be seen.
    await workbench.page.waitForURL(/folder=.*sample/, { timeout: 60_000 });
    await workbench.page
      .locator('.getting-started-step', { hasText: 'Fix what does not run' })
      .waitFor({ timeout: 60_000 });
  });

  it('checks, and ticks off what really is so', async () => {
    const told = workbench.notification('2 engines checked: 1 damaged or incomplete');
    await untilSeen(told, () => command('Engine Inspector: Check All Engines in Workspace'));
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
    await untilSeen(done('Fix what does not run'), async () => {
      await command('Engine Inspector: Fix Engine Problem…');
      await workbench.question('incomplete');
      await workbench
        .quickPickRow('Rebuild for This Machine')
        .and(workbench.page.locator('.focused'))
        .waitFor();
      await key('Enter');
    });
    await workbench.notification('cut-short.engine').filter({ hasText: 'built' }).waitFor();
    await workbench.picture('walkthrough-cured');
  });
});
