/** Inspecting, running, sweeping and comparing as a person does it, on the stand-in machine. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';

import type { Theme } from '../harness';
import { standInMachine, type StandInComputer } from '../standIns/standIns';
import { putRecipe, putStandInEngine, writeNpy } from '../support/standInFolder';
import { axeFindings, dropOn, inEveryTheme, useVSCode } from './support/useVSCode';

const pictured: readonly Theme[] = ['dark', 'light', 'high-contrast'];
const slow = { timeout: 60_000 };

describe('inside an engine, as a person looks and runs', () => {
  let machine: StandInComputer;
  const used = useVSCode('inside', (folder) => {
    machine = standInMachine();
    putStandInEngine(folder, 'upscaler.engine', { layers: 40 });
    putRecipe(folder, 'upscaler.engine', { sha256: true });
    putStandInEngine(folder, 'half.engine', { layers: 38, half: true, weightBytes: 4_000_000 });
    putStandInEngine(folder, 'changed.engine', { layers: 5 });
    putRecipe(folder, 'changed.engine', { sha256: 'ab'.repeat(32) });
    return { env: machine.environment };
  });
  after(() => machine.dispose());

  beforeEach(async () => {
    machine.configure({ faults: {} });
    await used.workbench.page.keyboard.press('Escape');
    await used.workbench.runCommand('Notifications: Clear All Notifications');
  });

  const page = () => used.workbench.webview();
  const tab = (name: string) => page().getByRole('tab', { name });
  const button = (action: string) => page().locator(`[data-action="${action}"]`).first();

  it('inspects from the Explorer', async () => {
    const { workbench } = used;
    const row = await workbench.shownRow('upscaler.engine');
    await workbench.contextMenu(row, 'Engine Inspector', 'Inspect Engine…');
    await page().getByText('picture').first().waitFor(slow);
    assert.equal(await tab('Tensors').getAttribute('aria-selected'), 'true');
    await inEveryTheme(
      workbench,
      'inside-2-tensors',
      async (shown) => {
        await shown.getByText('image').first().waitFor();
        assert.deepEqual(await axeFindings(workbench), []);
      },
      pictured,
    );
    assert.equal(machine.memoryInUse(), 0);
  });

  it('shows the layers', async () => {
    const { workbench } = used;
    await tab('Layers').click();
    await inEveryTheme(
      workbench,
      'inside-3-layers',
      async (shown) => {
        await shown.getByRole('grid').or(shown.getByRole('table')).first().waitFor();
        assert.deepEqual(await axeFindings(workbench), []);
      },
      pictured,
    );
  });

  it('runs, with a budget from the slider', async () => {
    const { workbench } = used;
    await tab('Run').click();
    const slider = page().getByRole('slider', { name: 'Weight streaming budget' });
    await slider.waitFor();
    await slider.focus();
    await workbench.page.keyboard.press('Home');
    await workbench.picture('inside-4-form');
    await button('run').click();
    await page().getByText('median').first().waitFor(slow);
    await inEveryTheme(
      workbench,
      'inside-5-run',
      async (shown) => {
        await shown.locator('canvas').first().waitFor();
        assert.deepEqual(await axeFindings(workbench), []);
      },
      pictured,
    );
    assert.equal(machine.memoryInUse(), 0);
  });

  it('compares its outputs with ONNX Runtime', async () => {
    const { workbench } = used;
    await button('compare').click();
    await page().getByText('Agrees').first().waitFor(slow);
    await page().getByText('Agrees').first().scrollIntoViewIfNeeded();
    await inEveryTheme(
      workbench,
      'inside-6-compared',
      (shown) => shown.getByText('Agrees').first().waitFor(),
      pictured,
    );
  });

  it('sweeps budgets', async () => {
    const { workbench } = used;
    await button('sweep').click();
    await page().getByText('best trade-off', { exact: false }).first().waitFor(slow);
    await inEveryTheme(
      workbench,
      'inside-7-sweep',
      async (shown) => {
        await shown.getByText('best trade-off', { exact: false }).first().waitFor();
        assert.deepEqual(await axeFindings(workbench), []);
      },
      pictured,
    );
  });

  it('takes a file that is dropped on an input, and says what is wrong with one', async () => {
    const { workbench } = used;
    const drop = (name: string) => dropOn(workbench, '.run-input', used.inFolder(name));
    const values = (shape: number[]) => new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5);
    writeNpy(used.inFolder('bad.npy'), [1, 4, 16, 16], values([1, 4, 16, 16]));
    writeNpy(used.inFolder('good.npy'), [1, 3, 16, 16], values([1, 3, 16, 16]));
    await drop('bad.npy');
    const refusal = page().getByRole('alert').filter({ hasText: 'bad.npy' });
    await refusal.waitFor();
    await refusal.scrollIntoViewIfNeeded();
    await workbench.picture('inside-8-dropped-bad');
    await drop('good.npy');
    await page().getByText('good.npy: float32').first().waitFor();
    await workbench.picture('inside-8-dropped');
    await button('run').click();
    await page().getByText('1×3×16×16 float32').first().waitFor(slow);
    for (const name of ['bad.npy', 'good.npy']) fs.rmSync(used.inFolder(name));
  });

  it('keeps its runs when the window is loaded anew', async () => {
    const { workbench, vscode } = used;
    await vscode.reload();
    await workbench.openFile('upscaler.engine');
    await tab('Run').click();
    await page().getByText('Sweep, 5 budgets').first().waitFor(slow);
    await workbench.picture('inside-8-recent');
  });

  it('cancels a run that does not end', async () => {
    const { workbench } = used;
    await tab('Tensors').click();
    await button('inspect').click();
    await page().getByText('picture').first().waitFor(slow);
    await tab('Run').click();
    machine.configure({ faults: { hang_enqueue: 1 } });
    await button('run').click();
    const item = workbench.statusBarItem('Running upscaler.engine');
    await item.waitFor();
    await workbench.picture('inside-9-running');
    await workbench.runCommand('Engine Inspector: Cancel Inspection or Run');
    await item.waitFor({ state: 'hidden' });
    await button('run').waitFor();
    assert.equal(machine.memoryInUse(), 0);
    assert.equal(await workbench.page.locator('.notification-toast').count(), 0);
  });

  it('shows what failed on the GPU in the page, and nowhere else', async () => {
    const { workbench } = used;
    machine.configure({ faults: { lost_launch: 3 } });
    await button('run').click();
    await page().getByText('719').first().waitFor(slow);
    await workbench.picture('inside-10-lost');
    assert.equal(await workbench.page.locator('.notification-toast').count(), 0);
  });

  it('asks before it loads an engine that is not the one that was built', async () => {
    const { workbench } = used;
    await workbench.openFile('changed.engine');
    await page().locator('#headline').waitFor();
    await workbench.runCommand('Engine Inspector: Inspect Engine…');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText('not the engine that was built').first().waitFor();
    assert.match(await dialog.innerText(), new RegExp('ab'.repeat(32)));
    await workbench.picture('inside-11-changed');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await button('inspect').waitFor();
    assert.equal(machine.memoryInUse(), 0);
  });

  it('compares two engines side by side', async () => {
    const { workbench } = used;
    await workbench.runCommand('View: Close All Editors');
    await workbench.contextMenuOfFiles(['half.engine', 'upscaler.engine'], 'Compare Engines…');
    await page().getByText('upscaler.engine').first().waitFor(slow);
    await inEveryTheme(
      workbench,
      'inside-12-compare',
      async (shown) => {
        await shown.getByText('upscaler.engine').first().waitFor();
        await shown.getByText('half.engine').first().waitFor();
        assert.deepEqual(await axeFindings(workbench), []);
      },
      pictured,
    );
  });

  it('leaves nothing of its own in the folder but the runtime cache', () => {
    const names = fs.readdirSync(used.inFolder('.'));
    assert.deepEqual(
      names.filter((name) => name.startsWith('.') || name.endsWith('.tmp')),
      [],
    );
  });
});

describe('inside an engine, in Restricted Mode', () => {
  let machine: StandInComputer;
  const used = useVSCode('inside-restricted', (folder) => {
    machine = standInMachine();
    putStandInEngine(folder, 'upscaler.engine');
    return { env: machine.environment, trusted: false };
  });
  after(() => machine.dispose());

  it('nothing is loaded; the page and the command say so and offer to manage trust', async () => {
    const { workbench } = used;
    await workbench.openFile('upscaler.engine');
    await workbench.webview().locator('#headline').waitFor();
    await workbench.runCommand('Engine Inspector: Inspect Engine…');
    const toast = workbench.notification('Restricted Mode');
    await toast.waitFor();
    await toast.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
    const page = workbench.webview();
    await page.getByText('Restricted Mode').first().waitFor();
    await workbench.picture('inside-restricted');
    assert.deepEqual(await axeFindings(workbench), []);
    assert.equal(machine.memoryInUse(), 0);
    await toast.getByRole('button', { name: 'Manage Workspace Trust' }).click();
    await workbench.page.getByText('You are in Restricted Mode').waitFor();
  });
});
