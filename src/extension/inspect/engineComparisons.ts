/**
 * Two engines side by side, in a panel of its own: both are inspected first (one after the other), what could not be
 * is compared by its header. The page compares; here is which two.
 */
import * as vscode from 'vscode';
import { assertNever } from '../../core/text/assertNever';
import type {
  ComparedEngine,
  FromComparePage,
  ToComparePage,
} from '../../core/pages/comparePageMessages';
import type { PageFailure } from '../../core/pages/pageMessages';
import { hasNoGpuToLoadOn } from '../../core/report/advice';
import { showPage } from '../engineEditor/webviewPage';
import { activeEngine, fileName } from '../engineTarget';
import { compareViewType } from '../ids';
import type { EngineWork } from '../run/engineWork';
import type { LookInsideServices } from './services';
import { parseFromComparePage } from './fromComparePage';
import type { Inspections } from './inspections';

/** Nothing is loaded to find out what the check has said. */
const noGpuToLoadOn: PageFailure = {
  code: 'no-driver',
  sentence: 'Loading needs an NVIDIA GPU, and none was found on this machine.',
  nextStep: '',
  detail: '',
};

export class EngineComparisons implements vscode.Disposable {
  private readonly open = new Set<Comparison>();

  constructor(
    private readonly services: LookInsideServices,
    private readonly inspections: Inspections,
    private readonly work: EngineWork,
  ) {}

  dispose(): void {
    for (const one of this.open) one.dispose();
  }

  /** For tests: what the panels show. */
  get shown(): readonly Comparison[] {
    return [...this.open];
  }

  /** Asks for the other one, and for the first where there is none. */
  async compareWith(first: vscode.Uri | undefined): Promise<void> {
    const one =
      first ??
      activeEngine() ??
      (await this.services.enginePicker.ask({ title: 'Compare which engine?' }));
    if (!one) return;
    const title = `Compare ${fileName(one)} with`;
    const other = await this.services.enginePicker.ask({ title, not: one });
    if (other) await this.compare(one, other);
  }

  async compare(first: vscode.Uri, second: vscode.Uri): Promise<void> {
    if (!this.work.mayBegin(first) || !this.work.mayBegin(second)) return;
    const comparison = new Comparison(this.services, this.inspections, this.work);
    this.open.add(comparison);
    comparison.onDidDispose(() => this.open.delete(comparison));
    await comparison.show(first, second);
  }
}

class Comparison implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private pair: [vscode.Uri, vscode.Uri] | undefined;
  private ready = false;
  /** For tests too. */
  last: ToComparePage | undefined;

  constructor(
    private readonly services: LookInsideServices,
    private readonly inspections: Inspections,
    private readonly work: EngineWork,
  ) {
    this.panel = vscode.window.createWebviewPanel(
      compareViewType,
      'Compare Engines',
      vscode.ViewColumn.Active,
    );
    const { webview } = this.panel;
    webview.onDidReceiveMessage((received: unknown) => {
      const message = parseFromComparePage(received);
      if (!message) return;
      void services.errors.guard('Comparing engines', () => this.handle(message));
    });
    this.panel.onDidChangeViewState(() => {
      if (!this.panel.visible) this.ready = false;
    });
    showPage(webview, services.extensionUri, 'comparePage', 'Compare engines');
  }

  onDidDispose(listener: () => void): void {
    this.panel.onDidDispose(() => {
      // Nobody waits for them any more.
      for (const uri of this.pair ?? []) void this.work.cancel(uri);
      listener();
    });
  }

  dispose(): void {
    this.panel.dispose();
  }

  async show(first: vscode.Uri, second: vscode.Uri): Promise<void> {
    this.pair = [first, second];
    this.panel.title = `${fileName(first)} ↔ ${fileName(second)}`;
    const sides: ComparedEngine[] = [];
    for (const uri of this.pair) {
      this.post({ type: 'waiting', sentence: `Inspecting ${fileName(uri)}…` });
      const side = await this.side(uri);
      if (!side) {
        this.post({
          type: 'waiting',
          sentence: `${fileName(uri)} could not be read.`,
        });
        return;
      }
      sides.push(side);
    }
    const [one, other] = sides;
    if (one && other) this.post({ type: 'comparison', first: one, second: other });
  }

  private async side(uri: vscode.Uri): Promise<ComparedEngine | undefined> {
    const report = await this.services.reports.ensure(uri);
    if (!report) return undefined;
    // Asked in any case: the check may be older than the driver. Where there is none, nothing is loaded to find out.
    const inspected = await this.inspections.ensure(uri, true);
    const failure = hasNoGpuToLoadOn(report) ? noGpuToLoadOn : this.inspections.failure(uri);
    if (!this.services.pages.isOpen(uri)) this.inspections.forget(uri);
    return {
      report,
      inspection: inspected?.inspection ?? null,
      layers: inspected && inspected.layers.length > 0 ? inspected.layers : null,
      failure: inspected ? null : failure,
    };
  }

  private post(message: ToComparePage): void {
    this.last = message;
    if (this.ready) void this.panel.webview.postMessage(message);
  }

  private async handle(message: FromComparePage): Promise<void> {
    const [first, second] = this.pair ?? [];
    if (!first || !second) return;
    switch (message.type) {
      case 'ready':
        this.ready = true;
        if (this.last) this.post(this.last);
        return;
      case 'openEngine':
        return this.services.pages.show(message.side === 'first' ? first : second, 'overview');
      case 'swap':
        this.pair = [second, first];
        this.panel.title = `${fileName(second)} ↔ ${fileName(first)}`;
        if (this.last?.type === 'comparison') {
          this.post({ type: 'comparison', first: this.last.second, second: this.last.first });
        }
        return;
      case 'chooseOther': {
        const title = `Compare ${fileName(first)} with`;
        const other = await this.services.enginePicker.ask({ title, not: first });
        if (other && this.work.mayBegin(other)) await this.show(first, other);
        return;
      }
      case 'cancel':
        await this.work.cancel(first);
        await this.work.cancel(second);
        return;
      default:
        return assertNever(message);
    }
  }
}
