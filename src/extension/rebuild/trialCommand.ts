/** What Try on Other GPUs… does (trials.ts): its questions, the trial, and where its answers go. */
import * as vscode from 'vscode';
import type { ComputeCapability } from '../../core/gpu/computeCapability';
import type { Recipe } from '../../core/rebuild/recipe';
import type { TrialResult } from '../../host/build/trial';
import { commandTargets, fileName, isEngineName, offeredUri } from '../engineTarget';
import { commands } from '../ids';
import { createPick, showInformation, showWarning, withProgress } from '../show';
import { isTrusted, offerTrust } from '../trust';
import { engineOf, isRecipe } from './recipeNames';
import type { TrialServices } from './trials';

/** What is tried. */
interface Subject {
  /** The engine whose page shows the answers; null: a model alone. */
  engine: vscode.Uri | null;
  model: string;
  recipe: Recipe | null;
  /** Of the engine, to be asked of that TensorRT-RTX; null: of the one in use. */
  version: string | null;
}

interface FamilyItem extends vscode.QuickPickItem {
  family: ComputeCapability;
}

export class TrialCommand {
  constructor(private readonly services: TrialServices) {}

  async run(argument?: unknown, families?: readonly ComputeCapability[]): Promise<void> {
    if (!trusted()) return;
    const [named] = commandTargets(argument);
    const target = named ?? offeredUri(argument) ?? (await this.ask());
    const subject = target && (await this.subjectOf(target));
    if (!subject) return;
    const { runtime, why, nextStep } = await this.services.runtimes.choose(subject.version);
    if (!runtime?.version) {
      const { Failure } = await import('../../core/wire/failure');
      throw new Failure('library-not-loaded', why, nextStep);
    }
    const { path, version } = runtime;
    const chosen = families ?? (await this.chooseFamilies(subject, version));
    if (chosen.length === 0) return;
    const result = await this.tryAll(subject, path, chosen);
    if (result) await this.tell(subject, result);
  }

  /** From the palette, where no engine is in front: an engine, or any model. */
  private async ask(): Promise<vscode.Uri | undefined> {
    const engine = await this.services.enginePicker.ask({
      title: 'Try which engine’s model on other GPUs?',
      placeHolder: 'Escape to choose an ONNX model instead',
    });
    return engine ?? (await askModel());
  }

  private async subjectOf(target: vscode.Uri): Promise<Subject | undefined> {
    if (target.scheme !== 'file') {
      void showInformation(
        `${fileName(target)} is not a file on this machine. Save a copy of it and its model on disk.`,
      );
      return undefined;
    }
    if (/\.onnx$/i.test(target.fsPath)) {
      return { engine: null, model: target.fsPath, recipe: null, version: null };
    }
    const engine = isRecipe(target) ? engineOf(target) : target;
    if (!isEngineName(engine)) return undefined;
    const { readRecipeFile, modelPathOf } = await import('../../host/build/recipeFile');
    const recipeFile = `${engine.fsPath}.json`;
    const recipe = await readRecipeFile(recipeFile);
    const report = await this.services.reports.ensure(engine);
    const version = recipe?.built?.tensorrtRtx ?? report?.header?.version ?? null;
    if (recipe) return { engine, model: modelPathOf(recipe, recipeFile), recipe, version };
    const { models } = await this.services.rebuild.get();
    const model = models.remembered(engine) ?? (await askModel(engine))?.fsPath;
    if (model === undefined) return undefined;
    await models.remember(engine, model);
    return { engine, model, recipe: null, version };
  }

  private async chooseFamilies(
    { engine }: Subject,
    version: string,
  ): Promise<readonly ComputeCapability[]> {
    const [{ familyLabel, targetSet }, { targets }] = await Promise.all([
      import('../../core/gpu/computeCapability'),
      this.services.targetList.of(engine ?? undefined),
    ]);
    const items = targetSet(version).targets.map(({ computeCapability }): FamilyItem => {
      const names = targets
        .filter((target) => target.computeCapability === computeCapability)
        .map(({ name }) => name);
      return {
        family: computeCapability,
        label: familyLabel(computeCapability),
        description: computeCapability,
        ...(names.length > 0 ? { detail: names.join(', ') } : {}),
      };
    });
    const preselected = items.filter(({ detail }) => detail !== undefined);
    const { pick, shown, given } = createPick(items, 'The model is built for each of them alone');
    pick.title = 'Try on Other GPUs';
    pick.canSelectMany = true;
    pick.matchOnDescription = true;
    pick.matchOnDetail = true;
    pick.selectedItems = (preselected.length > 0 ? preselected : items).map(shown);
    return new Promise((resolve) => {
      pick.onDidAccept(() => {
        resolve(given(pick.selectedItems).map(({ family }) => family));
        pick.hide();
      });
      pick.onDidHide(() => {
        resolve([]);
        pick.dispose();
      });
      pick.show();
    });
  }

