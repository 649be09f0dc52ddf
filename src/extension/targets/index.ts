/**
 * Targets, the light half: the machines that engines are made for (targets.ts), and what pages, trees and commands ask
 * about them. Commands: chooseTargets, saveThisMachine, editTargets, showMatrix.
 */
import * as vscode from 'vscode';
import { assertNever } from '../../core/text/assertNever';
import type { FromPage } from '../../core/pages/pageMessages';
import type { TargetsView } from '../../core/pages/targetsView';
import type { EngineReport } from '../../core/report/engineReport';
import type { EngineHost } from '../engineHost';
import { commandTargets, offeredUri } from '../engineTarget';
import type { Errors } from '../errors';
import type { Fixes } from '../fixes';
import { commands } from '../ids';
import type { Rebuild } from '../rebuild';
import type { GpuTrials } from '../rebuild/trials';
import type { Reports } from '../reports';
import type { Runtimes } from '../runtimes';
import type { WorkspaceEngines } from '../workspaceEngines';
import type { MatrixPanel } from './matrixPanel';
import type { TargetCommands } from './targetCommands';
import type { Targets } from './targets';
import { TargetStatus } from './targetStatus';

export interface TargetServices {
  extensionUri: vscode.Uri;
  engines: WorkspaceEngines;
  host: EngineHost;
  reports: Reports;
  runtimes: Runtimes;
  rebuild: Rebuild;
  fixes: Fixes;
  trials: GpuTrials;
  errors: Errors;
  targetList: Targets;
}

/** What a page may ask of it. */
export type TargetMessage = Extract<
  FromPage,
  {
    type:
      | 'addTargets'
      | 'fixForTarget'
      | 'chooseTargets'
      | 'importTarget'
      | 'editTargets'
      | 'showMatrix'
      | 'copyTargetCommand'
      | 'checkAll';
  }
>;

export class TargetActions implements vscode.Disposable {
  readonly targets: Targets;
  readonly status: TargetStatus;
  private loaded: Promise<TargetCommands> | undefined;
  /** For tests too. */
  matrix: MatrixPanel | undefined;

  constructor(private readonly services: TargetServices) {
    this.targets = services.targetList;
    this.status = new TargetStatus(services.reports, services.targetList);
  }

  get onDidChange(): vscode.Event<void> {
    return this.targets.onDidChange;
  }

  dispose(): void {
    this.status.dispose();
    this.matrix?.dispose();
  }

  viewOf(uri: vscode.Uri, report: EngineReport): Promise<TargetsView> {
    return this.targets.viewOf(uri, report);
  }

  async handle(uri: vscode.Uri, message: TargetMessage): Promise<void> {
    await this.services.errors.guard('Choosing targets', async () => {
      const todo = await this.get();
      switch (message.type) {
        case 'addTargets':
          return todo.add(message.boards, uri);
        case 'fixForTarget':
          return this.fixFor(uri, message.target);
        case 'chooseTargets':
          return todo.choose(uri);
        case 'importTarget':
          return todo.importProfile(uri);
        case 'editTargets':
          return todo.edit(uri);
        case 'copyTargetCommand':
          return todo.copyCommand(uri);
        case 'showMatrix':
          return this.showMatrix();
        case 'checkAll':
          await vscode.commands.executeCommand(commands.checkAllEngines);
          return;
        default:
          return assertNever(message);
      }
    });
  }

  /** What helps this engine on that target. */
  async fixFor(uri: vscode.Uri, target: string): Promise<void> {
    const { reports, rebuild, fixes, trials } = this.services;
    const report = await reports.ensure(uri);
    if (!report) return;
    const { engine } = await this.viewOf(uri, report);
    const remedy = engine.rows.find(({ id }) => id === target)?.remedy;
    if (!remedy || remedy.action === 'fix') return fixes.fix(uri);
    if (remedy.action === 'trial') return trials.run(uri);
    if (remedy.action === 'other-model') return rebuild.fromOtherModel(uri, report);
    return rebuild.rebuild(uri, remedy.action, report);
  }

  /** The command Fix Engine Problem… of a problem on a target. */
  async fixProblem(argument: unknown, target: string): Promise<void> {
    await this.services.errors.guard('Fixing the engine problem', async () => {
      const [uri] = commandTargets(argument);
      if (uri) await this.fixFor(uri, target);
    });
  }

  /** The command Fix Engine Problem… of rows that stand below targets: several are rebuilt for the targets of theirs. */
  async fixRows(rows: readonly { uri: vscode.Uri; target: string }[]): Promise<void> {
    await this.services.errors.guard('Fixing the engine problem', async () => {
      const [first] = rows;
      if (!first) return;
      if (rows.length === 1) return this.fixFor(first.uri, first.target);
      const { BulkFix } = await import('./bulkFix');
      const fix = new BulkFix();
      for (const { uri, target } of rows) {
        const report = await this.services.reports.ensure(uri);
        const { targets } = await this.targets.of(uri);
        const at = targets.find(({ id }) => id === target);
        if (report && at) fix.add(uri, report, at);
      }
      await fix.run(this.services.rebuild, rows.length);
    });
  }

  /** The command Show Target Matrix. */
  async showMatrix(): Promise<void> {
    await this.services.errors.guard('The target matrix', async () => {
      const { MatrixPanel } = await import('./matrixPanel');
      if (!this.matrix) {
        this.matrix = new MatrixPanel(this.services, this);
        this.matrix.onDidDispose(() => (this.matrix = undefined));
      }
      await this.matrix.show();
    });
  }

  async choose(argument?: unknown): Promise<void> {
    await this.services.errors.guard('Choosing targets', async () =>
      (await this.get()).choose(offeredUri(argument)),
    );
  }

  async saveThisMachine(): Promise<void> {
    await this.services.errors.guard('Saving this machine as a target', async () =>
      (await this.get()).saveThisMachine(),
    );
  }

  async edit(): Promise<void> {
    await this.services.errors.guard('Opening the targets', async () => (await this.get()).edit());
  }

  private get(): Promise<TargetCommands> {
    this.loaded ??= import('./targetCommands').then(
      ({ TargetCommands }) =>
        new TargetCommands(this.targets, this.services.host, this.services.runtimes),
    );
    return this.loaded;
  }
}
