/**
 * What stands where in the view "Engines": engines by reason, by folder or flat, filtered and sorted. Sorting is done for
 * the group that is opened only, because ten thousand engines change in batches. By target they are grouped in
 * core/targets/targetGroups.ts. Pure.
 */
import type { EngineReport, Severity } from '../core/report/engineReport';
import {
  compareSeverity,
  groupOf,
  groupOrder,
  reportGroups,
  type ReportGroup,
} from '../core/report/reportGroups';
import type { OnTarget } from '../core/targets/targetGroups';

export const groupings = ['reason', 'target', 'folder', 'none'] as const;
export type Grouping = (typeof groupings)[number];
export const sortings = ['severity', 'path', 'size', 'changed'] as const;
export type Sorting = (typeof sortings)[number];

export interface Arrangement {
  grouping: Grouping;
  sorting: Sorting;
  /** Words that path or reason have to hold; empty: all. */
  filter: string;
  onlyProblems: boolean;
}

export const firstArrangement: Arrangement = {
  grouping: 'reason',
  sorting: 'severity',
  filter: '',
  onlyProblems: false,
};

export interface EngineFacts {
  report: EngineReport;
}

/** Of an engine below the workspace, with slashes. Asked where it counts only: of ten thousand, few are looked at. */
export type PathOf<T> = (engine: T) => string;

export interface GroupNode<T> {
  /** The same as long as the group stands for the same. */
  id: string;
  label: string;
  /** Of its worst engine. */
  severity: Severity;
  /** Of groups by reason. */
  reason: ReportGroup | null;
  /** As they came. */
  engines: T[];
}

export interface DetailNode {
  /** Within its engine; the same after a check that changed nothing. */
  id: string;
  label: string;
  value: string;
  severity?: Severity;
}

/** Groups worst first (folders by name), files of other programs last, empty ones left out; one group of all where nothing is grouped. */
export function groupNodes<T extends EngineFacts>(
  engines: Iterable<T>,
  { grouping, filter, onlyProblems }: Arrangement,
  pathOf: PathOf<T>,
): GroupNode<T>[] {
  const groups = new Map<string, GroupNode<T>>();
  for (const engine of filtered(engines, filter, pathOf)) {
    const { report } = engine;
    if (onlyProblems && !isProblem(report)) continue;
    const reason = groupOf(report);
    const key =
      grouping === 'reason' ? reason : grouping === 'folder' ? folderOf(pathOf(engine)) : '';
    let group = groups.get(key);
    if (!group) {
      group = {
        id: `${grouping}:${key}`,
        label: grouping === 'reason' ? reportGroups[reason].title : key,
        severity: 'ok',
        reason: grouping === 'reason' ? reason : null,
        engines: [],
      };
      groups.set(key, group);
    }
    group.engines.push(engine);
    if (compareSeverity(report.severity, group.severity) < 0) group.severity = report.severity;
  }
  const all = [...groups.values()];
  return grouping === 'reason'
    ? all.sort(
        (a, b) =>
          Number(isForeign(a)) - Number(isForeign(b)) ||
          compareSeverity(a.severity, b.severity) ||
          placeOf(a.reason) - placeOf(b.reason),
      )
    : all.sort((a, b) => compareNames(a.label, b.label));
}

/** Those whose path or reason holds the words. */
export function filtered<T extends EngineFacts>(
  engines: Iterable<T>,
  filter: string,
  pathOf: PathOf<T>,
): T[] {
  if (filter.trim() === '') return [...engines];
  const matches = matcher(filter);
  return [...engines].filter((engine) => matches(pathOf(engine), groupOf(engine.report)));
}

/** A group's engines in their order, numbers in names as numbers. */
export function sorted<T extends EngineFacts>(
  engines: readonly T[],
  sorting: Sorting,
  pathOf: PathOf<T>,
  severityOf: (engine: T) => Severity = ({ report }) => report.severity,
): T[] {
  const by = (a: T, b: T): number => {
    switch (sorting) {
      case 'severity':
        return compareSeverity(severityOf(a), severityOf(b));
      case 'size':
        return (b.report.size ?? -1) - (a.report.size ?? -1);
      case 'changed':
        return (b.report.modified ?? -1) - (a.report.modified ?? -1);
      case 'path':
        return 0;
    }
  };
  return [...engines].sort((a, b) => by(a, b) || compareNames(pathOf(a), pathOf(b)));
}

/** Whether somebody has to do something about it. */
export function isProblem({ severity }: EngineReport): boolean {
  return severity === 'error' || severity === 'warning';
}

/** What a number in sight may count: problems of engines that something here can be done about. */
export function canBeCured(report: EngineReport): boolean {
  return (
    isProblem(report) &&
    groupOf(report) !== 'foreign' &&
    report.remedies.some(({ cures }) => cures.length > 0)
  );
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

/** Files of other programs: last and closed, so that they hide no engine. */
export function isForeign({ reason }: Pick<GroupNode<unknown>, 'reason'>): boolean {
  return reason === 'foreign';
}

function placeOf(reason: ReportGroup | null): number {
  return reason === null ? -1 : groupOrder.indexOf(reason);
}

function matcher(filter: string): (path: string, reason: ReportGroup) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return (path, reason) => {
    const text = `${path} ${reportGroups[reason].title}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** Made when it is first asked: making one loads tables for milliseconds. */
let collator: Intl.Collator | undefined;
function compareNames(one: string, other: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(one, other);
}

/** Its reasons, on this machine or on the target of its group, then what it was built for, then the file. */
export function detailNodes(report: EngineReport, on: OnTarget | null = null): DetailNode[] {
  const nodes: DetailNode[] = on
    ? [
        { id: 'target', label: on.sentence, value: '', severity: on.severity },
        { id: 'howKnown', label: 'How we know', value: on.howKnown },
      ]
    : report.reasons.map(({ id, sentence, severity }, index) => ({
        id: `reason:${id}:${index}`,
        label: sentence,
        value: '',
        severity,
      }));
  if (report.header) {
    nodes.push({ id: 'version', label: 'TensorRT-RTX', value: report.header.version });
  }
  if (report.runsOnSentence !== '') {
    nodes.push({ id: 'runsOn', label: 'Runs on', value: report.runsOnSentence });
  }
  report.fileRows.forEach(({ label, value }, index) => {
    nodes.push({ id: `file:${index}`, label, value });
  });
  return nodes;
}
