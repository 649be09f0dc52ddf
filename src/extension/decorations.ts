/**
 * The badge of an engine in the Explorer and on its tab. It shows what is known and asks nothing: a file that nobody
 * checked has none, and one that Problems lists has VS Code's own.
 */
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import type { EngineReport } from '../core/report/engineReport';
import type { Problems } from './problems';
import type { Reports } from './reports';
import { section, settings as settingNames } from './ids';
import * as settings from './settings';

const decorationsOfProblems = 'problems.decorations.enabled';
const shownBy = [`${section}.${settingNames.explorerBadges}`, decorationsOfProblems];

export class Decorations implements vscode.FileDecorationProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  /** VS Code asks about each file by itself: the setting is read once. */
  private badges: boolean | undefined;
  private readonly subscriptions: vscode.Disposable[];

  readonly onDidChangeFileDecorations = this.changed.event;

  constructor(
    private readonly reports: Reports,
    private readonly problems: Problems,
  ) {
    this.subscriptions = [
      this.changed,
      vscode.window.registerFileDecorationProvider(this),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!shownBy.some((setting) => event.affectsConfiguration(setting))) return;
        this.badges = undefined;
        this.changed.fire(undefined);
      }),
      // VS Code asks about each file of a change again; past a few hundred one question for all is cheaper.
      reports.onDidChange(({ changed, removed }) => {
        const uris = [...changed, ...removed];
        this.changed.fire(uris.length > 200 ? undefined : uris);
      }),
      problems.onDidChange((uris) => this.changed.fire(uris)),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const report = this.reports.get(uri);
    if (!report || !this.reports.belongs(uri)) return undefined;
    this.badges ??= settings.explorerBadges();
    if (!this.badges) return undefined;
    return this.problems.lists(uri) && decoratesProblems(uri) ? undefined : decorationOf(report);
  }
}

/** A setting of each folder: asked of the few files that Problems lists. */
function decoratesProblems(uri: vscode.Uri): boolean {
  return vscode.workspace.getConfiguration(undefined, uri).get(decorationsOfProblems, true);
}

/** Letters as well as colours: colour is never the only sign. Where nothing is wrong with a file it has none. */
function decorationOf(report: EngineReport): vscode.FileDecoration | undefined {
  switch (report.severity) {
    case 'ok':
    case 'information':
      return undefined;
    case 'error':
      return decoration('!', report, 'list.errorForeground');
    case 'warning':
      return decoration('~', report, 'list.warningForeground');
    default:
      return assertNever(report.severity);
  }
}

function decoration(badge: string, { headline }: EngineReport, color: string) {
  return new vscode.FileDecoration(badge, headline, new vscode.ThemeColor(color));
}
