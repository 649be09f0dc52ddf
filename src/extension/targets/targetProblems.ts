/**
 * Problems on targets: what core/targets/targetEntries.ts says of each engine that engine-inspector.json names. A cause
 * that many engines have is one entry on that file, which opens the matrix, and stays listed for engines that are open.
 */
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/report/engineReport';
import type { MatrixCause } from '../../core/targets/matrix';
import type { TargetEntry } from '../../core/targets/targetEntries';
import { commandLink } from '../engineTarget';
import { commands } from '../ids';
import { crowd } from '../problemCrowds';
import type { Reports } from '../reports';
import { Settled } from '../settled';
import * as settings from '../settings';
import type { ChosenTargets, Targets } from './targets';

/** Milliseconds. */
const settleMs = 300;

interface EngineEntries {
  uri: vscode.Uri;
  entries: readonly TargetEntry[];
}

type MakeDiagnostic = (sentence: string, severity: TargetEntry['severity']) => vscode.Diagnostic;

export class TargetProblems implements vscode.Disposable {
  private collection: vscode.DiagnosticCollection | undefined;
  private listed = new Map<string, vscode.Uri>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri[]>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly settled = new Settled(settleMs, (isLatest) => this.update(isLatest));

  /** Files that came to be listed or are no longer. */
  readonly onDidChange = this.changes.event;

  constructor(
    private readonly reports: Reports,
    private readonly targets: Targets,
    private readonly make: MakeDiagnostic,
  ) {
    this.subscriptions = [
      this.changes,
      this.settled,
      reports.onDidChange(() => this.settled.soon()),
      targets.onDidChange(() => this.settled.soon()),
      settings.onDidChange(['problems', 'problemsForTargets'], () => this.settled.soon()),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.collection?.dispose();
  }

  lists(uri: vscode.Uri): boolean {
    return this.listed.has(uri.toString());
  }

  private async update(isLatest: () => boolean): Promise<void> {
    const found = await this.find();
    if (!isLatest() || (found.length === 0 && !this.collection)) return;
    this.collection ??= vscode.languages.createDiagnosticCollection('engineInspector.targets');
    const before = this.listed;
    this.listed = new Map(found.map(([uri]) => [uri.toString(), uri]));
    this.collection.clear();
    this.collection.set(found);
    const differs = [
      ...[...before].filter(([key]) => !this.listed.has(key)),
      ...[...this.listed].filter(([key]) => !before.has(key)),
    ];
    if (differs.length > 0) this.changes.fire(differs.map(([, uri]) => uri));
  }

  private async find(): Promise<[vscode.Uri, vscode.Diagnostic[]][]> {
    const which = settings.problemsForTargets();
    // Before there is a report nobody needs the targets' file.
    if (which === 'off' || this.reports.size === 0) return [];
    const found: [vscode.Uri, vscode.Diagnostic[]][] = [];
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const chosen = await this.targets.of(folder.uri);
      if (chosen.source !== 'file' || !chosen.file) continue;
      const engines = [...this.reports.all()].filter(
        ({ uri }) =>
          vscode.workspace.getWorkspaceFolder(uri) === folder &&
          this.reports.belongs(uri) &&
          chosen.belongs(uri),
      );
      found.push(...(await this.findIn(engines, chosen, chosen.file, which)));
    }
    return found;
  }

  private async findIn(
    engines: readonly { uri: vscode.Uri; report: EngineReport }[],
    { targets, severity }: ChosenTargets,
    file: vscode.Uri,
    which: 'required' | 'all',
  ): Promise<[vscode.Uri, vscode.Diagnostic[]][]> {
    const [
      { MatrixCells, MatrixCounter },
      { TargetEntries },
      { causeSentence },
      { refusedFamilies },
    ] = await Promise.all([
      import('../../core/targets/matrix'),
      import('../../core/targets/targetEntries'),
      import('../../core/targets/matrixModel'),
      import('../../core/trial/recipeEvidence'),
    ]);
    const told = targets.filter(({ required }) => required || which === 'all');
    const cells = new MatrixCells(told);
    const counter = new MatrixCounter(told, severity);
    const make = new TargetEntries(told, severity, targets.length);
    const all = engines.map(({ uri, report }): EngineEntries => {
      const { facts, row } = cells.ofReport(report);
      counter.add(facts.kind, row);
      return { uri, entries: make.of(facts, row, refusedFamilies(report.trial)) };
    });
    const crowds = crowdsOf(all);
    const isShown = (uri: vscode.Uri, { id }: TargetEntry) =>
      !crowds.has(id) || settings.problems() === 'all' || this.reports.isOpen(uri);
    const found = all.flatMap(({ uri, entries }): [vscode.Uri, vscode.Diagnostic[]][] => {
      const shown = entries.filter((entry) => isShown(uri, entry));
      return shown.length === 0
        ? []
        : [[uri, shown.map((entry) => this.ofEngine(uri, entry, file))]];
    });
    if (settings.problems() === 'all' || crowds.size === 0) return found;
    const causes = counter.summary().causes.filter(({ id }) => crowds.has(id));
    return [...found, [file, causes.map((cause) => this.ofCrowd(cause, causeSentence, crowds))]];
  }

  private ofEngine(uri: vscode.Uri, entry: TargetEntry, file: vscode.Uri): vscode.Diagnostic {
    const { id, sentence, severity, fixFor } = entry;
    const diagnostic = this.make(sentence, severity);
    diagnostic.code =
      fixFor === null ? id : { value: id, target: commandLink(commands.fixProblem, uri, fixFor) };
    diagnostic.relatedInformation = [
      new vscode.DiagnosticRelatedInformation(
        new vscode.Location(file, new vscode.Position(0, 0)),
        'The targets',
      ),
    ];
    return diagnostic;
  }

  private ofCrowd(
    cause: MatrixCause,
    sentence: (cause: MatrixCause) => string,
    severities: ReadonlyMap<string, TargetEntry['severity']>,
  ): vscode.Diagnostic {
    const diagnostic = this.make(sentence(cause), severities.get(cause.id) ?? 'information');
    const target = vscode.Uri.parse(`command:${commands.showMatrix}`);
    diagnostic.code = { value: cause.id, target };
    return diagnostic;
  }
}

/** Causes that many engines have, with the severity of the first. */
function crowdsOf(all: readonly EngineEntries[]): Map<string, TargetEntry['severity']> {
  const counts = new Map<string, { count: number; severity: TargetEntry['severity'] }>();
  for (const { id, severity } of all.flatMap(({ entries }) => entries)) {
    const known = counts.get(id) ?? { count: 0, severity };
    known.count++;
    counts.set(id, known);
  }
  return new Map(
    [...counts].flatMap(([id, { count, severity }]) => (count > crowd ? [[id, severity]] : [])),
  );
}
