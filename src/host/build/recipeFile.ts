/** Recipes on disk. */
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { foreignPath, type Foreign } from '../../core/rebuild/foreignPath';
import { maxRecipeBytes, parseRecipe, type Recipe } from '../../core/rebuild/recipe';
import { readSmallText } from '../files/readSmallFile';
import { Failure } from '../../core/wire/failure';

/** null: there is none. Throws Failure where it cannot be read. */
export function readRecipeText(file: string): Promise<string | null> {
  return readSmallText(file, maxRecipeBytes, 'The recipe');
}

/** null: there is none. Throws Failure where there is one that cannot be read or understood. */
export async function readRecipeFile(file: string): Promise<Recipe | null> {
  const text = await readRecipeText(file);
  if (text === null) return null;
  const parsed = parseRecipe(text);
  if (parsed.ok) return parsed.recipe;
  const [problem] = parsed.problems;
  const line = text.slice(0, problem?.range.offset ?? 0).split('\n').length;
  throw new Failure(
    'invalid-argument',
    `The recipe ${plainText(file)} cannot be used: line ${line}: ${problem?.sentence ?? ''}`,
    'Correct the recipe.',
  );
}

/** Where a recipe's model lies. Throws a Failure for a path that is not looked at unless a person names it. */
export function modelPathOf(recipe: Recipe, recipeFile: string): string {
  const model = modelNamedIn(recipe, recipeFile);
  const foreign = foreignModel(recipe, recipeFile);
  if (foreign === null) return model;
  throw new Failure(
    'invalid-argument',
    `The recipe ${plainText(recipeFile)} names the model ${plainText(model)}, which is ${foreign}, so it is not looked at.`,
    foreign === 'a device'
      ? 'Correct the recipe.'
      : 'If that is right, name the model yourself, or put it beside the recipe.',
  );
}

/** null: a path like others. */
export function foreignModel(recipe: Recipe, recipeFile: string): Foreign | null {
  const folder = path.resolve(path.dirname(recipeFile));
  const { path: written } = recipe.model;
  return foreignPath(
    { written, resolved: path.resolve(folder, written), folder },
    process.platform,
  );
}

/** To be shown, not to be looked at. */
export function modelNamedIn(recipe: Recipe, recipeFile: string): string {
  return path.resolve(path.dirname(recipeFile), recipe.model.path);
}
