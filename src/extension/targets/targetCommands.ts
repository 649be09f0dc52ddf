/**
 * Choosing targets: a picker with search over all boards, this machine as a target, a machine profile from a file, and
 * engine-inspector.json as text. All of them write that file, comments kept (core/targets/targetsConfig.ts).
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Board } from '../../core/targets/boards';
import type { TargetEntry } from '../../core/targets/targetsConfig';
import { Failure } from '../../core/wire/failure';
import type { EngineHost } from '../engineHost';
import { createPick, showInformation, showStatus } from '../show';
import type { Runtimes } from '../runtimes';
import { save, unsavedDocument } from '../unsaved';
import { readText } from './readText';
import { targetsFileName, type Targets } from './targets';

interface BoardItem extends vscode.QuickPickItem {
  /** With its memory where it was sold with several. */
  id: string;
}

export class TargetCommands {
  constructor(
    private readonly targets: Targets,
    private readonly host: EngineHost,
    private readonly runtimes: Runtimes,
  ) {}

  /** The command Choose Targets…: boards that are targets already are ticked, and stay. */
  async choose(engine?: vscode.Uri): Promise<void> {
    const { targets, source } = await this.targets.of(engine);
    const { boards, boardOutlook } = await import('../../core/targets/boards');
    const have = new Set(
      source === 'file'
        ? targets.flatMap(({ board, id }) => (board === null ? [id] : [board, id]))
        : [],
    );
    const items = boards.flatMap((board): BoardItem[] =>
      sizesOf(board)
        .filter(({ id }) => !have.has(id) && !(board.memory.length === 1 && have.has(board.id)))
        .map(({ id, size }) => ({
          id,
          label: `${board.name}${board.memory.length > 1 ? ` ${size} GB` : ''}`,
          description: `${board.computeCapability} · ${size} GB${board.unified ? ' shared' : ''}`,
          ...(boardOutlook(board).runs === 'yes' ? {} : { detail: boardOutlook(board).sentence }),
        })),
    );
    const chosen = await pickMany(
      items,
      source === 'file'
        ? `Add targets to ${targetsFileName}: boards by name, series or compute capability`
        : 'Where should your engines run? Boards by name, series or compute capability',
    );
    if (chosen && chosen.length > 0)
      await this.add(
        chosen.map(({ id }) => id),
        engine,
      );
  }

  /** Writes them, each once; says what was written. */
  async add(entries: readonly (string | TargetEntry)[], engine?: vscode.Uri): Promise<void> {
    const { file } = await this.targets.of(engine);
    if (!file) {
      throw new Failure(
        'invalid-argument',
        'There is no folder to save targets in.',
        'Open the folder that holds your engines, then choose targets.',
      );
    }
    const { addTargetToConfig, parseConfig } = await import('../../core/targets/targetsConfig');
    let text = (await currentText(file)) ?? '';
    const ids = () => {
      const parsed = parseConfig(text === '' ? '{}' : text);
      return new Set(
        parsed.ok ? parsed.config.targets.flatMap(({ id, board }) => [id, board]) : [],
      );
    };
    let added = 0;
    for (const entry of entries) {
      if (typeof entry === 'string' && ids().has(entry)) continue;
      const next = addTargetToConfig(text, entry);
      if (next === null) {
        const { problem } = await this.targets.of(engine);
        throw new Failure(
          'invalid-argument',
          `${targetsFileName} can't be changed: ${problem || 'it has mistakes.'}`,
          'Correct it, then choose again.',
        );
      }
      text = next;
      added += 1;
    }
    if (added === 0) return;
    await writeText(file, text);
    this.targets.refresh();
    showStatus(
      `${added === 1 ? '1 target' : `${added} targets`} saved in ${targetsFileName}`,
      5000,
    );
  }

  /** The command Save This Machine as a Target. */
  async saveThisMachine(): Promise<void> {
    const info = await (await this.host.get()).gpus();
    const gpu = info.gpus[0];
    if (!gpu) {
      void showInformation(
        `This machine has no GPU that CUDA shows. Choose boards by name instead: "Engine Inspector: Choose Targets…".`,
      );
      return;
    }
    const { runtime } = await this.runtimes.choose(null);
    const cuda = info.cudaDriverVersion;
    await this.add([
      {
        name: await machineName(gpu.name),
        computeCapability: gpu.computeCapability,
        memoryBytes: gpu.totalMemory,
        ...(cuda === null
          ? {}
          : { driver: `${Math.floor(cuda / 1000)}.${Math.floor((cuda % 1000) / 10)}` }),
        ...(runtime && runtime.version !== '' ? { tensorrtRtx: runtime.version } : {}),
      },
    ]);
  }

