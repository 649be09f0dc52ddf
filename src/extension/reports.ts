/**
 * The one store of reports: engine file → EngineReport, for every surface. It decides when a file is asked about again
 * (opened, changed on disk, replaced, renamed, runtime or setting changed) and forgets files that are gone. What a
 * report says is core's business, how it is made is EngineChecks'.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { EngineReport } from '../core/report/engineReport';
import { CheckQueue } from './checkQueue';
import type { Errors } from './errors';
import { fileKey, keyPrefix } from './fileKey';

/** A file that is not on a disk of this machine, read through VS Code's file system. */
export interface RemoteHeader {
  /** As the user knows it. */
  file: string;
  /** The first bytes, at most 64. */
  headerBytes: Uint8Array;
  size: number | null;
  modified: number | null;
  /** Why it could not be read; empty: it was. */
  problem: string;
}

/** Makes reports; one for each file, in the same order. */
export interface EngineChecks {
  /** opened: those with a page, of which more than the header is read. */
  files(paths: readonly string[], opened: ReadonlySet<string>): Promise<EngineReport[]>;
  headers(headers: readonly RemoteHeader[]): Promise<EngineReport[]>;
  /** Fires when what was answered so far may no longer hold: another runtime, another choice. */
  readonly onDidInvalidate: vscode.Event<void>;
}

export interface ReportsChange {
  changed: readonly vscode.Uri[];
  removed: readonly vscode.Uri[];
}

interface Entry {
  uri: vscode.Uri;
  report: EngineReport;
}

/** More than this is not read through VS Code's file system just for 64 bytes (it has no partial read). */
const largestRemoteRead = 256 * 1024 * 1024;

export class Reports implements vscode.Disposable {
  private readonly entries = new Map<string, Entry>();
  /** Of those that wait for a report. */
  private readonly uris = new Map<string, vscode.Uri>();
  private readonly held = new Map<string, number>();
  /** Held files that are not there at the moment. */
  private readonly gone = new Set<string>();
  private readonly queue = new CheckQueue((keys) => this.run(keys));
  private readonly changes = new vscode.EventEmitter<ReportsChange>();
  private readonly busy = new vscode.EventEmitter<number>();
  private readonly subscriptions: vscode.Disposable[];
  /** By folder. */
  private readonly inWorkspace = new Map<string, boolean>();
  private checksUnderWay = 0;

  readonly onDidChange = this.changes.event;
  /** How many files are being asked about. */
  readonly onDidChangeBusy = this.busy.event;

  constructor(
    private readonly checks: EngineChecks,
    private readonly errors: Errors,
  ) {
    this.subscriptions = [
      checks.onDidInvalidate(() => void this.checkKnown()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.inWorkspace.clear()),
    ];
  }

  get(uri: vscode.Uri): EngineReport | undefined {
    return this.entries.get(fileKey(uri))?.report;
  }

  get size(): number {
    return this.entries.size;
  }

  all(): IterableIterator<Readonly<Entry>> {
    return this.entries.values();
  }

  /** Those that belong. */
  *belonging(): Generator<Readonly<Entry>> {
    for (const [key, entry] of this.entries) {
      if (this.doesBelong(key, entry.uri, entry.report)) yield entry;
    }
  }

  /** Whether it has a report or waits for its first. */
  isKnown(uri: vscode.Uri): boolean {
    const key = fileKey(uri);
    return this.entries.has(key) || this.held.has(key);
  }

  /** Asks about this file now, before others. */
  async check(uri: vscode.Uri): Promise<EngineReport | undefined> {
    await this.queue.now(this.remember([uri]));
    return this.get(uri);
  }

  /** What is known, or else the answer to a first question. */
  async ensure(uri: vscode.Uri): Promise<EngineReport | undefined> {
    return this.get(uri) ?? this.check(uri);
  }

  /** Asks about these, after what waits already. */
  async checkAll(uris: readonly vscode.Uri[]): Promise<void> {
    await this.queue.later(this.remember(uris));
  }

  /** Asks again about every file that has a report. */
  async checkKnown(): Promise<void> {
    await this.queue.later([...this.entries.keys()]);
  }

  /** A watcher saw this file change, appear or vanish. */
  touch(uri: vscode.Uri): void {
    for (const key of this.remember([uri])) this.queue.whenQuiet(key);
  }

  /** A watcher saw something vanish that may be a folder with engines in it. */
  touchBelow(folder: vscode.Uri): void {
    const prefix = keyPrefix(folder);
    for (const [key, { uri }] of this.entries) if (key.startsWith(prefix)) this.touch(uri);
  }

  /** Asks again about the files of this machine that vanished without a watcher's word: where nothing is watched, for example. */
  async touchGone(): Promise<void> {
    const entries = [...this.entries.values()].filter(({ uri }) => uri.scheme === 'file');
    for (const { uri } of entries) {
      if (!this.gone.has(fileKey(uri)) && (await isMissing(uri.fsPath))) this.touch(uri);
    }
  }

  /** While held, a vanished file keeps a report that says so (it is open in an editor). */
  hold(uri: vscode.Uri): vscode.Disposable {
    const [key = ''] = this.remember([uri]);
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
    return new vscode.Disposable(() => {
      const left = (this.held.get(key) ?? 1) - 1;
      if (left > 0) {
        this.held.set(key, left);
        return;
      }
      this.held.delete(key);
      // Only what belongs to the workspace stays known after its editor is closed.
      if (!this.belongs(uri)) this.forget([key]);
      else if (this.entries.has(key)) this.changes.fire({ changed: [uri], removed: [] });
    });
  }

  /** Whether an editor shows it. */
  isOpen(uri: vscode.Uri): boolean {
    return this.held.has(fileKey(uri));
  }

