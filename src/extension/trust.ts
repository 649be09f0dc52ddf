/**
 * Workspace Trust (limited). Reading an engine's first 64 bytes is always allowed. Loading a library runs its code, so
 * in Restricted Mode a library only comes from the user's own settings, the environment, our own storage or the user's
 * choice: no folder of the workspace is looked into, and no Python environment that lies in one.
 */
import * as vscode from 'vscode';
import { isInside } from './isInside';

export function isTrusted(): boolean {
  return vscode.workspace.isTrusted;
}

/** Folders whose Python environments may be looked into. */
export function trustedFolders(): string[] {
  return isTrusted() ? workspaceFolders() : [];
}

/** Whether a library at this path may be loaded now. */
export function mayLoad(file: string): boolean {
  return isTrusted() || !workspaceFolders().some((folder) => isInside(folder, file));
}

function workspaceFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
}
