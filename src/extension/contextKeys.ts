/** Our context keys for when-clauses: set once and on change only. */
import * as vscode from 'vscode';
import { canBeFixed } from '../core/report/advice';
import { isProblem } from './enginesTreeModel';
import { contextKeys, viewTypes } from './ids';
import type { Reports } from './reports';

export class ContextKeys implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  private last = '';
  private readonly ill = new Set<string>();
  private readonly done = new Set<string>();

  constructor(private readonly reports: Reports) {
    set(contextKeys.editors, Object.values(viewTypes));
    this.subscription = reports.onDidChange(({ changed }) => {
      for (const uri of changed) this.follow(uri);
      // A thousand reports come in a few batches.
      this.timer ??= setTimeout(() => this.update(), 20);
    });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
  }

  /** Whether one that had a problem has none now: the walkthrough waits for it. */
  private follow(uri: vscode.Uri): void {
    const report = this.reports.get(uri);
    if (!report) return;
    if (report.runtime !== null && report.validity !== null) this.once(contextKeys.checked);
    const key = uri.toString();
    if (isProblem(report)) this.ill.add(key);
    else if (this.ill.delete(key)) this.once(contextKeys.cured);
  }

  private once(key: string): void {
    if (this.done.has(key)) return;
    this.done.add(key);
    set(key, true);
  }

  private update(): void {
    this.timer = undefined;
    const paths: Record<string, true> = {};
    for (const { uri, report } of this.reports.all()) {
      if (canBeFixed(report) && this.reports.belongs(uri)) paths[uri.fsPath] = true;
    }
    if (this.reports.all().next().done !== true) this.once(contextKeys.hasEngines);
    const now = Object.keys(paths).sort().join('\0');
    if (now === this.last) return;
    this.last = now;
    set(contextKeys.problemPaths, paths);
    set(contextKeys.hasProblems, now !== '');
  }
}

function set(key: string, value: unknown): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
