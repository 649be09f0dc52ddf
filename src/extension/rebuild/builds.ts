/**
 * Runs builds for this window: one progress notification each, with phase, time and Cancel; details in the output
 * channel "Engine Inspector: Builds"; the engine is checked again when it is in place. The way itself (temporary file,
 * check, replace, recipe) is host/build/rebuild.ts.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { formatDuration } from '../../core/text/formats';
import type { EngineOptions } from '../../core/rebuild/rebuildOptions';
import type {
  BuildEvents,
  Rebuilder,
  RebuildProgress,
  RebuildResult,
} from '../../host/build/rebuild';
import type { EngineHostSupervisor } from '../../host/engineHost/supervisor';
import type { EngineHost } from '../engineHost';
import { fileName } from '../engineTarget';
import type { Reports } from '../reports';
import * as settings from '../settings';
import { ask, withProgress } from '../show';
import { workspaceFolders } from '../trust';

/** Everything is decided: build this. */
export interface BuildOrder {
  /** Path of the ONNX file. */
  model: string;
  /** The engine that is written or replaced. */
  engine: vscode.Uri;
  options: EngineOptions;
  runtime: { path: string; version: string };
  /** Milliseconds that it took before; null: unknown. */
  estimateMs: number | null;
  /** "for RTX 30, 40 and 50 series; …" */
  summary: string;
}

interface Place {
  workspace: readonly string[];
  /** Where a link leads that leaves the workspace, and a person agreed. */
  confirmed: string | null;
}

/** Memento key: folders in which builds were begun and not ended. */
const builtIn = 'builtIn';

export class Builds implements vscode.Disposable {
  private channel: vscode.OutputChannel | undefined;
  private events: BuildEvents | undefined;
  private readonly rebuilders = new WeakMap<EngineHostSupervisor, Rebuilder>();
  private under = 0;
  /** The folders of the builds that run or wait. */
  private readonly folders: string[] = [];

  constructor(
    private readonly host: EngineHost,
    private readonly reports: Reports,
    /** workspaceState */
    private readonly memory: vscode.Memento,
  ) {}

  /** How many builds run or wait. */
  get running(): number {
    return this.under;
  }

  dispose(): void {
    this.channel?.dispose();
  }

  showDetails(): void {
    this.output.show(true);
  }

