/**
 * The badge of an engine in the Explorer and on its tab. It shows what is known and asks nothing: a file that nobody
 * checked has none.
 */
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import type { EngineReport } from '../core/report/engineReport';
import type { Reports } from './reports';
import * as settings from './settings';

export class Decorations implements vscode.FileDecorationProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  private readonly subscriptions: vscode.Disposable[];

  readonly onDidChangeFileDecorations = this.changed.event;

  constructor(private readonly reports: Reports) {
    this.subscriptions = [
      this.changed,
      vscode.window.registerFileDecorationProvider(this),
      settings.onDidChange(['explorerBadges'], () => this.changed.fire(undefined)),
      // VS Code asks about each file of a change again; past a few hundred one question for all is cheaper.
      reports.onDidChange(({ changed, removed }) => {
        const uris = [...changed, ...removed];
        this.changed.fire(uris.length > 200 ? undefined : uris);
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const report = this.reports.get(uri);
    if (!report || !this.reports.belongs(uri) || !settings.explorerBadges()) return undefined;
    return decorationOf(report);
  }
}

/** Letters as well as colours: colour is never the only sign. */
export function decorationOf(report: EngineReport): vscode.FileDecoration | undefined {
  switch (report.severity) {
    case 'ok':
      return undefined;
    case 'error':
      return decoration('!', report, 'list.errorForeground');
    case 'warning':
      return decoration('~', report, 'list.warningForeground');
    case 'information':
      return decoration('?', report);
    default:
      return assertNever(report.severity);
  }
}

function decoration(badge: string, { headline }: EngineReport, color?: string) {
  return new vscode.FileDecoration(
    badge,
    headline,
    color === undefined ? undefined : new vscode.ThemeColor(color),
  );
}
