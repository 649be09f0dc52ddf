/** Two runs side by side: the rows of the table. Pure: the numbers are the reports' own. */
import { formatBytes } from '../../../core/text/formats';
import { formatMilliseconds } from '../../../core/run/runFormats';
import type { RunReport } from '../../../core/run/runReport';
import { attemptOf, budgetText, bytesOr, medianOf, msOr, throughputOr } from './numbers';
import { strings } from './strings';

export interface DifferenceRow {
  name: string;
  a: string;
  b: string;
  /** Of b against a: "−1.2 ms (−14 %)"; empty: not comparable. */
  difference: string;
  /** b is better, worse; null: neither can be said. */
  better: boolean | null;
}

type Format = (value: number) => string;

export function differenceRows(a: RunReport, b: RunReport): DifferenceRow[] {
  const [one, other] = [attemptOf(a, null), attemptOf(b, null)];
  const row = (
    name: string,
    x: number | null | undefined,
    y: number | null | undefined,
    shown: (value: number | null | undefined) => string,
    format: Format,
    lessIsBetter: boolean | null,
  ): DifferenceRow => ({
    name,
    a: shown(x),
    b: shown(y),
    difference:
      x === null || x === undefined || y === null || y === undefined
        ? ''
        : differenceText(x, y, format),
    better:
      lessIsBetter === null || x === null || x === undefined || y === null || y === undefined
        ? null
        : shown(x) === shown(y)
          ? null
          : y < x === lessIsBetter,
  });
  const ms = (
    name: string,
    x: number | null | undefined,
    y: number | null | undefined,
    lessIsBetter: boolean | null = true,
  ) => row(name, x, y, msOr, formatMilliseconds, lessIsBetter);
  const bytes = (
    name: string,
    x: number | null | undefined,
    y: number | null | undefined,
    lessIsBetter: boolean | null = true,
  ) => row(name, x, y, bytesOr, formatBytes, lessIsBetter);
  const text = (name: string, x: string, y: string): DifferenceRow => ({
    name,
    a: x,
    b: y,
    difference: x === y ? strings.same : '',
    better: null,
  });
  return [
    text(strings.differenceText.kind, strings.kind[a.kind], strings.kind[b.kind]),
    text(strings.budgetTaken, budgetText(a), budgetText(b)),
    ms(strings.statistic.median, medianOf(a), medianOf(b)),
    ms(strings.statistic.p95, one?.latency?.p95, other?.latency?.p95),
    ms(strings.statistic.p99, one?.latency?.p99, other?.latency?.p99),
    row(
      strings.differenceText.throughput,
      one?.throughput,
      other?.throughput,
      throughputOr,
      (value) => throughputOr(value),
      false,
    ),
    bytes(strings.differenceText.peak, one?.memory.peak, other?.memory.peak),
    ms(strings.firstRun, one?.firstRunMs, other?.firstRunMs),
    ms(strings.load, a.loadMs, b.loadMs),
    text(strings.differenceText.runtime, a.runtime?.version ?? '', b.runtime?.version ?? ''),
    text(strings.differenceText.gpu, a.gpu?.name ?? '', b.gpu?.name ?? ''),
  ]
    .filter((line) => line.a !== strings.nothing || line.b !== strings.nothing)
    .filter((line) => line.a !== '' || line.b !== '');
}

/** "−1.2 ms (−14 %)" */
export function differenceText(a: number, b: number, format: Format): string {
  const by = b - a;
  if (by === 0 || (a !== 0 && Math.abs(by / a) < 0.0005)) return strings.same;
  const sign = by > 0 ? '+' : '−';
  const size = `${sign}${format(Math.abs(by))}`;
  if (a === 0) return size;
  const percent = Math.abs(by / a) * 100;
  return `${size} (${sign}${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %)`;
}
