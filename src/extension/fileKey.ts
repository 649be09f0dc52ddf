/**
 * What a file is known by in maps of all engines of a workspace: its path, which VS Code keeps with the address anyway, for
 * an address that was once asked for its text keeps that as well. The text where the path does not say all.
 */
import * as path from 'node:path';
import type * as vscode from 'vscode';

type Address = Pick<vscode.Uri, 'scheme' | 'query' | 'fragment' | 'fsPath' | 'toString'>;

export function fileKey(uri: Address): string {
  return isPath(uri) ? uri.fsPath : uri.toString();
}

/** What the keys of all that lies in a folder begin with. */
export function keyPrefix(folder: Address): string {
  return `${fileKey(folder)}${isPath(folder) ? path.sep : '/'}`;
}

function isPath({ scheme, query, fragment }: Address): boolean {
  return scheme === 'file' && query === '' && fragment === '';
}
