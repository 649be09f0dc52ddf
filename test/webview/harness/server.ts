/**
 * Serves the page outside VS Code, as a webview would show it: the product's own HTML shell and Content Security Policy,
 * the values of a real theme, and a stand-in for acquireVsCodeApi. To look at it by hand:
 *
 *     npx tsx test/webview/harness/server.ts
 *     http://127.0.0.1:PORT/?theme=dark-modern&case=several-reasons
 */
import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { ToComparePage } from '../../../src/core/pages/comparePageMessages';
import type { ToMatrixPage } from '../../../src/core/pages/matrixPageMessages';
import type { ToGpuPage } from '../../../src/core/pages/gpuMemoryView';
import { enginePageHtml } from '../../../src/extension/engineEditor/pageHtml';
import { pageFiles } from './bundle';
import { compareCases, compareCaseNames, inspectCases, inspectCaseNames } from './inspectCases';
import { gpuPageCaseNames, gpuPageCases } from './gpuModels';
import { matrixCaseNames, matrixCases } from './matrixCases';
import { pageCases, pageCaseNames, type PageCase } from './reports';
import { runCaseNames, runCases } from './runReports';

export const themeNames = [
  'dark-modern',
  'light-modern',
  'dark-high-contrast',
  'light-high-contrast',
] as const;
export type ThemeName = (typeof themeNames)[number];

interface Theme {
  bodyClass: string;
  kind: string;
  variables: Record<string, string>;
}

export function readTheme(name: string): Theme {
  if (!themeNames.includes(name as ThemeName)) throw new Error(`No such theme: ${name}`);
  const file = path.resolve(__dirname, `../../fixtures/themes/${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Theme;
}

const nonce = 'harness';

/** What VS Code gives every webview page before the extension's own styles, in its own weakest layer. */
const webviewDefaults = `@layer vscode-default {
html { background: var(--vscode-editor-background); scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
  font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
a, a code { color: var(--vscode-textLink-foreground); }
code { color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background); padding: 1px 3px; border-radius: 4px; }
}`;

/** Runs before the page's script: the theme, acquireVsCodeApi, and an ear for what the policy refuses. */
function before(theme: Theme): string {
  return `
window.useTheme = (theme) => {
  document.documentElement.removeAttribute('style');
  for (const [name, value] of Object.entries(theme.variables)) document.documentElement.style.setProperty(name, value);
  document.body.className = theme.bodyClass;
  document.body.dataset.vscodeThemeKind = theme.kind;
};
useTheme(${JSON.stringify(theme)});
window.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
window.sent = [];
{
  let state = JSON.parse(sessionStorage.getItem('state') ?? 'null');
  let taken = false;
  window.acquireVsCodeApi = () => {
    if (taken) throw new Error('acquireVsCodeApi was called twice');
    taken = true;
    return {
      postMessage: (message) => { sent.push(structuredClone(message)); },
      getState: () => state,
      setState: (next) => { state = next; sessionStorage.setItem('state', JSON.stringify(next)); },
    };
  };
}`;
}

function after(caseName: string): string {
  const cases: Record<
    string,
    Pick<PageCase, 'messages'> | { messages: ToGpuPage[] | ToComparePage[] | ToMatrixPage[] }
  > = {
    ...pageCases,
    ...gpuPageCases,
    ...runCases,
    ...inspectCases,
    ...compareCases,
    ...matrixCases,
  };
  const messages = cases[caseName]?.messages ?? [];
  return `const revive = (_, value) => value?.$bytes === undefined ? value : Uint8Array.from(atob(value.$bytes), (c) => c.charCodeAt(0));
for (const message of JSON.parse(${scriptJson(JSON.stringify(messages, withBytes))}, revive)) window.postMessage(message, '*');`;
}

/** JSON has no bytes; the script makes them from this. */
function withBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value;
}

function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

export interface Harness {
  url(theme: ThemeName, caseName?: string): string;
  close(): Promise<void>;
}

export async function startHarness(port = 0): Promise<Harness> {
  const files = await pageFiles();
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const send = (status: number, contentType: string, body: string | Buffer) => {
      response.writeHead(status, { 'content-type': contentType }).end(body);
    };
    const file = files.get(url.pathname);
    if (file) return send(200, file.contentType, file.body);
    if (url.pathname === '/defaults.css') return send(200, 'text/css', webviewDefaults);
    if (url.pathname === '/favicon.ico') return send(204, 'image/x-icon', '');
    try {
      const theme = readTheme(url.searchParams.get('theme') ?? 'dark-modern');
      if (url.pathname === '/before.js') return send(200, 'text/javascript', before(theme));
      if (url.pathname === '/after.js') {
        return send(200, 'text/javascript', after(url.searchParams.get('case') ?? ''));
      }
      if (url.pathname === '/') return send(200, 'text/html', shell(url.search));
    } catch (error) {
      return send(400, 'text/plain', String(error));
    }
    send(404, 'text/plain', 'not found');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function shell(search: string): string {
    const name = new URLSearchParams(search).get('case') ?? '';
    const { bundle, title } = name.startsWith('gpu-')
      ? { bundle: 'gpuPage', title: 'GPU memory' }
      : name.startsWith('compare-')
        ? { bundle: 'comparePage', title: 'Two engines' }
        : name.startsWith('matrix-')
          ? { bundle: 'matrixPage', title: 'Engines × targets' }
          : { bundle: 'enginePage', title: 'Engine' };
    const html = enginePageHtml({
      nonce,
      cspSource: origin,
      scriptUri: `/${bundle}.js`,
      styleUris: [
        '/codicon.css',
        '/enginePage.css',
        ...(bundle === 'enginePage' ? [] : [`/${bundle}.css`]),
      ],
      title,
    });
    const query = search.replace(/"/g, '');
    return html
      .replace(
        '<meta http-equiv',
        '<link rel="stylesheet" href="/defaults.css" />\n<meta http-equiv',
      )
      .replace(
        '<script nonce',
        `<script nonce="${nonce}" src="/before.js${query.replace(/&/g, '&amp;')}"></script>\n<script nonce`,
      )
      .replace(
        '</body>',
        `<script nonce="${nonce}" src="/after.js${query.replace(/&/g, '&amp;')}"></script>\n</body>`,
      );
  }

  return {
    url: (theme, caseName = '') => `${origin}/?theme=${theme}&case=${caseName}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

if (require.main === module) {
  void startHarness(Number(process.env['PORT'] ?? 0)).then((harness) => {
    for (const name of [
      ...pageCaseNames,
      ...gpuPageCaseNames,
      ...runCaseNames,
      ...inspectCaseNames,
      ...compareCaseNames,
      ...matrixCaseNames,
    ])
      console.log(harness.url('dark-modern', name));
  });
}
