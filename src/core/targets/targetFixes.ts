/** What helps one engine on its targets, as commands for a terminal: one build for all of them. */
import type { ComputeCapability } from '../gpu/computeCapability';
import { isRebuildChoice } from '../rebuild/rebuildOptions';
import type { FileFacts, Remedy } from '../report/engineReport';
import { fixCommands, trialCommand, type FixSurroundings } from '../report/fixCommands';
import { predictedReport } from '../report/predictedReport';
import { joinWords, threeParts } from '../text/formats';
import { refusedFamilies } from '../trial/recipeEvidence';
import { fewNames, type TargetCell } from './cell';
import { cellRemedy, type CellRemedy } from './cellRemedy';
import { machineOf, type Target } from './targets';

export interface TargetFix {
  title: string;
  detail: string;
  /** null: nothing can be pasted, and `detail` is shown. */
  command: string | null;
}

export type TargetFixSurroundings = Pick<FixSurroundings, 'code' | 'recipe' | 'model' | 'shell'>;

interface Wrong {
  cell: TargetCell;
  target: Target;
  remedy: CellRemedy | null;
}

/** wrong: the cells that a finding is about, with their targets. */
export function targetFixes(
  facts: FileFacts,
  wrong: readonly { cell: TargetCell; target: Target }[],
  around: TargetFixSurroundings,
): TargetFix[] {
  const refused = refusedFamilies(around.recipe?.trial);
  const all = wrong.map((one): Wrong => ({ ...one, remedy: cellRemedy(one.cell, refused) }));
  const [first] = all;
  if (!first) return [];
  const surroundings = {
    ...around,
    ...{ file: facts.file, kind: facts.kind, header: facts.header, gpu: null, version: null },
  };
  if (facts.kind !== 'tensorrt-rtx') return ofFile(facts, first.target, surroundings);
  const having = (action: CellRemedy['action']) =>
    all.filter(({ remedy }) => remedy?.action === action);
  const updates = all.filter(({ cell }) => cell.cell === 'update-driver');
  const damaged = having('fix');
  const rebuilt = all.filter(({ remedy }) => isRebuildChoice(remedy?.action));
  return [
    ...(damaged.length === 0 ? [] : ofFile(facts, first.target, surroundings)),
    ...rebuildFix([...damaged, ...rebuilt], refused, surroundings),
    ...otherModelFix(having('other-model'), surroundings),
    ...trialFix(having('trial'), surroundings),
    ...(updates.length === 0 ? [] : [driverFix(updates)]),
  ];
}

/** What is wrong with the file is the same everywhere. */
function ofFile(facts: FileFacts, target: Target, around: FixSurroundings): TargetFix[] {
  const machine = machineOf(target, facts.header?.version ?? null);
  const report = predictedReport(facts, machine, target.name, around);
  return (
    fixCommands(report.remedies, { ...around, gpu: machine.computeCapability })
      // A build is for all targets, and comes after it.
      .filter(({ command, remedy }) => command !== '' && remedy.action.kind !== 'rebuild')
      .map(({ remedy: { title, detail }, command }) => ({ title, detail, command }))
  );
}

function rebuildFix(
  wrong: readonly Wrong[],
  refused: readonly ComputeCapability[],
  around: FixSurroundings,
): TargetFix[] {
  if (wrong.length === 0) return [];
  const streams = wrong.some(({ remedy }) => remedy?.action === 'weight-streaming');
  const title = `Rebuild for ${where(wrong)}${streams ? ' with weight streaming' : ''}`;
  const versions = [
    ...new Set(
      wrong.flatMap(({ target: { tensorrtRtx } }) =>
        tensorrtRtx === null ? [] : [threeParts(tensorrtRtx)],
      ),
    ),
  ];
  if (versions.length > 1) {
    const detail = `These targets have TensorRT-RTX ${joinWords(versions)}, and an engine runs with the version that built it only: build one for each.`;
    return [{ title, detail, command: null }];
  }
  const remedy: Remedy = {
    ...{ id: 'rebuild', title, detail: '', preferred: true, cures: [] },
    action: { kind: 'rebuild', choice: streams ? 'weight-streaming' : 'this-machine' },
  };
  // A cell may be wrong for its version first, and not be built for the GPU either.
  const alsoFor = wrong.flatMap(({ cell: { reasons, computeCapability } }) =>
    reasons.some(({ id }) => id === 'unsupported-compute-capability') &&
    !refused.includes(computeCapability)
      ? [computeCapability]
      : [],
  );
  const version = versions[0] ?? null;
  return commandOf(remedy, { ...around, alsoFor, version });
}

function otherModelFix(wrong: readonly Wrong[], around: FixSurroundings): TargetFix[] {
  const [first] = wrong;
  if (!first?.remedy) return [];
  const remedy: Remedy = {
    ...{ id: 'rebuild', preferred: true, cures: [] },
    ...{ title: first.remedy.title, detail: first.remedy.detail },
    action: { kind: 'buildFromOtherModel' },
  };
  return commandOf(remedy, { ...around, alsoFor: familiesOf(wrong) });
}

function commandOf(remedy: Remedy, around: FixSurroundings): TargetFix[] {
  const { title, detail } = remedy;
  return fixCommands([remedy], around).map(({ command }) => ({ title, detail, command }));
}

function trialFix(wrong: readonly Wrong[], around: FixSurroundings): TargetFix[] {
  const [first] = wrong;
  if (!first?.remedy) return [];
  const { title, detail } = first.remedy;
  return [{ title, detail, command: trialCommand(familiesOf(wrong), around) }];
}

function driverFix(wrong: readonly Wrong[]): TargetFix {
  return {
    title: `Update the NVIDIA Driver of ${where(wrong)}`,
    detail: 'The engine stays as it is.',
    command: null,
  };
}

const where = (wrong: readonly Wrong[]) => fewNames(wrong.map(({ target }) => target.name));
const familiesOf = (wrong: readonly Wrong[]): ComputeCapability[] =>
  wrong.map(({ cell }) => cell.computeCapability);
