/**
 * Many engines rebuilt one after the other: those that need no question (a recipe, or a model that was named before) after
 * one question for all, with one progress and one cancel; the others are named. A cancel in the middle leaves what is built
 * and what is not, each whole.
 */
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/report/engineReport';
import type { Recipe } from '../../core/rebuild/recipe';
import { computeCapabilitiesOf, type RebuildChoice } from '../../core/rebuild/rebuildOptions';
import { planRebuild, planSummary } from '../../core/rebuild/rebuildPlan';
import { readOnnxFile } from '../../host/build/onnxFile';
import { foreignModel, modelPathOf } from '../../host/build/recipeFile';
import { fileName } from '../engineTarget';
import { ask, showInformation, showWarning, withProgress } from '../show';
import type { BuildOrder, Builds } from './builds';

export interface BulkEngine {
  uri: vscode.Uri;
  report: EngineReport | null;
  recipe: Recipe | null;
  /** Of an engine without a recipe, where somebody named it before. */
  model: string | undefined;
  runtime: { path: string; version: string };
}

/** null: it can't be decided without a question. gpus: what the engines have to be built for besides what they were. */
export async function orderFor(
  { uri, report, recipe, model, runtime }: BulkEngine,
  choice: RebuildChoice,
  gpus: readonly string[],
): Promise<BuildOrder | null> {
  if (recipe && foreignModel(recipe, `${uri.fsPath}.json`) !== null) return null;
  const path = recipe ? modelPathOf(recipe, `${uri.fsPath}.json`) : model;
  if (path === undefined) return null;
  const read = await readOnnxFile(path).catch(() => null);
  if (!read) return null;
  const plan = planRebuild({
    choice,
    report,
    recipe,
    facts: read.facts,
    gpu: report?.gpu?.computeCapability ?? null,
    surroundings: {
      runtimeVersion: runtime.version,
      hasGpu: report === null ? null : report.gpu !== null,
    },
  });
  if (!plan.complete) return null;
  let { options } = plan;
  if (gpus.length > 0) {
    const before = report?.header ? computeCapabilitiesOf(report.header) : [];
    const all = new Set([...before, ...options.computeCapabilities, ...gpus]);
    all.delete('current');
    options = { ...options, computeCapabilities: [...all] };
  }
  return {
    model: path,
    engine: uri,
    options,
    runtime,
    estimateMs: recipe?.built?.durationMs ?? null,
    summary: planSummary(options, runtime.version),
  };
}

export async function rebuildMany(
  builds: Builds,
  orders: readonly BuildOrder[],
  asking: readonly vscode.Uri[],
): Promise<void> {
  const left =
    asking.length === 0
      ? ''
      : `${asking.length === 1 ? 'One has' : `${asking.length} have`} neither a recipe nor a known model and ${asking.length === 1 ? 'is' : 'are'} left as they are: ${some(asking)}. Rebuild each of them once on its own; that writes its recipe.`;
  if (orders.length === 0) {
    void showInformation(left || 'There is no engine to rebuild.');
    return;
  }
  const yes = orders.length === 1 ? 'Rebuild 1 Engine' : `Rebuild ${orders.length} Engines`;
  const picked = await ask(
    'information',
    {
      question: `${yes}?`,
      detail: `They are built one after the other. Each old engine is kept until its new one is checked. ${left}`,
    },
    yes,
  );
  if (picked !== yes) return;
  let done = 0;
  const failed: { uri: vscode.Uri; sentence: string }[] = [];
  const cancelled = await withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: 'Rebuilding engines',
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      for (const [index, order] of orders.entries()) {
        if (abort.signal.aborted) return true;
        const where = `${index + 1} of ${orders.length}: ${fileName(order.engine)}`;
        progress.report({ message: where, increment: index === 0 ? 0 : 100 / orders.length });
        try {
          const result = await builds.quietly(order, abort.signal, (text) =>
            progress.report({ message: `${where} · ${text}` }),
          );
          if (result) done += 1;
        } catch (error) {
          failed.push({
            uri: order.engine,
            sentence: error instanceof Error ? error.message : String(error),
          });
        }
      }
      return abort.signal.aborted;
    },
  );
  const details = 'Show Details';
  const text = bulkSummary({
    done,
    all: orders.length,
    cancelled,
    failed: failed.map(({ uri, sentence }) => `${fileName(uri)}: ${sentence}`),
  });
  const show = failed.length > 0 ? showWarning : showInformation;
  void show(text, details).then((answer) => {
    if (answer === details) builds.showDetails();
  });
}

export function bulkSummary({
  done,
  all,
  cancelled,
  failed,
}: {
  done: number;
  all: number;
  cancelled: boolean;
  failed: readonly string[];
}): string {
  const rest = all - done - failed.length;
  return [
    done === all && all === 1
      ? 'The engine was rebuilt.'
      : `${done} of ${all} engines ${done === 1 ? 'was' : 'were'} rebuilt.`,
    cancelled && rest > 0 ? `Cancelled: ${rest} ${rest === 1 ? 'is' : 'are'} unchanged.` : '',
    failed.length === 0
      ? ''
      : `${failed.length} could not be built and ${failed.length === 1 ? 'is' : 'are'} unchanged, such as ${failed[0] ?? ''}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function some(uris: readonly vscode.Uri[]): string {
  const names = uris.slice(0, 3).map(fileName).join(', ');
  return uris.length > 3 ? `${names} and ${uris.length - 3} more` : names;
}
