/** What a recipe speaks of, as it is on disk now: for rebuildDue, diagnostics and the command line's --check. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import type { FileRecord, Recipe, RecipeSurroundings } from '../../core/rebuild/recipe';
import { hashFile } from '../check/hashFile';
import { Failure } from '../../core/wire/failure';
import { foreignModel, modelNamedIn } from './recipeFile';
import { realDataPath } from './onnxFile';

export interface LookOptions {
  signal?: AbortSignal;
  /** Hashes a file; a caller may remember hashes of files that did not change. */
  hash?: (file: string, signal?: AbortSignal) => Promise<string>;
}

/**
 * Hashes only where sizes are as recorded: another size is proof enough. Files that cannot be read count as not there.
 * Throws only when it is cancelled.
 */
export async function lookAround(
  recipe: Recipe,
  recipeFile: string,
  { signal, hash = defaultHash }: LookOptions = {},
): Promise<Pick<RecipeSurroundings, 'engine' | 'model' | 'foreignModel'>> {
  const facts = async (
    file: string,
    recorded: { size: number | null; sha256: string | null } | null,
  ): Promise<{ size: number; sha256?: string } | null> => {
    const stat = await fs.stat(file).catch(() => null);
    if (stat?.isFile() !== true) return null;
    if (recorded === null || recorded.sha256 === null || recorded.size !== stat.size) {
      return { size: stat.size };
    }
    try {
      return { size: stat.size, sha256: await hash(file, signal) };
    } catch (error) {
      if (error instanceof Failure && error.code === 'cancelled') throw error;
      return null;
    }
  };
  const engine = await facts(engineFileOf(recipeFile), recipe.engine);
  const foreign = foreignModel(recipe, recipeFile);
  if (foreign !== null) return { engine, foreignModel: foreign };
  const modelFile = modelNamedIn(recipe, recipeFile);
  const model = await facts(modelFile, recipe.model);
  const externalData: (FileRecord | null)[] = [];
  for (const recorded of recipe.model.externalData) {
    const file = path.join(path.dirname(modelFile), recorded.path);
    const isOurs = staysInside(recorded.path) && (await realDataPath(modelFile, file)) === null;
    const found = isOurs ? await facts(file, recorded) : null;
    externalData.push(
      found && { path: recorded.path, size: found.size, sha256: found.sha256 ?? '' },
    );
  }
  return {
    engine,
    model: model && { ...model, externalData },
  };
}

/** The engine that a recipe belongs to: its own name without .json. */
export function engineFileOf(recipeFile: string): string {
  return recipeFile.replace(/\.json$/i, '');
}

/** A recipe may come from anywhere: it makes nobody read files outside the model's folder. */
function staysInside(relative: string): boolean {
  if (path.isAbsolute(relative) || /^[/\\]|^[A-Za-z]:/.test(relative)) return false;
  return !relative.split(/[/\\]/).includes('..');
}

function defaultHash(file: string, signal?: AbortSignal): Promise<string> {
  return hashFile(file, signal ? { signal } : {});
}
