/**
 * The engine hosts of this window, made with the first question: neither the protocol's code is loaded nor a process
 * started before. What a host says goes to the log; that one died is told once.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { BuildPhase, HostLogLine } from '../host/engineHost/client';
import { shimFolderOf } from '../host/runtimes/shims';
import type { EngineHostSupervisor, RuntimePath } from '../host/engineHost/supervisor';
import type { Errors } from './errors';
import { contextKeys } from './ids';
import type { Log } from './log';
import * as settings from './settings';

export class EngineHost implements vscode.Disposable {
  private supervisor: Promise<EngineHostSupervisor> | undefined;
  private readonly restarted = new vscode.EventEmitter<void>();

  /** The user restarted it: answers so far may be asked for again. */
  readonly onDidRestart = this.restarted.event;

  /** What a new process gets in its environment so that CUDA shows it the chosen GPU. */
  gpuEnvironment: () => Readonly<Record<string, string>> = () => ({});

  /** Asked before a library is loaded; throws where it may not be. */
  mayLoad: (library: string) => Promise<void> = () => Promise.resolve();

  /** What builds listen to (rebuild/builds.ts). */
  buildListener:
    { onBuildPhase: (phase: BuildPhase) => void; onLog: (line: HostLogLine) => void } | undefined;
  /** A build that runs tells itself when its process dies. */
  building = false;

  constructor(
    /** dist/engineHost.js */
    private readonly hostMain: string,
    private readonly log: Log,
    private readonly errors: Errors,
  ) {}

  get shimFolder(): string {
    return shimFolderOf(path.dirname(this.hostMain));
  }

  get(): Promise<EngineHostSupervisor> {
    this.supervisor ??= this.make();
    return this.supervisor;
  }

  /** Of the processes that run now; nothing is started to tell. */
  async pids(): Promise<number[]> {
    return (await this.supervisor)?.pids ?? [];
  }

  /** Forgets that a runtime was refused or given up: a person wants another try. */
  async askAgain(): Promise<void> {
    (await this.supervisor)?.askAgain();
  }

  /** why: for the log. */
  async restart(why: string): Promise<void> {
    const before = this.supervisor;
    this.supervisor = undefined;
    await (await before)?.dispose();
    this.log.info(`The engine host was restarted: ${why}.`);
    this.restarted.fire();
  }

  /** VS Code awaits nothing here; the processes end when their channel closes. */
  dispose(): void {
    this.restarted.dispose();
    void this.supervisor?.then((supervisor) => supervisor.dispose());
  }

  private async make(): Promise<EngineHostSupervisor> {
    const { EngineHostSupervisor } = await import('../host/engineHost/supervisor');
    void vscode.commands.executeCommand('setContext', contextKeys.hostUsed, true);
    const limit = settings.checkTimeoutMs();
    return new EngineHostSupervisor({
      hostMain: this.hostMain,
      shimFolder: this.shimFolder,
      environment: this.gpuEnvironment(),
      mayLoad: (library) => this.mayLoad(library),
      timeouts: { load: limit, gpus: limit, checkFiles: limit, checkHeaders: limit },
      onLog: (line) => {
        this.log.hostLine(line);
        this.buildListener?.onLog(line);
      },
      onBuildPhase: (phase) => this.buildListener?.onBuildPhase(phase),
      onCrash: (_runtime, error) => {
        if (this.building) this.log.error(error.message);
        else this.errors.report(error, { doing: 'The engine host', asked: false });
      },
      onGaveUp: (_runtime, error) =>
        this.errors.report(error, { doing: 'The engine host', asked: false }),
      onStateChange: (runtime, state) => this.log.debug(`${hostName(runtime)}: ${state}`),
    });
  }
}

function hostName(runtime: RuntimePath): string {
  return runtime === null ? 'Engine host' : `Engine host of ${runtime}`;
}
