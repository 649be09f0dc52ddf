/** Puts one of our pages into a webview: what it may load, its scripts and styles, the shell of pageHtml.ts. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { enginePageHtml } from './pageHtml';

export type PageName = 'enginePage' | 'gpuPage' | 'comparePage' | 'matrixPage';

/** Listen to its messages before. title: for screen readers. */
export function showPage(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  page: PageName,
  title: string,
): void {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  const asset = (name: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  // What the pages share is in the engine page's style.
  const styles = new Set(['codicon.css', 'enginePage.css', `${page}.css`]);
  webview.html = enginePageHtml({
    nonce: randomBytes(16).toString('base64url'),
    cspSource: webview.cspSource,
    scriptUri: asset(`${page}.js`),
    styleUris: [...styles].map(asset),
    title,
  });
}
