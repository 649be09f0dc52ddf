/** predict_targets: on which other GPUs engines will run, from the files alone. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as z from 'zod';
import { gateSentence } from '../../core/gate/formats';
import { CellJsons, type CellJson } from '../../core/gate/gateRecord';
import { suggestedBoards } from '../../core/targets/commonBoards';
import { cellWords, codeEvidence } from '../../core/targets/cell';
import { chooseTargets } from '../../core/targets/chooseTargets';
import { MatrixCells, MatrixCounter } from '../../core/targets/matrix';
import { noConfig, type InspectorConfig } from '../../core/targets/targetsConfig';
import { targetFacts } from '../../core/targets/targets';
import { joinWords } from '../../core/text/formats';
import { Failure } from '../../core/wire/failure';
import { EngineTexts } from '../../host/check/engineText';
import { readTargetFile } from '../../host/check/targetFile';
import { readConfig } from '../gate/readConfig';
import { enginesIn, limitSchema, pathsSchema } from './engineFiles';
import type { Folders } from './folders';
import type { ToolServices } from './server';
import { answer, type ToolAnswer } from './tool';

const readLimitMs = 10_000;

const inputSchema = z.object({
  paths: pathsSchema,
  targets: z
    .array(z.string())
    .max(100)
    .optional()
    .describe(
      'Boards such as rtx-4060-laptop or rtx-3060-12gb, or targets of engine-inspector.json; without any, all of that file',
    ),
  tensorrtRtx: z
    .string()
    .regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}(\.\d{1,6})?$/)
    .optional()
    .describe(
      'The TensorRT-RTX version on the targets, such as 1.7.1; without it, the one that built each engine',
    ),
  limit: limitSchema,
});

export function addTargetTool(services: ToolServices): void {
  services.server.registerTool(
    'predict_targets',
    {
      title: 'Predict on which GPUs engines run',
      description:
        'Predicts for each engine and each target (a board, or a machine of engine-inspector.json) whether it runs there: ' +
        `${Object.values(cellWords).join(', ')}. Only the files are read; no GPU, driver or TensorRT-RTX is needed and ` +
        'nothing is changed.',
      inputSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    (input, context) =>
      answer('Predicting the targets', services, context, (folders) =>
        predict(folders, input, context.mcpReq.signal),
      ),
  );
}

async function predict(
  folders: Folders,
  { paths, targets: names, tensorrtRtx, limit }: z.infer<typeof inputSchema>,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const config = await configOf(folders, await folders.existing(paths[0] ?? '.'));
  const { targets, problems: wrongNames } = chooseTargets({
    names: names ?? [],
    tensorrtRtx: tensorrtRtx ?? null,
    configured: config.targets,
  });
  if (wrongNames.length > 0) {
    throw new Failure(
      'wrong-use',
      wrongNames.map(({ sentence, nextStep }) => `${sentence} ${nextStep}`).join('\n'),
      'list_gpus_and_runtimes with boards: true lists all boards.',
    );
  }
  if (targets.length === 0) {
    throw new Failure(
      'wrong-use',
      'No targets were named, and engine-inspector.json has none.',
      `Name boards in targets, such as ${joinWords(suggestedBoards)}.`,
    );
  }
  const { files, problems } = await enginesIn(folders, paths);
  const cells = new MatrixCells(targets);
  const jsons = new CellJsons(targets, config.severity);
  const counter = new MatrixCounter(targets, config.severity);
  const texts = new EngineTexts();
  const rows: { file: string; targets: readonly CellJson[] }[] = [];
  for (const { path: file, named } of files) {
    signal.throwIfAborted();
    const { facts, code, hasRecipe } = await readTargetFile(file, texts, { limitMs: readLimitMs });
    if (facts.ofOthers && !named && !hasRecipe) continue;
    const row = jsons.row(cells.row(facts, codeEvidence(code)));
    counter.add(facts.kind, row);
    rows.push({ file: facts.file, targets: row });
  }
  const isWrong = ({ targets: row }: { targets: readonly CellJson[] }) =>
    row.some(({ severity }) => severity !== 'ok');
  rows.sort((a, b) => Number(isWrong(b)) - Number(isWrong(a)));
  const listed = rows.slice(0, limit);
  const matrix = counter.summary();
  const counts = { errors: 0, warnings: 0, known: 0, unreadable: matrix.unreadable };
  const sentence = gateSentence({ matrix, files: rows.length, ...counts });
  return {
    text: [
      `${sentence} Targets: ${targets.map((target) => `${target.id} (${targetFacts(target).join(', ')}${target.required ? '' : ', optional'})`).join('; ')}.`,
      ...listed.map(rowText),
      ...(rows.length > limit ? [`${rows.length - limit} more are not listed; raise limit.`] : []),
      ...problems,
    ].join('\n'),
    data: {
      sentence,
      notListed: Math.max(0, rows.length - limit),
      files: listed.map(({ file, targets: row }) => ({
        file,
        targets: row.map(({ target, name, cell, severity, sentence: why, evidence }) => ({
          ...{ target, name, cell, severity, sentence: why, evidence },
        })),
      })),
      problems,
    },
  };
}

function rowText({ file, targets }: { file: string; targets: readonly CellJson[] }): string {
  const lines = targets.map(
    ({ target, cell, sentence }) =>
      `  ${target}: ${cell === null ? 'unreadable' : cellWords[cell]}${cell === 'runs' ? '' : `. ${sentence}`}`,
  );
  return [file, ...lines].join('\n');
}

/** engine-inspector.json beside a place or above it, up to the folder that the server was given. */
async function configOf(folders: Folders, place: string): Promise<InspectorConfig> {
  const root = folders.of(place);
  const isFolder = (await fs.stat(place)).isDirectory();
  for (let folder = isFolder ? place : path.dirname(place); ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'engine-inspector.json');
    const real = await fs.realpath(file).catch(() => null);
    if (real !== null && folders.holds(real)) return readConfig(real);
    if (folder === root || path.dirname(folder) === folder) return noConfig();
  }
}
