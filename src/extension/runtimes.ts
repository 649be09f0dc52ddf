/**
 * Which TensorRT-RTX libraries there are and which one is asked: the host's search and choice (host/runtimes/runtimes.ts tells
 * the order) with the user's settings, trust and the selected Python environment put in. Looks when it is first asked.
 */
import * as vscode from 'vscode';
import type { ChosenRuntime, FoundRuntime, RuntimeChoice } from '../host/runtimes/runtimes';
import type { Errors } from './errors';
import { contextKeys } from './ids';
import type { Log } from './log';
import * as settings from './settings';
import { ask, showInformation, showWarning, withProgress } from './show';
import { isTrusted, type LibraryTrust, trustedFolders } from './trust';

export class Runtimes implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private found: Promise<FoundRuntime[]> | undefined;
  /** Of those found: what can be used once the person chose it. */
  private readonly onlyUntrusted = new WeakSet<FoundRuntime>();

  /** Asks a person. Replaced by tests: VS Code shows them no dialogs. */
  confirm = async (question: string, detail: string, yes: string): Promise<boolean> =>
    (await ask('warning', { question, detail }, yes)) === yes;

  /** Another list or another choice: what was answered so far may no longer hold. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly shimFolder: string,
    /** Where installRuntime.ts installs into. */
    readonly installFolder: string,
    private readonly trust: LibraryTrust,
    private readonly log: Log,
    private readonly errors: Errors,
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
    const [{ chooseRuntime }, { chosenWithoutNativePart }, found] = await Promise.all([
      import('../host/runtimes/runtimes'),
      import('../host/runtimes/shims'),
      this.list(),
    ]);
    const none = chosenWithoutNativePart(this.shimFolder);
    if (none) return none;
    return chooseRuntime(found, choice, engineVersion);
  }

  /**
   * From now on engines are checked with this library, one of those found: a user setting; of a library of the workspace
   * the workspace remembers it. asked: the person just picked it by its real path. false: the person did not want to.
   */
  async use(path: string, { asked = false } = {}): Promise<boolean> {
    const runtime = (await this.list()).find((one) => one.path === path);
    if (!runtime) throw await notFound(path);
    if (runtime.problem !== null && !this.onlyUntrusted.has(runtime)) {
      void showWarning(`${runtime.problem} ${runtime.nextStep}`.trim());
      return false;
    }
    if (await this.trust.isOfWorkspace(path)) return this.useOfWorkspace(runtime);
    const detail = `${runtime.realPath}\n\nThe choice is a setting of yours: it holds in every window.`;
    const question = `Check engines with TensorRT-RTX ${runtime.version}?`;
    if (!asked && !(await this.confirm(question, detail, 'Use This Runtime'))) {
      return false;
    }
    await this.useSetting({ path, choice: 'automatic' });
    return true;
  }

  /** A library that the person picked as a file, which need not be one of those found. */
  async usePicked(path: string): Promise<void> {
    if (!(await this.trust.isOfWorkspace(path))) {
      await this.useSetting({ path, choice: 'automatic' });
      return;
    }
    const { readLibraryFile } = await import('../host/runtimes/libraryFileAsync');
    const { version } = await readLibraryFile(path);
    await this.useOfWorkspace({ path, version });
  }

  /** The user's setting, in place of what the workspace remembers. */
  async useSetting(choice: Parameters<typeof settings.setRuntime>[0]): Promise<void> {
    const before = this.trust.chosen;
    await this.trust.choose(undefined);
    await settings.setRuntime(choice);
    // Settings that stay the same tell nobody.
    if (before !== undefined) this.refresh();
  }

  private async useOfWorkspace({
    path,
    version,
  }: Pick<FoundRuntime, 'path' | 'version'>): Promise<boolean> {
    if (!isTrusted()) {
      await this.trust.mayLoad(path);
      return false;
    }
    const made = await withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Computing the SHA-256 of ${path}`,
      },
      () => this.trust.prove(path),
    );
    const hashes = Object.entries(made.proof).map(([name, sha256]) => `${name}: ${sha256}`);
    const detail = [
      made.realPath,
      `SHA-256:\n${hashes.join('\n')}`,
      'It is in this workspace, and loading it runs its code. Your answer applies to these files and this workspace only.',
    ].join('\n\n');
    const question = `Load TensorRT-RTX ${version} of this workspace?`;
    if (!(await this.confirm(question, detail, 'Load It'))) return false;
    await this.trust.approve(made);
    await this.trust.choose(path);
    this.refresh();
    return true;
  }

  /** The settings as the host understands them. */
  async choice(): Promise<RuntimeChoice> {
    const { chosen } = this.trust;
    if (chosen !== undefined) return { mode: 'path', path: chosen };
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
      chosen: this.trust.chosen ?? null,
      env: process.env,
      installed: this.installFolder,
      workspaceFolders: trustedFolders(),
      selectedPython: isTrusted() ? selectedPython() : null,
      supported: [...listShims(this.shimFolder).keys()],
      log: (line) => this.log.info(`Runtimes: ${line}`),
    });
    void vscode.commands.executeCommand('setContext', contextKeys.runtimesSearched, true);
    const judged = await Promise.all(found.map((runtime) => this.judged(runtime)));
    const usable = judged.some(({ problem }) => problem === null);
    void vscode.commands.executeCommand('setContext', contextKeys.runtimeFound, usable);
    return judged;
  }

  /** With the reason why it may not be loaded; one of the workspace is offered, once. */
  private async judged(runtime: FoundRuntime): Promise<FoundRuntime> {
    try {
      await this.trust.mayLoad(runtime.path);
      return runtime;
    } catch (error) {
      const { asFailure } = await import('../core/wire/failure');
      const { message, nextStep } = asFailure(error, `Looking at ${runtime.path}`);
      // To choose one that can't be used helps nobody: its own next step comes first.
      if (runtime.problem !== null) {
        return { ...runtime, problem: `${runtime.problem} ${message}` };
      }
      if (isTrusted()) await this.offer(runtime);
      const judged = { ...runtime, problem: message, nextStep };
      this.onlyUntrusted.add(judged);
      return judged;
    }
  }

  private async guarded(run: () => Promise<unknown>): Promise<void> {
    await this.errors.guard('Choosing a runtime', run);
  }

  private async offer({ path, realPath, version }: FoundRuntime): Promise<void> {
    if (!(await this.trust.isFirstOffer(realPath))) return;
    const use = 'Use It…';
    void showInformation(
      `This workspace brings TensorRT-RTX ${version} (${vscode.workspace.asRelativePath(realPath)}). It is not loaded unless you choose it.`,
      use,
    ).then((picked) => {
      if (picked === use) void this.guarded(() => this.use(path));
    });
  }
}

async function notFound(path: string): Promise<Error> {
  const { Failure } = await import('../core/wire/failure');
  return new Failure(
    'library-not-loaded',
    `${path} is not one of the TensorRT-RTX libraries that were found.`,
    'Refresh the view "Runtimes and GPUs", or choose another one.',
  );
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
