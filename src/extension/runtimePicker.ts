/** "Choose Runtime…": automatic, by the engine's version, one of those found, or a file. The choice is a user setting. */
import * as vscode from 'vscode';
import { runtimeSourceNames } from '../host/runtimes/runtimeSources';
import type { Errors } from './errors';
import type { InstallRuntime } from './installRuntime';
import type { Runtimes } from './runtimes';
import type { RuntimeNode } from './runtimesTree';
import * as settings from './settings';

interface Item extends vscode.QuickPickItem {
  choose?: () => Promise<void>;
}

export class RuntimePicker {
  constructor(
    private readonly runtimes: Runtimes,
    private readonly install: InstallRuntime,
    private readonly errors: Errors,
  ) {}

  /** The command. */
  async run(): Promise<void> {
    await this.errors.guard('Choosing a runtime', async () => {
      const picked = await vscode.window.showQuickPick(this.items(), {
        title: 'Choose Runtime',
        placeHolder: 'Which TensorRT-RTX is asked about engines?',
        matchOnDescription: true,
        matchOnDetail: true,
      });
      await picked?.choose?.();
    });
  }

  /** The tree's inline action. */
  async use(node: RuntimeNode | undefined): Promise<void> {
    if (!node) return this.run();
    await this.errors.guard('Choosing a runtime', () =>
      settings.setRuntime({ path: node.runtime.path, choice: 'automatic' }),
    );
  }

  private async items(): Promise<Item[]> {
    const found = await this.runtimes.list();
    const choice = await this.runtimes.choice();
    const { runtime: inUse } = await this.runtimes.choose(null);
    const now = (is: boolean): string => (is ? 'in use' : '');
    const separator = (label: string): Item => ({
      label,
      kind: vscode.QuickPickItemKind.Separator,
    });
    const items: Item[] = [
      {
        label: 'Automatic',
        description: now(choice.mode === 'newest'),
        detail: 'The newest one that was found and can be used.',
        choose: () => settings.setRuntime({ path: '', choice: 'automatic' }),
      },
      {
        label: "Match the engine's version",
        description: now(choice.mode === 'match-engine'),
        detail:
          'For each engine the runtime of the version that built it; the newest where there is none.',
        choose: () => settings.setRuntime({ path: '', choice: 'matchEngine' }),
      },
    ];
    if (found.length > 0) items.push(separator('Found on this machine'));
    for (const runtime of found) {
      items.push({
        label: `TensorRT-RTX ${runtime.version || 'of unknown version'}`,
        description: [
          now(choice.mode === 'path' && runtime === inUse),
          runtimeSourceNames[runtime.source],
        ]
          .filter(Boolean)
          .join(' · '),
        detail: [runtime.path, runtime.problem ?? ''].filter(Boolean).join(' – '),
        choose: () => this.choose(runtime.path, runtime.problem, runtime.nextStep),
      });
    }
    items.push(separator('Others'), {
      label: 'Browse…',
      detail: 'A TensorRT-RTX library somewhere else.',
      choose: () => this.browse(),
    });
    items.push({
      label: 'Install TensorRT-RTX…',
      detail: "Into the extension's own storage, from PyPI.",
      choose: async () => {
        await this.install.run();
      },
    });
    return items;
  }

  private async choose(path: string, problem: string | null, nextStep: string): Promise<void> {
    if (problem !== null) {
      void vscode.window.showWarningMessage(`${problem} ${nextStep}`.trim());
      return;
    }
    await settings.setRuntime({ path, choice: 'automatic' });
  }

  private async browse(): Promise<void> {
    const [picked] =
      (await vscode.window.showOpenDialog({
        title: 'Choose a TensorRT-RTX library',
        openLabel: 'Use This Library',
        canSelectMany: false,
        filters: process.platform === 'win32' ? { Libraries: ['dll'] } : { 'All files': ['*'] },
      })) ?? [];
    if (picked) await settings.setRuntime({ path: picked.fsPath, choice: 'automatic' });
  }
}