  /** undefined: cancelled. Throws Failure. */
  async run(order: BuildOrder): Promise<RebuildResult | undefined> {
    const name = fileName(order.engine);
    const place = await agreedPlace(order.engine);
    if (place === 'refused') return undefined;
    return withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Building ${name}`,
        cancellable: true,
      },
      async (progress, token) => {
        const cancel = new AbortController();
        token.onCancellationRequested(() => cancel.abort());
        let told = 0;
        const result = await this.build({ ...order, ...place }, cancel.signal, (now) => {
          const percent = percentOf(now);
          progress.report({ message: progressText(now), increment: Math.max(0, percent - told) });
          told = Math.max(told, percent);
        });
        if (result) await this.reports.check(order.engine);
        return result;
      },
    );
  }

  /** Without a notification of its own; onText: what it is doing. */
  async quietly(
    order: BuildOrder,
    signal: AbortSignal,
    onText: (text: string) => void,
  ): Promise<RebuildResult | undefined> {
    const place = await agreedPlace(order.engine);
    if (place === 'refused') return undefined;
    const result = await this.build({ ...order, ...place }, signal, (now) =>
      onText(progressText(now)),
    );
    if (result) await this.reports.check(order.engine);
    return result;
  }

  private async build(
    order: BuildOrder & Place,
    signal: AbortSignal,
    onProgress: (progress: RebuildProgress) => void,
  ): Promise<RebuildResult | undefined> {
    const rebuilder = await this.rebuilder();
    const { output } = this;
    const say = (line: string) => output.appendLine(line);
    say(`— ${new Date().toISOString()} ${order.engine.fsPath}`);
    say(`from ${order.model} with TensorRT-RTX ${order.runtime.version}, ${order.summary}`);
    let stage = '';
    this.under += 1;
    this.host.building = true;
    const folder = path.dirname(order.engine.fsPath);
    try {
      await this.removeDebris();
      this.folders.push(folder);
      await this.remember();
      const result = await rebuilder.build(
        {
          model: order.model,
          engine: order.engine.fsPath,
          options: order.options,
          runtime: order.runtime.path,
          keepBackups: settings.keepBackups(order.engine),
          workspace: order.workspace,
          confirmed: order.confirmed,
          estimateMs: order.estimateMs,
        },
        {
          signal,
          onProgress: (now) => {
            // The count of steps changes often; a phase is worth a line once.
            const phase = now.text.replace(/ \(\d+ of \d+\)$/, '');
            if (phase !== stage) say(`${formatDuration(now.elapsedMs).padStart(8)}  ${phase}`);
            stage = phase;
            onProgress(now);
          },
          onLine: ({ severity, text }) => {
            // The library's own chatter (4) would bury what matters.
            if (severity <= 3) say(`          ${levels[severity] ?? ''}${text}`);
          },
        },
      );
      for (const warning of result.warnings) say(`          warning: ${warning}`);
      say(`${formatDuration(result.durationMs).padStart(8)}  Done: ${result.engineSize} bytes`);
      return result;
    } catch (error) {
      say(`          ${error instanceof Error ? error.message : String(error)}`);
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      this.under -= 1;
      this.host.building = this.under > 0;
      this.folders.splice(this.folders.indexOf(folder) >>> 0, 1);
      await this.remember();
    }
  }

  private async rebuilder(): Promise<Rebuilder> {
    const { BuildEvents, Rebuilder } = await import('../../host/build/rebuild');
    this.events ??= new BuildEvents();
    const { events } = this;
    this.host.buildListener = events;
    const supervisor = await this.host.get();
    let rebuilder = this.rebuilders.get(supervisor);
    if (!rebuilder) {
      rebuilder = new Rebuilder(supervisor, events);
      this.rebuilders.set(supervisor, rebuilder);
    }
    return rebuilder;
  }

  /** What builds left that were killed with their editor: only where this workspace has built before. */
  private async removeDebris(): Promise<void> {
    const left = this.memory
      .get<string[]>(builtIn, [])
      .filter((folder) => !this.folders.includes(folder));
    if (left.length === 0) return;
    const { removeBuildDebris } = await import('../../host/build/debris');
    for (const folder of left) {
      const removed = await removeBuildDebris(folder);
      if (removed.length > 0) {
        this.output.appendLine(`Removed from ${folder}: ${removed.join(', ')}`);
      }
    }
  }

  private async remember(): Promise<void> {
    await this.memory.update(builtIn, [...new Set(this.folders)]);
  }

  private get output(): vscode.OutputChannel {
    this.channel ??= vscode.window.createOutputChannel('Engine Inspector: Builds');
    return this.channel;
  }
}

/** Asks where a link of the workspace leads out of it: what lies there may be anything. */
async function agreedPlace(engine: vscode.Uri): Promise<Place | 'refused'> {
  const { leavingPath } = await import('../../host/build/leavingLink');
  const workspace = workspaceFolders();
  // A folder that is not there, and the like: the build says it.
  const confirmed = await leavingPath(engine.fsPath, workspace).catch(() => null);
  if (confirmed === null) return { workspace, confirmed };
  const there = 'Write It There';
  const picked = await ask(
    'warning',
    {
      question: `${fileName(engine)} is reached through a link that leads out of this folder.`,
      detail: `The engine would be written to ${confirmed}. The file that is there now is replaced.`,
    },
    there,
  );
  return picked === there ? { workspace, confirmed } : 'refused';
}

const levels: Readonly<Record<number, string>> = { 0: 'error: ', 1: 'error: ', 2: 'warning: ' };

export function progressText({ text, elapsedMs, estimateMs }: RebuildProgress): string {
  const time =
    estimateMs === null
      ? formatDuration(elapsedMs)
      : `${formatDuration(elapsedMs)}, took ${formatDuration(estimateMs)} before`;
  // The notification's title says already that it builds.
  return `${text.replace(/^Building: /, '')} · ${time}`;
}

/** Of the recorded duration; 0 where none is known: the library itself cannot say how far it is. */
function percentOf({ elapsedMs, estimateMs }: RebuildProgress): number {
  if (estimateMs === null || estimateMs <= 0) return 0;
  return Math.min(95, (100 * elapsedMs) / estimateMs);
}
