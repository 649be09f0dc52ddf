/**
 * The targets of this window: those of engine-inspector.json in the folder of an engine, else a few common boards. The
 * file is read with the first question and again when it changes; a text that is wrong keeps what it said before.
 */
import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/report/engineReport';
import type { TargetsView } from '../../core/pages/targetsView';
import type { SeverityByReason } from '../../core/targets/matrix';
import type { Target } from '../../core/targets/targets';
import type { ParsedConfig } from '../../core/targets/targetsConfig';
import { contextKeys } from '../ids';
import { readText } from './readText';

/** As core/targets/targetsConfig.ts names it, which is loaded with the first file. */
export const targetsFileName = 'engine-inspector.json';

export interface ChosenTargets {
  source: 'file' | 'defaults';
  targets: readonly Target[];
  severity: SeverityByReason;
  /** The file, there or not yet; undefined: no folder is open. */
  file: vscode.Uri | undefined;
  /** Why the file can't be used, a sentence; empty: it can, or is not there. */
  problem: string;
  /** Whether this file counts, by the patterns of "files" and "exclude". */
  belongs: (uri: vscode.Uri) => boolean;
}

interface Kept {
  /** Of the file before it was read. */
  state: string;
  text: string | null;
  /** Why it can't be used; empty: it can. */
  problem: string;
  parsed: ParsedConfig | null;
  /** The last one that was right. */
  last: ParsedConfig | null;
}

export class Targets implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private readonly kept = new Map<string, Promise<Kept>>();
  private watching = false;

  readonly onDidChange = this.changed.event;

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** For this engine; for the workspace where none is given. */
  async of(uri?: vscode.Uri): Promise<ChosenTargets> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const own = uri && vscode.workspace.getWorkspaceFolder(uri);
    const candidates = own ? [own] : uri ? folders.slice(0, 1) : folders;
    for (const folder of candidates) {
      const file = vscode.Uri.joinPath(folder.uri, targetsFileName);
      const kept = await this.read(file);
      if (kept.text === null) continue;
      const { problem, last: used } = kept;
      if (!used?.ok || used.config.targets.length === 0) return this.defaults(file, problem);
      const { fileFilter } = await import('../../core/targets/files');
      const filter = fileFilter(used.config);
      void vscode.commands.executeCommand('setContext', contextKeys.targetsChosen, true);
      return {
        source: 'file',
        targets: used.config.targets,
        severity: used.config.severity,
        file,
        problem,
        belongs: (engine) =>
          vscode.workspace.getWorkspaceFolder(engine) !== folder ||
          filter.belongs(vscode.workspace.asRelativePath(engine, false)),
      };
    }
    const first = candidates[0];
    return this.defaults(first && vscode.Uri.joinPath(first.uri, targetsFileName), '');
  }

  async viewOf(uri: vscode.Uri, report: EngineReport): Promise<TargetsView> {
    const chosen = await this.of(uri);
    const [{ engineOnTargets }, { boardChoices, engineNeeds }] = await Promise.all([
      import('../../core/targets/engineOnTargets'),
      import('../../core/pages/targetsView'),
    ]);
    return {
      source: chosen.source,
      fileName: targetsFileName,
      problem: chosen.problem,
      canSave: chosen.file !== undefined,
      engine: engineOnTargets(report, chosen.targets, {
        own: chosen.source === 'file',
        severity: chosen.severity,
      }),
      needs: engineNeeds(report),
      choices: [...boardChoices],
    };
  }

  /** Something was written: read it again now, whatever the watcher says. */
  refresh(): void {
    this.kept.clear();
    this.changed.fire();
  }

  private async defaults(file: vscode.Uri | undefined, problem: string): Promise<ChosenTargets> {
    const { defaultTargets } = await import('../../core/targets/commonBoards');
    return {
      source: 'defaults',
      targets: defaultTargets,
      severity: {},
      file,
      problem,
      belongs: () => true,
    };
  }

  private async read(file: vscode.Uri): Promise<Kept> {
    this.watch();
    const key = file.toString();
    const known = this.kept.get(key);
    if (known) {
      // A watcher may miss a change: on a network, or of a file that was made and removed at once.
      const [{ state }, now] = await Promise.all([known, stateOf(file)]);
      if (state === now || this.kept.get(key) !== known) return this.kept.get(key) ?? known;
      this.refresh();
    }
    const read = this.kept.get(key) ?? readConfig(file, this.lastOf.get(key) ?? null);
    void read.then(({ last }) => this.lastOf.set(key, last));
    this.kept.set(key, read);
    return read;
  }

  private readonly lastOf = new Map<string, ParsedConfig | null>();

  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${targetsFileName}`);
    const again = () => this.refresh();
    this.subscriptions.push(
      watcher,
      watcher.onDidCreate(again),
      watcher.onDidChange(again),
      watcher.onDidDelete(again),
      vscode.workspace.onDidChangeWorkspaceFolders(again),
    );
  }
}

/** Larger ones are no configuration; core says so. */
const mostBytes = 2 * 1024 * 1024;

async function readConfig(file: vscode.Uri, before: ParsedConfig | null): Promise<Kept> {
  const state = await stateOf(file);
  let text: string | null;
  try {
    text = await readText(file, mostBytes, 'The list of targets');
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    return { state, text: '', problem: sentence, parsed: null, last: before };
  }
  if (text === null) return { state, text: null, problem: '', parsed: null, last: null };
  const { parseConfig } = await import('../../core/targets/targetsConfig');
  const parsed = parseConfig(text);
  return {
    state,
    text,
    problem: parsed.ok ? '' : problemSentence(parsed),
    parsed,
    last: parsed.ok ? parsed : before,
  };
}

/** Equal as long as the file is as it was; of one that is elsewhere only the watcher knows. */
async function stateOf(file: vscode.Uri): Promise<string> {
  if (file.scheme !== 'file') return '';
  const stat = await fs.stat(file.fsPath).catch(() => null);
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : '';
}

function problemSentence(parsed: Extract<ParsedConfig, { ok: false }>): string {
  const [first] = parsed.problems;
  if (!first) return '';
  const more = parsed.problems.length > 1 ? ` (${parsed.problems.length} problems)` : '';
  return `${targetsFileName}, line ${first.line}: ${first.sentence}${more}`;
}
