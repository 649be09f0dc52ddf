/**
 * Engines × targets, in a panel: the model is made in core of the reports there are, again when one of them or the
 * targets change. What a cell or a cause offers is done by the same remedies as everywhere.
 */
import * as vscode from 'vscode';
import type {
  FromMatrixPage,
  MatrixFormat,
  ToMatrixPage,
} from '../../core/pages/matrixPageMessages';
import { makeMatrixModel, type MatrixModel } from '../../core/targets/matrixModel';
import { matrixCsv, matrixJson, matrixMarkdown } from '../../core/targets/matrixExport';
import { assertNever } from '../../core/text/assertNever';
import { showPage } from '../engineEditor/webviewPage';
import { linkId } from '../engineTarget';
import { commands, matrixViewType } from '../ids';
import { saveFile } from '../inspect/saveFile';
import { Settled } from '../settled';
import { showStatus } from '../show';
import type { TargetActions, TargetServices } from '.';
import { BulkFix } from './bulkFix';
import { parseFromMatrixPage } from './fromMatrixPage';
import { targetsFileName } from './targets';

/** Milliseconds. */
const settleMs = 200;

export class MatrixPanel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private readonly subscriptions: vscode.Disposable[];
  private readonly uris = new Map<string, vscode.Uri>();
  private readonly settled = new Settled(settleMs, (isLatest) =>
    this.services.errors.guard('The target matrix', () => this.fill(isLatest)),
  );
  private ready = false;
  private last: ToMatrixPage | undefined;

  constructor(
    private readonly services: TargetServices,
    private readonly actions: TargetActions,
  ) {
    this.panel = vscode.window.createWebviewPanel(
      matrixViewType,
      'Engines × Targets',
      vscode.ViewColumn.Active,
    );
    const { webview } = this.panel;
    this.subscriptions = [
      webview.onDidReceiveMessage((received: unknown) => {
        const message = parseFromMatrixPage(received);
        if (!message) return;
        void services.errors.guard('The target matrix', () => this.handle(message));
      }),
      this.panel.onDidChangeViewState(() => {
        if (!this.panel.visible) this.ready = false;
      }),
      this.settled,
      services.reports.onDidChange(() => this.settled.soon()),
      actions.onDidChange(() => this.settled.soon()),
    ];
    showPage(webview, services.extensionUri, 'matrixPage', 'Engines × targets');
  }

  /** For tests: what the page shows. */
  get shown(): MatrixModel | undefined {
    return this.last?.type === 'matrix' ? this.last.matrix : undefined;
  }

  onDidDispose(listener: () => void): void {
    this.panel.onDidDispose(() => {
      for (const subscription of this.subscriptions) subscription.dispose();
      listener();
    });
  }

  dispose(): void {
    this.panel.dispose();
  }

  async show(): Promise<void> {
    this.panel.reveal();
    this.post({ type: 'waiting', sentence: 'Checking engines…' });
    const { engines } = this.services;
    engines.use();
    await engines.firstLook;
    await this.fill();
  }

  private async fill(isLatest = () => true): Promise<void> {
    const { engines, chosen } = await this.engines();
    if (!isLatest()) return;
    this.post({
      type: 'matrix',
      matrix: makeMatrixModel({ ...chosen, engines, fileName: targetsFileName }),
    });
  }

  private async engines() {
    const { reports } = this.services;
    const chosen = await this.actions.targets.of();
    const engines = [...reports.all()]
      .filter(({ uri }) => reports.belongs(uri) && chosen.belongs(uri))
      .map(({ uri, report }) => {
        const id = linkId(uri);
        this.uris.set(id, uri);
        return { id, path: vscode.workspace.asRelativePath(uri), report };
      });
    return { engines, chosen };
  }

  private post(message: ToMatrixPage): void {
    this.last = message;
    if (this.ready) void this.panel.webview.postMessage(message);
  }

  private async handle(message: FromMatrixPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        if (this.last) this.post(this.last);
        return;
      case 'openEngine':
        await vscode.commands.executeCommand(commands.openEngine, message.engine);
        return;
      case 'fix': {
        const uri = this.uris.get(message.engine);
        if (uri) await this.actions.fixFor(uri, message.target);
        return;
      }
      case 'fixAll':
        return this.fixAll(message.cause);
      case 'export':
        return this.save(message.format);
      case 'chooseTargets':
        return this.actions.choose();
      case 'editTargets':
        return this.actions.edit();
      case 'copyCommand': {
        const command = this.shown?.command ?? '';
        await vscode.env.clipboard.writeText(command);
        showStatus(`Copied: ${command}`, 5000);
        return;
      }
      case 'checkAll':
        await vscode.commands.executeCommand(commands.checkAllEngines);
        return;
      default:
        return assertNever(message);
    }
  }

  /** Every engine with this cause on some target, rebuilt for all targets on which it has it. */
  private async fixAll(cause: string): Promise<void> {
    const model = this.shown;
    if (!model) return;
    const { chosen, engines } = await this.engines();
    const fix = new BulkFix();
    for (const { id, report } of engines) {
      const row = model.rows.find((one) => one.id === id);
      const uri = this.uris.get(id);
      if (!row || !uri) continue;
      row.cells.forEach((index, column) => {
        const target = chosen.targets[column];
        if (target && model.cells[index]?.cause === cause) fix.add(uri, report, target);
      });
    }
    await fix.run(this.services.rebuild, engines.length);
  }

  private async save(format: MatrixFormat): Promise<void> {
    const model = this.shown;
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    if (!model || !folder) return;
    const text = { csv: matrixCsv, json: matrixJson, markdown: matrixMarkdown }[format](model);
    const extension = format === 'markdown' ? 'md' : format;
    const saved = await saveFile({
      title: 'Save the target matrix',
      beside: vscode.Uri.joinPath(folder.uri, targetsFileName),
      name: `engine-targets.${extension}`,
      filters: { [extension.toUpperCase()]: [extension] },
      content: () => new TextEncoder().encode(text),
    });
    if (saved) showStatus(`Saved ${vscode.workspace.asRelativePath(saved)}`, 5000);
  }
}
