/**
 * The custom editor of engine files: a page that shows the report of the store and sends commands back. Reads nothing
 * itself; the file's first bytes are read by whoever makes the report. The page may be shown in several columns, may be
 * hidden and come back (it is then filled again: nothing is kept alive for it).
 */
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/report/engineReport';
import { ChangesSeen } from '../../core/report/reportChanges';
import { assertNever } from '../../core/text/assertNever';
import type { FromPage, ToPage } from '../../core/pages/pageMessages';
import { fileName } from '../engineTarget';
import type { Errors } from '../errors';
import type { Fixes } from '../fixes';
import type { Hashes } from '../hashes';
import { commands, viewTypes } from '../ids';
import type { LookInside } from '../inspect';
import type { Reports } from '../reports';
import { isTrusted } from '../trust';
import type { TargetActions } from '../targets';
import type { WorkspaceEngines } from '../workspaceEngines';
import type { EnginePage, EnginePages } from './enginePages';

export interface EngineEditorServices {
  extensionUri: vscode.Uri;
  reports: Reports;
  engines: WorkspaceEngines;
  hashes: Hashes;
  fixes: Fixes;
  errors: Errors;
  pages: EnginePages;
  inside: LookInside;
  targets: TargetActions;
}

export class EngineDocument implements vscode.CustomDocument {
  private readonly held: vscode.Disposable;

  constructor(
    readonly uri: vscode.Uri,
    engines: WorkspaceEngines,
    private readonly hashes: Hashes,
    private readonly pages: EnginePages,
  ) {
    this.held = engines.hold(uri);
  }

  /** The last editor of the file is closed. */
  dispose(): void {
    this.hashes.cancel(this.uri);
    this.pages.close(this.uri);
    this.held.dispose();
  }
}

export class EngineEditor implements vscode.CustomReadonlyEditorProvider<EngineDocument> {
  /** Files that VS Code's own editor was given; whoever comes back by "Reopen Editor With…" stays. */
  private readonly givenAway = new Set<string>();

  constructor(private readonly services: EngineEditorServices) {}

  static register(services: EngineEditorServices): vscode.Disposable {
    const provider = new EngineEditor(services);
    return vscode.Disposable.from(
      ...Object.values(viewTypes).map((viewType) =>
        vscode.window.registerCustomEditorProvider(viewType, provider, {
          supportsMultipleEditorsPerDocument: true,
        }),
      ),
    );
  }

  openCustomDocument(
    uri: vscode.Uri,
    _context: vscode.CustomDocumentOpenContext,
    token: vscode.CancellationToken,
  ): EngineDocument {
    if (token.isCancellationRequested) throw new vscode.CancellationError();
    const { engines, hashes, pages } = this.services;
    const document = new EngineDocument(uri, engines, hashes, pages);
    // Asked before the page has loaded, so that the answer waits for it and not the other way round.
    void this.services.reports.check(uri);
    return document;
  }

