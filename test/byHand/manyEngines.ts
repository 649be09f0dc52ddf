/**
 * 315 engines in a real VS Code: how long until the Engines view has them by reason, what "Check All" says, and whether a
 * bulk rebuild of 36 that is cancelled in the middle, then repeated, loses anything.
 *
 *   npx tsx test/byHand/manyEngines.ts
 *
 * Pictures go to test-results/pictures. Needs `npm run setup` and `npm run package`.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { builtEngine, librariesOf } from '../../scripts/demoFolder';
import { writeSampleModel } from '../../scripts/makeSampleModel';
import { readEngineHeader } from '../../src/core/file/engineHeader';
import { packagedVsix, startVSCode, temporaryFolder, Workbench } from '../harness';
import { writeEngine } from '../support/engineFiles';
import { newest, older } from '../support/releases';

const rebuilt = 36;
const foreign = 137;
const whole = 142;
const patience = { timeout: 600_000 };

async function fill(folder: string): Promise<string[]> {
  const inFolder = (name: string): string => path.join(folder, name);
  for (const name of ['farm', 'other', 'good']) fs.mkdirSync(inFolder(name));
  const model = inFolder('farm/net.onnx');
  writeSampleModel(model);
  const old = await builtEngine('superResolution', model, older);
  // What is built from asks for no shape.
  writeSampleModel(model, { fixedShape: true });
  const bytes = fs.readFileSync(model);
  const recipe = {
    schemaVersion: 1,
    model: {
      path: 'net.onnx',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
    },
    options: { flags: [], profiles: [] },
  };
  const engines = Array.from({ length: rebuilt }, (_, at) => inFolder(`farm/net${at}.engine`));
  for (const engine of engines) {
    fs.copyFileSync(old, engine);
    fs.writeFileSync(`${engine}.json`, JSON.stringify(recipe));
  }
  for (let at = 0; at < foreign; at++) {
    fs.writeFileSync(inFolder(`other/page${at}.engine`), '<!doctype html><title>404</title>');
  }
  for (let at = 0; at < whole; at++) {
    writeEngine(inFolder(`good/net${at}.engine`), { version: newest, fileSize: 4096 + at });
  }
  return engines;
}

function versions(engines: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const engine of engines) {
    const bytes = fs.readFileSync(engine);
    const header = readEngineHeader(bytes.subarray(0, 64));
    assert.equal(header?.fileSize, bytes.length, `${engine} is not whole`);
    found[header.version] = (found[header.version] ?? 0) + 1;
    if (header.version !== older) assert.ok(fs.existsSync(`${engine}.bak`), `${engine}.bak`);
  }
  return found;
}

async function main(): Promise<void> {
  const folder = temporaryFolder();
  const engines = await fill(folder.path);
  const vscode = await startVSCode({
    workspace: folder.path,
    extension: { vsix: packagedVsix },
    env: { LD_LIBRARY_PATH: librariesOf(newest) },
  });
  const workbench = new Workbench(vscode);
  const { page } = workbench;
  const otherVersion = 'Built by another version';
  const sentence = async (text: RegExp): Promise<string> => {
    const toast = workbench.notification(text).first();
    await toast.waitFor(patience);
    return toast.locator('.notification-list-item-message').innerText();
  };
  try {
    const began = performance.now();
    await workbench.showViewContainer('Engine Inspector');
    // Files of other programs stand last, and may be out of sight.
    await workbench.treeRow(`${otherVersion}${rebuilt}`).waitFor();
    console.log(`view opened until grouped by reason: ${Math.round(performance.now() - began)} ms`);
    await workbench.runCommand('Engine Inspector: Check All Engines in Workspace');
    console.log(await sentence(/engines checked/));
    await workbench.picture('many-checked');

    for (const cancelAt of [18, null]) {
      await workbench.runCommand('Notifications: Clear All Notifications');
      await workbench.runCommand('Engine Inspector: Fix All with This Reason…');
      await workbench.pick(otherVersion);
      await workbench.pick('Rebuild for This Machine');
      const question = page.locator('.monaco-dialog-box', { hasText: /Rebuild \d+ Engines/ });
      await question.waitFor(patience);
      await workbench.picture(`many-question-${cancelAt ?? 'all'}`);
      await question.getByRole('button', { name: /Rebuild \d+ Engines/ }).click();
      const progress = workbench.notification('Rebuilding engines');
      if (cancelAt !== null) {
        // A build may be over before its number is seen: this one or any later.
        await page.waitForFunction(
          `[...document.querySelectorAll('.notification-toast')].some((toast) => Number(/(\\d+) of ${rebuilt}/.exec(toast.textContent)?.[1]) >= ${cancelAt})`,
          undefined,
          patience,
        );
        await workbench.picture('many-progress');
        await progress.getByRole('button', { name: 'Cancel' }).click();
      }
      console.log(await sentence(/rebuilt\./));
      await workbench.picture(`many-rebuilt-${cancelAt ?? 'all'}`);
      console.log(JSON.stringify(versions(engines)));
      const left = fs
        .readdirSync(path.join(folder.path, 'farm'))
        .filter((name) => name.startsWith('.'));
      assert.deepEqual(left, []);
    }
  } finally {
    await vscode.close();
    folder.remove();
  }
}

void main();
