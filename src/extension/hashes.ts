/**
 * SHA-256 on demand, with progress and cancel, and what it proves: beside a recipe that recorded the hash of the new
 * engine, "likely" becomes "intact since built", or the file is not the one that was built. A hash holds as long as the
 * file's length and time stay what they were.
 */
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { RecordedHash } from '../core/report/engineReport';
import type { HashState } from '../core/pages/pageMessages';
import { fileName } from './engineTarget';
import type { Errors } from './errors';
import { showInformation, withProgress } from './show';

interface Hashed {
  size: number;
  modified: number;
  sha256: string;
  recorded: string | null;
}

/** Progress is drawn by pages and notifications; more often than this nobody sees. Milliseconds. */
const progressEvery = 100;

export class Hashes implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly proved = new vscode.EventEmitter<vscode.Uri>();
  private readonly states = new Map<string, HashState>();
  private readonly running = new Map<string, AbortController>();
  /** By path: what reports are made from. */
  private readonly done = new Map<string, Hashed>();

  readonly onDidChange = this.changed.event;
  /** A hash says something new about the file: its report is to be made again. */
  readonly onDidProve = this.proved.event;

  constructor(private readonly errors: Errors) {}

  dispose(): void {
    for (const controller of this.running.values()) controller.abort();
    this.changed.dispose();
    this.proved.dispose();
  }

  state(uri: vscode.Uri): HashState {
    return this.states.get(uri.toString()) ?? { state: 'none' };
  }

  /** For a report: the hash beside the recorded one; null where the file was not hashed as it is now. */
  recordedHash(path: string): Promise<RecordedHash | null> | null {
    return this.done.has(path) ? this.asRecorded(path) : null;
  }

  private async asRecorded(path: string): Promise<RecordedHash | null> {
    const hashed = this.done.get(path);
    if (!hashed || hashed.recorded === null || !(await isAsHashed(path, hashed))) return null;
    return { expected: hashed.recorded, actual: hashed.sha256 };
  }

  cancel(uri: vscode.Uri): void {
    this.running.get(uri.toString())?.abort();
  }

  /** These files may have changed: what was hashed is history then. */
  forgetChanged(uris: readonly vscode.Uri[]): void {
    if (this.done.size === 0) return;
    for (const uri of uris) void this.forgetIfChanged(uri);
  }

  private async forgetIfChanged(uri: vscode.Uri): Promise<void> {
    const hashed = this.done.get(uri.fsPath);
    if (!hashed || (await isAsHashed(uri.fsPath, hashed))) return;
    this.done.delete(uri.fsPath);
    this.set(uri, { state: 'none' });
  }

  /** The command: with a notification that shows progress and cancels, and the answer to copy. */
  async computeWithNotification(uri: vscode.Uri): Promise<void> {
    const sha256 = await withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `SHA-256 of ${fileName(uri)}`,
        cancellable: true,
      },
      async (progress, token) => {
        token.onCancellationRequested(() => this.cancel(uri));
        let shown = 0;
        const subscription = this.changed.event((changed) => {
          const state = this.state(uri);
          if (changed.toString() !== uri.toString() || state.state !== 'running') return;
          const percent = state.totalBytes > 0 ? (100 * state.doneBytes) / state.totalBytes : 0;
          progress.report({ increment: percent - shown, message: `${Math.floor(percent)} %` });
          shown = percent;
        });
        try {
          return await this.compute(uri);
        } finally {
          subscription.dispose();
        }
      },
    );
    if (sha256 === undefined) return;
    const copy = 'Copy';
    void showInformation(`${fileName(uri)}: SHA-256 ${sha256}`, copy).then((picked) => {
      if (picked === copy) void vscode.env.clipboard.writeText(sha256);
    });
  }

  /** Answers undefined when it was cancelled or failed; the state says which. */
  async compute(uri: vscode.Uri): Promise<string | undefined> {
    const key = uri.toString();
    if (this.running.has(key)) return undefined;
    const controller = new AbortController();
    this.running.set(key, controller);
    try {
      if (uri.scheme !== 'file') {
        throw new Error('A SHA-256 needs a file on disk; this one is virtual.');
      }
      const { hashFile } = await import('../host/check/hashFile');
      const before = await fs.stat(uri.fsPath);
      this.set(uri, { state: 'running', doneBytes: 0, totalBytes: before.size });
      let last = performance.now();
      const sha256 = await hashFile(uri.fsPath, {
        signal: controller.signal,
        onProgress: (doneBytes, totalBytes) => {
          if (performance.now() - last < progressEvery) return;
          last = performance.now();
          this.set(uri, { state: 'running', doneBytes, totalBytes });
        },
      });
      const after = await fs.stat(uri.fsPath);
      if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
        throw new Error(`${fileName(uri)} changed while it was read. Compute it again.`);
      }
      const recorded = await readRecordedHash(uri.fsPath);
      this.done.set(uri.fsPath, { size: after.size, modified: after.mtimeMs, sha256, recorded });
      this.set(uri, { state: 'done', sha256, recorded });
      if (recorded !== null) this.proved.fire(uri);
      return sha256;
    } catch (error) {
      if (controller.signal.aborted) {
        this.set(uri, { state: 'none' });
        return undefined;
      }
      const sentence = error instanceof Error ? error.message : String(error);
      this.set(uri, { state: 'failed', sentence });
      this.errors.report(error, {
        doing: `Computing the SHA-256 of ${fileName(uri)}`,
        asked: true,
      });
      return undefined;
    } finally {
      this.running.delete(key);
    }
  }

  private set(uri: vscode.Uri, state: HashState): void {
    this.states.set(uri.toString(), state);
    this.changed.fire(uri);
  }
}

async function isAsHashed(path: string, { size, modified }: Hashed): Promise<boolean> {
  const stat = await fs.stat(path).catch(() => null);
  return stat?.size === size && stat.mtimeMs === modified;
}

/** What the recipe beside the engine says; null: no recipe, or one that does not say. */
async function readRecordedHash(engine: string): Promise<string | null> {
  const [{ recipePathOf }, { readRecipeFile }] = await Promise.all([
    import('../core/rebuild/recipe'),
    import('../host/build/recipeFile'),
  ]);
  const recipe = await readRecipeFile(recipePathOf(engine)).catch(() => null);
  return recipe?.engine?.sha256 ?? null;
}
