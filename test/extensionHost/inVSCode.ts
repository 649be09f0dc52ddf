/** What the suites in this folder share: the extension's internal API, the workspace, waiting for what VS Code does. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { InternalApi } from '../../src/extension/extension';
import { extensionId, viewTypes } from '../../src/extension/ids';
import { writeEngine, type EngineFile } from '../support/engineFiles';

export { newest, older } from '../support/releases';

const programFolders = (process.env['PATH'] ?? '').split(path.delimiter);

/** The libraries that set-up fetched; all four are found, as if they were installed. */
export function useRuntimes(...versions: string[]): void {
  const repository = process.env['ENGINE_INSPECTOR_REPOSITORY'];
  assert.ok(repository, 'ENGINE_INSPECTOR_REPOSITORY is not set');
  const folders = versions.map((version) =>
    path.join(repository, '.deps/tensorrt-rtx', version, 'tensorrt_rtx_libs'),
  );
  // On Windows programs are found there as well.
  const [variable, others] =
    process.platform === 'win32' ? ['PATH', programFolders] : ['LD_LIBRARY_PATH', []];
  process.env[variable] = [...folders, ...others].join(path.delimiter);
}

export async function activated(): Promise<InternalApi> {
  const extension = vscode.extensions.getExtension<InternalApi | undefined>(extensionId);
  assert.ok(extension, `${extensionId} is not there`);
  const api = await extension.activate();
  assert.ok(api, 'the extension is not under test');
  return api;
}

export const folder = (): string => {
  const path = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  assert.ok(path, 'no folder is open');
  return path;
};

/** A file of the workspace. */
export const inFolder = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder(), name));

export function putEngine(name: string, engine: EngineFile): vscode.Uri {
  const uri = inFolder(name);
  fs.mkdirSync(path.dirname(uri.fsPath), { recursive: true });
  writeEngine(uri.fsPath, engine);
  return uri;
}

export async function openPage(uri: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand('vscode.openWith', uri, viewTypes.engine);
}

export async function closeEditors(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}

/** Waits until the answer is neither undefined nor false; fails with what was waited for. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 20_000,
): Promise<Exclude<T, undefined | false | null>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined && answer !== false && answer !== null) {
      return answer as Exclude<T, undefined | false | null>;
    }
    if (Date.now() > end) assert.fail(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const codesOf = (uri: vscode.Uri): string[] =>
  vscode.languages
    .getDiagnostics(uri)
    .map(({ code }) => (typeof code === 'object' ? String(code.value) : String(code)));

/** Removes everything from the workspace and waits until the extension has noticed. */
export async function cleared(api: InternalApi): Promise<void> {
  await closeEditors();
  for (const name of fs.readdirSync(folder())) {
    fs.rmSync(path.join(folder(), name), { recursive: true, force: true });
  }
  await until('an empty store', () => [...api.reports.all()].length === 0);
}

/**
 * Opens a quick pick and picks its first entry, until that has shown its effect. A page that has just loaded takes the
 * focus, which closes a quick pick: a person would open it again.
 */
export function pickFirst<T>(
  open: () => Thenable<unknown>,
  effect: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false | null>> {
  let isOpen = false;
  return until('what was picked', async () => {
    if (!isOpen) {
      isOpen = true;
      void open().then(() => (isOpen = false));
    }
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    return effect();
  });
}
