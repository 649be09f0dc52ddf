/** Our context keys for when-clauses: set once and on change only. */
import * as vscode from 'vscode';
import { canBeFixed } from '../core/report/advice';
import { contextKeys, viewTypes } from './ids';
import type { Reports } from './reports';

export class ContextKeys implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  private last = '';

  constructor(private readonly reports: Reports) {
    set(contextKeys.editors, Object.values(viewTypes));
    this.subscription = reports.onDidChange(() => {
      // A thousand reports come in a few batches.
      this.timer ??= setTimeout(() => this.update(), 20);
    });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
  }

  private update(): void {
    this.timer = undefined;
    const paths: Record<string, true> = {};
    for (const { uri, report } of this.reports.all()) {
      if (canBeFixed(report) && this.reports.belongs(uri)) paths[uri.fsPath] = true;
    }
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
