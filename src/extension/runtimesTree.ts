/**
 * The view "Runtimes and GPUs": every TensorRT-RTX that was found, the one in use marked, each with its path and what is
 * wrong with it; then the GPUs, or why there are none. Without any TensorRT-RTX the view's welcome text takes its place.
 */
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import { withoutLoaderMessage } from '../core/text/driverMessage';
import { formatBytes, formatCudaVersion } from '../core/text/formats';
import type { GpusInfo } from '../host/engineHost/protocol';
import {
  type FoundRuntime,
  runtimeSourceNames,
  untestedSentence,
} from '../host/runtimes/runtimeSources';
import type { EngineHost } from './engineHost';
import type { Errors } from './errors';
import { treeItems, views } from './ids';
import type { Runtimes } from './runtimes';

export interface RuntimeNode {
  kind: 'runtime';
  runtime: FoundRuntime;
  inUse: boolean;
  /** Where it was found, in words. */
  source: string;
}
type Node =
  | RuntimeNode
  | { kind: 'gpu'; gpu: GpusInfo['gpus'][number] }
  | { kind: 'driver'; info: GpusInfo }
  | { kind: 'sentence'; id: string; text: string; problem: boolean };

/** Those of this view, as VS Code gives them back to the commands of the context menu. */
const handedOut = new WeakSet<object>();

export function runtimeNode(argument: unknown): RuntimeNode | undefined {
  return typeof argument === 'object' && argument !== null && handedOut.has(argument)
    ? (argument as RuntimeNode)
    : undefined;
}

export class RuntimesTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly runtimes: Runtimes,
    private readonly host: EngineHost,
    private readonly errors: Errors,
  ) {
    this.subscriptions = [
      this.changed,
      vscode.window.createTreeView(views.runtimes, { treeDataProvider: this }),
      runtimes.onDidChange(() => this.changed.fire()),
      host.onDidRestart(() => this.changed.fire()),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node) return node.kind === 'runtime' ? runtimeDetails(node) : [];
    const found = await this.runtimes.list();
    if (found.length === 0) return [];
    const { runtime: inUse, why, nextStep } = await this.runtimes.choose(null);
    const nodes = found.map((runtime): Node => ({
      kind: 'runtime',
      runtime,
      inUse: runtime === inUse,
      source: runtimeSourceNames[runtime.source],
    }));
    for (const node of nodes) handedOut.add(node);
    if (!inUse) {
      nodes.unshift({ kind: 'sentence', id: 'none', text: `${why} ${nextStep}`, problem: true });
    }
    return [...nodes, ...(await this.gpuNodes())];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'runtime':
        return runtimeItem(node);
      case 'gpu': {
        const { name, uuid, index, computeCapability, totalMemory, freeMemory } = node.gpu;
        const item = new vscode.TreeItem(name);
        item.id = `gpu:${uuid || index}`;
        item.iconPath = new vscode.ThemeIcon('chip');
        const free = freeMemory === null ? '' : ` · ${formatBytes(freeMemory)} free`;
        item.description = `${computeCapability} · ${formatBytes(totalMemory)}${free}`;
        item.tooltip = `GPU ${index.toString()}, compute capability ${computeCapability}`;
        return item;
      }
      case 'driver': {
        const { cudaDriverVersion, driverVersion } = node.info;
        const item = new vscode.TreeItem('NVIDIA driver');
        item.id = 'driver';
        item.iconPath = new vscode.ThemeIcon('circuit-board');
        item.description = [
          driverVersion ?? '',
          cudaDriverVersion === null ? '' : `CUDA ${formatCudaVersion(cudaDriverVersion)}`,
        ]
          .filter(Boolean)
          .join(' · ');
        return item;
      }
      case 'sentence': {
        const item = new vscode.TreeItem(withoutLoaderMessage(node.text));
        item.id = `sentence:${node.id}`;
        item.tooltip = node.text;
        item.iconPath = new vscode.ThemeIcon(node.problem ? 'warning' : 'info');
        return item;
      }
      default:
        return assertNever(node);
    }
  }

  private async gpuNodes(): Promise<Node[]> {
    try {
      const info = await (await this.host.get()).gpus();
      const nodes: Node[] = info.gpus.map((gpu) => ({ kind: 'gpu', gpu }));
      if (info.driverVersion !== null || info.cudaDriverVersion !== null) {
        nodes.push({ kind: 'driver', info });
      }
      if (info.gpus.length === 0) {
        const text = info.message || 'No NVIDIA GPU was found.';
        nodes.push({ kind: 'sentence', id: 'gpus', text, problem: false });
      }
      return nodes;
    } catch (error) {
      this.errors.report(error, { doing: 'Reading the GPUs', asked: false });
      const text = error instanceof Error ? error.message : String(error);
      return [{ kind: 'sentence', id: 'gpus', text, problem: true }];
    }
  }
}

function runtimeItem({ runtime, inUse, source }: RuntimeNode): vscode.TreeItem {
  const item = new vscode.TreeItem(
    runtime.version === '' ? 'TensorRT-RTX, version unknown' : `TensorRT-RTX ${runtime.version}`,
    vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = `runtime:${runtime.path}`;
  item.description = inUse ? `in use · ${source}` : source;
  const untested = runtime.untested === true ? untestedSentence : '';
  item.tooltip = [runtime.path, untested, runtime.problem ?? '', runtime.nextStep]
    .filter(Boolean)
    .join('\n');
  if (runtime.problem !== null) {
    item.contextValue = treeItems.runtimeBroken;
    item.iconPath = new vscode.ThemeIcon(
      'warning',
      new vscode.ThemeColor('list.warningForeground'),
    );
  } else if (inUse) {
    item.contextValue = treeItems.runtimeInUse;
    item.iconPath = new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
  } else {
    item.contextValue = treeItems.runtimeUsable;
    item.iconPath = new vscode.ThemeIcon('circle-large-outline');
  }
  return item;
}

function runtimeDetails({ runtime }: RuntimeNode): Node[] {
  const sentence = (id: string, text: string, problem: boolean): Node => ({
    kind: 'sentence',
    id: `${runtime.path}:${id}`,
    text,
    problem,
  });
  return [
    ...(runtime.problem === null
      ? []
      : [sentence('problem', `${runtime.problem} ${runtime.nextStep}`.trim(), true)]),
    ...(runtime.untested === true ? [sentence('untested', untestedSentence, false)] : []),
    sentence('path', runtime.path, false),
  ];
}
