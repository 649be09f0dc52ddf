/** Numbers that may be missing, and what of a run is shown where one number is. */
import { formatBytes } from '../../../core/text/formats';
import { formatMilliseconds, formatValue } from '../../../core/run/runFormats';
import type { AttemptReport, RunReport } from '../../../core/run/runReport';
import { budgetName } from '../../../core/run/weightBudget';
import { strings } from './strings';

type Maybe = number | null | undefined;

export const msOr = (ms: Maybe) =>
  ms === null || ms === undefined ? strings.nothing : formatMilliseconds(ms);
export const bytesOr = (bytes: Maybe) =>
  bytes === null || bytes === undefined ? strings.nothing : formatBytes(bytes);
export const valueOr = (value: Maybe) =>
  value === null || value === undefined ? strings.nothing : formatValue(value).replace('-', '−');

/** "118 /s" */
export function throughputOr(perSecond: Maybe): string {
  if (perSecond === null || perSecond === undefined) return strings.nothing;
  const digits = perSecond >= 99.5 ? Math.round(perSecond) : Number(perSecond.toPrecision(3));
  return strings.perSecond(String(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ','));
}

/** "1×3×720×1280" */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.map((size) => (size < 0 ? '?' : size)).join('×');
}

/** Which attempt's numbers stand at the top: what was clicked, else the answer's, else the first that worked. */
export function shownAttempt(
  report: RunReport,
  chosen: { run: string; index: number } | null,
): number | null {
  if (report.attempts.length === 0) return null;
  if (chosen?.run === report.id && chosen.index < report.attempts.length) return chosen.index;
  const { points = [], knee = null, goal = null } = report.sweep ?? {};
  const answer = goal ? points.find(({ budget }) => budget === goal.budget) : points[knee ?? -1];
  if (answer && answer.attempt < report.attempts.length) return answer.attempt;
  const worked = report.attempts.findIndex(({ failure }) => failure === null);
  return Math.max(0, worked);
}

export function attemptOf(
  report: RunReport,
  chosen: { run: string; index: number } | null,
): AttemptReport | null {
  const index = shownAttempt(report, chosen);
  return index === null ? null : (report.attempts[index] ?? null);
}

/** "2.4 GiB", "7 budgets", "Everything": what a row of the recent runs says. */
export function budgetText(report: RunReport): string {
  if (report.kind === 'reference') return strings.nothing;
  if (report.kind === 'sweep') return strings.budgetCount(report.attempts.length);
  const taken = report.attempts[0]?.budget ?? null;
  if (report.streamable === 0) return strings.everything;
  if (taken === null) return budgetName(report.choices.budget);
  return report.streamable !== null && taken >= report.streamable
    ? strings.everything
    : formatBytes(taken);
}

export function medianOf(report: RunReport): number | null {
  return report.kind === 'reference'
    ? (report.reference?.ms ?? null)
    : (attemptOf(report, null)?.latency?.median ?? null);
}
