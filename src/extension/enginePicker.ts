/**
 * Asks for an engine, the same way everywhere: with its verdict's icon and its folder ("." for the workspace's root), found
 * by either, those used last first.
 */
import * as vscode from 'vscode';
import { compareSeverity } from '../core/report/reportGroups';
import type { EngineReport } from '../core/report/engineReport';
import { fileName, isEngineName } from './engineTarget';
import { folderOf } from './enginesTreeModel';
import { engineExtensions } from './ids';
import type { Reports } from './reports';
import { pick } from './show';
import { severityIcon } from './severityIcon';

interface EngineItem extends vscode.QuickPickItem {
  uri?: vscode.Uri;
}

export interface EngineQuestion {
  title: string;
  placeHolder?: string;
  /** The one that is not offered. */
  not?: vscode.Uri;
}

/** Memento key. */
const usedLast = 'recentEngines';
const mostKept = 20;

export class EnginePicker implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly reports: Reports,
    /** workspaceState */
    private readonly memory: vscode.Memento,
  ) {
    this.subscription = vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
      for (const { input, isActive } of [...opened, ...changed]) {
        if (isActive && input instanceof vscode.TabInputCustom && isEngineName(input.uri)) {
          void this.used(input.uri);
        }
      }
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  /** One of the workspace, or a file somewhere else. undefined: the person gave up. */
  async ask(question: EngineQuestion): Promise<vscode.Uri | undefined> {
    const found = await vscode.workspace.findFiles('**/*.engine', undefined, 10_000);
    const known = [...this.reports.all()].map(({ uri }) => uri);
    const all = new Map(
      [...found, ...known]
        .filter((uri) => uri.scheme === 'file' && this.mayBeEngine(uri))
        .map((uri) => [uri.toString(), uri]),
    );
    const browse: EngineItem = { label: 'Another File…', alwaysShow: true };
    const separator: EngineItem = { label: '', kind: vscode.QuickPickItemKind.Separator };
    const items = this.items([...all.values()], question);
    // A list of one row would ask twice.
    const picked =
      items.length === 0 ? browse : await this.show([...items, separator, browse], question);
    if (!picked || picked.uri) return picked?.uri;
    const chosen = await vscode.window.showOpenDialog({
      title: question.title,
      filters: { ['TensorRT-RTX engines']: engineExtensions.map((one) => one.slice(1)) },
    });
    return chosen?.[0];
  }

  /** One of these, each with what is wrong with it; the worst first. */
  async askAmong(
    uris: readonly vscode.Uri[],
    question: EngineQuestion,
  ): Promise<vscode.Uri | undefined> {
    const items = this.items(uris, question, ({ headline }) => headline);
    return (await this.show(items, question))?.uri;
  }

  private async show(
    items: readonly EngineItem[],
    { title, placeHolder }: EngineQuestion,
  ): Promise<EngineItem | undefined> {
    return pick(items, {
      title,
      ...(placeHolder === undefined ? {} : { placeHolder }),
      matchOnDescription: true,
      matchOnDetail: true,
    });
  }

  private items(
    uris: readonly vscode.Uri[],
    { not }: EngineQuestion,
    detail?: (report: EngineReport) => string,
  ): EngineItem[] {
    const recent = this.memory.get<string[]>(usedLast, []);
    const rows = uris
      .filter((uri) => uri.toString() !== not?.toString())
      .map((uri) => ({
        uri,
        path: vscode.workspace.asRelativePath(uri),
        report: this.reports.get(uri),
        used: recent.indexOf(uri.toString()) >>> 0,
      }));
    const byPath = new Intl.Collator('en', { numeric: true });
    rows.sort(
      (a, b) =>
        a.used - b.used ||
        (detail && a.report && b.report
          ? compareSeverity(a.report.severity, b.report.severity)
          : 0) ||
        byPath.compare(a.path, b.path),
    );
    return rows.map(({ uri, path, report, used }) => ({
      uri,
      label: fileName(uri),
      description: [folderOf(path), used < mostKept ? 'recent' : ''].filter(Boolean).join(' · '),
      iconPath: report ? severityIcon(report.severity) : new vscode.ThemeIcon('file-binary'),
      ...(detail && report ? { detail: detail(report) } : {}),
    }));
  }

  /** What was found by name alone and is known to be something else is not offered. */
  private mayBeEngine(uri: vscode.Uri): boolean {
    const report = this.reports.get(uri);
    return report === undefined
      ? isEngineName(uri)
      : this.reports.belongs(uri) || report.kind === 'tensorrt-rtx';
  }

  private async used(uri: vscode.Uri): Promise<void> {
    const key = uri.toString();
    const before = this.memory.get<string[]>(usedLast, []);
    if (before[0] === key) return;
    const now = [key, ...before.filter((one) => one !== key)].slice(0, mostKept);
    await this.memory.update(usedLast, now);
  }
}
