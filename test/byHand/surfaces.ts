/**
 * The pictures of docs/surfaces.md: what a person meets on a machine without a GPU, in a folder of engines of several
 * versions and of files of other programs, one picture for each flaw.
 *
 *   npx tsx test/byHand/surfaces.ts FOLDER [NAME…]
 *
 * Needs `npm run setup` and `npm run package`. The pictures "before" were taken by this file in a checkout of e42fe2a.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { writeSampleModel } from '../../scripts/makeSampleModel';
import { packagedVsix, repositoryRoot, startVSCode, temporaryFolder, Workbench } from '../harness';
import { writeEngine } from '../support/engineFiles';
import { newest, older } from '../support/releases';
import { launchBrowser } from '../webview/harness/browser';
import { startHarness } from '../webview/harness/server';

const size = { width: 1000, height: 620 };

function fill(folder: string): void {
  const put = (name: string, version: string): void => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    writeEngine(file, { version });
  };
  put('old.engine', older);
  put('good.engine', newest);
  put('better.engine', newest);
  put('net.plan', older);
  for (let at = 0; at < 6; at++) put(`farm/net${at}.engine`, older);
  for (let at = 0; at < 5; at++) put(`good/net${at}.engine`, newest);
  writeSampleModel(path.join(folder, 'old.onnx'));
  fs.writeFileSync(
    path.join(folder, 'pointer.engine'),
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 132735010\n`,
  );
  fs.mkdirSync(path.join(folder, 'other'));
  for (let at = 0; at < 14; at++) {
    fs.writeFileSync(
      path.join(folder, `other/page${at}.engine`),
      '<!doctype html><title>404</title>',
    );
  }
}

async function inVSCode(folder: string, chosen: readonly string[]): Promise<void> {
  const workspace = temporaryFolder();
  fill(workspace.path);
  const vscode = await startVSCode({
    workspace: workspace.path,
    extension: { vsix: packagedVsix },
    env: {
      LD_LIBRARY_PATH: path.join(repositoryRoot, '.deps/tensorrt-rtx', newest, 'tensorrt_rtx_libs'),
    },
  });
  const workbench = new Workbench(vscode);
  const { page } = workbench;
  await page.setViewportSize(size);
  const open = async (name: string) => {
    await workbench.openFile(name);
    await workbench.webview().locator('#headline').waitFor();
  };
  const type = (text: string) => workbench.quickInput().locator('input').first().fill(text);
  const palette = (text: string) => async () => {
    await page.keyboard.press('F1');
    await type(`>${text}`);
  };

  /** What is on screen before each of them: nothing but the Explorer. */
  const pictures: Record<string, () => Promise<unknown>> = {
    '16-plan': async () => {
      // The Engines view looks through the workspace.
      await workbench.showViewContainer('Engine Inspector');
      await page.waitForTimeout(4000);
    },
    '01-no-gpu': () => open('good.engine'),
    '02-engines-view': async () => {
      await workbench.showViewContainer('Engine Inspector');
      await workbench.treeRow('old.engine').or(workbench.treeRow('page')).first().waitFor();
    },
    '03-git-lfs': () => open('pointer.engine'),
    '04-compare': async () => {
      await open('good.engine');
      await workbench.runCommand('Engine Inspector: Compare Engines…');
      await workbench.pick('better.engine');
      await workbench
        .webview()
        .getByText('was loaded')
        .or(workbench.webview().getByText('not loaded'))
        .first()
        .waitFor();
      await page.waitForTimeout(2000);
    },
    '05-walkthrough': async () => {
      await workbench.runCommand('Welcome: Open Walkthrough');
      await workbench.quickPickRow('Engine Inspector').first().click();
    },
    '07-tensors': async () => {
      await open('good.engine');
      await workbench.webview().getByRole('tab', { name: 'Tensors' }).click();
    },
    '09-context-menu': async () => {
      await workbench.showViewContainer('Engine Inspector');
      const row = workbench.treeRow('.engine').first();
      await row.click();
      await workbench.webview().locator('#headline').waitFor();
      await row.click({ button: 'right' });
    },
    '10-fix-which': () => workbench.runCommand('Engine Inspector: Fix Engine Problem…'),
    '12-profile': async () => {
      await open('old.engine');
      await workbench.webview().getByRole('button', { name: 'Rebuild for' }).first().click();
      await workbench.quickPickRow('same name').waitFor();
      await page.keyboard.press('Enter');
      await workbench.question('image');
      await type('1x3x32');
    },
    '15-palette-validate': palette('validate'),
    '15-palette-rebuild': palette('rebuild'),
  };
  for (const [name, show] of Object.entries(pictures)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    await workbench.runCommand('View: Close All Editors');
    await workbench.showExplorer();
    await show();
    if (name !== '09-context-menu') await page.mouse.move(0, 0);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await workbench.runCommand('Notifications: Clear All Notifications');
  }
  await vscode.close();
  workspace.remove();
}

/** Of made reports, in a browser. */
async function pages(folder: string, chosen: readonly string[]): Promise<void> {
  const harness = await startHarness();
  const browser = await launchBrowser();
  const cases = {
    '13-several-reasons': 'several-reasons',
    '20-failed-run': 'run-failed',
  } as const;
  for (const [name, of] of Object.entries(cases)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    await page.goto(harness.url('dark-modern', of));
    await page.locator('h1').waitFor();
    await page.evaluate('document.fonts.ready.then(() => undefined)');
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    await page.close();
  }
  await browser.close();
  await harness.close();
}

async function main(folder: string, chosen: readonly string[]): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  await pages(folder, chosen);
  await inVSCode(folder, chosen);
}

const [folder = 'test-results/surfaces', ...chosen] = process.argv.slice(2);
void main(folder, chosen);
