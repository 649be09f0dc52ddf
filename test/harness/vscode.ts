/**
 * A real VS Code on a screen: code-server with a headless Chromium on it, the extension loaded from the sources' build
 * or from the packaged VSIX. See README.md beside this file.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';

import {
  oldest,
  repositoryRoot,
  startCodeServer,
  type CodeServer,
  type CodeServerOptions,
} from './codeServer';

export const themes = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'high-contrast': 'Default High Contrast',
  'high-contrast-light': 'Default High Contrast Light',
} as const;
export type Theme = keyof typeof themes;

export type ExtensionSource =
  /** The packaged one, as a user installs it: what the UI suite drives. */
  | { vsix: string }
  /** The folder with package.json and dist/. */
  | { folder: string; testsModule?: string };

export interface VSCodeOptions extends Pick<
  CodeServerOptions,
  'env' | 'settings' | 'cwd' | 'under'
> {
  /** The folder that is opened; null: an empty window. */
  workspace: string | null;
  extension: ExtensionSource;
  theme?: Theme;
  /** false: Restricted Mode. */
  trusted?: boolean;
  viewport?: { width: number; height: number };
}

export interface VSCode {
  readonly page: Page;
  readonly server: CodeServer;
  readonly theme: Theme;
  /** The code that the tests module ended with. */
  readonly testsExit: Promise<number>;
  /** Loads the window anew, as "Developer: Reload Window" does. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** How much slower the window is made, to see what tests do on a busy machine; the engine host is as fast as ever. */
const slowdown = Number(process.env['ENGINE_INSPECTOR_SLOWDOWN'] ?? 1);

/** The VSIX that `npm run package` made. */
export const packagedVsix = path.join(
  repositoryRoot,
  `build/engine-inspector-tensorrt-rtx-${process.platform}-${process.arch}.vsix`,
);

/** The browser that set-up found or installed. */
export function chromiumPath(): string {
  const chosen = process.env['CHROMIUM'];
  if (chosen !== undefined && chosen !== '') return chosen;
  return fs.readFileSync(path.join(repositoryRoot, '.deps/chromium.path'), 'utf8').trim();
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    // Containers give Chromium neither a sandbox for root nor a large /dev/shm.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

export async function startVSCode(options: VSCodeOptions): Promise<VSCode> {
  const theme = options.theme ?? 'dark';
  const { extension } = options;
  const server = await startCodeServer({
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.under === undefined ? {} : { under: options.under }),
    settings: {
      'workbench.colorTheme': themes[theme],
      'window.autoDetectHighContrast': false,
      ...options.settings,
    },
    workspaceTrust: options.trusted === false,
    extensions: 'vsix' in extension ? [extension.vsix] : [],
    testDriver: 'folder' in extension,
  });
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close().catch(() => undefined);
    await server.close();
  };
  try {
    browser = await launchBrowser();
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1400, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    if (slowdown > 1) {
      const session = await context.newCDPSession(page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    }
    if (oldest && 'folder' in extension) await enableTestDriver(page);
    const testsExit = Promise.race([server.died, exitOfTests(page)]);
    testsExit.catch(() => undefined);
    await page.goto(address(server, options.workspace, extension));
    await isReady(page);
    const reload = async (): Promise<void> => {
      await page.reload();
      await isReady(page);
    };
    return { page, server, theme, testsExit, reload, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The window is drawn before VS Code knows what extensions contribute; a file opened in between gets the wrong editor.
 * Our icon in the activity bar tells that it knows.
 */
async function isReady(page: Page): Promise<void> {
  await page.waitForSelector('.monaco-workbench', { timeout: 90_000 });
  await page
    .locator('.activitybar .action-label[aria-label^="Engine Inspector"]')
    .first()
    .waitFor({ timeout: 90_000 });
}

/** What `--vscode-option enable-smoke-test-driver` writes into the window's configuration, for one without that option. */
async function enableTestDriver(page: Page): Promise<void> {
  await page.addInitScript(`
    const observer = new MutationObserver(() => {
      const meta = document.getElementById('vscode-workbench-web-configuration');
      if (!meta) return;
      observer.disconnect();
      const settings = JSON.parse(meta.dataset.settings);
      settings.developmentOptions = { ...settings.developmentOptions, enableSmokeTestDriver: true };
      meta.dataset.settings = JSON.stringify(settings);
    });
    if (window === window.top) observer.observe(document, { childList: true, subtree: true });
  `);
}

/** VS Code calls these two functions of the window when a tests module has run. */
async function exitOfTests(page: Page): Promise<number> {
  await page.exposeFunction('codeAutomationLog', () => undefined);
  return new Promise((resolve, reject) => {
    page.exposeFunction('codeAutomationExit', (code: number) => resolve(code)).catch(reject);
  });
}

/** The extension under development and its tests travel as a payload in the page's address. */
function address(server: CodeServer, workspace: string | null, extension: ExtensionSource): string {
  const url = new URL(server.url);
  if (workspace === null) url.searchParams.set('ew', 'true');
  else url.searchParams.set('folder', path.resolve(workspace));
  if ('folder' in extension) {
    const remote = (file: string): string =>
      `vscode-remote://127.0.0.1:${server.port}${path.resolve(file)}`;
    const payload = [['extensionDevelopmentPath', remote(extension.folder)]];
    if (extension.testsModule !== undefined) {
      payload.push(['extensionTestsPath', remote(extension.testsModule)]);
    }
    url.searchParams.set('payload', JSON.stringify(payload));
  }
  return url.href;
}
