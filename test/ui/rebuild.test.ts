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
import { writeSampleModel } from '../../scripts/makeSampleModel';
import { readEngineHeader, type EngineHeader } from '../../src/core/file/engineHeader';
import { writeEngine } from '../support/engineFiles';
import { newest, older } from '../support/releases';
import { until } from '../support/builtEngines';
import { slowModel } from '../support/onnxModels';

const mismatch = `built by TensorRT-RTX ${older}`;
const library = (version: string): string =>
  path.join(repositoryRoot, '.deps/tensorrt-rtx', version, 'tensorrt_rtx_libs');
/** A build takes seconds on an idle machine and longer on a busy one. */
const build = { timeout: 90_000 };

describe('Rebuild, as a person does it', () => {
  let folder: TemporaryFolder;
  let vscode: VSCode;
  let workbench: Workbench;

  const inFolder = (name: string): string => path.join(folder.path, name);
  const headerOf = (name: string): EngineHeader => {
    const header = readEngineHeader(fs.readFileSync(inFolder(name)).subarray(0, 64));
    assert.ok(header, `${name} is no engine`);
    return header;
  };
  const debris = (): string[] => fs.readdirSync(folder.path).filter((name) => name.startsWith('.'));
  const putOldEngine = (name: string): Buffer => {
    writeEngine(inFolder(name), { version: older, weightBytes: 4096 });
    return fs.readFileSync(inFolder(name));
  };
  const press = (key: string): Promise<void> => workbench.page.keyboard.press(key);

  before(async () => {
    folder = temporaryFolder();
    fs.mkdirSync(inFolder('models'));
    vscode = await startVSCode({
      workspace: folder.path,
      extension: { vsix: packagedVsix },
      env: { LD_LIBRARY_PATH: [library(newest), library(older)].join(':') },
    });
    workbench = new Workbench(vscode);
  });

  after(async () => {
    await vscode?.close();
    folder?.remove();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('rebuild-failed');
  });

  beforeEach(async () => {
    for (const name of fs.readdirSync(folder.path)) {
      fs.rmSync(inFolder(name), { recursive: true, force: true });
    }
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  /** Opens the engine's page, with its verdict. */
  async function openPage(name: string): Promise<void> {
    await workbench.openFile(name);
    await workbench.webview().getByRole('heading', { name: 'another version' }).waitFor();
  }

  async function builtToast(name: string): Promise<void> {
    await workbench.notification(`${name} was built in`).waitFor(build);
  }

  it('cures the problem of a closed engine from its link in Problems', async () => {
    const old = putOldEngine('upscaler.engine');
    writeSampleModel(inFolder('upscaler.onnx'));
    await openPage('upscaler.engine');
    await workbench.runCommand('View: Close All Editors');
    await workbench.showProblems();
    await workbench.problem(mismatch).waitFor();
    await workbench.picture('rebuild-1-problem');

    await workbench.problemLink(mismatch).click();
    await workbench.quickPickRow('Rebuild for This Machine').waitFor();
    await workbench.picture('rebuild-2-fix');
    await workbench.pick('Rebuild for This Machine');

    await workbench.question('From which model was it built?');
    await workbench.quickPickRow('same name, same folder').waitFor();
    await workbench.picture('rebuild-3-model');
    await press('Enter');

    await workbench.question('smallest size (min), suggested');
    await workbench.picture('rebuild-4-profile');
    // A person narrows it; a mistake is told on Enter, not while it is typed, and is not accepted.
    const input = workbench.quickInput().locator('input').first();
    const refusal = workbench.quickInput().locator('.quick-input-message');
    await input.fill('1x3x32');
    await refusal.filter({ hasText: 'smallest size' }).waitFor();
    await press('Enter');
    await refusal.filter({ hasNotText: 'smallest size' }).waitFor();
    await input.fill('1x3x32x32');
    await press('Enter');
    await workbench.question('typical size (opt)');
    await input.fill('1x3x64x64');
    await press('Enter');
    await workbench.question('largest size (max)');
    await input.fill('2x3x32x128');
    await press('Enter');
    await refusal.filter({ hasText: '64' }).waitFor();
    await workbench.picture('rebuild-5-profile-refused');
    await input.fill('2x3x128x128');
    await press('Enter');

    await workbench.question('Enter starts the build');
    await workbench.picture('rebuild-6-options');
    await press('Enter');

    await workbench.notification('Building upscaler.engine').waitFor(build);
    await workbench.picture('rebuild-7-progress');
    await builtToast('upscaler.engine');
    await workbench.problem(mismatch).waitFor({ state: 'detached' });
    await workbench.picture('rebuild-8-done');

    assert.equal(headerOf('upscaler.engine').version, newest);
    assert.deepEqual(fs.readFileSync(inFolder('upscaler.engine.bak')), old);
    const recipe = JSON.parse(fs.readFileSync(inFolder('upscaler.engine.json'), 'utf8')) as {
      model: { path: string };
      options: { profiles: unknown };
    };
    assert.equal(recipe.model.path, 'upscaler.onnx');
    assert.deepEqual(recipe.options.profiles, [
      [{ input: 'image', min: [1, 3, 32, 32], opt: [1, 3, 64, 64], max: [2, 3, 128, 128] }],
    ]);
    assert.deepEqual(debris(), []);
  });

  it("from the page's button, then with weight streaming from the command palette", async () => {
    putOldEngine('net.engine');
    writeSampleModel(inFolder('net.onnx'), { fixedShape: true });
    await openPage('net.engine');
    await workbench.webview().getByRole('button', { name: 'Rebuild for This Machine' }).click();
    await workbench.question('From which model was it built?');
    await press('Enter');
    await workbench.question('Enter starts the build');
    await press('Enter');
    await builtToast('net.engine');
    await workbench
      .webview()
      .getByRole('heading', { name: 'another version' })
      .waitFor({ state: 'detached' });
    assert.equal(headerOf('net.engine').version, newest);
    assert.ok(headerOf('net.engine').weightBytes > 0);
    const changes = `Built by TensorRT-RTX ${newest}, was ${older}`;
    await workbench.webview().locator('.changes', { hasText: changes }).waitFor();
    await workbench.picture('rebuild-page-cured');

    await workbench.runCommand('Notifications: Clear All Notifications');
    await workbench.tab('net.engine').click();
    await workbench.runCommand('Engine Inspector: Rebuild…');
    await workbench.quickPickRow('Rebuild from Recipe').waitFor();
    await workbench.picture('rebuild-ways');
    // The recipe says all the rest: nothing is asked.
    await workbench.pick('Rebuild with Weight Streaming');
    await workbench
      .notification('net.engine was built in')
      .getByRole('button', { name: 'Compare with Old' })
      .click(build);
    await workbench.webview().getByRole('heading', { name: 'Two engines' }).waitFor();
    await workbench.webview().getByText('net.engine.bak').first().waitFor();
    assert.equal(headerOf('net.engine').weightBytes, 0);
    assert.deepEqual(debris(), []);
    await workbench.picture('rebuild-streaming');
  });

  it('in the recipe: CodeLens, squiggle and lightbulb', async () => {
    putOldEngine('net.engine');
    writeSampleModel(inFolder('net.onnx'), { fixedShape: true });
    fs.writeFileSync(
      inFolder('net.engine.json'),
      JSON.stringify({ schemaVersion: 1, model: { path: 'net.onnx' }, options: {} }, undefined, 2),
    );
    await workbench.openFile('net.engine.json');
    await workbench.codeLens('Rebuild').click();
    await builtToast('net.engine');
    assert.equal(headerOf('net.engine').version, newest);
    await workbench.textLine('"tensorrtRtx"').waitFor();
    assert.equal(await workbench.squiggles('warning').count(), 0);

    // Trained anew: the same network, another byte (an unknown field that ONNX readers skip).
    fs.appendFileSync(inFolder('net.onnx'), Buffer.from([0x32, 0x01, 0x20]));
    await workbench.squiggles('warning').first().waitFor();
    await workbench.picture('recipe-squiggle');
    await workbench.textLine('"size"').first().click();
    await press('End');
    await press('ArrowLeft');
    await press('Control+.');
    await workbench.codeAction('Rebuild from this recipe').waitFor();
    await workbench.picture('recipe-lightbulb');
    const before = fs.statSync(inFolder('net.engine')).mtimeMs;
    await workbench.codeAction('Rebuild from this recipe').click();
    await workbench
      .squiggles('warning')
      .first()
      .waitFor({ state: 'detached', ...build });
    await workbench.picture('recipe-cured');
    assert.ok(fs.statSync(inFolder('net.engine')).mtimeMs > before);
  });

  it('says once what is wrong with a model, and leaves the old engine as it is', async () => {
    const old = putOldEngine('net.engine');
    fs.writeFileSync(inFolder('net.onnx'), 'no model at all');
    await openPage('net.engine');
    await workbench.webview().getByRole('button', { name: 'Rebuild for This Machine' }).click();
    await workbench.question('From which model was it built?');
    await press('Enter');
    await workbench.notification('net.onnx').waitFor();
    await workbench.picture('rebuild-broken-model');
    const toasts = workbench.page.locator('.notification-toast');
    assert.equal(await toasts.count(), 1);
    const told = await toasts.innerText();
    assert.match(told, /net\.onnx is not an ONNX model/);
    assert.match(told, /Choose the ONNX file/);
    assert.deepEqual(fs.readFileSync(inFolder('net.engine')), old);
    assert.deepEqual(fs.readdirSync(folder.path).sort(), ['net.engine', 'net.onnx']);
  });

  it('leaves the old engine as it is when cancelled', async () => {
    const old = putOldEngine('net.engine');
    fs.writeFileSync(inFolder('net.onnx'), slowModel(1500));
    await openPage('net.engine');
    await workbench.webview().getByRole('button', { name: 'Rebuild for This Machine' }).click();
    await workbench.question('From which model was it built?');
    await press('Enter');
    await workbench.question('Enter starts the build');
    await press('Enter');
    const toast = workbench.notification('Building net.engine');
    await workbench.notification(/Building net\.engine: .* · \d/).waitFor(build);
    // The model is read before that, which takes a second by itself on a busy machine.
    await until('the build to work in a folder of its own', () => debris().length > 0, 60_000);
    assert.equal(await workbench.explorerRow('.engine-inspector').count(), 0, 'which is hidden');
    await workbench.picture('rebuild-cancel');
    await toast.getByRole('button', { name: 'Cancel' }).click();
    await toast.waitFor({ state: 'detached' });
    // The library may be in a phase that never asks: its process is ended within a second.
    await until('the temporary files to go', () => debris().length === 0);
    assert.deepEqual(fs.readFileSync(inFolder('net.engine')), old);
    assert.deepEqual(fs.readdirSync(folder.path).sort(), ['net.engine', 'net.onnx']);
    await workbench.notification('Cancelled. net.engine is unchanged.').waitFor();
    assert.equal(await workbench.page.locator('.notification-toast').count(), 1);
  });
});
