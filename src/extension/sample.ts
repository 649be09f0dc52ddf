/**
 * "Try the Sample": a small model that is made here, the engine that is built of it, and a copy of that engine which is cut
 * short, in a folder of the extension's own storage. It is opened as a folder; an empty window becomes that folder's, which
 * starts the extension anew, so what comes next is remembered until then.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Errors } from './errors';
import { extensionId, walkthrough } from './ids';
import type { InstallRuntime } from './installRuntime';
import type { Rebuild } from './rebuild';
import type { Runtimes } from './runtimes';
import { ask, withProgress } from './show';

export interface SampleServices {
  rebuild: Rebuild;
  runtimes: Runtimes;
  install: InstallRuntime;
  errors: Errors;
  /** globalStorageUri */
  storage: vscode.Uri;
  /** globalState */
  memory: vscode.Memento;
}

/** Memento key: the folder that is being opened. */
const opening = 'sample.opening';
const engineName = 'sample.engine';
const brokenName = 'cut-short.engine';

export class Sample {
  constructor(private readonly services: SampleServices) {}

  /** The command. */
  async try(): Promise<void> {
    const { errors, storage, memory } = this.services;
    await errors.guard('Making the sample', async () => {
      const folder = vscode.Uri.joinPath(storage, 'sample');
      if (!(await this.make(folder))) return;
      await memory.update(opening, folder.toString());
      const inThisWindow = vscode.workspace.workspaceFolders === undefined;
      await vscode.commands.executeCommand('vscode.openFolder', folder, {
        forceReuseWindow: inThisWindow,
        forceNewWindow: !inThisWindow,
      });
    });
  }

  /** After its folder was opened: back to the walkthrough, whose next steps are about it. */
  async continue(): Promise<void> {
    const { memory } = this.services;
    const folder = memory.get<string>(opening);
    if (folder === undefined) return;
    const isOpen = vscode.workspace.workspaceFolders?.some(({ uri }) => uri.toString() === folder);
    if (isOpen !== true) return;
    await memory.update(opening, undefined);
    // VS Code 1.100 comes back with a walkthrough of its own, beside which it opens no other.
    const others = vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .filter(({ input, label }) => input === undefined && !label.includes('Engine Inspector'));
    if (others.length > 0) await vscode.window.tabGroups.close(others);
    const steps = `${extensionId}#${walkthrough}`;
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', steps, false);
  }

  /** false: the person did not want to. Throws Failure. */
  async make(folder: vscode.Uri): Promise<boolean> {
    const runtime = await this.runtime();
    if (!runtime) return false;
    const [
      fs,
      { makeSampleModel },
      { defaultEngineOptions, weightStreamingFlag },
      { planSummary },
    ] = await Promise.all([
      import('node:fs/promises'),
      import('../core/sample/sampleModel'),
      import('../core/rebuild/rebuildOptions'),
      import('../core/rebuild/rebuildPlan'),
    ]);
    const file = (name: string) => path.join(folder.fsPath, name);
    await fs.rm(folder.fsPath, { recursive: true, force: true });
    await fs.mkdir(folder.fsPath, { recursive: true });
    await fs.writeFile(file('sample.onnx'), makeSampleModel({ fixedShape: true }).onnx);
    const options = { ...defaultEngineOptions(), flags: [weightStreamingFlag] };
    const order = {
      model: file('sample.onnx'),
      engine: vscode.Uri.file(file(engineName)),
      options,
      runtime,
      estimateMs: null,
      summary: planSummary(options, runtime.version),
    };
    const built = await withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: 'Building the sample',
        cancellable: true,
      },
      async (progress, token) => {
        const { builds } = await this.services.rebuild.get();
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return builds.quietly(order, abort.signal, (message) => progress.report({ message }));
      },
    );
    if (!built) return false;
    await breakCopy(file);
    return true;
  }

  private async runtime(): Promise<{ path: string; version: string } | undefined> {
    const { runtimes, install } = this.services;
    const { runtime } = await runtimes.choose(null);
    if (runtime) return runtime;
    const yes = 'Install TensorRT-RTX…';
    const picked = await ask(
      'information',
      {
        question: 'The sample is built with TensorRT-RTX, which was not found here.',
        detail: 'It can be installed now, into this extension’s own storage.',
      },
      yes,
    );
    if (picked !== yes || (await install.run()) === undefined) return undefined;
    return (await runtimes.choose(null)).runtime ?? undefined;
  }
}

/** As an interrupted download leaves it: the first half, with the whole recipe beside. */
async function breakCopy(file: (name: string) => string): Promise<void> {
  const [fs, { readSmallFile }] = await Promise.all([
    import('node:fs/promises'),
    import('../host/files/readSmallFile'),
  ]);
  await fs.copyFile(file(engineName), file(brokenName));
  const { size } = await fs.stat(file(brokenName));
  await fs.truncate(file(brokenName), Math.floor(size / 2));
  const recipe = await readSmallFile(file(`${engineName}.json`), 1024 * 1024, 'The recipe');
  if (recipe === null) return;
  const text = Buffer.from(recipe).toString('utf8').replaceAll(engineName, brokenName);
  await fs.writeFile(file(`${brokenName}.json`), text);
}
