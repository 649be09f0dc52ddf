/**
 * When an engine host is started, closed, started again and given up: a pure state machine, one per runtime. The
 * supervisor feeds it events and does what it says; nothing else decides.
 *
 * Crash budget: after `maxRestarts` crashes within `windowMs` the next one stops the host for good, with one message,
 * until the user asks again.
 */
import { assertNever } from '../../core/text/assertNever';
import type { Failure } from '../../core/wire/failure';

export interface CrashBudget {
  maxRestarts: number;
  windowMs: number;
}
export const defaultCrashBudget: CrashBudget = { maxRestarts: 4, windowMs: 3 * 60_000 };

/** `crashes`: when the last crashes were, ms, oldest first, none older than the window. */
export type HostLifecycle =
  | { state: 'absent'; crashes: readonly number[] }
  | { state: 'starting'; crashes: readonly number[] }
  | { state: 'ready'; crashes: readonly number[] }
  /** The process is asked to end; whoever needs it meanwhile waits for the next one. */
  | { state: 'closing'; crashes: readonly number[] }
  /** The library answered that it cannot be used (no crash): asked again only when the file or the user's mind changed. */
  | { state: 'refused'; crashes: readonly number[]; error: Failure }
  /** The crash budget is used up. */
  | { state: 'given-up'; crashes: readonly number[] };

export type HostEvent =
  | { event: 'needed' }
  | { event: 'started' }
  | { event: 'load-refused'; error: Failure }
  | { event: 'crashed'; at: number }
  /** Killed on purpose, e.g. because a cancelled build did not stop: costs nothing. */
  | { event: 'killed-on-purpose' }
  | { event: 'idle' }
  | { event: 'closed' }
  /** The user asked again, or the library file changed. */
  | { event: 'asked-again' };

export type HostAction =
  'none' | 'start' | 'use' | 'wait' | 'close' | 'refuse' | 'give-up' | 'refuse-given-up';

export const initialLifecycle: HostLifecycle = { state: 'absent', crashes: [] };

/** The next state and what the supervisor has to do. Events that do not fit the state change nothing. */
export function stepLifecycle(
  now: HostLifecycle,
  event: HostEvent,
  budget: CrashBudget = defaultCrashBudget,
): { next: HostLifecycle; action: HostAction } {
  const { crashes } = now;
  switch (event.event) {
    case 'needed':
      switch (now.state) {
        case 'absent':
          return { next: { state: 'starting', crashes }, action: 'start' };
        case 'starting':
        case 'closing':
          return { next: now, action: 'wait' };
        case 'ready':
          return { next: now, action: 'use' };
        case 'refused':
          return { next: now, action: 'refuse' };
        case 'given-up':
          return { next: now, action: 'refuse-given-up' };
        default:
          return assertNever(now);
      }
    case 'started':
      if (now.state !== 'starting') return { next: now, action: 'none' };
      return { next: { state: 'ready', crashes }, action: 'use' };
    case 'load-refused':
      if (now.state !== 'starting') return { next: now, action: 'none' };
      return { next: { state: 'refused', crashes, error: event.error }, action: 'close' };
    case 'crashed': {
      if (now.state !== 'starting' && now.state !== 'ready') return { next: now, action: 'none' };
      const recent = [...crashes.filter((at) => event.at - at < budget.windowMs), event.at];
      if (recent.length > budget.maxRestarts) {
        return { next: { state: 'given-up', crashes: recent }, action: 'give-up' };
      }
      return { next: { state: 'absent', crashes: recent }, action: 'none' };
    }
    case 'killed-on-purpose':
      if (now.state !== 'starting' && now.state !== 'ready') return { next: now, action: 'none' };
      return { next: { state: 'absent', crashes }, action: 'none' };
    case 'idle':
      if (now.state !== 'ready') return { next: now, action: 'none' };
      return { next: { state: 'closing', crashes }, action: 'close' };
    case 'closed':
      if (now.state !== 'closing') return { next: now, action: 'none' };
      return { next: { state: 'absent', crashes }, action: 'none' };
    case 'asked-again':
      if (now.state !== 'refused' && now.state !== 'given-up') return { next: now, action: 'none' };
      return { next: { state: 'absent', crashes: [] }, action: 'none' };
    default:
      return assertNever(event);
  }
}
