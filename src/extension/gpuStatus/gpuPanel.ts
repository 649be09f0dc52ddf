/** The GPU view: one panel in the editor area, filled anew whenever it comes back from being hidden. */
import * as vscode from 'vscode';
import { assertNever } from '../../core/text/assertNever';
import type { HistorySample } from '../../core/gpu/gpuMemoryHistory';
import type { FromGpuPage, GpuViewModel, ToGpuPage } from '../../core/pages/gpuMemoryView';
import { showPage } from '../engineEditor/webviewPage';
import { commands, gpuViewType, section } from '../ids';
import { parseFromGpuPage } from './fromGpuPage';

export interface GpuPanelSource {
  /** null: not looked yet. */
  model(): GpuViewModel | null;
  history(): Record<string, readonly HistorySample[]>;
  refresh(): Promise<void>;
  choose(): Promise<void>;
  use(id: string): Promise<void>;
}

export class GpuPanel implements vscode.Disposable {
  private ready = false;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    private readonly source: GpuPanelSource,
  ) {
    const { webview } = panel;
    webview.onDidReceiveMessage((received: unknown) => {
      const message = parseFromGpuPage(received);
      if (message) void this.handle(message);
    });
    showPage(webview, extensionUri, 'gpuPage', 'GPU memory');
  }

  static create(extensionUri: vscode.Uri, source: GpuPanelSource): GpuPanel {
    const panel = vscode.window.createWebviewPanel(
      gpuViewType,
      'GPU Memory',
      vscode.ViewColumn.Active,
    );
    return new GpuPanel(panel, extensionUri, source);
  }

  get isVisible(): boolean {
    return this.panel.visible;
  }

  reveal(): void {
    this.panel.reveal();
  }

  onDidChangeVisible(listener: () => void): void {
    this.panel.onDidChangeViewState(() => {
      // A hidden page is gone; it says ready again when it is back.
      if (!this.panel.visible) this.ready = false;
      listener();
    });
  }

  onDidDispose(listener: () => void): void {
    this.panel.onDidDispose(listener);
  }

  update(): void {
    const model = this.source.model();
    if (model) this.post({ type: 'model', model });
  }

  dispose(): void {
    this.panel.dispose();
  }

  private post(message: ToGpuPage): void {
    if (this.ready) void this.panel.webview.postMessage(message);
  }

  private async handle(message: FromGpuPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.post({ type: 'history', samples: this.source.history() });
        this.update();
        return;
      case 'refresh':
        return this.source.refresh();
      case 'chooseGpu':
        return this.source.choose();
      case 'useGpu':
        return this.source.use(message.id);
      case 'openSettings':
        await vscode.commands.executeCommand('workbench.action.openSettings', `${section}.gpu`);
        return;
      case 'showLog':
        await vscode.commands.executeCommand(commands.showLog);
        return;
      default:
        return assertNever(message);
    }
  }
}
