/** Recipes on disk. */
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
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

/** Where a recipe's model lies. */
export function modelPathOf(recipe: Recipe, recipeFile: string): string {
  return path.resolve(path.dirname(recipeFile), recipe.model.path);
}
