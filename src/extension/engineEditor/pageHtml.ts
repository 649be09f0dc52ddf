/**
 * The engine page's HTML shell. Pure: it knows no VS Code, so that the page's tests use the very same shell. Nothing of
 * a report is ever written into it; reports go by postMessage.
 */
export interface EnginePageShell {
  /** Random for each page. */
  nonce: string;
  /** webview.cspSource */
  cspSource: string;
  /** dist/webview/enginePage.js */
  scriptUri: string;
  /** dist/webview/codicon.css, dist/webview/enginePage.css */
  styleUris: string[];
  /** For screen readers, which read it when the frame is entered. */
  title: string;
}

export function enginePageHtml({
  nonce,
  cspSource,
  scriptUri,
  styleUris,
  title,
}: EnginePageShell): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
  ].join('; ');
  const styles = styleUris.map((uri) => `<link rel="stylesheet" href="${escapeHtml(uri)}" />`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<title>${escapeHtml(title)}</title>
${styles.join('\n')}
</head>
<body>
<main id="page"></main>
<script nonce="${escapeHtml(nonce)}" src="${escapeHtml(scriptUri)}"></script>
</body>
</html>
`;
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
