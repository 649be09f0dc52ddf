/** The recipe beside an engine, as a report speaks of it, and what it knows of the code inside. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import type { CodeAnswer } from '../../core/report/codeFacts';
import type { FileFacts } from '../../core/report/engineReport';
import type { RecipeFacts } from '../../core/report/reasons';
import type { FilePath } from './checkRecords';

export interface BesideEngine {
  /** null: there is none, or none that can be read; the recipe's own editor says what is wrong with it. */
  recipe: RecipeFacts | null;
  answers: CodeAnswer[];
}

/** As core's recipePathOf, whose file has the parser. */
const fileOf = (engine: string): string => `${engine}.json`;

// node:fs/promises takes a check of the command line some milliseconds to load.
const stat = promisify(fs.stat);

export const noRecipe: BesideEngine = { recipe: null, answers: [] };

/** Most engines have none, and the parser is loaded for those that do. */
export async function hasRecipe(engine: string): Promise<boolean> {
  const found = await stat(fileOf(engine)).catch(() => null);
  return found?.isFile() === true;
}

export async function recipeBeside(engine: FilePath, facts: FileFacts): Promise<BesideEngine> {
  if (typeof engine !== 'string' || !(await hasRecipe(engine))) return noRecipe;
  const file = fileOf(engine);
  const [{ readRecipeFile }, { recipeEvidence }] = await Promise.all([
    import('../build/recipeFile'),
    import('../../core/trial/recipeEvidence'),
  ]);
  const recipe = await readRecipeFile(file).catch(() => null);
  if (recipe === null) return noRecipe;
  const { answers, trial } = recipeEvidence(recipe, facts);
  const { model, options } = recipe;
  return { recipe: { file: path.basename(file), model: model.path, options, trial }, answers };
}
