/**
 * Engines that have another name: *.trt, *.plan and *.rtxplan are other programs' too, so the first bytes decide. Where some
 * are engines, the editor is offered for them, once in a workspace.
 */
import * as vscode from 'vscode';
import { hasRtxTag } from '../core/file/engineHeader';
import { readHead } from '../host/check/fileFacts';
import { fileName } from './engineTarget';
import { engineExtensions, viewTypes } from './ids';
import { showInformation } from './show';

/** Memento key. */
const offered = 'otherNames.offered';
const atOnce = 16;

/** Those of them that are TensorRT-RTX engines. */
export async function enginesAmong(uris: readonly vscode.Uri[]): Promise<vscode.Uri[]> {
  const engines: vscode.Uri[] = [];
  for (let from = 0; from < uris.length; from += atOnce) {
    const some = uris.slice(from, from + atOnce);
    const tagged = await Promise.all(some.map(({ fsPath }) => isTagged(fsPath)));
    engines.push(...some.filter((_, at) => tagged[at] === true));
  }
  return engines;
}

async function isTagged(file: string): Promise<boolean> {
  const head = await readHead(file, 4).catch(() => null);
  return head !== null && hasRtxTag(head.bytes);
}

/** memory: workspaceState. */
export async function offerEditor(
  engines: readonly vscode.Uri[],
  memory: vscode.Memento,
): Promise<void> {
  const [first] = engines;
  if (!first || memory.get(offered) === true) return;
  await memory.update(offered, true);
  const others = engines.length === 1 ? '' : ` and ${engines.length - 1} more`;
  const names = [...new Set(engines.map(endingOf))];
  const yes = 'Open with Engine Inspector';
  const picked = await showInformation(
    `${fileName(first)}${others} ${engines.length === 1 ? 'is a TensorRT-RTX engine' : 'are TensorRT-RTX engines'}. Open ${names.map((name) => `*${name}`).join(' and ')} with Engine Inspector in this workspace?`,
    yes,
  );
  if (picked !== yes) return;
  const configuration = vscode.workspace.getConfiguration('workbench');
  const before = configuration.inspect<Record<string, string>>('editorAssociations');
  const associations = Object.fromEntries(names.map((name) => [`*${name}`, viewTypes.plan]));
  await configuration.update(
    'editorAssociations',
    { ...before?.workspaceValue, ...associations },
    vscode.ConfigurationTarget.Workspace,
  );
}

function endingOf(uri: vscode.Uri): string {
  return engineExtensions.find((ending) => uri.path.toLowerCase().endsWith(ending)) ?? '.plan';
}
