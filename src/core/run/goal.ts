/**
 * Tuning by goal: the weight streaming budget with which an engine fits into so much GPU memory, or runs under so many
 * milliseconds. Memory grows with the budget and latency falls, so halving finds it; what was found is measured again.
 */
import { formatBytes } from '../text/formats';
import { formatMilliseconds } from './runFormats';
import type { AttemptReport, Goal, GoalReport } from './runReport';
import { takenMemory } from './sweep';

/** The answer is as exact as this share of the streamable weights. */
const exactness = 1 / 32;
/** Where measurements vary a lot, one more tells nothing. */
const mostAttempts = 16;

/** One budget with everything that was measured with it. */
interface Tried {
  budget: number;
  attempts: AttemptReport[];
  /** null: it can't be told, because it failed for another reason or memory couldn't be read. */
  meets: boolean | null;
}

/** What to measure next; empty: nothing more is to be learned. */
export function nextBudgets(
  goal: Goal,
  streamable: number,
  attempts: readonly AttemptReport[],
): number[] {
  if (streamable <= 0 || attempts.length >= mostAttempts) return [];
  if (attempts.length === 0) return [streamable, 0];
  const tried = triedBudgets(goal, attempts);
  if (tried.some(({ meets }) => meets === null)) return [];
  const { good, bad } = bounds(goal, tried);
  if (!good) return [];
  if (bad && Math.abs(good.budget - bad.budget) > Math.max(1, streamable * exactness)) {
    return [Math.round((good.budget + bad.budget) / 2)];
  }
  return good.attempts.length < 2 ? [good.budget] : [];
}

/** Of the attempts in the order in which they were measured. */
export function goalReport(
  goal: Goal,
  streamable: number | null,
  attempts: readonly AttemptReport[],
): GoalReport {
  const tried = triedBudgets(goal, attempts);
  const { good, bad } = bounds(goal, tried);
  const unknown = tried.find(({ meets }) => meets === null);
  if (unknown) {
    return { goal, budget: null, confidence: 'none', sentence: unknownSentence(goal, unknown) };
  }
  if (!good) {
    return { goal, budget: null, confidence: 'none', sentence: outOfReach(goal, tried) };
  }
  // The library may have taken another budget than was asked for.
  const budget = good.attempts[0]?.budget ?? good.budget;
  const twice = good.attempts.length > 1;
  const all = streamable !== null && budget >= streamable;
  const kept = all
    ? `all ${formatBytes(budget)} of weights`
    : `${formatBytes(budget)} of ${formatBytes(streamable ?? 0)} of weights`;
  const measured = [
    `${goalText(goal)} with ${kept} on the GPU: ${worst(goal, good.attempts)}.`,
    twice ? 'Measured twice.' : 'Measured once.',
    ...(bad && !all && streamable !== null ? [nextTo(goal, good, bad)] : []),
  ];
  return {
    goal,
    budget,
    confidence: twice ? 'twice' : 'once',
    sentence: measured.join(' '),
  };
}

/** "Fits in 6 GiB" */
export function goalText(goal: Goal): string {
  return goal.kind === 'memory'
    ? `Fits in ${formatBytes(goal.bytes)} of GPU memory`
    : `Under ${formatMilliseconds(goal.ms)}`;
}

/** By the budget that was asked for, each once: what meets the goal once and misses it once, misses it. */
function triedBudgets(goal: Goal, attempts: readonly AttemptReport[]): Tried[] {
  const byBudget = new Map<number, AttemptReport[]>();
  for (const attempt of attempts) {
    const budget = attempt.budgetAsked ?? attempt.budget;
    if (budget === null) continue;
    byBudget.set(budget, [...(byBudget.get(budget) ?? []), attempt]);
  }
  return [...byBudget].map(([budget, own]) => {
    const each = own.map((attempt) => meetsGoal(goal, attempt));
    const meets = each.includes(null) ? null : !each.includes(false);
    return { budget, attempts: own, meets };
  });
}

