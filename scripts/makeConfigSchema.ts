/**
 * Writes schemas/engineInspectorConfig.schema.json from the parser of engine-inspector.json
 * (src/core/targets/targetsConfig.ts), so that editors complete and check what the parser accepts. Boards, versions and
 * reasons that are known are offered.
 *
 *   npx tsx scripts/makeConfigSchema.ts
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';

import { runtimeReleases } from '../src/core/report/runtimeReleases';
import { boardOutlook, boards, memoryText } from '../src/core/targets/boards';
import {
  configEntries,
  configurableReasons,
  severityChoices,
  targetSchema,
} from '../src/core/targets/targetsConfig';

export const configSchemaFile = 'schemas/engineInspectorConfig.schema.json';

type Json = Record<string, unknown>;

export function makeConfigSchema(): Json {
  const schema = asJson(v.strictObject(configEntries));
  const target = asJson(targetSchema);
  delete target['$schema'];
  const { description } = property(target, 'board');
  const board = { $ref: '#/definitions/board' };
  Object.assign(target['properties'] as Json, { board: { description, allOf: [board] } });
  property(target, 'computeCapability')['pattern'] = String.raw`^\d{1,2}\.\d{1,2}$`;
  const versions = runtimeReleases.map(({ version }) => version.split('.').slice(0, 3).join('.'));
  const known = offered(versions.map((version) => ({ id: version, what: '' })).reverse());
  Object.assign(property(target, 'tensorrtRtx'), known);
  Object.assign(property(schema, 'tensorrtRtx'), known);
  property(schema, 'targets')['items'] = {
    anyOf: [board, target],
  };
  const severity = property(schema, 'severity');
  severity['properties'] = Object.fromEntries(
    configurableReasons.map((id) => [id, { enum: severityChoices }]),
  );
  severity['additionalProperties'] = false;
  return {
    $schema: schema['$schema'],
    title: 'Engine Inspector configuration',
    description:
      'The machines that the TensorRT-RTX engines of this workspace are made for. Read by Engine Inspector in VS Code and on the command line.',
    allowComments: true,
    allowTrailingCommas: true,
    ...schema,
    definitions: { board: { type: 'string', minLength: 1, ...offered(boardIds()) } },
  };
}

export function configSchemaText(): string {
  return `${JSON.stringify(makeConfigSchema(), null, 2)}\n`;
}

/** Every board as it can be named: those of several sizes once for each. */
function boardIds(): { id: string; what: string }[] {
  return boards.flatMap((board) => {
    const several = board.memory.length > 1;
    return board.memory.map((size) => ({
      id: several ? `${board.id}-${size}gb` : board.id,
      what: `${memoryText({ memory: [size], unified: board.unified })}. ${boardOutlook(board).sentence}`,
    }));
  });
}

/** Texts are offered, others are allowed. */
function offered(values: readonly { id: string; what: string }[]): Json {
  const whats = values.map(({ what }) => what);
  return {
    anyOf: [
      {
        enum: values.map(({ id }) => id),
        ...(whats.some((what) => what !== '') ? { enumDescriptions: whats } : {}),
      },
      {},
    ],
  };
}

/** What a schema cannot say (a board that is known) is the parser's to check. */
const asJson = (schema: v.GenericSchema): Json =>
  toJsonSchema(schema, {
    target: 'draft-07',
    ignoreActions: ['trim', 'check', 'safe_integer'],
  }) as unknown as Json;

function property(schema: Json, name: string): Json {
  const found = (schema['properties'] as Record<string, Json> | undefined)?.[name];
  if (found === undefined) throw new Error(`the configuration's schema has no property "${name}"`);
  return found;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(configSchemaFile, configSchemaText());
  console.log(`wrote ${configSchemaFile}`);
}
