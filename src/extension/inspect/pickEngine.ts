/** Asks for an engine: one of the workspace, or a file somewhere else. */
import * as vscode from 'vscode';
import { fileName } from '../engineTarget';
import { engineExtensions } from '../ids';
import { pick } from '../show';

interface EngineItem extends vscode.QuickPickItem {
  uri?: vscode.Uri;
}

/** not: the one that is not offered. undefined: the person gave up. */
export async function pickEngine(title: string, not?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const pattern = `**/*{${engineExtensions.join(',')}}`;
  const found = await vscode.workspace.findFiles(pattern, undefined, 1000);
  const items = found
    .filter(({ scheme, path }) => scheme === 'file' && path !== not?.path)
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((uri): EngineItem => ({
      uri,
      label: fileName(uri),
      description: vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..')),
    }));
  const browse: EngineItem = { label: 'Another file…', alwaysShow: true };
  const picked = await pick([...items, browse], { title });
  if (!picked || picked.uri) return picked?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title,
    filters: {
      ['TensorRT-RTX engines']: engineExtensions.map((one) => one.slice(1)),
    },
  });
  return chosen?.[0];
}
