/**
 * The engines of the workspace: finds them, has them checked, watches them. Nothing is searched, watched or checked
 * before use() is called, which an engine that is opened, the Engines view and the command do (and activation, when the
 * setting checkWorkspace says onStartup).
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { contextKeys, engineExtensions } from './ids';
import type { Reports } from './reports';
import * as settings from './settings';

const searched = '**/*.engine';
/** Other programs' names too: their first bytes are read, and those that are engines are checked. */
const otherNames = `**/*{${engineExtensions.slice(1).join(',')}}`;
const mostOthers = 5000;
const watched = `**/*{${engineExtensions.join(',')}}`;

/** After the last new folder, before they are looked into. Milliseconds. */
const quietMs = 500;

export class WorkspaceEngines implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  /** Watchers beside open engines that lie outside the workspace, by folder. */
  private readonly outside = new Map<string, { watcher: vscode.Disposable; holders: number }>();
  private used = false;
  private scanning: Promise<number> | undefined;
  private quiet: NodeJS.Timeout | undefined;
  private quietAfterDeletes: NodeJS.Timeout | undefined;
  /** Settles when the first search, if there is one, has its answers. */
  firstLook: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly reports: Reports,
    /** workspaceState */
    private readonly memory: vscode.Memento,
  ) {}

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const { watcher } of this.outside.values()) watcher.dispose();
  }

  /** From now on the workspace's engines are watched and, unless the setting says never, checked. */
  use(): void {
    if (this.used) return;
    this.used = true;
    this.watch();
    if (settings.checkWorkspace() !== 'never') this.firstLook = this.checkAll();
  }

  /** Finds and checks every engine of the workspace; answers how many there are. */
  checkAll(): Promise<number> {
    if (!this.used) {
      this.used = true;
      this.watch();
    }
    this.scanning ??= this.scan().finally(() => (this.scanning = undefined));
    return this.scanning;
  }

  /** An engine is shown in an editor: watched wherever it lies, until the answer is disposed. */
  hold(uri: vscode.Uri): vscode.Disposable {
    this.use();
    const held = this.reports.hold(uri);
    if (vscode.workspace.getWorkspaceFolder(uri) || uri.scheme !== 'file') return held;
    const folder = vscode.Uri.file(path.dirname(uri.fsPath));
    const key = folder.toString();
    const entry = this.outside.get(key) ?? { watcher: this.watchFolder(folder), holders: 0 };
    entry.holders++;
    this.outside.set(key, entry);
    return new vscode.Disposable(() => {
      held.dispose();
      if (--entry.holders > 0) return;
      entry.watcher.dispose();
      this.outside.delete(key);
    });
  }

  private async scan(): Promise<number> {
    const [own, others] = await Promise.all([
      vscode.workspace.findFiles(searched),
      this.withOtherNames(),
    ]);
    const uris = [...own, ...others];
    await Promise.all([this.reports.checkAll(uris), this.reports.touchGone()]);
    if (others.length > 0) {
      void import('./otherNames').then(({ offerEditor }) => offerEditor(others, this.memory));
    }
    void vscode.commands.executeCommand('setContext', contextKeys.enginesSearched, true);
    return uris.length;
  }

  private async withOtherNames(): Promise<vscode.Uri[]> {
    const found = await vscode.workspace.findFiles(otherNames, undefined, mostOthers);
    const local = found.filter(({ scheme }) => scheme === 'file');
    if (local.length === 0) return [];
    return (await import('./otherNames')).enginesAmong(local);
  }

  private watch(): void {
    if (!vscode.workspace.workspaceFolders) {
      // The first folder of an empty window restarts the extension host; nothing to watch until then.
      return;
    }
    const engines = vscode.workspace.createFileSystemWatcher(watched);
    // A folder that is deleted or moved away is one event for the folder, none for the engines in it.
    // So is one that appears: the watcher may miss what was written into it right away (cp -r, git checkout).
    const folders = vscode.workspace.createFileSystemWatcher('**', false, true, false);
    this.subscriptions.push(
      engines,
      folders,
      engines.onDidCreate((uri) => this.created(uri)),
      engines.onDidChange((uri) => this.changed(uri)),
      engines.onDidDelete((uri) => this.changed(uri)),
      folders.onDidDelete((uri) => {
        this.reports.touchBelow(uri);
        this.lookForGoneWhenQuiet();
      }),
      folders.onDidCreate((uri) => {
        if (path.posix.extname(uri.path) === '') this.lookAgainWhenQuiet();
      }),
      new vscode.Disposable(() => {
        clearTimeout(this.quiet);
        clearTimeout(this.quietAfterDeletes);
      }),
      // A folder that is renamed or moved in here is one event too: look again.
      vscode.workspace.onDidRenameFiles(() => this.lookAgain()),
      vscode.workspace.onDidCreateFiles(({ files }) => {
        if (files.some((uri) => path.posix.extname(uri.path) === '')) this.lookAgain();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(({ removed }) => {
        for (const { uri } of removed) this.reports.touchBelow(uri);
        this.lookAgain();
      }),
    );
  }

  private watchFolder(folder: vscode.Uri): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, `*{${engineExtensions.join(',')}}`),
    );
    watcher.onDidCreate((uri) => this.changed(uri));
    watcher.onDidChange((uri) => this.changed(uri));
    watcher.onDidDelete((uri) => this.changed(uri));
    return watcher;
  }

  private created(uri: vscode.Uri): void {
    const wanted =
      uri.path.toLowerCase().endsWith('.engine') && settings.checkWorkspace() !== 'never';
    if (wanted || this.reports.isKnown(uri)) this.reports.touch(uri);
  }

  private changed(uri: vscode.Uri): void {
    if (this.reports.isKnown(uri)) this.reports.touch(uri);
  }

  private lookAgainWhenQuiet(): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => void this.lookForNew(), quietMs);
  }

  /** Of many deletions at once the watcher may tell some only. */
  private lookForGoneWhenQuiet(): void {
    clearTimeout(this.quietAfterDeletes);
    this.quietAfterDeletes = setTimeout(() => void this.reports.touchGone(), quietMs);
  }

  private async lookForNew(): Promise<void> {
    if (settings.checkWorkspace() === 'never') return;
    const uris = await vscode.workspace.findFiles(searched);
    await this.reports.checkAll(uris.filter((uri) => !this.reports.isKnown(uri)));
  }

  private lookAgain(): void {
    if (settings.checkWorkspace() !== 'never') void this.checkAll();
  }
}
