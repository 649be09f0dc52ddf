/**
 * The header as a read-only text document (scheme trtengine, MODEL.engine.header): where the links of Problems lead,
 * with CodeLens, hover and squiggles that a binary file cannot have. headerTextContent.ts lays it out.
 */
import * as vscode from 'vscode';
import { engineOfHeaderText, fileName, headerTextUri } from './engineTarget';
import { asMarkdown, headerText, type HeaderText } from './headerTextContent';
import { commands, headerTextScheme } from './ids';
import { headerTextDiagnostics } from './problems';
import type { Reports } from './reports';

const selector: vscode.DocumentSelector = { scheme: headerTextScheme };

export class HeaderTextView
  implements
    vscode.TextDocumentContentProvider,
    vscode.CodeLensProvider,
    vscode.HoverProvider,
    vscode.Disposable
{
  private readonly contentChanged = new vscode.EventEmitter<vscode.Uri>();
  private readonly lensesChanged = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private diagnostics: vscode.DiagnosticCollection | undefined;

  readonly onDidChange = this.contentChanged.event;
  readonly onDidChangeCodeLenses = this.lensesChanged.event;

  constructor(private readonly reports: Reports) {
    this.subscriptions = [
      this.contentChanged,
      this.lensesChanged,
      vscode.workspace.registerTextDocumentContentProvider(headerTextScheme, this),
      vscode.languages.registerCodeLensProvider(selector, this),
      vscode.languages.registerHoverProvider(selector, this),
      // Of texts on screen only: VS Code keeps others for minutes, and Problems would say everything twice.
      vscode.window.onDidChangeVisibleTextEditors(() => this.squiggle()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.scheme === headerTextScheme) this.squiggle();
      }),
      reports.onDidChange(({ changed, removed }) => {
        const open = vscode.workspace.textDocuments.filter(
          ({ uri }) => uri.scheme === headerTextScheme,
        );
        if (open.length === 0) return;
        const engines = new Set([...changed, ...removed].map((uri) => uri.toString()));
        for (const { uri } of open) {
          if (engines.has(engineOfHeaderText(uri)?.toString() ?? '')) this.contentChanged.fire(uri);
        }
        this.lensesChanged.fire();
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.diagnostics?.dispose();
  }

  async show(engine: vscode.Uri): Promise<void> {
    // VS Code keeps closed documents for a while: a new report also renews a kept one.
    await this.reports.ensure(engine);
    const document = await vscode.workspace.openTextDocument(headerTextUri(engine));
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const engine = engineOfHeaderText(uri);
    const report = engine && (await this.reports.ensure(engine));
    if (!engine || !report) {
      return `The engine ${engine?.fsPath ?? uri.path} no longer exists.\n`;
    }
    return headerText(report, fileName(engine)).text;
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const found = this.contentOf(uri);
    if (!found) return [];
    const { engine, content, fixable } = found;
    const range = new vscode.Range(content.verdict.line, 0, content.verdict.line, 0);
    const lens = (title: string, command: string) =>
      new vscode.CodeLens(range, { title, command, arguments: [engine] });
    return [
      ...(fixable ? [lens('Fix Engine Problem…', commands.fixProblem)] : []),
      lens('Check Again', commands.checkEngine),
      lens('Open Engine', commands.openEngine),
    ];
  }

  provideHover({ uri }: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const found = this.contentOf(uri);
    const hit = found?.content.fields.find(({ span }) => span.line === position.line);
    if (!found || !hit) return undefined;
    const { field, span } = hit;
    const paragraphs = [
      `${field.label}: ${field.value}`,
      `Bytes ${field.offset} to ${field.offset + field.length - 1}. Observed in real engines, not documented by NVIDIA.`,
      ...found.content.reasons
        .filter(({ reason }) => reason.headerField === field.id)
        .map(({ reason }) => reason.sentence),
    ];
    const text = new vscode.MarkdownString(paragraphs.map(asMarkdown).join('\n\n'));
    return new vscode.Hover(text, new vscode.Range(span.line, span.start, span.line, span.end));
  }

  private contentOf(
    uri: vscode.Uri,
  ): { engine: vscode.Uri; content: HeaderText; fixable: boolean } | undefined {
    const engine = engineOfHeaderText(uri);
    const report = engine && this.reports.get(engine);
    if (!engine || !report) return undefined;
    return {
      engine,
      content: headerText(report, fileName(engine)),
      fixable: report.remedies.length > 0,
    };
  }

  private squiggle(): void {
    const entries = vscode.window.visibleTextEditors.flatMap(
      ({ document: { uri } }): [vscode.Uri, vscode.Diagnostic[]][] => {
        const engine = engineOfHeaderText(uri);
        const report = engine && this.reports.get(engine);
        return engine && report ? [[uri, headerTextDiagnostics(engine, report)]] : [];
      },
    );
    if (!this.diagnostics && entries.every(([, list]) => list.length === 0)) return;
    this.diagnostics ??= vscode.languages.createDiagnosticCollection('engineInspector.header');
    this.diagnostics.clear();
    this.diagnostics.set(entries);
  }
}
