/**
 * The view "Engines": the workspace's engines by verdict, worst first, each with its reasons and facts below. Showing it
 * for the first time is what asks for the workspace to be checked. enginesTreeModel.ts says what stands where.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import type { EngineReport, Severity } from '../core/report/engineReport';
import { fileName, handOut, linkId } from './engineTarget';
import {
  type DetailNode,
  detailNodes,
  type EngineFacts,
  type GroupNode,
  groupNodes,
} from './enginesTreeModel';
import { commands, treeItems, views } from './ids';
import type { Reports } from './reports';
import type { WorkspaceEngines } from './workspaceEngines';

interface EngineNode {
  kind: 'engine';
  engineUri: vscode.Uri;
  report: EngineReport;
}
type Node =
  | ({ kind: 'group' } & GroupNode<EngineNode>)
  | EngineNode
  | ({ kind: 'detail'; parent: EngineNode } & DetailNode);

export class EnginesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];
  private refresh: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly reports: Reports,
    private readonly engines: WorkspaceEngines,
  ) {
    this.view = vscode.window.createTreeView(views.engines, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.subscriptions = [
      this.changed,
      this.view,
      reports.onDidChange(() => this.refreshSoon()),
      reports.onDidChangeBusy((count) => {
        this.view.message =
          // A few are answered before anybody has read the message.
          count > 20 ? `Checking ${count.toString()} engines…` : '';
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.refresh);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      this.engines.use();
      // Without this the welcome text ("no engines") would flash up before the first answers.
      await this.engines.firstLook;
      return this.groups().map((group) => ({ kind: 'group', ...group }));
    }
    switch (node.kind) {
      case 'group':
        return node.engines;
      case 'engine':
        return detailNodes(node.report).map((detail) => ({
          kind: 'detail',
          parent: node,
          ...detail,
        }));
      case 'detail':
        return [];
      default:
        return assertNever(node);
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'group':
        return groupItem(node);
      case 'engine':
        return engineItem(node);
      case 'detail':
        return detailItem(node);
      default:
        return assertNever(node);
    }
  }

  private groups(): GroupNode<EngineNode>[] {
    const list = [...this.reports.all()]
      .filter(({ uri }) => this.reports.belongs(uri))
      .map(({ uri, report }): EngineNode & EngineFacts =>
        handOut(
          {
            kind: 'engine',
            engineUri: uri,
            report,
            path: vscode.workspace.asRelativePath(uri),
            verdict: report.verdict,
          },
          uri,
        ),
      );
    return groupNodes(list);
  }

  /** A thousand reports come in a few batches; drawing the tree for each would flicker. */
  private refreshSoon(): void {
    this.refresh ??= setTimeout(() => {
      this.refresh = undefined;
      this.changed.fire();
      const unusable = [...this.reports.all()].filter(
        ({ uri, report }) => report.verdict === 'invalid' && this.reports.belongs(uri),
      ).length;
      this.view.badge =
        unusable === 0
          ? undefined
          : {
              value: unusable,
              tooltip:
                unusable === 1
                  ? '1 engine that cannot run here'
                  : `${unusable.toString()} engines that cannot run here`,
            };
    }, 50);
  }
}

function groupItem(group: GroupNode<unknown>): vscode.TreeItem {
  const item = new vscode.TreeItem(
    groupLabel(group.verdict),
    group.verdict === 'valid' && group.engines.length > 50
      ? vscode.TreeItemCollapsibleState.Collapsed
      : vscode.TreeItemCollapsibleState.Expanded,
  );
  item.id = `group:${group.verdict}`;
  item.description = String(group.engines.length);
  item.contextValue = 'group';
  return item;
}

function groupLabel(verdict: EngineReport['verdict']): string {
  switch (verdict) {
    case 'invalid':
      return 'Cannot run here';
    case 'suboptimal':
      return 'Run slower than they could';
    case 'unchecked':
      return 'Could not be checked here';
    case 'valid':
      return 'Run here';
    default:
      return assertNever(verdict);
  }
}

function engineItem({ engineUri, report }: EngineNode): vscode.TreeItem {
  const name = fileName(engineUri);
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = engineUri.toString();
  item.resourceUri = engineUri;
  const folder = path.posix.dirname(vscode.workspace.asRelativePath(engineUri));
  item.description = folder === '.' ? '' : folder;
  // Plain strings: VS Code renders a tooltip that is a string as text.
  item.tooltip = [report.file, report.headline, report.summary].filter(Boolean).join('\n');
  item.iconPath = severityIcon(report.severity);
  item.contextValue = report.remedies.length > 0 ? treeItems.engineFixable : treeItems.engineFine;
  item.command = {
    command: commands.openEngine,
    title: 'Open Engine',
    arguments: [linkId(engineUri)],
  };
  item.accessibilityInformation = { label: `${name}, ${report.headline}` };
  return item;
}

function detailItem(node: DetailNode & { parent: EngineNode }): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.None);
  item.id = `${node.parent.engineUri.toString()}#${node.id}`;
  item.description = node.value;
  item.tooltip = node.value === '' ? node.label : `${node.label}: ${node.value}`;
  if (node.severity !== undefined) item.iconPath = severityIcon(node.severity);
  return item;
}

export function severityIcon(severity: Severity): vscode.ThemeIcon {
  switch (severity) {
    case 'error':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    case 'warning':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    case 'information':
      return new vscode.ThemeIcon('question');
    case 'ok':
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
    default:
      return assertNever(severity);
  }
}
