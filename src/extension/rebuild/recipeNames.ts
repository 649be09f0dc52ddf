/** A recipe's name is its engine's, with .json behind it. */
import type * as vscode from 'vscode';

/** The engine that a recipe belongs to. */
export function engineOf(recipe: vscode.Uri): vscode.Uri {
  return recipe.with({ path: recipe.path.replace(/\.json$/i, '') });
}

export function isRecipe(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' && /\.engine\.json$/i.test(uri.path);
}
