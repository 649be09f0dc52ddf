/** The stages of one inspection or run as they are told: every start and end, steps a few times a second. */
import type { NotificationParams } from '../protocol';
import type { ShimPhase } from './session';

/** Of many steps those closer together than this are not told, but for a stage's last one. Milliseconds. */
const gatherMs = 50;
/** Few steps are told each: those of a sweep's budgets. */
const many = 100;

export class RunPhases {
  private readonly stages = new Map<number, { stage: string; steps: number; toldAt: number }>();

  constructor(
    private readonly token: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** What to tell of this event; null: nothing. */
  tell({ kind, phase, name, step, steps }: ShimPhase): NotificationParams<'runPhase'> | null {
    if (kind === 'start') this.stages.set(phase, { stage: name, steps, toldAt: -Infinity });
    const known = this.stages.get(phase);
    if (!known) return null;
    if (kind === 'step') {
      const now = this.now();
      const isLast = step >= known.steps;
      if (known.steps > many && !isLast && now - known.toldAt < gatherMs) return null;
      known.toldAt = now;
    }
    if (kind === 'end') this.stages.delete(phase);
    return { token: this.token, kind, stage: known.stage, step, steps: known.steps };
  }
}
