/** When the GPUs are looked at next: a pure rule, so that "never in vain" can be tested. */
import type { GpuSnapshot } from './gpuMemory';

export interface PollConditions {
  /** Somebody sees the numbers: the status bar item or the GPU view is shown. */
  shown: boolean;
  /** The window has the keyboard. */
  focused: boolean;
  /** The user's interval. Milliseconds. */
  intervalMs: number;
  /** What the last looks gave. */
  outcome: PollOutcome;
}

export type PollOutcome =
  | { kind: 'nothing-yet' }
  | { kind: 'read'; source: GpuSnapshot['source'] }
  /** There is no NVIDIA GPU or driver. */
  | { kind: 'absent' }
  /** A GPU or its driver fails; `times` in a row. */
  | { kind: 'failing'; times: number };

const unfocusedFactor = 5;
/** nvidia-smi is a whole program each time. */
const leastSmiMs = 10_000;
const longestBackOffMs = 60_000;

/** Milliseconds until the next look; null: not until something changes. */
export function nextPollMs({ shown, focused, intervalMs, outcome }: PollConditions): number | null {
  if (!shown) return null;
  const calm = focused ? intervalMs : intervalMs * unfocusedFactor;
  switch (outcome.kind) {
    case 'nothing-yet':
      return 0;
    case 'absent':
      return null;
    case 'read':
      return outcome.source === 'nvidia-smi' ? Math.max(calm, leastSmiMs) : calm;
    case 'failing':
      return Math.max(calm, Math.min(intervalMs * 2 ** outcome.times, longestBackOffMs));
  }
}

/** After these a new process starts NVML anew: the driver may have been reloaded or updated under it. */
export function outcomeOf(snapshot: GpuSnapshot, before: PollOutcome): PollOutcome {
  if (snapshot.problem === null) return { kind: 'read', source: snapshot.source };
  if (snapshot.problem.absent) return { kind: 'absent' };
  return { kind: 'failing', times: before.kind === 'failing' ? before.times + 1 : 1 };
}

/** Processes are asked for every time while the GPU view is seen, else every fifth time: they cost most. */
export function asksForProcesses(poll: number, viewVisible: boolean): boolean {
  return viewVisible || poll % 5 === 0;
}
