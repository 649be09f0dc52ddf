/**
 * Fetches files of Git LFS: git runs as a task, in the folder of the repository, where the workspace is trusted; its output is
 * in the terminal, and the watcher sees the engines come. In Restricted Mode nothing of the workspace's repository is run.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { shellQuote } from '../core/rebuild/rebuildCommands';
import { lfsPattern } from './lfsPattern';
import { showInformation } from './show';
import { isTrusted } from './trust';

export async function pullFromLfs(uris: readonly vscode.Uri[]): Promise<void> {
  const byRoot = new Map<string, string[]>();
  for (const { fsPath, scheme } of uris) {
    if (scheme !== 'file') continue;
    const root = (await repositoryOf(fsPath)) ?? path.dirname(fsPath);
    byRoot.set(root, [...(byRoot.get(root) ?? []), path.relative(root, fsPath)]);
  }
  for (const [root, files] of byRoot) {
    const args = ['lfs', 'pull', `--include=${files.map(lfsPattern).join(',')}`];
    if (!isTrusted()) {
      const shell = process.platform === 'win32' ? 'powershell' : 'sh';
      const command = ['git', ...args.map((one) => shellQuote(one, shell))].join(' ');
      await vscode.env.clipboard.writeText(command);
      void showInformation(
        `This workspace is in Restricted Mode, so git was not run. The command was copied: run it in ${root}.`,
      );
      return;
    }
    const task = new vscode.Task(
      { type: 'process' },
      vscode.TaskScope.Workspace,
      'git lfs pull',
      'Engine Inspector',
      new vscode.ProcessExecution('git', args, { cwd: root }),
    );
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: false };
    await vscode.tasks.executeTask(task);
  }
}

async function repositoryOf(file: string): Promise<string | undefined> {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const found = await fs.stat(path.join(folder, '.git')).catch(() => null);
    if (found) return folder;
    if (path.dirname(folder) === folder) return undefined;
  }
}