  async resolveCustomEditor(
    { uri }: EngineDocument,
    panel: vscode.WebviewPanel,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const { extensionUri, reports, hashes, pages, inside, targets } = this.services;
    const [{ showPage }, { parseFromPage }] = await Promise.all([
      import('./webviewPage'),
      import('./fromPage'),
    ]);
    if (token.isCancellationRequested) return;
    const { webview } = panel;

    let ready = false;
    const post = (message: ToPage) => {
      if (ready) void webview.postMessage(message);
    };
    const page: EnginePage = {
      uri,
      get visible() {
        return panel.visible;
      },
      post,
      isReady: () => ready,
    };
    const postTargets = async () => {
      const report = reports.get(uri);
      if (report) post({ type: 'targets', targets: await targets.viewOf(uri, report) });
    };
    const changes = new ChangesSeen();
    const postReport = () => {
      const report = reports.get(uri);
      post(
        report
          ? { type: 'report', report, trusted: isTrusted(), changes: changes.seen(report) }
          : waitingMessage(uri),
      );
      void postTargets();
      if (report) this.giveAwayText(uri, report, panel);
    };
    const subscriptions = [
      pages.add(page),
      panel.onDidChangeViewState(() => {
        // A hidden page is gone; it says ready again when it is back.
        if (!panel.visible) ready = false;
      }),
      reports.onDidChange(({ changed, removed }) => {
        const key = uri.toString();
        if ([...changed, ...removed].some((one) => one.toString() === key)) postReport();
      }),
      hashes.onDidChange((changed) => {
        if (changed.toString() === uri.toString()) post({ type: 'hash', hash: hashes.state(uri) });
      }),
      targets.onDidChange(() => void postTargets()),
      vscode.workspace.onDidGrantWorkspaceTrust(postReport),
      // A watcher may miss what happens on a network drive: look when the user comes back.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) reports.touch(uri);
      }),
      webview.onDidReceiveMessage((received: unknown) => {
        const message = parseFromPage(received);
        if (!message) return;
        if (message.type === 'ready') {
          // Also after the page was hidden and made anew.
          ready = true;
          postReport();
          post({ type: 'hash', hash: hashes.state(uri) });
          pages.ready(page);
          void inside.fill(uri);
          return;
        }
        if (message.type === 'check') post(waitingMessage(uri));
        void this.handle(uri, message).finally(() => {
          // Also when nothing new came of it: the wait is over.
          if (message.type === 'check') postReport();
        });
      }),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
    });
    showPage(webview, extensionUri, 'enginePage', fileName(uri));
    const known = reports.get(uri);
    if (known) this.giveAwayText(uri, known, panel);
  }

  /** Text that only has the name of an engine belongs into the text editor. Not where it is one side of a comparison. */
  private giveAwayText(uri: vscode.Uri, report: EngineReport, panel: vscode.WebviewPanel): void {
    const key = uri.toString();
    if (report.kind !== 'text' || !report.ofOthers || this.givenAway.has(key)) return;
    const inTab = vscode.window.tabGroups.all.some(({ tabs }) =>
      tabs.some(
        ({ input }) => input instanceof vscode.TabInputCustom && input.uri.toString() === key,
      ),
    );
    if (!inTab) return;
    this.givenAway.add(key);
    const { viewColumn = vscode.ViewColumn.Active, active } = panel;
    const options = { viewColumn, preserveFocus: !active };
    void this.services.errors.guard(`Opening ${fileName(uri)} as text`, async () => {
      await vscode.commands.executeCommand('vscode.openWith', uri, 'default', options);
      panel.dispose();
    });
  }

  private async handle(
    uri: vscode.Uri,
    message: Exclude<FromPage, { type: 'ready' }>,
  ): Promise<void> {
    const { fixes, hashes, inside } = this.services;
    const run = async (command: string) => {
      await vscode.commands.executeCommand(command, uri);
    };
    switch (message.type) {
      case 'remedy':
        return fixes.apply(uri, message.id);
      case 'fix':
        return run(commands.fixProblem);
      case 'rebuildEngine':
        return run(commands.rebuild);
      case 'tryOnOtherGpus':
        return run(commands.tryOnOtherGpus);
      case 'check':
        return run(commands.checkEngine);
      case 'copyReport':
        return run(commands.copyReport);
      case 'showHeaderText':
        return run(commands.showHeaderText);
      case 'showLog':
        return run(commands.showLog);
      case 'chooseRuntime':
        return run(commands.chooseRuntime);
      case 'manageTrust':
        await vscode.commands.executeCommand('workbench.trust.manage');
        return;
      case 'computeHash':
        await hashes.compute(uri);
        return;
      case 'cancelHash':
        return hashes.cancel(uri);
      case 'copyText':
        await vscode.env.clipboard.writeText(message.text);
        return;
      case 'addTargets':
      case 'fixForTarget':
      case 'chooseTargets':
      case 'importTarget':
      case 'editTargets':
      case 'showMatrix':
      case 'copyTargetCommand':
      case 'checkAll':
        return this.services.targets.handle(uri, message);
      case 'inspect':
      case 'cancelInspect':
      case 'exportLayers':
      case 'exportInspection':
      case 'importLayers':
      case 'importProfile':
      case 'forgetImported':
      case 'compareEngine':
      case 'rebuildDetailed':
      case 'rebuildStreaming':
      case 'run':
      case 'sweep':
      case 'search':
      case 'reference':
      case 'compareRun':
      case 'cancelRun':
      case 'readFreeMemory':
      case 'pickInput':
      case 'dropInput':
      case 'saveOutput':
      case 'saveOutputs':
      case 'exportRun':
      case 'importRuns':
      case 'forgetRun':
        return inside.handle(uri, message);
      default:
        return assertNever(message);
    }
  }
}

function waitingMessage(uri: vscode.Uri): ToPage {
  return { type: 'waiting', file: fileName(uri), sentence: 'Checking…' };
}
