/** What stands where in the view "Engines". Pure. */
import type { EngineReport, Severity, Verdict } from '../core/report/engineReport';

/** Worst first. */
const order: readonly Verdict[] = ['invalid', 'suboptimal', 'unchecked', 'valid'];

export interface EngineFacts {
  /** Below the workspace, for the order. */
  path: string;
  verdict: Verdict;
}

export interface GroupNode<T> {
  verdict: Verdict;
  engines: T[];
}

export interface DetailNode {
  /** Within its engine; the same after a check that changed nothing. */
  id: string;
  label: string;
  value: string;
  severity?: Severity;
}

/** Groups without engines are left out; within a group the order is that of the paths, numbers as numbers. */
export function groupNodes<T extends EngineFacts>(engines: readonly T[]): GroupNode<T>[] {
  const collator = new Intl.Collator('en', { numeric: true });
  return order.flatMap((verdict) => {
    const group = engines
      .filter((engine) => engine.verdict === verdict)
      .sort((a, b) => collator.compare(a.path, b.path));
    return group.length === 0 ? [] : [{ verdict, engines: group }];
  });
}

/** Its reasons, then what it was built for beside this machine, then the file. */
export function detailNodes(report: EngineReport): DetailNode[] {
  const nodes: DetailNode[] = report.reasons.map(({ id, sentence, severity }, index) => ({
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
