/**
 * Makes reports for the store: the host's Checker with this window's engine hosts, runtimes and hashes put in. Nothing of
 * it is loaded before the first question.
 */
import * as vscode from 'vscode';
import type { EngineReport } from '../core/report/engineReport';
import type { Checker } from '../host/check/checker';
import type { EngineTexts } from '../host/check/engineText';
import type { EngineHost } from './engineHost';
import type { Hashes } from './hashes';
import { inTurns } from './inTurns';
import type { Log } from './log';
import type { EngineChecks, RemoteHeader } from './reports';
import type { Runtimes } from './runtimes';

export class HostChecks implements EngineChecks, vscode.Disposable {
  private readonly invalidated = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private checker: Promise<Checker> | undefined;
  /** Of files, whatever runtime is asked. */
  private texts: EngineTexts | undefined;

  readonly onDidInvalidate = this.invalidated.event;

  constructor(
    private readonly host: EngineHost,
    private readonly runtimes: Runtimes,
    private readonly hashes: Hashes,
    private readonly log: Log,
  ) {
    const again = () => {
      this.checker = undefined;
      this.invalidated.fire();
    };
    this.subscriptions = [this.invalidated, runtimes.onDidChange(again), host.onDidRestart(again)];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  async files(
    paths: readonly string[],
    opened: ReadonlySet<string> = new Set(),
  ): Promise<EngineReport[]> {
    const [checked, beside] = await Promise.all([
      this.get().then((checker) => checker.files(paths)),
      paths.length > 1
        ? import('../host/check/lookBeside').then(({ lookBeside }) => lookBeside(paths))
        : undefined,
    ]);
    return inTurns(paths, async (path, index) => {
      const recorded = this.hashes.recordedHash(path);
      return checked.report(index, {
        // Where there is none nothing is waited for, and the report is made in this turn.
        recordedHash: recorded && (await recorded),
        deep: opened.has(path),
        ...(beside ? { beside } : {}),
      });
    });
  }

  async headers(headers: readonly RemoteHeader[]): Promise<EngineReport[]> {
    return (await this.get()).headers(headers);
  }

  private get(): Promise<Checker> {
    this.checker ??= this.make();
    return this.checker;
  }

  private async make(): Promise<Checker> {
    const [{ Checker }, { EngineTexts }, oracle] = await Promise.all([
      import('../host/check/checker'),
      import('../host/check/engineText'),
      this.host.get(),
    ]);
    let last = '';
    this.texts ??= new EngineTexts();
    return new Checker({
      texts: this.texts,
      oracle,
      choose: (version) => this.runtimes.choose(version),
      knownRuntimes: () => this.runtimes.list(),
      log: (line) => {
        // The same decision for every batch is one line.
        if (line !== last) this.log.info(line);
        last = line;
      },
    });
  }
}
