/**
 * What inspecting an engine and running it have in common: both load it, which runs code from the file. So: on an
 * explicit click only, in a trusted workspace, after a word about a file that is not the one that was built, one at a
 * time, in a process of its own that a cancel ends. While it lasts the status bar says so.
 */
import * as vscode from 'vscode';
import type { PageFailure } from '../../core/pages/pageMessages';
import type { RunProgress, RunReport } from '../../core/run/runReport';
import { inertText } from '../../core/text/inertText';
import type { EngineIntegrity } from '../../host/check/engineIntegrity';
import type { EngineRunner } from '../../host/run/engineRunner';
import { asFailure, Failure } from '../../core/wire/failure';
import type { StageLimits } from '../../host/run/runStages';
import type { EnginePages } from '../engineEditor/enginePages';
import type { EngineHost } from '../engineHost';
import { fileName, linkId } from '../engineTarget';
import type { Errors } from '../errors';
import type { GpuStatus } from '../gpuStatus';
import { commands, contextKeys, extensionId } from '../ids';
import type { Log } from '../log';
import type { Reports } from '../reports';
import type { Runtimes } from '../runtimes';
import * as settings from '../settings';
import { isTrusted, offerTrust } from '../trust';
import { ask, showInformation } from '../show';

export interface EngineWorkServices {
  /** dist/engineHost.js */
  hostMain: string;
  /** Where kernels that were compiled are kept. */
  cacheFolder: string;
  host: EngineHost;
  reports: Reports;
  runtimes: Runtimes;
  gpus: GpuStatus;
  pages: EnginePages;
  log: Log;
  errors: Errors;
}

export type WorkKind = 'inspect' | RunReport['kind'];

export interface WorkContext {
  signal: AbortSignal;
  onProgress: (progress: RunProgress) => void;
}

interface Current {
  uri: vscode.Uri;
  kind: WorkKind;
  controller: AbortController;
  onProgress: (progress: RunProgress) => void;
  ended: Promise<void>;
}

/** More often nobody sees. Milliseconds. */
const progressEvery = 100;

export class EngineWork implements vscode.Disposable {
  private runner: Promise<EngineRunner> | undefined;
  private readonly subscription = settings.onDidChange(['runTimeout'], () => {
    // The next one has the new limits; what runs ends with its own.
    this.runner = undefined;
  });
  private current: Current | undefined;
  private item: vscode.StatusBarItem | undefined;
  /** Files that are the ones that were built, or are to be loaded all the same: as they were then. */
  private readonly accepted = new Map<string, string>();

  /** Asks before a changed file is loaded. Replaced by tests: VS Code shows them no dialogs. */
  confirm = async (question: string, detail: string, yes: string): Promise<boolean> =>
    (await ask('warning', { question, detail }, yes)) === yes;

  constructor(private readonly services: EngineWorkServices) {}

  dispose(): void {
    this.current?.controller.abort();
    this.subscription.dispose();
    this.item?.dispose();
  }

  /** For tests: of whom the process that works now is. */
  get busyWith(): { uri: vscode.Uri; kind: WorkKind } | null {
    return this.current ?? null;
  }

  /** Says why not, where it may not begin. An engine that is not loaded (the reference alone) needs trust as well. */
  mayBegin(uri: vscode.Uri): boolean {
    if (uri.scheme !== 'file') {
      void showInformation(
        `${fileName(uri)} is not a file on this machine, so it cannot be loaded. Save a copy of it on disk.`,
      );
      return false;
    }
    if (!isTrusted()) {
      offerTrust(
        'Loading an engine runs code from it, and this workspace is in Restricted Mode. Trust the workspace to inspect its engines and to run them.',
      );
      return false;
    }
    if (this.current) {
      this.sayBusy(this.current);
      return false;
    }
    return true;
  }

