/**
 * How latencies are spread. A few slow iterations must not squeeze all others into one bar: what lies far out is counted
 * as `above`, not drawn.
 */
import type { Histogram } from './runReport';
import { percentileOfSorted } from './statistics';

const mostBins = 48;
const leastBins = 8;
/** Of all values at least this share is drawn. Percent. */
const drawnPercent = 98;

/** null: there are no values. */
export function histogramOf(values: ArrayLike<number>): Histogram | null {
  const sorted = Float64Array.from(values).sort();
  const count = sorted.length;
  const first = sorted[0];
  const last = sorted[count - 1];
  if (first === undefined || last === undefined) return null;
  if (first === last) return { from: first, width: narrow(first), counts: [count], above: 0 };

  const end = drawnEnd(sorted, first, last);
  const drawn = countUpTo(sorted, end);
  const bins = binCount(sorted.subarray(0, drawn), end - first);
  const width = (end - first) / bins;
  const counts = Array<number>(bins).fill(0);
  for (let i = 0; i < drawn; i++) {
    const bin = Math.min(bins - 1, Math.floor(((sorted[i] ?? 0) - first) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { from: first, width, counts, above: count - drawn };
}

/** Everything, when nothing lies far out; else as far beyond the median as 6 times the way to the 90th percentile. */
function drawnEnd(sorted: Float64Array, first: number, last: number): number {
  const median = percentileOfSorted(sorted, 50);
  const most = percentileOfSorted(sorted, drawnPercent);
  const spread = Math.max(percentileOfSorted(sorted, 90) - median, median - first);
  const limit = Math.max(most, median + 6 * spread, first + narrow(first));
  return limit >= last ? last : limit;
}

function countUpTo(sorted: Float64Array, end: number): number {
  let count = sorted.length;
  while (count > 0 && (sorted[count - 1] ?? 0) > end) count -= 1;
  return count;
}

/** Freedman and Diaconis: twice the inner half's width over the cube root of the count. */
function binCount(sorted: Float64Array, range: number): number {
  const inner = percentileOfSorted(sorted, 75) - percentileOfSorted(sorted, 25);
  const width = (2 * inner) / Math.cbrt(sorted.length);
  const bins = width > 0 ? Math.ceil(range / width) : mostBins;
  return Math.min(mostBins, Math.max(Math.min(leastBins, sorted.length), bins));
}

const narrow = (value: number): number => Math.max(Math.abs(value) * 1e-3, 1e-6);
