/** Latencies as numbers. */
import type { Statistics } from './runReport';

/** null: there are no values. They stay as they are. */
export function statisticsOf(values: ArrayLike<number>): Statistics | null {
  const sorted = Float64Array.from(values).sort();
  const count = sorted.length;
  if (count === 0) return null;
  let sum = 0;
  for (const value of sorted) sum += value;
  const mean = sum / count;
  let squares = 0;
  for (const value of sorted) squares += (value - mean) ** 2;
  return {
    count,
    mean,
    median: percentileOfSorted(sorted, 50),
    p90: percentileOfSorted(sorted, 90),
    p95: percentileOfSorted(sorted, 95),
    p99: percentileOfSorted(sorted, 99),
    min: percentileOfSorted(sorted, 0),
    max: percentileOfSorted(sorted, 100),
    standardDeviation: Math.sqrt(squares / count),
  };
}

/** Nearest rank: the least value that at least `percent` of all values do not exceed. A value that was really seen. */
export function percentileOfSorted(sorted: ArrayLike<number>, percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? NaN;
}