  /** undefined: cancelled. */
  private async tryAll(
    { engine, model, recipe }: Subject,
    runtime: string,
    families: readonly ComputeCapability[],
  ): Promise<TrialResult | undefined> {
    const { host, hostMain, log } = this.services;
    const [{ tryFamilies }, { defaultEngineOptions }, { Failure }] = await Promise.all([
      import('../../host/build/trial'),
      import('../../core/rebuild/rebuildOptions'),
      import('../../core/wire/failure'),
    ]);
    const name = fileName(engine ?? vscode.Uri.file(model));
    return withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Trying ${name} on other GPUs`,
        cancellable: true,
      },
      async (progress, token) => {
        const cancel = new AbortController();
        token.onCancellationRequested(() => cancel.abort());
        try {
          return await tryFamilies(
            {
              hostMain,
              shimFolder: host.shimFolder,
              environment: () => host.gpuEnvironment(),
              mayLoad: (library) => host.mayLoad(library),
              onLog: (line) => log.hostLine(line),
            },
            {
              model,
              options: recipe?.options ?? defaultEngineOptions(),
              runtime,
              families: () => families,
              before: recipe?.trial ?? null,
            },
            {
              signal: cancel.signal,
              onProgress: ({ short, all }) =>
                progress.report({ message: short, increment: all === 0 ? 0 : 100 / all }),
            },
          );
        } catch (error) {
          if (error instanceof Failure && error.code === 'cancelled') return undefined;
          throw error;
        }
      },
    );
  }

  private async tell(subject: Subject, result: TrialResult): Promise<void> {
    const { engine, recipe, model } = subject;
    const { trialSummary } = await import('../../core/trial/recipeEvidence');
    const name = fileName(engine ?? vscode.Uri.file(model));
    const sentence = `${name}: NVIDIA's compiler ${trialSummary(result.answers)}.`;
    const notKept = engine && recipe ? await this.keep(engine, result) : '';
    const onPage = engine !== null && recipe !== null && notKept === '';
    const details = onPage ? 'Open Engine' : 'Show Details';
    const fails = result.answers.some(({ answer }) => answer !== 'builds');
    const text = [sentence, notKept].filter(Boolean).join(' ');
    void (fails ? showWarning(text, details) : showInformation(text, details)).then(
      async (picked) => {
        if (picked === undefined) return;
        if (onPage) await vscode.commands.executeCommand(commands.openEngine, engine);
        else await showAsText(model, result);
      },
    );
  }

  /** Why the answers are not in the recipe; empty: they are. */
  private async keep(engine: vscode.Uri, { trial, answers }: TrialResult): Promise<string> {
    const { keepTrial } = await import('../../host/build/keepTrial');
    try {
      if (answers.some(({ kept }) => !kept)) await keepTrial(`${engine.fsPath}.json`, trial);
      await this.services.reports.check(engine);
      return '';
    } catch (error) {
      const { asFailure } = await import('../../core/wire/failure');
      const { message, nextStep } = asFailure(error, 'Keeping the answers');
      return `The answers are not kept in the recipe. ${message} ${nextStep}`;
    }
  }
}

async function askModel(engine?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: engine
      ? `The ONNX model that ${fileName(engine)} was built from`
      : 'The ONNX model to try on other GPUs',
    filters: { ONNX: ['onnx'] },
    ...(engine ? { defaultUri: vscode.Uri.joinPath(engine, '..') } : {}),
  });
  return picked?.[0];
}

async function showAsText(model: string, result: TrialResult): Promise<void> {
  const { trialText } = await import('../../core/trial/familyTrials');
  const document = await vscode.workspace.openTextDocument({
    content: trialText(fileName(vscode.Uri.file(model)), result.runtime.version, result.answers),
  });
  await vscode.window.showTextDocument(document, { preview: true });
}

/** The model is read by native code. */
function trusted(): boolean {
  if (isTrusted()) return true;
  offerTrust(
    'A trial runs TensorRT-RTX on files of this workspace, which is in Restricted Mode. Trust the workspace to try.',
  );
  return false;
}
