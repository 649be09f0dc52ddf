/** Lists targets and boards, with what TensorRT-RTX makes of each. */
import { boardOutlook, boards, memoryText } from '../core/targets/boards';
import { chooseTargets } from '../core/targets/chooseTargets';
import { targetFacts, type Target } from '../core/targets/targets';
import { newestRelease } from '../core/report/runtimeReleases';
import { defaultCheckOptions } from './checkOptions';
import { gateSettings } from './gate/settings';
import { complain, hasColour, painter, print } from './output';
import type { TargetsOptions } from './targetsCommand';

export async function targets(names: readonly string[], options: TargetsOptions): Promise<number> {
  const paint = painter(hasColour(process.stdout));
  const { config, configFile } = await gateSettings({
    ...defaultCheckOptions(),
    ...(options.config === undefined ? {} : { config: options.config }),
  });
  const listsBoards =
    options.boards === true || (names.length === 0 && config.targets.length === 0);
  if (listsBoards && names.length === 0) {
    if (options.boards !== true) {
      complain(
        configFile === null
          ? 'There is no engine-inspector.json here or above; these boards can be targets.'
          : `${configFile} has no targets; these boards can be some.`,
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
  const widest = Math.max(...boards.map(({ id }) => id.length));
  for (const board of boards) {
    const { sentence } = boardOutlook(board);
    await print(
      `${board.id.padEnd(widest)}  ${board.computeCapability.padStart(4)}  ${memoryText(board)}. ${sentence}\n`,
    );
  }
  return 0;
}
