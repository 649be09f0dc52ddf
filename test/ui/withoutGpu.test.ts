/** What a person meets on a machine without a GPU, with engines of several versions: nothing that leads nowhere. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { repositoryRoot } from '../harness';
import { writeEngine } from '../support/engineFiles';
import { newest, older } from '../support/releases';
import { useVSCode } from './support/useVSCode';

const library = path.join(repositoryRoot, '.deps/tensorrt-rtx', newest, 'tensorrt_rtx_libs');
const otherVersion = 'Built by another version';

describe('Without a GPU', () => {
  const used = useVSCode('without-gpu', (folder) => {
    const put = (name: string, version: string): void => {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeEngine(path.join(folder, name), { version });
    };
    put('old.engine', older);
    put('farm/second.engine', older);
    put('good.engine', newest);
    put('better.engine', newest);
    put('net.plan', older);
    fs.writeFileSync(
      path.join(folder, 'pointer.engine'),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 132735010\n`,
    );
    return { env: { LD_LIBRARY_PATH: library } };
  });

  const toasts = () => used.workbench.page.locator('.notification-toast');
  const tab = (name: string) => used.workbench.webview().getByRole('tab', { name });
  async function dismissed(): Promise<void> {
    await used.workbench.page.keyboard.press('Escape');
    await used.workbench.quickInput().waitFor({ state: 'hidden' });
  }
  async function closeAll(): Promise<void> {
    await used.workbench.runCommand('View: Close All Editors');
    await used.workbench.runCommand('Notifications: Clear All Notifications');
    await toasts().first().waitFor({ state: 'detached' });
  }

  it('offers its editor once for an engine with the name of another program', async () => {
    const { workbench } = used;
    await workbench.showViewContainer('Engine Inspector');
    await workbench.notification('net.plan is a TensorRT-RTX engine').waitFor();
    await workbench.picture('without-gpu-plan');
    await workbench.treeRow('net.plan').waitFor();
  });

  it('groups engines by reason, with one fix for all of a group', async () => {
    const { workbench } = used;
    await closeAll();
    const group = workbench.treeRow(otherVersion);
    await group.waitFor();
    await workbench.treeRow('Nothing wrong, but no GPU here').waitFor();
    await workbench.treeAction(group, 'Fix All with This Reason');
    const row = workbench.quickPickRow('Rebuild for This Machine');
    await row.filter({ hasText: '3 of 3 engines' }).waitFor();
    await workbench.picture('without-gpu-fix-all');
    await dismissed();
  });

  it('has what can be done with an engine in its context menu', async () => {
    const { workbench } = used;
    const row = workbench.treeRow('old.engine').first();
    await row.click({ button: 'right' });
    const entries = workbench.page.locator('.monaco-menu .action-item');
    for (const entry of [
      'Fix Engine Problem…',
      'Check Engine (Validate)',
      'Compare Engines…',
      'Reveal in Explorer View',
    ]) {
      await entries.filter({ hasText: entry }).first().waitFor();
    }
    await workbench.picture('without-gpu-context-menu');
    await workbench.page.keyboard.press('Escape');
    await workbench.contextMenu(row, 'Copy Path');
    await workbench.page.waitForFunction(
      `navigator.clipboard.readText().then((text) => text === ${JSON.stringify(used.inFolder('old.engine'))})`,
    );
  });

  it('finds checking and building in the palette while no engine is open, by any of their names', async () => {
    const { workbench } = used;
    await closeAll();
    const build = 'Engine Inspector: Build Engine from ONNX Model…';
    const check = 'Engine Inspector: Check Engine (Validate)';
    await workbench.page.keyboard.press('F1');
    for (const [typed, title] of [
      ['onnx', build],
      ['build', build],
      ['rebuild', 'Engine Inspector: Rebuild…'],
      ['check', check],
      ['check', 'Engine Inspector: Check All Engines in Workspace'],
      ['validate', check],
    ] as const) {
      await workbench.quickInput().locator('input').first().fill(`>${typed}`);
      await workbench.quickPickRow(title).first().waitFor();
    }
    await workbench.picture('without-gpu-palette');
    await dismissed();
  });

  it('asks which engine is checked, and shows what came of it', async () => {
    const { workbench } = used;
    await workbench.runCommand('Engine Inspector: Check Engine (Validate)');
    await workbench.pick('old.engine');
    await workbench.webview().locator('#headline', { hasText: 'another version' }).waitFor();
    await closeAll();
  });

  it('asks which engine is rebuilt', async () => {
    const { workbench } = used;
    await workbench.runCommand('Engine Inspector: Rebuild…');
    await workbench.quickInput().filter({ hasText: 'Rebuild which engine?' }).waitFor();
    await workbench.quickPickRow('good.engine').waitFor();
    await workbench.picture('without-gpu-which-engine');
    await dismissed();
  });

  it('asks for a fix only among engines that have one, found by their folder too', async () => {
    const { workbench } = used;
    await workbench.runCommand('Engine Inspector: Fix Engine Problem…');
    await workbench.question('Which engine?');
    await workbench.quickPickRow('pointer.engine').waitFor();
    assert.equal(await workbench.quickPickRow('good.engine').count(), 0);
    await workbench.quickInput().locator('input').first().fill('farm');
    await workbench.quickPickRow('old.engine').waitFor({ state: 'detached' });
    await workbench.quickPickRow('second.engine').waitFor();
    await workbench.picture('without-gpu-fix-which');
    await dismissed();
  });

  it('runs git lfs pull where the button says so', async () => {
    const { workbench } = used;
    await workbench.openFile('pointer.engine');
    await workbench.webview().getByRole('button', { name: 'Fetch with git lfs pull' }).click();
    // Whether Git LFS is installed or not: the task has a terminal.
    await workbench.page.locator('.single-terminal-tab', { hasText: 'git lfs pull' }).waitFor();
    await workbench.picture('without-gpu-lfs');
    await workbench.runCommand('View: Toggle Panel Visibility');
  });

  it('says before an engine is loaded what that needs, and what works without', async () => {
    const { workbench } = used;
    await workbench.openFile('good.engine');
    await workbench.webview().locator('#headline', { hasText: 'Nothing is wrong' }).waitFor();
    await workbench.picture('without-gpu-page');
    await tab('Tensors').click();
    await workbench.webview().getByText('Loading needs an NVIDIA GPU').waitFor();
    await workbench.picture('without-gpu-tensors');
    await tab('Run').click();
    await workbench
      .webview()
      .getByRole('button', { name: 'Run the Model with ONNX Runtime' })
      .waitFor();
    await workbench.picture('without-gpu-run');
  });

  it('says on the page of two engines, and only there, that they cannot be loaded', async () => {
    const { workbench } = used;
    await closeAll();
    await workbench.openFile('good.engine');
    await workbench.webview().locator('#headline').waitFor();
    await workbench.runCommand('Engine Inspector: Compare Engines…');
    await workbench.quickInput().filter({ hasText: 'Compare good.engine with' }).waitFor();
    await workbench.pick('better.engine');
    await workbench.webview().getByText('needs an NVIDIA GPU').waitFor();
    await workbench.picture('without-gpu-compare');
    assert.equal(await toasts().count(), 0);
  });
});
