/** What checking all engines came to, in a sentence. Pure. */
import type { EngineReport } from '../core/report/engineReport';
import { groupOf, groupOrder, reportGroups } from '../core/report/reportGroups';

/** "315 engines checked: 36 built by another version of TensorRT-RTX, 106 run here, 173 not a TensorRT-RTX engine." */
export function checkSummary(reports: readonly EngineReport[]): string {
  const counts = new Map<string, number>();
  for (const report of reports) {
    const group = groupOf(report);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const parts = groupOrder.flatMap((group) => {
    const count = counts.get(group);
    return count === undefined ? [] : [`${count} ${reportGroups[group].counted}`];
  });
  const all = reports.length;
  return `${all} ${all === 1 ? 'engine' : 'engines'} checked: ${parts.join(', ')}.`;
}
