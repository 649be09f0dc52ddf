/** "Choose Runtime…": automatic, by the engine's version, one of those found, or a file. The choice is a user setting. */
import * as vscode from 'vscode';
import { runtimeSourceNames, untestedSentence } from '../host/runtimes/runtimeSources';
import type { Errors } from './errors';
import type { InstallRuntime } from './installRuntime';
import type { Runtimes } from './runtimes';
import type { RuntimeNode } from './runtimesTree';
import { pick } from './show';

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
      const picked = await pick(this.items(), {
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
    await this.errors.guard('Choosing a runtime', () => this.runtimes.use(node.runtime.path));
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
        choose: () => this.runtimes.useSetting({ path: '', choice: 'automatic' }),
      },
      {
        label: "Match the engine's version",
        description: now(choice.mode === 'match-engine'),
        detail:
          'For each engine the runtime of the version that built it; the newest where there is none.',
        choose: () => this.runtimes.useSetting({ path: '', choice: 'matchEngine' }),
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
        detail: [
          runtime.path,
          runtime.realPath === runtime.path ? '' : `leads to ${runtime.realPath}`,
          runtime.problem ?? '',
          runtime.untested === true ? untestedSentence : '',
        ]
          .filter(Boolean)
          .join(' – '),
        choose: async () => void (await this.runtimes.use(runtime.path, { asked: true })),
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

  private async browse(): Promise<void> {
    const [picked] =
      (await vscode.window.showOpenDialog({
        title: 'Choose a TensorRT-RTX library',
        openLabel: 'Use This Library',
        canSelectMany: false,
        filters: process.platform === 'win32' ? { Libraries: ['dll'] } : { 'All files': ['*'] },
      })) ?? [];
    if (picked) await this.runtimes.usePicked(picked.fsPath);
  }
}
