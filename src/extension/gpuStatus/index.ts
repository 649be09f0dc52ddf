/**
 * GPU memory: one status bar item on the right (used/total, and whether the engine in front fits), the GPU view behind
 * it, and the choice of the GPU that checks and runs use. Looks only while one of them is seen; a machine without an
 * NVIDIA GPU sees nothing of it. Commands: showGpus, chooseGpu. Settings: gpu, gpuMemory.*.
 */
import * as vscode from 'vscode';
import { environmentFor, isGpuUuid } from '../../core/gpu/gpuEnvironment';
import type { GpuSnapshot } from '../../core/gpu/gpuMemory';
import type { GpuViewModel } from '../../core/pages/gpuMemoryView';
import { activeEngine, fileName, isEngineName } from '../engineTarget';
import type { EngineHost } from '../engineHost';
import type { Errors } from '../errors';
import { commands, extensionId, gpuViewType, viewTypes } from '../ids';
import type { Log } from '../log';
import type { Reports } from '../reports';
import * as settings from '../settings';
import type { EngineInFront, GpuNumbers } from './gpuNumbers';
import type { GpuPanel } from './gpuPanel';
import type { StatusItemContent } from './statusItem';

export interface GpuStatusServices {
  extensionUri: vscode.Uri;
  /** dist/engineHost.js */
  hostMain: string;
  host: EngineHost;
  reports: Reports;
  log: Log;
  errors: Errors;
}

