/**
 * Is the engine the file that was built? Only the SHA-256 that its recipe records can tell: the library accepts most
 * damaged engines without a word. Asked before an engine is deserialized, because that runs code from the file.
 */
import * as fs from 'node:fs/promises';

import { plainText } from '../../core/text/plainText';
import { recipePathOf } from '../../core/rebuild/recipe';
import { hashFile, type HashOptions } from './hashFile';
import { Failure } from '../../core/wire/failure';
import { readRecipeFile } from '../build/recipeFile';

export interface EngineIntegrity {
  /** unknown: no hash is recorded. */
  state: 'matches' | 'differs' | 'unknown';
  /** Lower-case hex; null: none is recorded. */
  expected: string | null;
  /** Lower-case hex; null: not computed, because there is nothing to compare with or the lengths differ already. */
  actual: string | null;
  /** One sentence for people, naming the file. */
  sentence: string;
}

/** Throws a Failure: "file-error", or "cancelled". A recipe that cannot be used records nothing. */
export async function engineIntegrity(
  engine: string,
  options: HashOptions = {},
): Promise<EngineIntegrity> {
  const recorded = await recordedHash(engine);
  const name = plainText(engine);
  if (recorded === null) {
    return {
      state: 'unknown',
      expected: null,
      actual: null,
      sentence: `No SHA-256 was recorded when ${name} was built, so changes since then can't be detected.`,
    };
  }
  const { sha256: expected, size } = recorded;
  const stat = await fs.stat(engine).catch((error: unknown) => {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'file-error',
      `${name} cannot be read: ${plainText(cause)}`,
      'Check the path and the permissions.',
      cause,
    );
  });
  const differs = `${name} is not the file that its recipe describes:`;
  if (stat.isFile() && stat.size !== size) {
    return {
      state: 'differs',
      expected,
      actual: null,
      sentence: `${differs} it has ${stat.size} bytes, not ${size}. It was changed or damaged after it was built.`,
    };
  }
  const actual = await hashFile(engine, options);
  return actual === expected
    ? { state: 'matches', expected, actual, sentence: `${name} is the file that was built.` }
    : {
        state: 'differs',
        expected,
        actual,
        sentence: `${differs} its SHA-256 is another one. It was changed or damaged after it was built.`,
      };
}

/** What the recipe beside the engine says it was when it was new; null: nothing that can be used. */
export async function recordedHash(
  engine: string,
): Promise<{ sha256: string; size: number } | null> {
  const recipe = await readRecipeFile(recipePathOf(engine)).catch(() => null);
  return recipe?.engine ?? null;
}