  /** Does it, with progress and cancel. Throws Failure; a cancel throws one with code "cancelled". */
  async during<T>(
    uri: vscode.Uri,
    kind: WorkKind,
    onProgress: (progress: RunProgress) => void,
    work: (context: WorkContext) => Promise<T>,
  ): Promise<T> {
    if (this.current) throw new Error('two engines at once');
    const controller = new AbortController();
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    let last = { at: 0, stage: '' };
    const throttled = (progress: RunProgress) => {
      const now = performance.now();
      if (progress.stage === last.stage && now - last.at < progressEvery) return;
      last = { at: now, stage: progress.stage };
      this.showItem(uri, kind, progress);
      onProgress(progress);
    };
    this.current = { uri, kind, controller, onProgress: throttled, ended };
    void vscode.commands.executeCommand('setContext', contextKeys.running, true);
    try {
      const done = await work({ signal: controller.signal, onProgress: throttled });
      void vscode.commands.executeCommand('setContext', contextKeys.loaded, true);
      return done;
    } catch (error) {
      if (controller.signal.aborted) throw cancelled(uri);
      throw error;
    } finally {
      this.current = undefined;
      this.item?.hide();
      void vscode.commands.executeCommand('setContext', contextKeys.running, false);
      end();
      // What it took of the GPU's memory is back.
      if (this.services.gpus.snapshot) void this.services.gpus.refresh();
    }
  }

  /** Cancels what is done with this engine; without one: whatever is done. Resolves when it has ended. */
  async cancel(uri?: vscode.Uri): Promise<void> {
    const { current } = this;
    if (!current || (uri && current.uri.toString() !== uri.toString())) return;
    current.controller.abort();
    await current.ended;
  }

  get(): Promise<EngineRunner> {
    this.runner ??= this.make();
    return this.runner;
  }

  /**
   * Whether the file is the one that was built, as far as a recorded SHA-256 can tell; where it is not, the person is
   * asked. Throws "cancelled" when the answer is no.
   */
  async confirmIntegrity(uri: vscode.Uri, { signal, onProgress }: WorkContext): Promise<void> {
    const { engineIntegrity, recordedHash } = await import('../../host/check/engineIntegrity');
    const recorded = await recordedHash(uri.fsPath);
    if (recorded === null) return;
    // Gigabytes are not hashed again before every run: a file that did not change is what it was.
    const before = `${recorded.sha256} ${await sizeAndTime(uri.fsPath)}`;
    if (this.accepted.get(uri.fsPath) === before) return;
    const progress = (fraction: number | null) =>
      onProgress({
        stage: 'integrity',
        sentence: 'Comparing with the recorded SHA-256…',
        fraction,
      });
    progress(null);
    const { state, expected, actual, sentence } = await engineIntegrity(uri.fsPath, {
      signal,
      onProgress: (done, total) => progress(total > 0 ? done / total : null),
    });
    if (state === 'differs') await this.askAboutChanged(uri, { expected, actual, sentence });
    const after = `${recorded.sha256} ${await sizeAndTime(uri.fsPath)}`;
    if (after === before) this.accepted.set(uri.fsPath, before);
  }

  private async askAboutChanged(
    uri: vscode.Uri,
    { expected, actual, sentence }: Pick<EngineIntegrity, 'expected' | 'actual' | 'sentence'>,
  ): Promise<void> {
    const detail = [
      sentence,
      `SHA-256 that the recipe recorded when it was built: ${expected ?? ''}`,
      ...(actual === null ? [] : [`SHA-256 of the file as it is now: ${actual}`]),
      'Loading an engine runs code from it. A damaged one can crash or hang; one that somebody replaced can do anything that a program can. Load it only if you know why it changed.',
    ].join('\n\n');
    const question = `${fileName(uri)} is not the engine that was built. Load it?`;
    if (!(await this.confirm(question, detail, 'Load Anyway'))) {
      throw cancelled(uri);
    }
  }

  /**
   * Only the version that built an engine can load it: where that one is installed it is taken, unless the settings name
   * a library. Else the one that answered for the engine, whose refusal says what is wrong. Throws Failure.
   */
  async runtimeFor(uri: vscode.Uri): Promise<string> {
    const { reports, runtimes } = this.services;
    const report = await reports.ensure(uri);
    const version = report?.header?.version ?? null;
    const choice = await runtimes.choice();
    const chosen =
      choice.mode === 'path' || version === null
        ? await runtimes.choose(version)
        : await runtimes.chooseBy({ mode: 'match-engine' }, version);
    if (chosen.runtime) return chosen.runtime.path;
    throw new Failure('library-not-loaded', chosen.why, chosen.nextStep);
  }