function meetsGoal(goal: Goal, attempt: AttemptReport): boolean | null {
  // It takes more than there is.
  if (attempt.failure?.code === 'gpu-out-of-memory') return false;
  if (attempt.failure !== null) return null;
  if (goal.kind === 'latency') {
    return attempt.latency === null ? null : attempt.latency.p95 <= goal.ms;
  }
  const memory = takenMemory(attempt);
  return memory === null ? null : memory <= goal.bytes;
}

/** The best that meets the goal, and its neighbour that doesn't; memory wants the largest budget, latency the smallest. */
function bounds(goal: Goal, tried: readonly Tried[]): { good?: Tried; bad?: Tried } {
  const outwards = [...tried].sort((a, b) =>
    goal.kind === 'memory' ? a.budget - b.budget : b.budget - a.budget,
  );
  // Measurements vary: what lies beyond one that missed the goal doesn't count, but everything on the GPU always does.
  const everything = goal.kind === 'memory' ? outwards.at(-1) : undefined;
  if (everything?.meets === true) return { good: everything };
  const missed = outwards.findIndex(({ meets }) => meets !== true);
  const good = outwards[(missed < 0 ? outwards.length : missed) - 1];
  const bad = missed < 0 ? undefined : outwards[missed];
  return { ...(good && { good }), ...(bad && { bad }) };
}

function worst(goal: Goal, attempts: readonly AttemptReport[]): string {
  const memories = attempts.flatMap((attempt) => takenMemory(attempt) ?? []);
  const memory =
    memories.length === 0 ? '' : `it takes ${formatBytes(Math.max(...memories))} of GPU memory`;
  const latencies = attempts.flatMap(({ latency }) => latency ?? []);
  const median = Math.max(...latencies.map((latency) => latency.median));
  const p95 = Math.max(...latencies.map((latency) => latency.p95));
  if (latencies.length === 0) return memory;
  const speed =
    goal.kind === 'latency'
      ? `95 of 100 runs took at most ${formatMilliseconds(p95)}`
      : `${formatMilliseconds(median)} median`;
  if (memory === '') return speed;
  return goal.kind === 'latency' ? `${speed}, and ${memory}` : `${memory}, ${speed}`;
}

function nextTo(goal: Goal, good: Tried, bad: Tried): string {
  const step = formatBytes(Math.abs(good.budget - bad.budget));
  return goal.kind === 'memory'
    ? `${step} more doesn't fit.`
    : `With ${step} less it is not under ${formatMilliseconds(goal.ms)}.`;
}

function outOfReach(goal: Goal, tried: readonly Tried[]): string {
  if (goal.kind === 'memory') {
    const least = tried.flatMap(({ attempts }) =>
      attempts.flatMap((attempt) => takenMemory(attempt) ?? []),
    );
    return least.length === 0
      ? `It doesn't fit in ${formatBytes(goal.bytes)} at any budget.`
      : `It doesn't fit in ${formatBytes(goal.bytes)} at any budget: it takes at least ${formatBytes(Math.min(...least))} of GPU memory.`;
  }
  const fastest = tried.flatMap(({ attempts }) =>
    attempts.flatMap(({ latency }) => latency?.p95 ?? []),
  );
  return fastest.length === 0
    ? `It is not under ${formatMilliseconds(goal.ms)} at any budget.`
    : `It is not under ${formatMilliseconds(goal.ms)} at any budget: at best 95 of 100 runs took at most ${formatMilliseconds(Math.min(...fastest))}.`;
}

function unknownSentence(goal: Goal, { budget, attempts }: Tried): string {
  const failure = attempts.find((attempt) => attempt.failure !== null)?.failure;
  if (failure) return `The search ended at a budget of ${formatBytes(budget)}: ${failure.sentence}`;
  return goal.kind === 'memory'
    ? "GPU memory can't be read here, so what fits is not known."
    : 'Nothing was measured.';
}
