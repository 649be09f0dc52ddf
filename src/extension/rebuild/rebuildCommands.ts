/** What the rebuild remedies and the commands do (index.ts), with their questions and the builds themselves. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/report/engineReport';
import { formatDuration } from '../../core/text/formats';
import type { RebuildChoice } from '../../core/rebuild/rebuildOptions';
import type { Recipe } from '../../core/rebuild/recipe';
import { commandTargets, fileName, isEngineName, offeredUri } from '../engineTarget';
import { guessBuild } from '../guessedBuild';
import { commands } from '../ids';
import { isTrusted, offerTrust } from '../trust';
import { save, unsavedDocument } from '../unsaved';
import { type BuildOrder, Builds } from './builds';
import { RebuildDialog } from './dialog';
import { ask, pick, showInformation } from '../show';
import type { RebuildServices } from '.';
import { Models } from './models';
import { engineOf, isRecipe } from './recipeNames';

interface ChoiceItem extends vscode.QuickPickItem {
  choice: RebuildChoice;
}

export class RebuildCommands implements vscode.Disposable {
  readonly builds: Builds;
  private readonly dialog: RebuildDialog;
  readonly models: Models;

  constructor(private readonly services: RebuildServices) {
    const { host, reports, memory } = services;
    this.builds = new Builds(host, reports, memory);
    this.models = new Models(memory);
    this.dialog = new RebuildDialog(this.models);
  }

  dispose(): void {
    this.builds.dispose();
  }

  async rebuildCommand(argument?: unknown, selection?: unknown): Promise<void> {
    const [named] = commandTargets(argument, selection);
    const target =
      named && (isEngineName(named) || isRecipe(named))
        ? named
        : await this.services.enginePicker.ask({ title: 'Rebuild which engine?' });
    if (!target) return;
    const uri = isRecipe(target) ? engineOf(target) : target;
    const recipe = await this.recipeOf(uri);
    const items = choiceItems(recipe !== null);
    const picked = await pick(items, {
      title: `Rebuild ${fileName(uri)}`,
      placeHolder: 'The old engine is kept until the new one is checked',
      matchOnDetail: true,
    });
    if (picked)
      await this.rebuild(uri, picked.choice, (await this.services.reports.ensure(uri)) ?? null);
  }

  async fromRecipe(argument?: unknown): Promise<void> {
    const target = offeredUri(argument) ?? vscode.window.activeTextEditor?.document.uri;
    if (!target || !isRecipe(target)) {
      void showInformation('Open a recipe (NAME.engine.json) first.');
      return;
    }
    // What is built is what is seen.
    const open = unsavedDocument(target);
    if (open) await save(open, { outcome: 'nothing was built' });
    const uri = engineOf(target);
    await this.rebuild(uri, 'from-recipe', this.services.reports.get(uri) ?? null);
  }

  async buildModel(argument?: unknown): Promise<void> {
    const target =
      offeredUri(argument) ??
      (
        await vscode.window.showOpenDialog({
          title: 'The ONNX model to build from',
          filters: { ONNX: ['onnx'] },
        })
      )?.[0];
    if (!target || !this.onDisk(target) || !this.trusted()) return;
    const engine = vscode.Uri.file(target.fsPath.replace(/\.onnx$/i, '') + '.engine');
    await this.decideAndBuild(engine, 'this-machine', null, target.fsPath);
  }

  async copyCommand(argument?: unknown): Promise<void> {
    const [named] = commandTargets(argument);
    const title = 'Copy the build command of which engine?';
    const target = named ?? (await this.services.enginePicker.ask({ title }));
    if (!target) return;
    const uri = isRecipe(target) ? engineOf(target) : target;
    const [commandsModule, { defaultEngineOptions, computeCapabilitiesOf, weightStreamingFlag }] =
      await Promise.all([
        import('../../core/rebuild/rebuildCommands'),
        import('../../core/rebuild/rebuildOptions'),
      ]);
    const { commandForms, commandFormTitles, rebuildCommand } = commandsModule;
    const report = this.services.reports.get(uri) ?? null;
    const recipe = await this.recipeOf(uri);
    const guess = guessBuild(uri.fsPath, {
      isModel: report?.kind === 'onnx',
      platform: process.platform,
    });
    const { modelNamedIn } = await import('../../host/build/recipeFile');
    const known = recipe ? modelNamedIn(recipe, `${uri.fsPath}.json`) : this.models.remembered(uri);
    const streams = report?.reasons.some(({ id }) => id === 'insufficient-gpu-memory') === true;
    const options = recipe?.options ?? {
      ...defaultEngineOptions(),
      flags: streams ? [weightStreamingFlag] : [],
      computeCapabilities: report?.header ? computeCapabilitiesOf(report.header) : [],
    };
    const picked = await pick(
      commandForms.map((form) => ({ label: commandFormTitles[form], form })),
      { title: 'Copy as' },
    );
    if (!picked) return;
    const { text, notes } = rebuildCommand(picked.form, {
      model: known ?? guess.model,
      engine: guess.engine,
      options,
      shell: process.platform === 'win32' ? 'powershell' : 'sh',
    });
    await vscode.env.clipboard.writeText(text);
    const sentence =
      known === undefined
        ? `Copied for ${picked.label}. The model's name (${path.basename(guess.model)}) is a guess: check it first. Nothing was run.`
        : `Copied for ${picked.label}. Nothing was run.`;
    void showInformation([sentence, ...notes].join(' '));
  }

  async rebuild(
    uri: vscode.Uri,
    choice: RebuildChoice,
    report: EngineReport | null,
  ): Promise<void> {
    if (!this.onDisk(uri) || !this.trusted()) return;
    await this.decideAndBuild(uri, choice, report, null);
  }

  async rebuildAll(
    uris: readonly vscode.Uri[],
    choice: RebuildChoice,
    gpus: readonly string[] = [],
  ): Promise<void> {
    if (!this.trusted()) return;
    const { orderFor, rebuildMany } = await import('./bulk');
    const orders: BuildOrder[] = [];
    const asking: vscode.Uri[] = [];
    for (const uri of uris.filter(({ scheme }) => scheme === 'file')) {
      const report = (await this.services.reports.ensure(uri)) ?? null;
      const runtime = await this.runtimeFor(report);
      const recipe = await this.recipeOf(uri).catch(() => null);
      const model = this.models.remembered(uri);
      const order =
        runtime && (await orderFor({ uri, report, recipe, model, runtime }, choice, gpus));
      if (order) orders.push(order);
      else asking.push(uri);
    }
    await rebuildMany(this.builds, orders, asking);
  }

  async rebuildDetailed(uri: vscode.Uri, report: EngineReport | null): Promise<void> {
    if (!this.onDisk(uri) || !this.trusted()) return;
    const choice = (await this.recipeOf(uri)) ? 'from-recipe' : 'this-machine';
    await this.decideAndBuild(uri, choice, report, null, true);
  }

  async fromOtherModel(uri: vscode.Uri, report: EngineReport): Promise<void> {
    if (!this.onDisk(uri) || !this.trusted()) return;
    const picked = await vscode.window.showOpenDialog({
      title: 'The ONNX model to build from',
      filters: { ONNX: ['onnx'] },
    });
    const [model] = picked ?? [];
    if (!model || !this.onDisk(model)) return;
    await this.decideAndBuild(uri, 'this-machine', report, model.fsPath);
  }

  async buildBeside(uri: vscode.Uri, report: EngineReport): Promise<void> {
    if (!this.onDisk(uri) || !this.trusted()) return;
    const isModel = report.kind === 'onnx';
    const guess = guessBuild(uri.fsPath, { isModel, platform: process.platform });
    const suggested = isModel ? guess.engine : uri.fsPath.replace(/(\.\w+)?$/, '.rtx.engine');
    const chosen = await vscode.window.showSaveDialog({
      title: 'Where to put the new engine',
      defaultUri: vscode.Uri.file(suggested),
      filters: { 'TensorRT-RTX engine': ['engine'] },
    });
    if (!chosen) return;
    await this.decideAndBuild(chosen, 'this-machine', null, isModel ? uri.fsPath : null);
  }

  private async decideAndBuild(
    engine: vscode.Uri,
    choice: RebuildChoice,
    report: EngineReport | null,
    model: string | null,
    detailed = false,
  ): Promise<void> {
    const runtime = await this.runtimeFor(report);
    if (!runtime) return;
    const recipe = await this.recipeOf(engine);
    const named = model ?? (recipe && (await agreedModel(recipe, engine)));
    if (named === 'refused') return;
    const decided = await this.dialog.decide({
      engine,
      choice,
      report,
      recipe,
      model: named,
      runtime,
      detailed,
    });
    if (!decided) return;
    const order: BuildOrder = {
      ...decided,
      engine,
      runtime,
      estimateMs: recipe?.built?.durationMs ?? null,
    };
    const result = await this.builds.run(order);
    if (result) this.tellDone(order, result.durationMs, result.backup);
    else void showInformation(`Cancelled. ${fileName(engine)} is unchanged.`);
  }

  private tellDone({ engine }: BuildOrder, durationMs: number, backup: string | null): void {
    const compare = 'Compare with Old';
    const details = 'Details';
    const buttons = backup === null ? [details] : [compare, details];
    const done = `${fileName(engine)} was built in ${formatDuration(durationMs)}.`;
    void showInformation(done, ...buttons).then((picked) => {
      if (picked === details) this.builds.showDetails();
      if (picked !== compare || backup === null) return;
      const pair = [vscode.Uri.file(backup), engine];
      void vscode.commands.executeCommand(commands.compareEngines, pair[0], pair);
    });
  }

  /** The one that answered for this engine; else the one in use. */
  private async runtimeFor(
    report: EngineReport | null,
  ): Promise<{ path: string; version: string } | undefined> {
    if (report?.runtime) return report.runtime;
    const { runtime, why, nextStep } = await this.services.runtimes.choose(null);
    if (runtime?.version) return { path: runtime.path, version: runtime.version };
    const { Failure } = await import('../../core/wire/failure');
    throw new Failure('library-not-loaded', why, nextStep);
  }

  private async recipeOf(engine: vscode.Uri): Promise<Recipe | null> {
    if (engine.scheme !== 'file') return null;
    const { readRecipeFile } = await import('../../host/build/recipeFile');
    return readRecipeFile(`${engine.fsPath}.json`);
  }

  private onDisk(uri: vscode.Uri): boolean {
    if (uri.scheme === 'file') return true;
    void showInformation(
      `${fileName(uri)} is not a file on this machine, so it cannot be rebuilt. Save a copy of it and its model on disk.`,
    );
    return false;
  }

  /** A build reads the workspace's files with native code. */
  private trusted(): boolean {
    if (isTrusted()) return true;
    offerTrust(
      'Building runs TensorRT-RTX on files of this workspace, which is in Restricted Mode. Trust the workspace to build.',
    );
    return false;
  }
}

