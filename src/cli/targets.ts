/** Lists targets and boards, with what TensorRT-RTX makes of each, and saves boards as targets. */
import * as path from 'node:path';
import { boardOutlook, boards, memoryText, type Board } from '../core/targets/boards';
import { chooseTargets } from '../core/targets/chooseTargets';
import { targetFacts, type Target } from '../core/targets/targets';
import { addTargetToConfig } from '../core/targets/targetsConfig';
import { newestRelease } from '../core/report/runtimeReleases';
import { Failure } from '../core/wire/failure';
import { readSmallText } from '../host/files/readSmallFile';
import { defaultCheckOptions } from './checkOptions';
import { FileOutput } from './gate/outputs';
import { maxConfigBytes } from './gate/readConfig';
import { gateSettings } from './gate/settings';
import { complain, hasColour, painter, print, shown } from './output';
import type { TargetsOptions } from './targetsCommand';

export async function targets(names: readonly string[], options: TargetsOptions): Promise<number> {
  const paint = painter(hasColour(process.stdout));
  const { config, configFile } = await gateSettings({
    ...defaultCheckOptions(),
    ...(options.config === undefined ? {} : { config: options.config }),
  });
  if (options.save === true) {
    await save(names, config.targets, configFile ?? path.resolve('engine-inspector.json'));
    return 0;
  }
  const listsBoards =
    options.boards === true || (names.length === 0 && config.targets.length === 0);
  if (listsBoards && names.length === 0) {
    if (options.boards !== true) {
      complain(
        configFile === null
          ? `There is no engine-inspector.json here or above; these boards can be targets. ${howToSave}`
          : `${shown(configFile)} has no targets; these boards can be some. ${howToSave}`,
      );
    }
    return listBoards(options.json === true);
  }
  const chosen = chooseTargets({ names, tensorrtRtx: null, configured: config.targets });
  for (const { sentence, nextStep } of chosen.problems) complain(`${sentence} ${nextStep}`);
  if (options.json === true) {
    await print(`${JSON.stringify(chosen.targets.map(targetJson), null, 2)}\n`);
  } else {
    for (const target of chosen.targets) {
      const { sentence } = outlook(target);
      const more = target.required ? '' : ' (optional)';
      await print(
        `${paint('bold', target.id)}  ${target.name}${more}: ${targetFacts(target).join(', ')}. ${sentence}\n`,
      );
    }
  }
  return chosen.problems.length > 0 ? 2 : 0;
}

const howToSave = 'engine-inspector targets --save NAME… writes some down.';

/** Those that are targets already stay as they are. */
async function save(
  names: readonly string[],
  configured: readonly Target[],
  file: string,
): Promise<void> {
  if (names.length === 0) {
    throw new Failure(
      'wrong-use',
      '--save needs the names of boards.',
      'engine-inspector targets --boards lists them.',
    );
  }
  const { targets: chosen, problems } = chooseTargets({ names, tensorrtRtx: null, configured });
  if (problems.length > 0) {
    const lines = problems.map(({ sentence, nextStep }) => `${sentence} ${nextStep}`);
    throw new Failure('wrong-use', lines.join('\n'), 'Nothing was saved.');
  }
  const have = new Set(configured.map(({ id }) => id));
  const added = chosen.filter(({ id }) => !have.has(id));
  let text = (await readSmallText(file, maxConfigBytes, 'The configuration')) ?? '';
  for (const { id } of added) {
    const next = addTargetToConfig(text, id);
    if (next === null) throw new Error(`${file} was read and can't be changed`);
    text = next;
  }
  if (added.length > 0) {
    const output = new FileOutput(file);
    output.write(text);
    output.end();
  }
  const saved = `${added.length} ${added.length === 1 ? 'target' : 'targets'} added`;
  const there = chosen.length - added.length;
  complain(`${shown(file)}: ${saved}${there === 0 ? '' : `, ${there} there before`}.`);
}

const outlook = (target: Target) =>
  boardOutlook(target, target.tensorrtRtx ?? newestRelease.version);

function targetJson(target: Target) {
  const { runs, sentence } = outlook(target);
  return { ...target, runs, sentence };
}

async function listBoards(json: boolean): Promise<number> {
  if (json) {
    const list = boards.map((board) => ({ ...board, ...boardOutlook(board) }));
    await print(`${JSON.stringify(list, null, 2)}\n`);
    return 0;
  }
  const sizes = boards.map((board) => memoryText(board));
  const [ids, memories] = [boards.map(({ id }) => id), sizes].map((texts) =>
    Math.max(...texts.map(({ length }) => length)),
  );
  for (const [at, board] of boards.entries()) {
    const { id, computeCapability } = board;
    const columns = [id.padEnd(ids ?? 0), computeCapability.padStart(4)];
    const memory = (sizes[at] ?? '').padEnd(memories ?? 0);
    await print(`${[...columns, memory, runsOn(board)].join('  ')}\n`);
  }
  return 0;
}

/** The sentence of its outlook without its name, which stands before it. */
function runsOn(board: Board): string {
  const { runs, sentence } = boardOutlook(board);
  if (runs === 'yes') return 'runs';
  if (runs === 'never') return 'never runs';
  return sentence.replace(/^.*?\)[: ]\s*/, '').replace(/\.$/, '');
}
