/** Each reason as a rule of a linter: its name and what to do about it, for SARIF and for help. */
import type { ReasonId } from '../report/engineReport';
import { reasonIds, reasonTable, type ReasonRow } from '../report/reasonTable';
import { targetReasonIds, type TargetReasonId } from '../targets/cell';

export interface Rule {
  id: TargetReasonId;
  /** A sentence: what is wrong. */
  title: string;
  /** What to do. */
  help: string;
}

/** What only a target can have. */
const ofTargets: Readonly<Record<Exclude<TargetReasonId, ReasonId>, ReasonRow['rule']>> = {
  'borderline-gpu-memory': {
    title: 'The weights need nearly all of the memory of the GPU.',
    help: `Build the engine again from its model with weight streaming, or try it on such a board.`,
  },
};

const texts: Readonly<Record<TargetReasonId, ReasonRow['rule']>> = {
  ...(Object.fromEntries(reasonIds.map((id) => [id, reasonTable[id].rule])) as Record<
    ReasonId,
    ReasonRow['rule']
  >),
  ...ofTargets,
};

export const rules: readonly Rule[] = [
  ...new Set<TargetReasonId>([...reasonIds, ...targetReasonIds]),
].map((id) => ({ id, ...texts[id] }));

const byId = new Map<string, Rule>(rules.map((rule) => [rule.id, rule]));

export function ruleOf(id: ReasonId | (string & {})): Rule | null {
  return byId.get(id) ?? null;
}
