/**
 * `npm run pictures`: every picture that the README shows, and the icon, made anew by the packaged extension in code-server on a
 * folder of real engines; none is made by hand. media/screenshots/madeOn.txt says what each was made on.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import {
  packagedVsix,
  repositoryRoot,
  startVSCode,
  temporaryFolder,
  Workbench,
  type Theme,
} from '../test/harness';
import { newest, older } from '../test/support/releases';
import { builtEngine, librariesOf } from './demoFolder';
import { writeSampleModel } from './makeSampleModel';
import { makeGif } from './pictures/gif';
import { makeIcon } from './pictures/icon';

const shots = path.join(repositoryRoot, 'media/screenshots');
const viewport = { width: 1200, height: 780 };
/** A picture, not a test: let everything come to rest. */
const rest = 2000;
const mismatch = `built by TensorRT-RTX ${older}`;

async function makeModels(folder: string): Promise<void> {
  fs.mkdirSync(folder);
  const inFolder = (name: string) => path.join(folder, name);
  const model = inFolder('upscaler.onnx');
  writeSampleModel(model);
  fs.copyFileSync(await builtEngine('superResolution', model, older), inFolder('upscaler.engine'));
  const whole = fs.readFileSync(await builtEngine('superResolution', model, newest));
  fs.writeFileSync(inFolder('upscaler-new.engine'), whole);
  fs.writeFileSync(inFolder('download.engine'), whole.subarray(0, 200_000));
  fs.writeFileSync(
    inFolder('pointer.engine'),
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 132735010\n`,
  );
  fs.copyFileSync(model, inFolder('exported.engine'));
  // What the walk rebuilds from: without a shape to ask for.
  writeSampleModel(model, { fixedShape: true });
}

async function inVSCode(
  theme: Theme,
  folder: string,
  work: (workbench: Workbench) => Promise<void>,
): Promise<void> {
  const vscode = await startVSCode({
    workspace: folder,
    extension: { vsix: packagedVsix },
    // One alone: the path of a second one would stand in a picture.
    env: { LD_LIBRARY_PATH: librariesOf(newest) },
    theme,
    viewport,
  });
  try {
    await work(new Workbench(vscode));
  } finally {
    await vscode.close();
  }
}

async function main(): Promise<void> {
  fs.mkdirSync(shots, { recursive: true });
  await makeIcon();
  const parent = temporaryFolder();
  const folder = path.join(parent.path, 'models');
  await makeModels(folder);
  try {
    for (const theme of ['light', 'dark'] as const) {
      await inVSCode(theme, folder, async (workbench) => {
        const { page } = workbench;
        const take = async (file: string): Promise<void> => {
          await page.waitForTimeout(rest);
          await page.mouse.move(0, 0);
          await page.screenshot({ path: path.join(shots, file) });
        };
        const open = async (name: string): Promise<void> => {
          await workbench.openFile(name);
          await workbench.webview().locator('#headline').waitFor();
        };
        await open('upscaler.engine');
        await workbench.runCommand('Engine Inspector: Check All Engines in Workspace');
        await page.waitForTimeout(rest);
        await workbench.runCommand('Notifications: Clear All Notifications');
        await take(`page-${theme}.png`);
        if (theme === 'light') return;
        await open('download.engine');
        await workbench.showViewContainer('Engine Inspector');
        await workbench.treeRow('upscaler.engine').first().waitFor();
        await take('engines-view.png');
        await workbench.showExplorer();
        await workbench.runCommand('View: Close All Editors');
        await workbench.filterProblems(mismatch);
        await workbench.problemLink(mismatch).click();
        await workbench.quickPickRow('Rebuild for This Machine').waitFor();
        await take('problems-fix.png');
        await page.keyboard.press('Escape');
        await workbench.runCommand('View: Toggle Panel Visibility');
        await makeWalk(workbench);
      });
    }
  } finally {
    parent.remove();
  }
  writeMadeOn();
}

/** From an engine that cannot run to one that can, as frames of a GIF. */
async function makeWalk(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  const frames: { png: Buffer; ms: number }[] = [];
  const frame = async (ms: number): Promise<void> => {
    await page.waitForTimeout(700);
    frames.push({ png: await page.screenshot(), ms });
  };
  await frame(1200);
  await workbench.openFile('upscaler.engine');
  await workbench.webview().getByRole('button', { name: 'Rebuild for This Machine' }).waitFor();
  await frame(3000);
  await workbench.webview().getByRole('button', { name: 'Rebuild for This Machine' }).click();
  await workbench.question('From which model was it built?');
  await frame(2000);
  await page.keyboard.press('Enter');
  await workbench.question('Enter starts the build');
  await frame(2000);
  await page.keyboard.press('Enter');
  await workbench.notification('Building upscaler.engine').waitFor();
  frames.push({ png: await page.screenshot(), ms: 1500 });
  await workbench.notification('upscaler.engine was built in').waitFor({ timeout: 120_000 });
  await frame(4000);
  fs.writeFileSync(path.join(shots, 'walk.gif'), makeGif(frames));
}

function writeMadeOn(): void {
  const { dependencies } = JSON.parse(
    fs.readFileSync(path.join(repositoryRoot, 'scripts/codeServer/package.json'), 'utf8'),
  ) as { dependencies: Record<string, string> };
  const made = `code-server ${dependencies['code-server']}, TensorRT-RTX ${newest} and ${older}, Linux x64 without an NVIDIA GPU`;
  const names = fs.readdirSync(shots).filter((name) => /\.(png|gif)$/.test(name));
  const lines = names.sort().map((name) => `${name}: ${made}\n`);
  fs.writeFileSync(path.join(shots, 'madeOn.txt'), lines.join(''));
}

void main();
