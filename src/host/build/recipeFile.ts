/** Recipes on disk. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { parseRecipe, type Recipe } from '../../core/rebuild/recipe';
import { HostError } from '../hostError';
import { errorCode, fileError } from './onnxFile';

/** null: there is none. Throws HostError where there is one that cannot be read or understood. */
export async function readRecipeFile(file: string): Promise<Recipe | null> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw fileError(error, `The recipe ${plainText(file)}`);
  }
  const parsed = parseRecipe(text);
  if (parsed.ok) return parsed.recipe;
  const [problem] = parsed.problems;
  const line = text.slice(0, problem?.range.offset ?? 0).split('\n').length;
  throw new HostError(
    'invalid-argument',
    `The recipe ${plainText(file)} cannot be used: line ${line}: ${problem?.sentence ?? ''}`,
    'Correct the recipe.',
  );
}

/** Where a recipe's model lies. */
export function modelPathOf(recipe: Recipe, recipeFile: string): string {
  return path.resolve(path.dirname(recipeFile), recipe.model.path);
}
