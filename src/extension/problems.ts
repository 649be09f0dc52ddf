/**
 * Problems: one diagnostic for each reason of a report that is about the file (core/report/reasonTable.ts). Its code is a
 * link that runs "Fix Engine Problem…" (the way to a quick fix that VS Code leaves for a binary file), its related
 * information leads to the field in the header's text. The collection is made with the first report that has something
 * to say.
 */
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import type { EngineReport, Reason } from '../core/report/engineReport';
import { isProblemOfFile } from '../core/report/reasonTable';
import { commandLink, fileName, headerTextUri } from './engineTarget';
import { headerText } from './headerTextContent';
import { commands } from './ids';
import type { Reports, ReportsChange } from './reports';

export const diagnosticSource = 'TensorRT-RTX';

const wholeFile = new vscode.Range(0, 0, 0, 0);

export class Problems implements vscode.Disposable {
  private collection: vscode.DiagnosticCollection | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly reports: Reports) {
    this.subscription = reports.onDidChange((change) => this.update(change));
  }

  dispose(): void {
    this.subscription.dispose();
    this.collection?.dispose();
  }

  private update({ changed, removed }: ReportsChange): void {
    const entries: [vscode.Uri, vscode.Diagnostic[] | undefined][] = [
      ...removed.map((uri): [vscode.Uri, undefined] => [uri, undefined]),
      ...changed.map((uri): [vscode.Uri, vscode.Diagnostic[] | undefined] => {
        const report = this.reports.get(uri);
        return [
          uri,
          report && this.reports.belongs(uri) ? fileDiagnostics(uri, report) : undefined,
        ];
      }),
    ];
    if (!this.collection && entries.every(([, list]) => list === undefined || list.length === 0)) {
      return;
    }
    this.collection ??= vscode.languages.createDiagnosticCollection('engineInspector');
    this.collection.set(entries);
  }
}

/** One diagnostic for each reason that is about the file, as Problems shows them for the engine file itself. */
export function fileDiagnostics(uri: vscode.Uri, report: EngineReport): vscode.Diagnostic[] {
  if (report.severity === 'ok') return [];
  const text = headerText(report, fileName(uri));
  const target = commandLink(commands.fixProblem, uri);
  const ofFile = text.reasons.filter(({ reason }) => isProblemOfFile(reason));
  return ofFile.map(({ reason, span }) => {
    const diagnostic = base(reason, wholeFile);
    diagnostic.code = { value: reason.id, target };
    diagnostic.relatedInformation = [
      new vscode.DiagnosticRelatedInformation(
        new vscode.Location(
          headerTextUri(uri),
          new vscode.Range(span.line, span.start, span.line, span.end),
        ),
        reason.headerField === undefined
          ? 'What was read of this file'
          : reason.id === 'not-tensorrt-rtx'
            ? 'The bytes that say so'
            : 'Where the header says it',
      ),
    ];
    return diagnostic;
  });
}

/** All reasons with their places in the header's text. */
export function headerTextDiagnostics(uri: vscode.Uri, report: EngineReport): vscode.Diagnostic[] {
  if (report.severity === 'ok') return [];
  return headerText(report, fileName(uri)).reasons.map(({ reason, span }) => {
    const diagnostic = base(reason, new vscode.Range(span.line, span.start, span.line, span.end));
    diagnostic.code = { value: reason.id, target: commandLink(commands.fixProblem, uri) };
    return diagnostic;
  });
}

function base(reason: Reason, range: vscode.Range): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(range, reason.sentence, severityOf(reason.severity));
  diagnostic.source = diagnosticSource;
  return diagnostic;
}

function severityOf(severity: Reason['severity']): vscode.DiagnosticSeverity {
  switch (severity) {
    case 'error':
      return vscode.DiagnosticSeverity.Error;
    case 'warning':
      return vscode.DiagnosticSeverity.Warning;
    case 'information':
      return vscode.DiagnosticSeverity.Information;
    default:
      return assertNever(severity);
  }
}
