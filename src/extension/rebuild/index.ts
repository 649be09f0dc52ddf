/**
 * Rebuilding, the light half: what the rebuild remedies and the commands Rebuild…, Rebuild from Recipe, Build Engine… and
 * Copy as Command… ask of rebuildCommands.ts, recipes as text (recipes.ts) and builds as tasks (tasks.ts). Behind Workspace
 * Trust. Settings: keepBackups.
 */
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/report/engineReport';
import type { RebuildChoice } from '../../core/rebuild/rebuildOptions';
import type { EngineHost } from '../engineHost';
import type { EnginePicker } from '../enginePicker';
import type { Errors } from '../errors';
import { taskType } from '../ids';
import type { Reports } from '../reports';
import type { Runtimes } from '../runtimes';
import type { RebuildCommands } from './rebuildCommands';
import { Recipes } from './recipes';
import { BuildTasks } from './tasks';

export interface RebuildServices {
  host: EngineHost;
  reports: Reports;
  runtimes: Runtimes;
  errors: Errors;
  /** workspaceState */
  memory: vscode.Memento;
  /** dist/cli.js */
  cli: string;
  enginePicker: EnginePicker;
}

export class Rebuild implements vscode.Disposable {
  private loaded: Promise<RebuildCommands> | undefined;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly services: RebuildServices) {
    const { runtimes, errors, reports, cli } = services;
    this.subscriptions = [
      new Recipes(runtimes, errors, reports),
      vscode.tasks.registerTaskProvider(taskType, new BuildTasks(cli, runtimes)),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    void this.loaded?.then((commands) => commands.dispose());
  }

  /** The command Rebuild…: asks which way. */
  async rebuildCommand(argument?: unknown, selection?: unknown): Promise<void> {
    await this.guarded((commands) => commands.rebuildCommand(argument, selection));
  }

  /** The command Rebuild from Recipe: CodeLens, code action, Explorer. */
  async fromRecipe(argument?: unknown): Promise<void> {
    await this.guarded((commands) => commands.fromRecipe(argument));
  }

  /** The command Build Engine…, for an ONNX model. */
  async buildModel(argument?: unknown): Promise<void> {
    await this.guarded((commands) => commands.buildModel(argument));
  }

  /** The command and the remedy: how somebody else would build it. */
  async copyCommand(argument?: unknown): Promise<void> {
    await this.guarded((commands) => commands.copyCommand(argument));
  }

  /** Many at once: those that need no question, with one progress and a summary. gpus: to be built for as well. */
  async rebuildAll(
    uris: readonly vscode.Uri[],
    choice: RebuildChoice,
    gpus: readonly string[] = [],
  ): Promise<void> {
    await this.guarded((commands) => commands.rebuildAll(uris, choice, gpus));
  }

  /** Rebuilds in place. For tests too: answers when all is done. */
  async rebuild(
    uri: vscode.Uri,
    choice: RebuildChoice,
    report: EngineReport | null,
  ): Promise<void> {
    await (await this.get()).rebuild(uri, choice, report);
  }

  /** So that the new engine tells its layers, shapes and tactics; all other options as they were. */
  async rebuildDetailed(uri: vscode.Uri, report: EngineReport | null): Promise<void> {
    await (await this.get()).rebuildDetailed(uri, report);
  }

  /** In the engine's place, from a model that is picked now. */
  async fromOtherModel(uri: vscode.Uri, report: EngineReport): Promise<void> {
    await (await this.get()).fromOtherModel(uri, report);
  }

  /** A foreign file is never built over: a new engine beside it. */
  async buildBeside(uri: vscode.Uri, report: EngineReport): Promise<void> {
    await (await this.get()).buildBeside(uri, report);
  }

  get(): Promise<RebuildCommands> {
    this.loaded ??= import('./rebuildCommands').then(
      ({ RebuildCommands }) => new RebuildCommands(this.services),
    );
    return this.loaded;
  }

  private async guarded(run: (commands: RebuildCommands) => Promise<void>): Promise<void> {
    await this.services.errors.guard('Building', async () => run(await this.get()));
  }
}
