/**
 * Problems: one diagnostic for each reason of a report that is about the file (core/report/reasonTable.ts). A problem that
 * many engines have is listed for those only that are open or that a target needs; the view "Engines" has them all. Its code is a
 * link that runs "Fix Engine Problem…" (the way to a quick fix that VS Code leaves for a binary file), its related
 * information leads to the field in the header's text. The collection is made with the first report that has something
 * to say.
 */
import * as vscode from 'vscode';
import { assertNever } from '../core/text/assertNever';
import type { EngineReport, Reason } from '../core/report/engineReport';
import { isProblemOfFile, type ReasonId } from '../core/report/reasonTable';
import { commandLink, fileName, headerTextUri } from './engineTarget';
import { fileKey } from './fileKey';
import { headerText } from './headerTextContent';
import { commands } from './ids';
import { ProblemCrowds } from './problemCrowds';
import type { Reports, ReportsChange } from './reports';
import * as settings from './settings';
import { TargetProblems } from './targets/targetProblems';
import type { Targets } from './targets/targets';

export const diagnosticSource = 'TensorRT-RTX';

const wholeFile = new vscode.Range(0, 0, 0, 0);

export class Problems implements vscode.Disposable {
  private collection: vscode.DiagnosticCollection | undefined;
  private readonly crowds = new ProblemCrowds();
  /** Files that Problems lists. */
  private readonly listed = new Set<string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly ofTargets: TargetProblems;
  private required: ((uri: vscode.Uri) => boolean) | undefined;

  /** Which files came to be listed, or are no longer; undefined: many. */
  readonly onDidChange = this.changes.event;

  constructor(
    private readonly reports: Reports,
    private readonly targets: Targets,
  ) {
    this.ofTargets = new TargetProblems(reports, targets, newDiagnostic);
    this.subscriptions = [
      this.changes,
      this.ofTargets,
      this.ofTargets.onDidChange((uris) => this.changes.fire(uris.length > 200 ? undefined : uris)),
      reports.onDidChange((change) => void this.update(change)),
      targets.onDidChange(() => {
        this.required = undefined;
        void this.updateAll();
      }),
      settings.onDidChange(['problems'], () => void this.updateAll()),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.collection?.dispose();
  }

  lists(uri: vscode.Uri): boolean {
    return this.listed.has(fileKey(uri)) || this.ofTargets.lists(uri);
  }

  private async updateAll(): Promise<void> {
    await this.update({ changed: [...this.reports.all()].map(({ uri }) => uri), removed: [] });
  }

  private async update({ changed, removed }: ReportsChange): Promise<void> {
    let crowdsChanged = false;
    for (const uri of [...removed, ...changed]) {
      const report = this.reports.get(uri);
      const ids = report && this.reports.belongs(uri) ? problemsOf(report) : [];
      if (this.crowds.set(fileKey(uri), ids)) crowdsChanged = true;
    }
    // With the first report that has something to say: before, nobody needs the targets' file.
    if (!this.collection && this.crowds.isEmpty) return;
    this.required ??= await this.whatTargetsRequire();
    const again = crowdsChanged ? [...this.reports.all()].map(({ uri }) => uri) : changed;
    this.collection ??= vscode.languages.createDiagnosticCollection('engineInspector');
    const which = settings.problems();
    // Of ten thousand engines a few are listed: the others are nothing that VS Code has to hear of.
    const touched: [vscode.Uri, vscode.Diagnostic[] | undefined][] = [];
    for (const uri of [...removed, ...again]) {
      const key = fileKey(uri);
      const diagnostics = this.diagnosticsOf(uri, which);
      if (!diagnostics && !this.listed.has(key)) continue;
      touched.push([uri, diagnostics]);
      if (diagnostics) this.listed.add(key);
      else this.listed.delete(key);
    }
    if (touched.length === 0) return;
    this.collection.set(touched);
    this.changes.fire(touched.length > 200 ? undefined : touched.map(([uri]) => uri));
  }

  private diagnosticsOf(
    uri: vscode.Uri,
    which: settings.ProblemsSetting,
  ): vscode.Diagnostic[] | undefined {
    const report = this.reports.get(uri);
    if (!report || report.severity === 'ok' || !this.reports.belongs(uri)) return undefined;
    const always = which === 'all' || this.reports.isOpen(uri) || this.required?.(uri) === true;
    const shown = (id: ReasonId) => always || (which === 'automatic' && !this.crowds.isCrowd(id));
    const list = fileDiagnostics(uri, report, shown);
    return list.length === 0 ? undefined : list;
  }

  /** Of files that engine-inspector.json names, and of no others. */
  private async whatTargetsRequire(): Promise<(uri: vscode.Uri) => boolean> {
    const { source, belongs } = await this.targets.of();
    return source === 'file' ? belongs : () => false;
  }
}

function problemsOf({ severity, reasons }: EngineReport): ReasonId[] {
  return severity === 'ok' ? [] : reasons.filter(isProblemOfFile).map(({ id }) => id);
}

/** One diagnostic for each reason that is about the file, as Problems shows them for the engine file itself. */
function fileDiagnostics(
  uri: vscode.Uri,
  report: EngineReport,
  shown: (id: ReasonId) => boolean,
): vscode.Diagnostic[] {
  if (!problemsOf(report).some(shown)) return [];
  const text = headerText(report, fileName(uri));
  const target = commandLink(commands.fixProblem, uri);
  const ofFile = text.reasons.filter(({ reason }) => isProblemOfFile(reason) && shown(reason.id));
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
            : 'In the header',
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

function base({ sentence, severity }: Reason, range: vscode.Range): vscode.Diagnostic {
  return newDiagnostic(sentence, severity, range);
}

function newDiagnostic(
  sentence: string,
  severity: Reason['severity'],
  range = wholeFile,
): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(range, sentence, severityOf(severity));
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
