/** Engines by target, as the Engines view groups them: below each target those that have a problem there. */
import type { EngineReport, Severity } from '../report/engineReport';
import { compareSeverity } from '../report/reportGroups';
import { refusedFamilies } from '../trial/recipeEvidence';
import { cellWords } from './cell';
import { cellRemedy } from './cellRemedy';
import { evidenceWords } from './engineOnTargets';
import {
  countsAsEngine,
  MatrixCells,
  MatrixCounter,
  severityOfCell,
  type SeverityByReason,
} from './matrix';
import { targetText, type Target } from './targets';

/** How an engine stands on the target of its group. */
export interface OnTarget {
  /** Of the target. */
  id: string;
  /** "needs weight streaming" */
  word: string;
  sentence: string;
  /** "Predicted" */
  howKnown: string;
  severity: Severity;
  fixable: boolean;
}

export interface TargetGroup<T> {
  /** The same as long as the group stands for the same. */
  id: string;
  label: string;
  /** "2 of 14 don't run" */
  count: string;
  /** What the target is; empty: the group is none. */
  facts: string;
  severity: Severity;
  /** on: null in groups that stand for no target. */
  rows: { engine: T; on: OnTarget | null }[];
}

interface ChosenTargets {
  targets: readonly Target[];
  severity: SeverityByReason;
}

/** A group for each target in their order, then the engines that are in none of these, then what is no engine of them. */
export function groupByTarget<T extends { report: EngineReport }>(
  engines: Iterable<T>,
  { targets, severity: chosen }: ChosenTargets,
  belongs: (engine: T) => boolean,
): TargetGroup<T>[] {
  const cells = new MatrixCells(targets);
  const counter = new MatrixCounter(targets, chosen);
  const ofTargets = targets.map((target): TargetGroup<T> => ({
    ...{ id: `target:${target.id}`, count: '', severity: 'ok', rows: [] },
    label: target.required ? target.name : `${target.name} (optional)`,
    facts: targetText(target),
  }));
  const fine = otherGroup<T>('fine', 'No problem on any target', 'ok');
  const others = otherGroup<T>('others', 'Not checked for targets', 'information');
  for (const engine of engines) {
    const { report } = engine;
    const row = belongs(engine) ? cells.ofReport(report).row : [];
    if (!countsAsEngine(report.kind, row) || row.length === 0) {
      others.rows.push({ engine, on: null });
      continue;
    }
    counter.add(report.kind, row);
    const refused = refusedFamilies(report.trial);
    let isFine = true;
    row.forEach((cell, at) => {
      const target = targets[at];
      const group = ofTargets[at];
      if (!target || !group || cell.cell === null) return;
      const severity = severityOfCell(cell, target, chosen);
      if (severity === 'ok') return;
      isFine = false;
      if (compareSeverity(severity, group.severity) < 0) group.severity = severity;
      const on: OnTarget = {
        ...{ id: target.id, severity, sentence: cell.sentence },
        word: cellWords[cell.cell],
        howKnown: evidenceWords[cell.evidence],
        fixable: cellRemedy(cell, refused) !== null,
      };
      group.rows.push({ engine, on });
    });
    if (isFine) fine.rows.push({ engine, on: null });
  }
  const { engines: all, targets: counts } = counter.summary();
  ofTargets.forEach((group, at) => (group.count = countText(counts[at]?.runs ?? 0, all)));
  return [
    ...ofTargets,
    ...[fine, others]
      .filter(({ rows }) => rows.length > 0)
      .map((group) => ({ ...group, count: String(group.rows.length) })),
  ];
}

function otherGroup<T>(id: string, label: string, severity: Severity): TargetGroup<T> {
  return { id: `target-${id}`, label, count: '', facts: '', severity, rows: [] };
}

function countText(runs: number, all: number): string {
  const not = all - runs;
  if (all === 0) return 'no engines';
  if (not > 0) return `${not} of ${all} ${not === 1 ? "doesn't" : "don't"} run`;
  return all === 1 ? '1 runs' : `all ${all} run`;
}
