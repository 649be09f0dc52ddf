/** Our context keys for when-clauses: set once and on change only. */
import * as vscode from 'vscode';
import { canBeFixed } from '../core/report/advice';
import { isProblem } from './enginesTreeModel';
import { fileKey } from './fileKey';
import { contextKeys, viewTypes } from './ids';
import type { Reports } from './reports';

export class ContextKeys implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  private readonly ill = new Set<string>();
  /** Those that Fix Engine Problem… is offered for, by key. */
  private readonly fixable = new Map<string, string>();
  private stale = false;
  private readonly done = new Set<string>();

  constructor(private readonly reports: Reports) {
    set(contextKeys.editors, Object.values(viewTypes));
    this.subscription = reports.onDidChange(({ changed, removed }) => {
      for (const uri of changed) this.follow(uri);
      for (const uri of removed) this.setFixable(uri, false);
      // A thousand reports come in a few batches, and each time all paths go to the window.
      this.timer ??= setTimeout(() => this.update(), this.fixable.size > 1000 ? 500 : 20);
    });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
  }

  /** Whether one that had a problem has none now: the walkthrough waits for it. */
  private follow(uri: vscode.Uri): void {
    const report = this.reports.get(uri);
    this.setFixable(uri, report !== undefined && canBeFixed(report) && this.reports.belongs(uri));
    if (!report) return;
    if (report.runtime !== null && report.validity !== null) this.once(contextKeys.checked);
    const key = fileKey(uri);
    if (isProblem(report)) this.ill.add(key);
    else if (this.ill.delete(key)) this.once(contextKeys.cured);
  }

  private once(key: string): void {
    if (this.done.has(key)) return;
    this.done.add(key);
    set(key, true);
  }

  private setFixable(uri: vscode.Uri, fixable: boolean): void {
    const key = fileKey(uri);
    if (fixable === this.fixable.has(key)) return;
    this.stale = true;
    if (fixable) this.fixable.set(key, uri.fsPath);
    else this.fixable.delete(key);
  }

  private update(): void {
    this.timer = undefined;
    if (this.reports.size > 0) this.once(contextKeys.hasEngines);
    if (!this.stale) return;
    this.stale = false;
    const paths: Record<string, true> = {};
    for (const path of this.fixable.values()) paths[path] = true;
    set(contextKeys.problemPaths, paths);
    set(contextKeys.hasProblems, this.fixable.size > 0);
  }
}

function set(key: string, value: unknown): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
