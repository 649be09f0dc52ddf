/**
 * Builds as tasks: one for each recipe of the workspace, and what tasks.json says. A task runs the command line in a
 * terminal (its progress and errors are the same), with the runtime that the window uses.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { problemMatcher, taskType } from '../ids';
import type { Runtimes } from '../runtimes';
import { isTrusted } from '../trust';

interface BuildTaskDefinition extends vscode.TaskDefinition {
  /** Path of a recipe, relative to the workspace folder. */
  recipe?: string;
  /** Path of an ONNX model, with options of the command line in args. */
  model?: string;
  args?: string[];
}

export class BuildTasks implements vscode.TaskProvider {
  constructor(
    /** dist/cli.js */
    private readonly cli: string,
    private readonly runtimes: Runtimes,
  ) {}

  async provideTasks(): Promise<vscode.Task[]> {
    const recipes = await vscode.workspace.findFiles('**/*.engine.json', '**/node_modules/**', 200);
    const tasks = await Promise.all(
      recipes.map(async (uri) => {
        const folder = vscode.workspace.getWorkspaceFolder(uri);
        if (!folder || uri.scheme !== 'file') return [];
        const recipe = path.relative(folder.uri.fsPath, uri.fsPath).split(path.sep).join('/');
        return [await this.task({ type: taskType, recipe }, folder)];
      }),
    );
    return tasks.flat();
  }

  async resolveTask(task: vscode.Task): Promise<vscode.Task | undefined> {
    const definition = task.definition as BuildTaskDefinition;
    const { recipe, model } = definition;
    if (typeof recipe !== 'string' && typeof model !== 'string') return undefined;
    const folder =
      typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
    return folder && this.task(definition, folder);
  }

  private async task(
    definition: BuildTaskDefinition,
    folder: vscode.WorkspaceFolder,
  ): Promise<vscode.Task> {
    const { recipe, model, args = [] } = definition;
    // Which library is asked may depend on what the workspace holds; VS Code asks for trust before a task runs.
    const runtime = isTrusted() ? (await this.runtimes.choose(null)).runtime : null;
    const words = [
      this.cli,
      'build',
      ...(model === undefined ? [] : [model]),
      ...(recipe === undefined ? [] : ['--recipe', recipe]),
      ...args,
      ...(runtime === null || args.includes('--runtime') ? [] : ['--runtime', runtime.path]),
    ];
    const task = new vscode.Task(
      definition,
      folder,
      recipe?.replace(/\.json$/i, '') ?? path.basename(model ?? ''),
      'Engine Inspector',
      new vscode.ProcessExecution(process.execPath, words, {
        cwd: folder.uri.fsPath,
        // In desktop VS Code execPath is Electron, which is Node with this.
        env: { ELECTRON_RUN_AS_NODE: '1' },
      }),
      [problemMatcher],
    );
    task.group = vscode.TaskGroup.Build;
    task.detail = 'Builds the engine; the old one is kept';
    return task;
  }
}
