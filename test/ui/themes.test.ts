import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import axe from 'axe-core';

import {
  Workbench,
  packagedVsix,
  repositoryRoot,
  startVSCode,
  temporaryFolder,
  themes,
  type TemporaryFolder,
  type Theme,
  type VSCode,
} from '../harness';
import { sampleProfile, writeSampleModel } from '../../scripts/makeSampleModel';
import { builtEngine } from '../support/builtEngines';
import { newest, older } from '../support/releases';

const library = (version: string): string =>
  path.join(repositoryRoot, '.deps/tensorrt-rtx', version, 'tensorrt_rtx_libs');
const allThemes = Object.keys(themes) as Theme[];

/** VS Code's own mark of the theme on the body of a webview. */
const bodyClasses: Record<Theme, string> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast-light',
};

describe('every view in every theme', () => {
  let folder: TemporaryFolder;
  let vscode: VSCode;
  let workbench: Workbench;

  before(async () => {
    folder = temporaryFolder();
    const put = (name: string, content: Buffer | string): void =>
      fs.writeFileSync(path.join(folder.path, name), content);
    const good = fs.readFileSync(await builtEngine(newest));
    const [model = ''] = writeSampleModel(path.join(folder.path, 'upscaler.onnx'));
    put('upscaler.engine', good);
    put('lastYear.engine', fs.readFileSync(await builtEngine(older)));
    put('halfDownloaded.engine', good.subarray(0, Math.floor(good.length * 0.6)));
    put('renamedModel.engine', fs.readFileSync(model));
    put(
      'lfsPointer.engine',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'5f'.repeat(32)}\nsize 4321987\n`,
    );
    put('yolo11n.engine', ultralyticsEngine());
    put(
      'upscaler.engine.json',
      JSON.stringify(
        {
          schemaVersion: 1,
          model: { path: 'upscaler.onnx', sha256: 'ab'.repeat(32), size: 202_000 },
          options: {
            flags: ['kWEIGHT_STREAMNG'],
            profiles: [[{ ...sampleProfile, opt: [1, 3, 256, 256] }]],
          },
        },
        undefined,
        2,
      ),
    );
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

  /** What shows must still show in each theme, on its background; one picture of each. */
  async function inEveryTheme(name: string, shows: () => Promise<void>): Promise<void> {
    for (const theme of allThemes) {
      await workbench.useTheme(theme);
      await shows();
      await workbench.picture(name);
    }
  }

  /** The page says this and is readable for people who see less, by axe-core. */
  async function pageShows(theme: Theme, said: RegExp, buttons: string[]): Promise<void> {
    const page = workbench.webview();
    await page.locator(`body.${bodyClasses[theme]}`).waitFor();
    await page.locator('.verdict', { hasText: said }).waitFor();
    for (const name of buttons) await page.getByRole('button', { name }).waitFor();
    const body = await page.locator('body').elementHandle();
    const frame = await body?.ownerFrame();
    assert.ok(frame);
    // VS Code's window shows through the page, which axe cannot know.
    await frame.evaluate(
      'document.documentElement.style.background = "var(--vscode-editor-background)"; document.fonts.ready.then(() => undefined)',
    );
    await frame.evaluate(axe.source);
    const found: { violations: { id: string; nodes: { html: string }[] }[] } = await frame.evaluate(
      'axe.run(document, { resultTypes: ["violations"] })',
    );
    const broken = found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
    );
    assert.deepEqual(broken, [], `${theme}: ${broken.join('\n')}`);
  }

  const pages: [file: string, picture: string, said: RegExp, buttons: string[]][] = [
    [
      'lastYear.engine',
      'page-other-version',
      /another version of TensorRT-RTX/,
      ['Rebuild for This Machine', `Use Runtime ${older}`, 'Other Fixes…'],
    ],
    ['upscaler.engine', 'page-unchecked', /Nothing is wrong with this file/, []],
    [
      'halfDownloaded.engine',
      'page-truncated',
      // What nobody but a person can do is text, not a button.
      /incomplete.*file has [\d,]+ bytes.*Copy or download it once more/s,
      [],
    ],
    [
      'renamedModel.engine',
      'page-onnx',
      /not a TensorRT-RTX engine.*an ONNX model/s,
      ['Build an engine from this model'],
    ],
    ['lfsPointer.engine', 'page-lfs', /not here yet.*a Git LFS pointer/s, []],
    ['yolo11n.engine', 'page-ultralytics', /an Ultralytics export.*TensorRT 10\.9\.0\.34/s, []],
  ];
  for (const [file, picture, said, buttons] of pages) {
    it(`the page of ${file}`, async () => {
      await workbench.runCommand('View: Close All Editors');
      await workbench.openFile(file);
      await workbench.webview().locator('#headline').waitFor();
      await inEveryTheme(picture, () => pageShows(workbench.theme, said, buttons));
    });
  }

  it('the lower half of the page', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.openFile('lastYear.engine');
    const table = workbench.webview().getByRole('button', { name: 'Open as Text' });
    await table.waitFor();
    await inEveryTheme('page-lower', async () => {
      await table.scrollIntoViewIfNeeded();
      assert.ok(await table.isVisible());
    });
  });

  it('the quick pick of fixes', async () => {
    await inEveryTheme('quick-pick', async () => {
      await workbench.runCommand('Engine Inspector: Fix Engine Problem…');
      await workbench.quickPickRow('Rebuild for This Machine').waitFor();
      await workbench.quickPickRow(`Use Runtime ${older}`).waitFor();
    });
    await workbench.page.keyboard.press('Escape');
  });

  it('the views: engines by reason, runtimes and GPUs', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.showViewContainer('Engine Inspector');
    await workbench.treeRow('lastYear.engine').click();
    await inEveryTheme('views', async () => {
      await workbench.webview().locator('#headline').waitFor();
      await workbench.treeRow('upscaler.engine').waitFor();
      await workbench.treeRow(`TensorRT-RTX ${newest}`).waitFor();
      await workbench.treeRow(`TensorRT-RTX ${older}`).waitFor();
    });
  });

  it('Problems', async () => {
    await workbench.showProblems();
    await workbench.runCommand('View: Toggle Maximized Panel');
    await inEveryTheme('problems', async () => {
      await workbench.problem(`built by TensorRT-RTX ${older}`).first().waitFor();
      await workbench.problemLink(`built by TensorRT-RTX ${older}`).waitFor();
    });
    await workbench.runCommand('View: Toggle Maximized Panel');
    await workbench.page.keyboard.press('Control+j');
    await workbench.problemsPanel().waitFor({ state: 'hidden' });
  });

  it('the header as text', async () => {
    await workbench.openFile('lastYear.engine');
    await workbench.webview().locator('#headline').waitFor();
    await workbench.runCommand('Engine Inspector: Show Header as Text');
    await inEveryTheme('header-text', async () => {
      await workbench.textLine('01 06 01 78').waitFor();
      await workbench.codeLens('Fix Engine Problem…').waitFor();
    });
  });

  it('a recipe with mistakes', async () => {
    await workbench.runCommand('View: Close All Editors');
    await workbench.openFile('upscaler.engine.json');
    await inEveryTheme('recipe', async () => {
      await workbench.codeLens('Rebuild').waitFor();
      await workbench.squiggles('error').first().waitFor();
      await workbench.squiggles('warning').first().waitFor();
    });
  });

  it('no word about GPUs where there is none, unless asked', async () => {
    await workbench.useTheme('dark');
    await workbench.openFile('upscaler.engine');
    await workbench.webview().locator('#headline').waitFor();
    assert.equal(await workbench.statusBarItem('GiB').count(), 0);
    assert.equal(await workbench.page.locator('.notification-toast').count(), 0);
  });
});

/** As the Ultralytics exporter writes it: a length, metadata as JSON, the plan of TensorRT (its mark and version only). */
function ultralyticsEngine(): Buffer {
  const metadata = Buffer.from(
    JSON.stringify({
      description: 'Ultralytics YOLO11n model trained on coco.yaml',
      task: 'detect',
      batch: 1,
      imgsz: [640, 640],
      version: '8.3.40',
      names: { 0: 'person', 1: 'bicycle', 2: 'car' },
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  const plan = Buffer.alloc(4096, 0x5a);
  plan.write('ftrt', 0, 'latin1');
  plan.writeUInt32LE(0, 4);
  plan.set([10, 9, 0, 34], 24);
  return Buffer.concat([length, metadata, plan]);
}
