/**
 * Writes schemas/engineRecipe.schema.json from the recipe's parser (src/core/rebuild/recipe.ts), so that editors complete and
 * check what the parser accepts. Known flags, GPUs and pools are suggestions: an older or newer TensorRT-RTX may know
 * others, which a diagnostic says better than a schema.
 *
 *   npx tsx scripts/makeRecipeSchema.ts
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { toJsonSchema } from '@valibot/to-json-schema';

import { targetSet } from '../src/core/gpu/computeCapability';
import { recipeSchema } from '../src/core/rebuild/recipe';
import { runtimeReleases } from '../src/core/report/runtimeReleases';
import { builderFlags, memoryPools } from '../src/core/rebuild/rebuildOptions';

export const recipeSchemaFile = 'schemas/engineRecipe.schema.json';

type Json = Record<string, unknown>;

export function makeRecipeSchema(): Json {
  const schema = toJsonSchema(recipeSchema, { target: 'draft-07' }) as unknown as Json;
  const options = property(schema, 'options');
  const flags = property(options, 'flags');
  const names = Object.keys(builderFlags);
  flags['items'] = suggest(
    names,
    names.map((name) => builderFlags[name]?.what ?? ''),
  );
  const targets = targetSet(runtimeReleases.at(-1)?.version ?? '').targets.map(
    (target) => target.computeCapability,
  );
  property(options, 'computeCapabilities')['items'] = suggest([...targets, 'current'], []);
  const pools = property(options, 'memoryPoolLimits');
  const anyBytes = pools['additionalProperties'];
  pools['properties'] = Object.fromEntries(
    Object.entries(memoryPools).map(([name, what]) => [
      name,
      { ...(anyBytes as Json), description: `${what}; bytes.` },
    ]),
  );
  return {
    $schema: schema['$schema'],
    title: 'Engine recipe',
    description:
      'How a TensorRT-RTX engine was built and from what, so that it can be built again. Read and written by Engine Inspector.',
    allowComments: true,
    allowTrailingCommas: true,
    ...schema,
  };
}

export function recipeSchemaText(): string {
  return `${JSON.stringify(makeRecipeSchema(), null, 2)}\n`;
}

/** Strings, the known ones offered. */
function suggest(values: readonly string[], descriptions: readonly string[]): Json {
  return {
    type: 'string',
    minLength: 1,
    anyOf: [
      { enum: values, ...(descriptions.length > 0 ? { enumDescriptions: descriptions } : {}) },
      {},
    ],
  };
}

function property(schema: Json, name: string): Json {
  const found = (schema['properties'] as Record<string, Json> | undefined)?.[name];
  if (found === undefined) throw new Error(`the recipe's schema has no property "${name}"`);
  return found;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(recipeSchemaFile, recipeSchemaText());
  console.log(`wrote ${recipeSchemaFile}`);
}
