/**
 * What may lie beside many files, from one look into each of their folders: asking for the recipe of each of ten thousand
 * engines takes longer than asking TensorRT-RTX about them.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Beside } from './checkedFiles';

/** Fewer are asked about one by one: a folder can hold more names than a few files are worth. */
const fewest = 16;

/** undefined: nobody looked, or the folder can't be read. Never rejects. */
export async function lookBeside(
  files: readonly string[],
): Promise<(index: number) => Beside | undefined> {
  const counts = new Map<string, number>();
  for (const file of files) {
    const folder = path.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const looked = new Map<string, NamesBeside | null>();
  await Promise.all(
    [...counts].map(async ([folder, count]) => {
      if (count < fewest) return;
      looked.set(folder, await fs.readdir(folder).then(namesBeside, () => null));
    }),
  );
  return (index) => {
    const file = files[index];
    if (file === undefined) return undefined;
    const names = looked.get(path.dirname(file));
    return names ? besideOf(path.basename(file), names) : undefined;
  };
}

export interface NamesBeside {
  recipes: ReadonlySet<string>;
  models: ReadonlySet<string>;
}

/** Of a folder's names those of recipes and models, in lower case: to some systems it is all the same. */
export function namesBeside(names: Iterable<string>): NamesBeside {
  const recipes = new Set<string>();
  const models = new Set<string>();
  for (const name of names) {
    // ".json", ".onnx"
    if (name.charCodeAt(name.length - 5) !== 46) continue;
    const lowerCase = name.toLowerCase();
    if (lowerCase.endsWith('.json')) recipes.add(lowerCase);
    else if (lowerCase.endsWith('.onnx')) models.add(lowerCase);
  }
  return { recipes, models };
}

export function besideOf(name: string, { recipes, models }: NamesBeside): Beside {
  return {
    mayHaveRecipe: recipes.size > 0 && recipes.has(`${name.toLowerCase()}.json`),
    mayHaveModel: models.size > 0 && models.has(`${name.toLowerCase().replace(/\.\w+$/, '')}.onnx`),
  };
}