  /** A machine profile (check --machine) as a target. */
  async importProfile(engine?: vscode.Uri): Promise<void> {
    const [file] =
      (await vscode.window.showOpenDialog({
        title: 'The machine profile of a target',
        filters: { ['Machine profiles']: ['json'] },
      })) ?? [];
    if (!file) return;
    const { parseMachineProfileText } = await import('../../core/report/machineProfile');
    const name = path.posix.basename(file.path, '.json');
    const text = (await readText(file, mostBytes, 'The machine profile')) ?? '';
    const profile = parse(() => parseMachineProfileText(text, path.posix.basename(file.path)));
    const cuda = (version: number) =>
      `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
    await this.add(
      [
        {
          name,
          computeCapability: profile.computeCapability,
          memoryBytes: profile.totalGpuMemory,
          driver: cuda(profile.driverVersion),
          tensorrtRtx: profile.tensorrtRtx,
          cudaRuntime: cuda(profile.cudaRuntimeVersion),
        },
      ],
      engine,
    );
  }

  /** Opens the file, with a beginning where there is none. */
  async edit(engine?: vscode.Uri): Promise<void> {
    const { file } = await this.targets.of(engine);
    if (!file) {
      void showInformation('Open the folder that holds your engines, then edit its targets.');
      return;
    }
    if ((await currentText(file)) === null) {
      const { suggestedBoards } = await import('../../core/targets/commonBoards');
      await this.add(suggestedBoards, engine);
    }
    await vscode.window.showTextDocument(file);
  }

  /** The line that a pipeline runs. */
  async copyCommand(engine?: vscode.Uri): Promise<void> {
    const { targets, source } = await this.targets.of(engine);
    const { shellQuote } = await import('../../core/rebuild/rebuildCommands');
    const what = engine ? vscode.workspace.asRelativePath(engine, false) : '.';
    const shell = process.platform === 'win32' ? 'powershell' : 'sh';
    const named = source === 'file' ? '' : ` --target ${targets.map(({ id }) => id).join(',')}`;
    const command = `engine-inspector check ${shellQuote(what, shell)}${named}`;
    await vscode.env.clipboard.writeText(command);
    showStatus(`Copied: ${command}`, 5000);
  }
}

function parse<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    throw new Failure('invalid-argument', sentence, 'Choose another file.');
  }
}

async function machineName(gpu: string): Promise<string> {
  const { hostname } = await import('node:os');
  const host = hostname().split('.')[0] ?? '';
  const short = gpu.replace(/^NVIDIA (GeForce )?/, '');
  return host === '' ? short : `${host} (${short})`;
}

function sizesOf(board: Board): { id: string; size: number }[] {
  return board.memory.map((size) => ({
    id: board.memory.length > 1 ? `${board.id}-${size}gb` : board.id,
    size,
  }));
}

function pickMany(
  items: readonly BoardItem[],
  placeholder: string,
): Promise<BoardItem[] | undefined> {
  const { pick, given } = createPick(items, placeholder);
  pick.title = 'Choose Targets';
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      resolve(given(pick.selectedItems));
      pick.dispose();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

const mostBytes = 2 * 1024 * 1024;

/** What is open and changed counts, not what lies on the disk. null: there is none. */
async function currentText(file: vscode.Uri): Promise<string | null> {
  return unsavedDocument(file)?.getText() ?? readText(file, mostBytes, 'The list of targets');
}

async function writeText(file: vscode.Uri, text: string): Promise<void> {
  const open = unsavedDocument(file);
  if (open) {
    const edit = new vscode.WorkspaceEdit();
    const end = open.lineAt(open.lineCount - 1).range.end;
    edit.replace(file, new vscode.Range(new vscode.Position(0, 0), end), text);
    await save(open, { edit });
    return;
  }
  const { writeWhole } = await import('../inspect/saveFile');
  await writeWhole(file, new TextEncoder().encode(text));
}
