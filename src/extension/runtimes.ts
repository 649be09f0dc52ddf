/**
 * Which TensorRT-RTX libraries there are and which one is asked: the host's search and choice (host/runtimes/runtimes.ts tells
 * the order) with the user's settings, trust and the selected Python environment put in. Looks when it is first asked.
 */
import * as vscode from 'vscode';
import type { ChosenRuntime, FoundRuntime, RuntimeChoice } from '../host/runtimes/runtimes';
import { contextKeys } from './ids';
import type { Log } from './log';
import * as settings from './settings';
import { isTrusted, mayLoad, trustedFolders } from './trust';

export class Runtimes implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private found: Promise<FoundRuntime[]> | undefined;

  /** Another list or another choice: what was answered so far may no longer hold. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly shimFolder: string,
    /** Where installRuntime.ts installs into. */
    readonly installFolder: string,
    private readonly log: Log,
  ) {
    this.subscriptions = [
      this.changed,
      settings.onDidChange(['runtimePath', 'runtimeChoice'], () => this.refresh()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.refresh()),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Looks again with the next question. Silent when nobody has asked yet. */
  refresh(): void {
    if (!this.found) return;
    this.found = undefined;
    this.changed.fire();
  }

  list(): Promise<FoundRuntime[]> {
    this.found ??= this.look();
    return this.found;
  }

  /** The runtime for an engine of this version; null: for whatever comes. */
  async choose(engineVersion: string | null): Promise<ChosenRuntime> {
    return this.chooseBy(await this.choice(), engineVersion);
  }

  /** As if that were the setting. */
  async chooseBy(choice: RuntimeChoice, engineVersion: string | null): Promise<ChosenRuntime> {
    const [{ chooseRuntime }, found] = await Promise.all([
      import('../host/runtimes/runtimes'),
      this.list(),
    ]);
    return chooseRuntime(found, choice, engineVersion);
  }

  /** The settings as the host understands them. */
  async choice(): Promise<RuntimeChoice> {
    const path = settings.runtimePath();
    if (path !== '') {
      // The setting may name a folder; what was found there stands for it.
      const there = (await this.list()).find(({ source }) => source === 'setting');
      return { mode: 'path', path: there?.path ?? path };
    }
    return settings.runtimeChoice() === 'matchEngine'
      ? { mode: 'match-engine' }
      : { mode: 'newest' };
  }

  private async look(): Promise<FoundRuntime[]> {
    const [{ findRuntimes }, { listShims }] = await Promise.all([
      import('../host/runtimes/runtimes'),
      import('../host/runtimes/shims'),
    ]);
    const setting = settings.runtimePath();
    const found = await findRuntimes({
      setting: setting === '' ? null : setting,
      env: process.env,
      installed: this.installFolder,
      workspaceFolders: trustedFolders(),
      selectedPython: isTrusted() ? selectedPython() : null,
      supported: [...listShims(this.shimFolder).keys()],
      log: (line) => this.log.info(`Runtimes: ${line}`),
    });
    void vscode.commands.executeCommand('setContext', contextKeys.runtimesSearched, true);
    return found.map((runtime) =>
      mayLoad(runtime.path) && mayLoad(runtime.realPath) ? runtime : distrusted(runtime),
    );
  }
}

function distrusted(runtime: FoundRuntime): FoundRuntime {
  return {
    ...runtime,
    problem: `${runtime.path} lies in this workspace, which is in Restricted Mode; loading it would run its code.`,
    nextStep: 'Trust the workspace, or choose a TensorRT-RTX outside of it.',
  };
}

/** What the Python extension has selected, when it runs already: we do not start it for that. */
function selectedPython(): string | null {
  const python = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  const path = python?.isActive
    ? python.exports?.environments?.getActiveEnvironmentPath?.()?.path
    : undefined;
  return typeof path === 'string' && path !== '' ? path : null;
}

/** The part of ms-python.python's public API that is used; everything may be missing in another version. */
interface PythonApi {
  environments?: { getActiveEnvironmentPath?: () => { path?: unknown } | undefined };
}
