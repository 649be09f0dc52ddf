/**
 * "12 of 14 engines run on all targets" in the status bar, where engine-inspector.json names targets; it opens the matrix.
 * Nothing is read or counted before there is a report.
 */
import * as vscode from 'vscode';
import { commands } from '../ids';
import type { Reports } from '../reports';
import { Settled } from '../settled';
import type { Targets } from './targets';

/** Milliseconds. */
const settleMs = 300;

export class TargetStatus implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private item: vscode.StatusBarItem | undefined;
  private readonly settled = new Settled(settleMs, (isLatest) => this.update(isLatest));
  /** For tests: what it shows; null: it is hidden. */
  shown: string | null = null;

  constructor(
    private readonly reports: Reports,
    private readonly targets: Targets,
  ) {
    this.subscriptions = [
      this.settled,
      reports.onDidChange(() => this.settled.soon()),
      targets.onDidChange(() => this.settled.soon()),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.item?.dispose();
  }

  private async update(isLatest: () => boolean): Promise<void> {
    const sentence = await this.sentence();
    if (!isLatest()) return;
    this.shown = sentence;
    if (sentence === null) {
      this.item?.hide();
      return;
    }
    if (!this.item) {
      this.item = vscode.window.createStatusBarItem(
        'engineInspector.targets',
        vscode.StatusBarAlignment.Right,
      );
      this.item.name = 'TensorRT-RTX Targets';
      this.item.command = commands.showMatrix;
    }
    const text = sentence.replace(/\.$/, '');
    this.item.text = `$(checklist) ${text}`;
    this.item.tooltip = `${sentence} Show Target Matrix`;
    this.item.accessibilityInformation = { label: `${text}. Show Target Matrix`, role: 'button' };
    this.item.show();
  }

  /** null: there is nothing to say. */
  private async sentence(): Promise<string | null> {
    if (this.reports.size === 0) return null;
    const { source, targets, severity, belongs } = await this.targets.of();
    if (source !== 'file') return null;
    const { MatrixCells, MatrixCounter } = await import('../../core/targets/matrix');
    const cells = new MatrixCells(targets);
    const counter = new MatrixCounter(targets, severity);
    for (const { uri, report } of this.reports.all()) {
      if (!this.reports.belongs(uri) || !belongs(uri)) continue;
      counter.add(report.kind, cells.ofReport(report).row);
    }
    const { engines, sentence } = counter.summary();
    return engines === 0 ? null : sentence;
  }
}
