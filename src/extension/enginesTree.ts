/**
 * The view "Engines": the workspace's engines by reason (by target, by folder, or flat), worst first, each with its reasons
 * and facts below. Showing it for the first time is what asks for the workspace to be checked. enginesTreeModel.ts says what
 * stands where.
 */
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import type { EngineReport } from '../core/report/engineReport';
import { canBeFixed } from '../core/report/advice';
import type { ReportGroup } from '../core/report/reportGroups';
import type { OnTarget, TargetGroup } from '../core/targets/targetGroups';

import { fileName, handOut, linkId } from './engineTarget';
import {
  type Arrangement,
  canBeCured,
  type DetailNode,
  detailNodes,
  filtered,
  firstArrangement,
  folderOf,
  type GroupNode,
  groupings,
  groupNodes,
  isForeign,
  sorted,
  sortings,
} from './enginesTreeModel';
import { commands, contextKeys, treeItems, views } from './ids';
import type { Reports } from './reports';
import { severityIcon } from './severityIcon';
import type { Targets } from './targets/targets';
import type { WorkspaceEngines } from './workspaceEngines';

type Engine = Readonly<{ uri: vscode.Uri; report: EngineReport }>;

interface EngineRow {
  kind: 'engine';
  engineUri: vscode.Uri;
  report: EngineReport;
  path: string;
}

/** Of engines that somebody filtered by, sorted by or saw. */
const paths = new WeakMap<Engine, string>();

function pathOf(engine: Engine): string {
  const path = paths.get(engine) ?? vscode.workspace.asRelativePath(engine.uri);
  paths.set(engine, path);
  return path;
}

function rowOf(engine: Engine): EngineRow {
  return { kind: 'engine', engineUri: engine.uri, report: engine.report, path: pathOf(engine) };
}

/** An engine below a target, or below a group that stands beside those; it can be in several. */
interface TargetRow extends EngineRow {
  group: string;
  on: OnTarget | null;
}
type Node =
  // Of ten thousand engines few have a row: groups hold what the store of reports has of them.
  | ({ kind: 'group' } & GroupNode<Engine>)
  | ({ kind: 'target' } & TargetGroup<Engine>)
  | EngineRow
  | TargetRow
  | ({ kind: 'detail'; parent: string } & DetailNode)
  | { kind: 'more'; group: string; count: number };

/** Rows of one group: the view is slow with more, and nobody reads them. */
const mostRows = 1000;
/** Groups with more stay closed at first. */
const mostOpened = 200;
/** Memento key. */
const arrangedAs = 'enginesView.arrangement';

const reasonsOfGroups = new WeakMap<object, ReportGroup>();
const targetsOfRows = new WeakMap<object, { uri: vscode.Uri; target: string }>();

/** The reason that a group of the view stands for. */
export function reasonOfGroup(node: unknown): ReportGroup | undefined {
  return typeof node === 'object' && node !== null ? reasonsOfGroups.get(node) : undefined;
}

/** Those of the view's rows that stand below a target: all that are selected, else the one. */
export function targetRows(
  node: unknown,
  selection?: unknown,
): { uri: vscode.Uri; target: string }[] {
  const nodes: unknown[] = Array.isArray(selection) && selection.length > 0 ? selection : [node];
  return nodes.flatMap((one) => {
    const target = typeof one === 'object' && one !== null ? targetsOfRows.get(one) : undefined;
    return target ? [target] : [];
  });
}