  /** A failure as a page shows it; told once: by the page where one is seen, else by a message. */
  failed(uri: vscode.Uri, thrown: unknown, doing: string, isShown = false): PageFailure | null {
    const error = asFailure(thrown, doing);
    if (error.code === 'cancelled') return null;
    const shown = isShown || this.services.pages.isSeen(uri);
    this.services.errors.report(error, { doing, asked: true, shown });
    const { code, message: sentence, nextStep, detail } = error;
    return { code, sentence, nextStep, detail };
  }

  private async make(): Promise<EngineRunner> {
    const [{ EngineRunner }, { defaultStageLimits }] = await Promise.all([
      import('../../host/run/engineRunner'),
      import('../../host/run/runStages'),
    ]);
    const { hostMain, host, log } = this.services;
    return new EngineRunner({
      hostMain,
      cacheFolder: this.services.cacheFolder,
      shimFolder: host.shimFolder,
      environment: () => host.gpuEnvironment(),
      mayLoad: (library) => host.mayLoad(library),
      onLog: (line) => log.hostLine(line),
      // The setting is about a stage that says nothing; loading and compiling have limits in proportion to it.
      timeouts: scaled(defaultStageLimits, settings.runTimeoutMs()),
    });
  }

  private showItem(uri: vscode.Uri, kind: WorkKind, { sentence, fraction }: RunProgress): void {
    this.item ??= vscode.window.createStatusBarItem(
      `${extensionId}.run`,
      vscode.StatusBarAlignment.Left,
      50,
    );
    const { item } = this;
    const doing = describe(kind, uri);
    const percent = fraction === null ? '' : ` ${Math.floor(100 * fraction)} %`;
    item.name = 'Engine Run';
    item.text = `$(loading~spin) ${inertText(doing)}${percent}`;
    const tooltip = new vscode.MarkdownString('', true);
    tooltip.appendText(sentence);
    tooltip.appendMarkdown(
      `\n\n[Cancel](command:${commands.cancelRun} "Ends its process; its GPU memory is free then")`,
    );
    tooltip.isTrusted = { enabledCommands: [commands.cancelRun] };
    item.tooltip = tooltip;
    item.command = {
      title: 'Show',
      command: kind === 'inspect' ? commands.inspectEngine : commands.runEngine,
      arguments: [linkId(uri)],
    };
    item.accessibilityInformation = { label: `${doing}${percent}. ${sentence}`, role: 'button' };
    item.show();
  }

  private sayBusy({ uri, kind }: Current): void {
    const cancel = 'Cancel It';
    void showInformation(
      `${describe(kind, uri)}: one at a time, so that neither disturbs the other. Wait until it is done, or cancel it.`,
      cancel,
    ).then((picked) => {
      if (picked === cancel) void this.cancel(uri);
    });
  }
}

function describe(kind: WorkKind, uri: vscode.Uri): string {
  const name = fileName(uri);
  switch (kind) {
    case 'inspect':
      return `Inspecting ${name}`;
    case 'run':
      return `Running ${name}`;
    case 'sweep':
      return `Sweeping budgets of ${name}`;
    case 'reference':
      return `Running the reference of ${name}`;
  }
}

function cancelled(uri: vscode.Uri): Failure {
  return new Failure('cancelled', `${fileName(uri)} was cancelled.`, 'Start it again any time.');
}

function scaled(limits: Readonly<StageLimits>, stallMs: number): Partial<StageLimits> {
  const factor = stallMs / limits.stallMs;
  return {
    stallMs,
    loadBaseMs: limits.loadBaseMs * factor,
    compileMs: limits.compileMs * factor,
  };
}

async function sizeAndTime(file: string): Promise<string> {
  const { stat } = await import('node:fs/promises');
  const { size, mtimeMs } = await stat(file);
  return `${size} ${mtimeMs}`;
}