/** Asking for a name on another machine shows it who asks, so a person agrees to it first. */
async function agreedModel(recipe: Recipe, engine: vscode.Uri): Promise<string> {
  const { foreignModel, modelNamedIn, modelPathOf } = await import('../../host/build/recipeFile');
  const recipeFile = `${engine.fsPath}.json`;
  if (foreignModel(recipe, recipeFile) !== 'on another machine') {
    return modelPathOf(recipe, recipeFile);
  }
  const connect = 'Connect and Build';
  const model = modelNamedIn(recipe, recipeFile);
  const picked = await ask(
    'warning',
    {
      question: `The model of ${fileName(engine)} is on another machine.`,
      detail: `Its recipe names ${model}. Connecting may send that machine your user name and a proof of your password.`,
    },
    connect,
  );
  return picked === connect ? model : 'refused';
}

function choiceItems(hasRecipe: boolean): ChoiceItem[] {
  const fromRecipe: ChoiceItem = {
    choice: 'from-recipe',
    label: 'Rebuild from Recipe',
    detail: 'With the options that are written beside the engine',
  };
  return [
    ...(hasRecipe ? [fromRecipe] : []),
    {
      choice: 'this-machine',
      label: 'Rebuild for This Machine',
      detail: 'With the runtime in use, for the GPU here and those it was built for',
    },
    {
      choice: 'weight-streaming',
      label: 'Rebuild with Weight Streaming',
      detail: 'Its weights need not all fit on the GPU; runs may be slower',
    },
    {
      choice: 'chosen-gpus',
      label: 'Rebuild for Chosen GPUs…',
      detail: 'Name the GPU families that it should run on',
    },
  ];
}