export class EnginesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable[];
  private refresh: NodeJS.Timeout | undefined;
  private arranged: Arrangement;
  private checking = 0;
  private toldFiltered: boolean | undefined;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly reports: Reports,
    private readonly engines: WorkspaceEngines,
    private readonly targets: Targets,
    /** workspaceState */
    private readonly memory: vscode.Memento,
  ) {
    this.arranged = readArrangement(memory.get(arrangedAs));
    this.view = vscode.window.createTreeView(views.engines, {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.subscriptions = [
      this.changed,
      this.view,
      reports.onDidChange(() => this.refreshSoon()),
      targets.onDidChange(() => {
        if (this.arranged.grouping === 'target') this.refreshSoon();
      }),
      reports.onDidChangeBusy((count) => {
        this.checking = count;
        this.tell();
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.refresh);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  get arrangement(): Arrangement {
    return this.arranged;
  }

  /** Kept for this workspace; what is filtered is not. */
  async arrange(change: Partial<Arrangement>): Promise<void> {
    this.arranged = { ...this.arranged, ...change };
    this.tell();
    this.changed.fire();
    const { grouping, sorting } = this.arranged;
    await this.memory.update(arrangedAs, { grouping, sorting });
  }

  /** How many engines each reason has, worst first. */
  reasons(): { reason: ReportGroup; label: string; count: number }[] {
    return groupNodes(this.reports.belonging(), firstArrangement, pathOf).flatMap(
      ({ reason, label, engines }) =>
        reason === null ? [] : [{ reason, label, count: engines.length }],
    );
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      this.engines.use();
      // Without this the welcome text ("no engines") would flash up before the first answers.
      await this.engines.firstLook;
      return this.roots();
    }
    switch (node.kind) {
      case 'group':
        return this.rows(node);
      case 'target':
        return this.targetRows(node);
      case 'engine':
        return detailNodes(node.report, 'on' in node ? node.on : null).map((detail) => ({
          kind: 'detail',
          parent: engineId(node),
          ...detail,
        }));
      case 'detail':
      case 'more':
        return [];
      default:
        return assertNever(node);
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'group':
        return groupItem(node);
      case 'target':
        return targetItem(node);
      case 'engine':
        return engineItem(node, this.arranged.grouping !== 'folder');
      case 'detail':
        return detailItem(node);
      case 'more':
        return moreItem(node);
      default:
        return assertNever(node);
    }
  }

  private roots(): Node[] | Promise<Node[]> {
    if (this.arranged.grouping === 'target') return this.targetRoots();
    const groups = groupNodes(this.reports.belonging(), this.arranged, pathOf);
    if (groups.length === 0 && this.hasEngines()) this.tell('No engine matches the filter.');
    else this.tell();
    const [first] = groups;
    if (this.arranged.grouping === 'none') return first ? this.rows(first) : [];
    return groups.map((group) => {
      const node: Node = { kind: 'group', ...group };
      if (group.reason !== null) reasonsOfGroups.set(node, group.reason);
      return node;
    });
  }

  private async targetRoots(): Promise<Node[]> {
    const { filter, onlyProblems } = this.arranged;
    const { source, problem, belongs, ...chosen } = await this.targets.of();
    const { groupByTarget } = await import('../core/targets/targetGroups');
    const engines = filtered(this.reports.belonging(), filter, pathOf);
    const groups = groupByTarget(engines, chosen, ({ uri }) => belongs(uri));
    if (engines.length === 0 && this.hasEngines()) this.tell('No engine matches the filter.');
    else if (problem !== '') this.tell(problem);
    else if (source === 'defaults' && engines.length > 0) {
      this.tell('No targets are chosen yet, so these are common boards.');
    } else this.tell();
    return engines.length === 0
      ? []
      : groups
          .filter(({ facts }) => facts !== '' || !onlyProblems)
          .map((group) => ({ kind: 'target', ...group }));
  }

  private targetRows({ id, rows }: TargetGroup<Engine>): Node[] {
    const nodes = rows.map(({ engine, on }): TargetRow => {
      const node: TargetRow = { ...rowOf(engine), group: id, on };
      if (on) targetsOfRows.set(node, { uri: engine.uri, target: on.id });
      return node;
    });
    const severityOf = ({ on, report }: TargetRow) => on?.severity ?? report.severity;
    const { sorting } = this.arranged;
    return shortened(
      sorted(nodes, sorting, ({ path }) => path, severityOf),
      id,
      (node) => node,
    );
  }

  private rows({ id, engines }: GroupNode<Engine>): Node[] {
    return shortened(sorted(engines, this.arranged.sorting, pathOf), id, rowOf);
  }

  private hasEngines(): boolean {
    return this.reports.belonging().next().done !== true;
  }

  /** Ten thousand reports come in a few batches; drawing the tree for each would flicker. */
  private refreshSoon(): void {
    this.refresh ??= setTimeout(
      () => {
        this.refresh = undefined;
        this.changed.fire();
        let curable = 0;
        for (const { report } of this.reports.belonging()) if (canBeCured(report)) curable += 1;
        const tooltip = curable === 1 ? '1 engine to fix' : `${curable.toString()} engines to fix`;
        this.view.badge = curable === 0 ? undefined : { value: curable, tooltip };
      },
      this.reports.size > 1000 ? 250 : 50,
    );
  }

  private tell(message = ''): void {
    const { filter, onlyProblems } = this.arranged;
    const description = [onlyProblems ? 'only problems' : '', filter === '' ? '' : `“${filter}”`]
      .filter(Boolean)
      .join(' · ');
    // A few are answered before anybody has read the message.
    const said = this.checking > 20 ? `Checking ${this.checking.toString()} engines…` : message;
    // VS Code does not compare: each of them is a message to its window.
    if ((this.view.description ?? '') !== description) this.view.description = description;
    if ((this.view.message ?? '') !== said) this.view.message = said;
    const filtered = filter !== '' || onlyProblems;
    if (filtered === this.toldFiltered) return;
    this.toldFiltered = filtered;
    void vscode.commands.executeCommand('setContext', contextKeys.enginesFiltered, filtered);
  }
}

function shortened<T>(
  engines: readonly T[],
  group: string,
  asRow: (engine: T) => EngineRow | TargetRow,
): Node[] {
  const rest = engines.length - mostRows;
  const shown = engines.slice(0, mostRows).map((engine) => {
    const row = asRow(engine);
    return handOut(row, row.engineUri);
  });
  return rest > 0 ? [...shown, { kind: 'more', group, count: rest }] : shown;
}

function readArrangement(kept: unknown): Arrangement {
  const { grouping, sorting } = (kept ?? {}) as Partial<Arrangement>;
  return {
    ...firstArrangement,
    grouping: groupings.find((one) => one === grouping) ?? firstArrangement.grouping,
    sorting: sortings.find((one) => one === sorting) ?? firstArrangement.sorting,
  };
}

function groupItem(group: GroupNode<unknown>): vscode.TreeItem {
  const count = group.engines.length;
  const closed = count > mostOpened || (group.severity === 'ok' && count > 50) || isForeign(group);
  const item = new vscode.TreeItem(
    group.label,
    closed ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded,
  );
  item.id = `group:${group.id}`;
  item.description = String(count);
  if (group.reason === null) item.iconPath = vscode.ThemeIcon.Folder;
  item.contextValue =
    group.reason !== null && group.severity !== 'ok' && group.severity !== 'information'
      ? treeItems.groupFixable
      : treeItems.group;
  item.accessibilityInformation = {
    label: `${group.label}, ${count === 1 ? '1 engine' : `${count} engines`}`,
  };
  return item;
}

function targetItem(group: TargetGroup<unknown>): vscode.TreeItem {
  const { id, label, count, facts, severity, rows } = group;
  const state =
    rows.length === 0
      ? vscode.TreeItemCollapsibleState.None
      : rows.length > mostOpened || facts === ''
        ? vscode.TreeItemCollapsibleState.Collapsed
        : vscode.TreeItemCollapsibleState.Expanded;
  const item = new vscode.TreeItem(label, state);
  item.id = `group:${id}`;
  item.description = count;
  item.tooltip = facts === '' ? label : `${label}\n${facts}\n${count}`;
  item.iconPath = severityIcon(severity);
  item.contextValue = treeItems.group;
  item.accessibilityInformation = { label: `${label}, ${count}` };
  return item;
}

function moreItem({ group, count }: Extract<Node, { kind: 'more' }>): vscode.TreeItem {
  const item = new vscode.TreeItem(`${count.toLocaleString('en')} more…`);
  item.id = `more:${group}`;
  item.tooltip = 'Filter the engines to see them.';
  item.command = { command: commands.filterEngines, title: 'Filter Engines' };
  return item;
}

/** Of the row in the tree: below targets an engine can stand several times. */
const engineId = (node: EngineRow | TargetRow): string =>
  'group' in node ? `${node.group} ${node.engineUri.toString()}` : node.engineUri.toString();

function engineItem(node: EngineRow | TargetRow, withFolder: boolean): vscode.TreeItem {
  const { engineUri, report, path } = node;
  const on = 'on' in node ? node.on : null;
  const name = fileName(engineUri);
  const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = engineId(node);
  item.resourceUri = engineUri;
  const folder = folderOf(path);
  item.description = [on?.word ?? '', !withFolder || folder === '.' ? '' : folder]
    .filter(Boolean)
    .join(' · ');
  const said = on?.sentence ?? report.headline;
  // Plain strings: VS Code renders a tooltip that is a string as text. The reasons stand below.
  item.tooltip = `${path}\n${said}`;
  item.iconPath = severityIcon(on?.severity ?? report.severity);
  const fixable = on ? on.fixable : canBeFixed(report);
  item.contextValue = fixable ? treeItems.engineFixable : treeItems.engineFine;
  item.command = {
    command: commands.openEngine,
    title: 'Open Engine',
    arguments: [linkId(engineUri)],
  };
  item.accessibilityInformation = { label: `${name}, ${said}` };
  return item;
}

function detailItem(node: DetailNode & { parent: string }): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.None);
  item.id = `${node.parent}#${node.id}`;
  item.description = node.value;
  item.tooltip = node.value === '' ? node.label : `${node.label}: ${node.value}`;
  if (node.severity !== undefined) item.iconPath = severityIcon(node.severity);
  return item;
}
