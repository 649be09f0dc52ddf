/**
 * One VS Code with the packaged extension for all tests of a describe: a folder of its own, started before the first
 * test and ended after the last, with a picture of what was on screen when a test failed.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import axe from 'axe-core';
import type { Frame, FrameLocator } from 'playwright-core';

import {
  packagedVsix,
  startVSCode,
  temporaryFolder,
  themes,
  Workbench,
  type TemporaryFolder,
  type Theme,
  type VSCode,
  type VSCodeOptions,
} from '../../harness';

export type StartOptions = Omit<VSCodeOptions, 'workspace' | 'extension'>;

export interface UsedVSCode {
  readonly vscode: VSCode;
  readonly workbench: Workbench;
  /** A file of the folder that is open. */
  inFolder(name: string): string;
}

/** VS Code's own mark of the theme on the body of a webview. */
const bodyClasses: Record<Theme, string> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'high-contrast': 'vscode-high-contrast',
  'high-contrast-light': 'vscode-high-contrast-light',
};

/** name: of pictures of failures. prepare: fills the folder and says how VS Code is started. */
export function useVSCode(
  name: string,
  prepare: (folder: string) => StartOptions | Promise<StartOptions>,
): UsedVSCode {
  let folder: TemporaryFolder | undefined;
  let vscode: VSCode | undefined;
  let workbench: Workbench | undefined;

  before(async () => {
    folder = temporaryFolder();
    const options = await prepare(folder.path);
    vscode = await startVSCode({
      workspace: folder.path,
      extension: { vsix: packagedVsix },
      ...options,
    });
    workbench = new Workbench(vscode);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench?.picture(`${name}-failed`);
  });
  after(async () => {
    await vscode?.close();
    folder?.remove();
  });

  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('VS Code is not started yet');
    return value;
  };
  return {
    get vscode() {
      return started(vscode);
    },
    get workbench() {
      return started(workbench);
    },
    inFolder: (file) => path.join(started(folder).path, file),
  };
}

/** What shows must still show in each theme; one picture of each. */
export async function inEveryTheme(
  workbench: Workbench,
  picture: string,
  shows: (page: FrameLocator) => Promise<void>,
  chosen: readonly Theme[] = Object.keys(themes) as Theme[],
): Promise<void> {
  const before = workbench.theme;
  for (const theme of chosen) {
    await workbench.useTheme(theme);
    const page = workbench.webview();
    await page.locator(`body.${bodyClasses[theme]}`).waitFor();
    await shows(page);
    await workbench.picture(picture);
  }
  await workbench.useTheme(before);
}

/** What the browser does when a file is let go over an element of the page. */
export async function dropOn(workbench: Workbench, selector: string, file: string): Promise<void> {
  const frame = await pageFrame(workbench);
  const dropped = {
    selector,
    name: path.basename(file),
    bytes: fs.readFileSync(file).toString('base64'),
  };
  await frame.evaluate(
    `(({ selector, name, bytes }) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
      transfer.items.add(new File([content], name));
      const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.querySelector(selector).dispatchEvent(new DragEvent('drop', options));
    })(${JSON.stringify(dropped)})`,
  );
}

/** What axe-core finds on the page in front, one line each; empty: nothing. */
export async function axeFindings(workbench: Workbench): Promise<string[]> {
  const frame = await pageFrame(workbench);
  // VS Code's window shows through the page, which axe cannot know.
  await frame.evaluate(
    'document.documentElement.style.background = "var(--vscode-editor-background)"; document.fonts.ready.then(() => undefined)',
  );
  await frame.evaluate(axe.source);
  const found: { violations: { id: string; nodes: { html: string }[] }[] } = await frame.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
  );
}

async function pageFrame(workbench: Workbench): Promise<Frame> {
  const body = await workbench.webview().locator('body').elementHandle();
  const frame = await body?.ownerFrame();
  if (!frame) throw new Error('there is no page');
  return frame;
}
