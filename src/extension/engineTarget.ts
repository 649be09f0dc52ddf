/**
 * What a command is about: commands are called from links, trees, menus, keys and the palette, each with other
 * arguments. Anybody can call them with anything, a link in somebody's text included, so what an argument names is only
 * believed where we handed it out ourselves (an id, a tree's node) or where VS Code shows it to the person: in the
 * workspace or in a tab. The ids are short because a command link in Problems decodes its arguments once too often for a
 * path.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { contextModelEnding, engineExtensions, headerTextScheme, viewTypes } from './ids';

/** Nodes of trees, as VS Code gives them back to the commands of their menus. */
const handedOut = new WeakMap<object, vscode.Uri>();
const idByUri = new Map<string, string>();
const uriById = new Map<string, vscode.Uri>();

/** A short name for a file, good for this session. */
export function linkId(uri: vscode.Uri): string {
  const key = uri.toString();
  let id = idByUri.get(key);
  if (id === undefined) {
    id = `e${idByUri.size + 1}`;
    idByUri.set(key, id);
    uriById.set(id, uri);
  }
  return id;
}

/** Answers the node, whose commands are about that file from now on. */
export function handOut<T extends object>(node: T, uri: vscode.Uri): T {
  handedOut.set(node, uri);
  return node;
}

/** A command: URI whose argument is the file's short name; more: ids that need no decoding either. */
export function commandLink(command: string, uri: vscode.Uri, ...more: string[]): vscode.Uri {
  return vscode.Uri.parse(
    `command:${command}?${encodeURIComponent(JSON.stringify([linkId(uri), ...more]))}`,
  );
}

/** The header text view of an engine. Its name ends otherwise than the engine's, or our editor would claim it. */
export function headerTextUri(engine: vscode.Uri): vscode.Uri {
  return vscode.Uri.from({
    scheme: headerTextScheme,
    path: `${engine.path}.header`,
    query: engine.toString(),
  });
}

export function engineOfHeaderText(uri: vscode.Uri): vscode.Uri | undefined {
  return uri.scheme === headerTextScheme && uri.query !== ''
    ? vscode.Uri.parse(uri.query)
    : undefined;
}

export function fileName(uri: vscode.Uri): string {
  return path.posix.basename(uri.path);
}

export function isEngineName(uri: vscode.Uri): boolean {
  const extension = path.posix.extname(uri.path).toLowerCase();
  return (engineExtensions as readonly string[]).includes(extension);
}

/** Whether the engine page shows it: an engine, or a model that holds some. */
export function hasEnginePage(uri: vscode.Uri): boolean {
  return isEngineName(uri) || uri.path.toLowerCase().endsWith(contextModelEnding);
}

/** The engine of the tab in front, as page or as header text. */
export function activeEngine(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (
    input instanceof vscode.TabInputCustom &&
    Object.values<string>(viewTypes).includes(input.viewType)
  ) {
    return input.uri;
  }
  if (input instanceof vscode.TabInputText) {
    return engineOfHeaderText(input.uri) ?? (isEngineName(input.uri) ? input.uri : undefined);
  }
  return undefined;
}

/** The files a command was called for: all that are selected in the Explorer, else the one it names, else the tab's. */
export function commandTargets(argument: unknown, selection?: unknown): vscode.Uri[] {
  const selected = Array.isArray(selection) ? selection.flatMap((one) => uriOf(one) ?? []) : [];
  if (selected.length > 0) return selected;
  const one = uriOf(argument) ?? activeEngine();
  return one ? [one] : [];
}

function uriOf(argument: unknown): vscode.Uri | undefined {
  if (typeof argument === 'string') return uriById.get(argument);
  if (argument instanceof vscode.Uri) return offeredUri(argument);
  return typeof argument === 'object' && argument !== null ? handedOut.get(argument) : undefined;
}

/** A URI can be made from a link's text; only one of a file that VS Code shows is taken. */
export function offeredUri(argument: unknown): vscode.Uri | undefined {
  if (!(argument instanceof vscode.Uri)) return undefined;
  const uri = engineOfHeaderText(argument) ?? argument;
  // "/workspace/../etc" begins like the workspace.
  if (path.posix.normalize(uri.path) !== uri.path) return undefined;
  if (vscode.workspace.getWorkspaceFolder(uri)) return uri;
  // A recipe that is open also speaks for its engine.
  const shown = new Set([uri.toString(), uri.with({ path: `${uri.path}.json` }).toString()]);
  const inTab = vscode.window.tabGroups.all.some(({ tabs }) =>
    tabs.some(({ input }) => {
      const tab = tabUri(input);
      return tab !== undefined && shown.has((engineOfHeaderText(tab) ?? tab).toString());
    }),
  );
  return inTab ? uri : undefined;
}

function tabUri(input: unknown): vscode.Uri | undefined {
  return input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText
    ? input.uri
    : undefined;
}