export class GpuStatus implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[] = [];
  private item: vscode.StatusBarItem | undefined;
  private loaded: Promise<GpuNumbers> | undefined;
  private numbers: GpuNumbers | undefined;
  private panel: GpuPanel | undefined;
  private front: vscode.Uri | undefined;
  private content: StatusItemContent | null = null;
  private readonly looks = new vscode.EventEmitter<GpuSnapshot>();

  /** After each look. */
  readonly onDidLook = this.looks.event;

  constructor(private readonly services: GpuStatusServices) {
    const { reports, host } = services;
    host.gpuEnvironment = () =>
      environmentFor(settings.gpu(), process.env, this.numbers?.known()?.visible.ids ?? null);
    this.subscriptions.push(
      vscode.window.tabGroups.onDidChangeTabs(() => this.onTabs()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.onTabs()),
      vscode.window.onDidChangeWindowState(() => this.schedule()),
      reports.onDidChange(({ changed }) => {
        const front = this.front?.toString();
        if (front !== undefined && changed.some((uri) => uri.toString() === front)) this.show();
      }),
      settings.onDidChange(['gpuStatusBar', 'gpuInterval', 'gpuWarningPercent'], () =>
        this.onTabs(),
      ),
      settings.onDidChange(['gpu'], () => {
        this.show();
        void services.errors.guard('Choosing a GPU', () => host.restart('another GPU was chosen'));
      }),
      vscode.window.registerWebviewPanelSerializer(gpuViewType, {
        deserializeWebviewPanel: async (panel) => {
          const { GpuPanel: Panel } = await import('./gpuPanel');
          this.adopt(new Panel(panel, services.extensionUri, this.panelSource));
        },
      }),
    );
    this.onTabs();
  }

  /** The last look; null: none yet. */
  get snapshot(): GpuSnapshot | null {
    return this.numbers?.poller.snapshot ?? null;
  }

  /** What the item shows now; null: nothing. For tests. */
  get shown(): StatusItemContent | null {
    return this.content;
  }

  /** How often was looked, for tests. */
  get looksTaken(): number {
    return this.numbers?.poller.count ?? 0;
  }

  /** The model of the GPU view, whether it is open or not. */
  model(): GpuViewModel | null {
    return this.numbers?.view(this.inFront()) ?? null;
  }

  /** The command: opens the GPU view. */
  async showView(): Promise<void> {
    await this.services.errors.guard('Showing GPU memory', async () => {
      if (this.panel) {
        this.panel.reveal();
        return;
      }
      const { GpuPanel: Panel } = await import('./gpuPanel');
      this.adopt(Panel.create(this.services.extensionUri, this.panelSource));
    });
  }

  /** The command: asks which GPU to use. */
  async choose(): Promise<void> {
    await this.services.errors.guard('Choosing a GPU', async () => {
      const numbers = await this.start();
      const { poller } = numbers;
      if (!poller.snapshot || poller.snapshot.gpus.length === 0) await poller.refresh();
      const known = numbers.known();
      if (!known) return;
      const { pickGpu } = await import('./gpuPicker');
      const picked = await pickGpu({ ...known, setting: settings.gpu() });
      if (picked !== undefined) await settings.setGpu(picked);
    });
  }

  /** Looks now. */
  async refresh(): Promise<void> {
    await (await this.start()).poller.refresh();
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
    this.looks.dispose();
    this.item?.dispose();
    this.panel?.dispose();
    void this.loaded?.then(({ poller }) => poller.dispose());
  }

  private readonly panelSource = {
    model: () => this.model(),
    history: () => this.numbers?.history() ?? {},
    refresh: () => this.refresh(),
    choose: () => this.choose(),
    use: async (id: string) => {
      if (isGpuUuid(id)) await settings.setGpu(id);
    },
  };

  private adopt(panel: GpuPanel): void {
    this.panel?.dispose();
    this.panel = panel;
    panel.onDidChangeVisible(() => this.schedule());
    panel.onDidDispose(() => {
      if (this.panel === panel) this.panel = undefined;
      this.schedule();
    });
    this.schedule();
    // On a machine where there was no GPU a look by hand is what opening the view means.
    if (this.snapshot && this.numbers?.poller.everyMs === null) void this.refresh();
  }

  private onTabs(): void {
    const active = activeEngine();
    const open = openEngines();
    // The GPU view or a text in front does not make the engine that was looked at before another one.
    if (active) this.front = active;
    else if (!open.some((uri) => uri.toString() === this.front?.toString())) this.front = open[0];
    this.schedule();
    this.show();
  }

  private get wantsItem(): boolean {
    switch (settings.gpuStatusBar()) {
      case 'always':
        return true;
      case 'never':
        return false;
      case 'whenEngineOpen':
        return this.front !== undefined;
    }
  }

  private schedule(): void {
    const viewVisible = this.panel?.isVisible ?? false;
    const shown = this.wantsItem || viewVisible;
    if (!shown && !this.numbers) return;
    const conditions = {
      shown,
      viewVisible,
      focused: vscode.window.state.focused,
      intervalMs: settings.gpuIntervalMs(),
    };
    void this.services.errors.guard('Reading GPU memory', async () => {
      (await this.start()).poller.update(conditions);
    });
  }

  /** The process, NVML and their code come with the first time somebody wants to see numbers. */
  private start(): Promise<GpuNumbers> {
    this.loaded ??= import('./gpuNumbers').then(({ GpuNumbers }) => {
      const { hostMain, host, log } = this.services;
      this.numbers = new GpuNumbers(
        {
          hostMain,
          shimFolder: host.shimFolder,
          log: (line) => log.debug(`GPU memory: ${line}`),
        },
        (snapshot) => this.onLook(snapshot),
      );
      return this.numbers;
    });
    return this.loaded;
  }

  private onLook(snapshot: GpuSnapshot): void {
    this.show();
    this.looks.fire(snapshot);
  }

  private inFront(): EngineInFront | null {
    const report = this.front && this.services.reports.get(this.front);
    return report && this.front ? { file: fileName(this.front), report } : null;
  }

  private show(): void {
    if (this.panel?.isVisible) this.panel.update();
    this.content = (this.wantsItem && this.numbers?.item(this.inFront())) || null;
    if (!this.content) {
      this.item?.hide();
      return;
    }
    this.item ??= this.makeItem();
    const { text, tooltip, warns, label } = this.content;
    this.item.text = text;
    const markdown = new vscode.MarkdownString(tooltip);
    markdown.isTrusted = { enabledCommands: [commands.showGpus, commands.chooseGpu] };
    this.item.tooltip = markdown;
    this.item.backgroundColor = warns
      ? new vscode.ThemeColor('statusBarItem.warningBackground')
      : undefined;
    this.item.accessibilityInformation = { label, role: 'button' };
    this.item.show();
  }

  private makeItem(): vscode.StatusBarItem {
    const item = vscode.window.createStatusBarItem(
      `${extensionId}.gpu`,
      vscode.StatusBarAlignment.Right,
      90,
    );
    item.name = 'GPU Memory';
    item.command = commands.showGpus;
    return item;
  }
}

/** The engines in tabs of this window, as pages. */
function openEngines(): vscode.Uri[] {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) =>
    tabs.flatMap(({ input }) =>
      input instanceof vscode.TabInputCustom &&
      Object.values<string>(viewTypes).includes(input.viewType) &&
      isEngineName(input.uri)
        ? [input.uri]
        : [],
    ),
  );
}

export function register(services: GpuStatusServices): GpuStatus {
  return new GpuStatus(services);
}
