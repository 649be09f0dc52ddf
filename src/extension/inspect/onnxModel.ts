/**
 * The ONNX model that an engine was built from: its recipe says, else what was told when it was built, else the one of the
 * same name beside it, else a dialog.
 */
import * as vscode from 'vscode';
import { fileName } from '../engineTarget';
import type { Models } from '../rebuild/models';

/** undefined: the person gave up. Throws Failure for a recipe that cannot be read. */
export async function modelOf(uri: vscode.Uri, models: Models): Promise<string | undefined> {
  const { readRecipeFile, modelPathOf } = await import('../../host/build/recipeFile');
  const recipeFile = `${uri.fsPath}.json`;
  const recipe = await readRecipeFile(recipeFile);
  if (recipe) return modelPathOf(recipe, recipeFile);
  const remembered = models.remembered(uri);
  if (remembered !== undefined) return remembered;
  const beside = uri.fsPath.replace(/\.\w+$/, '') + '.onnx';
  const stat = await (await import('node:fs/promises')).stat(beside).catch(() => null);
  if (stat?.isFile() === true) return beside;
  const chosen = await vscode.window.showOpenDialog({
    title: `The ONNX model that ${fileName(uri)} was built from`,
    filters: { ONNX: ['onnx'] },
    defaultUri: vscode.Uri.joinPath(uri, '..'),
  });
  const model = chosen?.[0]?.fsPath;
  if (model !== undefined) await models.remember(uri, model);
  return model;
}
