/**
 * When a failure may speak up: one message, once, and only when somebody is waiting for it or has to know. Pure, so the
 * rule is tested; errors.ts does what it says.
 */

import type { FailureCode } from '../core/wire/failure';

export interface Occurrence {
  code: FailureCode;
  /** What would be shown: equal sentences are the same failure. */
  sentence: string;
  /** A person started what failed, and looks for an answer. */
  asked: boolean;
}

export type Reveal = 'message' | 'log' | 'nothing';

/** Failures that have to be known even when nobody asked: checks stop, or just stopped, working. */
const loudCodes = new Set([
  'host-exited',
  'host-crash-budget',
  'host-timeout',
  'host-start-failed',
]);

/** The same sentence stays quiet this long unless somebody asked again. Milliseconds. */
export const quietMs = 60_000;

/** shown: sentence → when it was last shown, ms. */
export function decideReveal(
  failure: Occurrence,
  shown: ReadonlyMap<string, number>,
  now: number,
): Reveal {
  if (failure.code === 'cancelled') return 'nothing';
  if (failure.asked) return 'message';
  if (!loudCodes.has(failure.code)) return 'log';
  const last = shown.get(failure.sentence);
  return last !== undefined && now - last < quietMs ? 'log' : 'message';
}
