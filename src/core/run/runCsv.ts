/** Numbers of a run as CSV (RFC 4180), exact, unknown values empty: one line an attempt, or one a layer. */
import { plainText } from '../text/plainText';
import type { AttemptReport, RunReport } from './runReport';

type Cell = string | number | null;

const columns: [string, (attempt: AttemptReport, report: RunReport, index: number) => Cell][] = [
  ['budget asked bytes', ({ budgetAsked }) => budgetAsked],
  ['budget bytes', ({ budget }) => budget],
  ['scratch bytes', ({ scratch }) => scratch],
  ['device memory bytes', ({ deviceMemory }) => deviceMemory],
  ['gpu memory before bytes', ({ memory }) => memory.before],
  ['gpu memory loaded bytes', ({ memory }) => memory.loaded],
  ['gpu memory ready bytes', ({ memory }) => memory.ready],
  ['gpu memory peak bytes', ({ memory }) => memory.peak],
  ['gpu memory after bytes', ({ memory }) => memory.after],
  ['context ms', ({ contextMs }) => contextMs],
  ['first run ms', ({ firstRunMs }) => firstRunMs],
  ['iterations', ({ latency }) => latency?.count ?? null],
  ['mean ms', ({ latency }) => latency?.mean ?? null],
  ['median ms', ({ latency }) => latency?.median ?? null],
  ['p90 ms', ({ latency }) => latency?.p90 ?? null],
  ['p95 ms', ({ latency }) => latency?.p95 ?? null],
  ['p99 ms', ({ latency }) => latency?.p99 ?? null],
  ['min ms', ({ latency }) => latency?.min ?? null],
  ['max ms', ({ latency }) => latency?.max ?? null],
  ['gpu median ms', ({ gpuTime }) => gpuTime?.median ?? null],
  ['enqueue median ms', ({ enqueueTime }) => enqueueTime?.median ?? null],
  ['inferences per second', ({ throughput }) => throughput],
  ['knee', (_, { sweep }, index) => (isKnee(sweep, index) ? 'yes' : null)],
  ['failure', ({ failure }) => failure?.sentence ?? null],
];

export function runCsv(report: RunReport): string {
  return csv([
    columns.map(([title]) => title),
    ...report.attempts.map((attempt, index) =>
      columns.map(([, cell]) => cell(attempt, report, index)),
    ),
  ]);
}

/** Slowest first; of the first attempt. */
export function layerTimesCsv(report: RunReport): string {
  const layers = [...(report.attempts[0]?.layers ?? [])].sort((a, b) => b.mean - a.mean);
  return csv([
    ['layer', 'mean ms', 'share'],
    ...layers.map(({ name, mean, share }): Cell[] => [name, mean, share]),
  ]);
}

function isKnee(sweep: RunReport['sweep'], attempt: number): boolean {
  return sweep !== null && sweep.knee !== null && sweep.points[sweep.knee]?.attempt === attempt;
}

function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet takes a text that begins so for a formula, and names come from a file.
  const text = plainText(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
