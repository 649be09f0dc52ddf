/** Latency against memory over several budgets, and the point worth choosing. */
import { formatBytes } from '../text/formats';
import { formatMilliseconds, formatPercent } from './runFormats';
import type { AttemptReport, SweepReport } from './runReport';

/** The knee is the least memory at this share of full speed, at least. */
const nearlyFullSpeed = 0.95;
/** Less memory than this share of what the fastest takes is not worth a word. */
const worthSaving = 0.01;

/** In the order of the attempts. */
export function makeSweep(
  attempts: readonly AttemptReport[],
  streamable: number | null,
): SweepReport {
  const points = attempts.flatMap((attempt, index) => {
    const budget = attempt.budget ?? attempt.budgetAsked;
    if (budget === null) return [];
    return [
      {
        budget,
        memory: takenMemory(attempt),
        median: attempt.failure === null ? (attempt.latency?.median ?? null) : null,
        attempt: index,
      },
    ];
  });
  const knee = kneeOf(points, streamable);
  return { points, knee, sentence: sweepSentence(points, knee), goal: null };
}

type Point = SweepReport['points'][number];

/** What the engine took of the GPU at its most: others' memory is not counted where that can be told. */
export function takenMemory({ memory }: AttemptReport): number | null {
  const most = memory.peak ?? memory.ready;
  if (most === null) return null;
  return memory.before === null ? most : Math.max(0, most - memory.before);
}

/**
 * Where memory could not be read, or reads the same although less is kept, the weights that are kept stand for it.
 */
function kneeOf(points: readonly Point[], streamable: number | null): number | null {
  const measured = points.flatMap((point, index) =>
    point.median === null ? [] : [{ median: point.median, cost: costOf(point, points), index }],
  );
  const fastest = measured.reduce<(typeof measured)[number] | null>(
    (best, point) => (best === null || point.median < best.median ? point : best),
    null,
  );
  if (fastest === null || measured.length < 2) return null;
  const most = Math.max(...measured.map(({ cost }) => cost));
  const near = measured
    .filter(({ median }) => fastest.median >= nearlyFullSpeed * median)
    .sort((a, b) => a.cost - b.cost || a.median - b.median);
  const knee = near[0];
  if (knee === undefined) return null;
  const saved = most - knee.cost;
  return saved > worthSaving * Math.max(most, streamable ?? 0) ? knee.index : null;
}

function costOf(point: Point, points: readonly Point[]): number {
  const known = points.every(({ memory }) => memory !== null);
  return known && point.memory !== null ? point.memory : point.budget;
}

function sweepSentence(points: readonly Point[], knee: number | null): string {
  const measured = points.filter((point) => point.median !== null);
  if (points.length === 0)
    return 'There is nothing to sweep: no weights of this engine can be streamed.';
  if (measured.length === 0) return `None of ${count(points.length)} could be measured.`;
  const failed = points.length - measured.length;
  const tail = failed === 0 ? '' : ` ${failed} of ${count(points.length)} could not be measured.`;
  const medians = measured.map(({ median }) => median ?? 0);
  const fastest = Math.min(...medians);
  const range = `${formatMilliseconds(fastest)} to ${formatMilliseconds(Math.max(...medians))} median over ${count(measured.length)}`;
  const point = knee === null ? undefined : points[knee];
  if (point === undefined || point.median === null) {
    return measured.length === 1
      ? `${formatMilliseconds(fastest)} median at ${formatBytes(measured[0]?.budget ?? 0)}.${tail}`
      : `${range}. No budget stands out: less memory costs speed at once.${tail}`;
  }
  const saved = Math.max(...measured.map((other) => costOf(other, points))) - costOf(point, points);
  return `${formatPercent(fastest / point.median)} of full speed, ${formatBytes(saved)} less: at a budget of ${formatBytes(point.budget)}, ${formatMilliseconds(point.median)} median.${tail}`;
}

const count = (budgets: number): string => `${budgets} ${budgets === 1 ? 'budget' : 'budgets'}`;