  /** Whether Problems, tree and badge speak of this file: not for old versions shown in a comparison, and the like. */
  belongs(uri: vscode.Uri): boolean {
    const key = fileKey(uri);
    return this.doesBelong(key, uri, this.entries.get(key)?.report);
  }

  private doesBelong(key: string, uri: vscode.Uri, report: EngineReport | undefined): boolean {
    if (this.gone.has(key)) return false;
    // Text and files of other programs that merely end in .engine are nobody's problem.
    if (report?.ofOthers === true && !this.held.has(key)) return false;
    return this.liesInWorkspace(key, uri) || (uri.scheme === 'file' && this.held.has(key));
  }

  /** What VS Code says of one file of a folder holds for all of them, and is asked for each of ten thousand often. */
  private liesInWorkspace(key: string, uri: vscode.Uri): boolean {
    const folder = key.slice(0, Math.max(key.lastIndexOf('/'), key.lastIndexOf(path.sep)));
    let lies = this.inWorkspace.get(folder);
    if (lies === undefined) {
      lies = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
      // A folder of the workspace can have the name of an engine: then it is one file's answer and no folder's.
      if (!vscode.workspace.workspaceFolders?.some((one) => fileKey(one.uri) === key)) {
        this.inWorkspace.set(folder, lies);
      }
    }
    return lies;
  }

  /** Resolves when nothing waits to be checked: for tests. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.queue.dispose();
    this.changes.dispose();
    this.busy.dispose();
  }

  private remember(uris: readonly vscode.Uri[]): string[] {
    return uris.map((uri) => {
      const key = fileKey(uri);
      this.uris.set(key, uri);
      return key;
    });
  }

  private forget(keys: readonly string[]): void {
    const removed: vscode.Uri[] = [];
    for (const key of keys) {
      const entry = this.entries.get(key);
      if (!entry) continue;
      this.entries.delete(key);
      this.uris.delete(key);
      this.gone.delete(key);
      removed.push(entry.uri);
    }
    if (removed.length > 0) this.changes.fire({ changed: [], removed });
  }

  private async run(keys: readonly string[]): Promise<void> {
    this.setBusy(keys.length);
    try {
      const uris = keys.flatMap((key) => this.uris.get(key) ?? this.entries.get(key)?.uri ?? []);
      const local = uris.filter((uri) => uri.scheme === 'file');
      const remote = uris.filter((uri) => uri.scheme !== 'file');
      const made = [
        ...(await this.ask(local, () =>
          this.checks.files(
            local.map((uri) => uri.fsPath),
            new Set(local.filter((uri) => this.held.has(fileKey(uri))).map((uri) => uri.fsPath)),
          ),
        )),
        ...(await this.ask(remote, async () =>
          this.checks.headers(await Promise.all(remote.map(readRemoteHeader))),
        )),
      ];
      await this.store(made);
    } finally {
      this.setBusy(-keys.length);
    }
  }

  /** A failure of the whole batch is told once; the reports there were stay as they are. */
  private async ask(
    uris: readonly vscode.Uri[],
    make: () => Promise<EngineReport[]>,
  ): Promise<Entry[]> {
    if (uris.length === 0) return [];
    try {
      const reports = await make();
      return uris.flatMap((uri, index) => {
        const report = reports[index];
        return report ? [{ uri, report }] : [];
      });
    } catch (error) {
      this.errors.report(error, { doing: 'Checking engines', asked: false });
      return [];
    }
  }

  private async store(made: readonly Entry[]): Promise<void> {
    const changed: vscode.Uri[] = [];
    const gone: string[] = [];
    for (const entry of made) {
      const key = fileKey(entry.uri);
      // Nothing is awaited for what was read.
      if (entry.report.kind === 'unreadable' && (await isGone(entry))) {
        if (!this.held.has(key)) {
          gone.push(key);
          continue;
        }
        this.gone.add(key);
      } else {
        this.gone.delete(key);
      }
      this.entries.set(key, entry);
      this.uris.delete(key);
      changed.push(entry.uri);
    }
    this.forget(gone);
    if (changed.length > 0) this.changes.fire({ changed, removed: [] });
  }

  private setBusy(change: number): void {
    this.checksUnderWay += change;
    this.busy.fire(this.checksUnderWay);
  }
}

/** A file that is not there any more; one that may not be read, or a broken link, is a finding and stays. */
async function isGone({ uri }: Entry): Promise<boolean> {
  if (uri.scheme === 'file') return isMissing(uri.fsPath);
  return vscode.workspace.fs.stat(uri).then(
    () => false,
    (error: unknown) => error instanceof vscode.FileSystemError && error.code === 'FileNotFound',
  );
}

function isMissing(file: string): Promise<boolean> {
  return fs.lstat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  );
}

async function readRemoteHeader(uri: vscode.Uri): Promise<RemoteHeader> {
  const file = vscode.workspace.asRelativePath(uri, false);
  const nothing = { file, headerBytes: new Uint8Array(), size: null, modified: null };
  try {
    const { size, mtime, type } = await vscode.workspace.fs.stat(uri);
    const facts = { ...nothing, size, modified: mtime };
    if ((type & vscode.FileType.Directory) !== 0) {
      return { ...facts, problem: 'This is a folder.' };
    }
    if (size > largestRemoteRead) {
      return {
        ...facts,
        problem: 'It is too large to be read through a virtual file system. Open it from a disk.',
      };
    }
    // eslint-disable-next-line gates/read -- of another file system; its size was asked before
    const bytes = await vscode.workspace.fs.readFile(uri);
    return { ...facts, headerBytes: bytes.slice(0, 64), problem: '' };
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) };
  }
}
