/**
 * Times of layers, ours (IProfiler, RunReport) and NVIDIA's (trtexec --exportProfile), joined with the rows of the table by
 * name. The same name may stand there several times: then the times are handed out in order.
 */
import type { LayerTime } from '../run/runReport';
import { exactName, type LayersDocument } from './layers';

export interface LayerTimes {
  /** By index of the row: mean milliseconds; null: no time for it. */
  ms: (number | null)[];
  /** Sum of all times, joined or not. */
  total: number;
  /** Times whose layer is not in the table. */
  unmatched: LayerTime[];
}

export function joinTimes(document: LayersDocument, times: readonly LayerTime[]): LayerTimes {
  const waiting = new Map<string, LayerTime[]>();
  for (const time of times) {
    const list = waiting.get(time.name);
    if (list) list.push(time);
    else waiting.set(time.name, [time]);
  }
  const next = new Map<string, number>();
  const ms = document.rows.map((_row, index) => {
    const name = exactName(document, index);
    const list = waiting.get(name);
    const at = next.get(name) ?? 0;
    const time = list?.[at];
    if (time === undefined) return null;
    next.set(name, at + 1);
    return time.mean;
  });
  const unmatched: LayerTime[] = [];
  for (const [name, list] of waiting) unmatched.push(...list.slice(next.get(name) ?? 0));
  return { ms, total: times.reduce((sum, time) => sum + time.mean, 0), unmatched };
}
