/**
 * Looks at the GPUs as long as somebody sees the numbers: core/gpu/gpuMemorySchedule.ts says when, this keeps the one timer
 * and the one look under way. Knows no VS Code.
 */
import {
  asksForProcesses,
  nextPollMs,
  outcomeOf,
  type PollConditions,
  type PollOutcome,
} from '../../core/gpu/gpuMemorySchedule';
import { type GpuSnapshot, keepProcesses } from '../../core/gpu/gpuMemory';

export interface GpuReader {
  /** Never rejects: a failure is a snapshot with a problem. */
  read(processes: boolean): Promise<GpuSnapshot>;
  /** Lets go of what it holds (a process); the next read starts anew. */
  close(): Promise<void>;
}

export interface PollerConditions extends Omit<PollConditions, 'outcome'> {
  /** The GPU view is seen: programs are asked for every time. */
  viewVisible: boolean;
}

/** A hidden status item comes back when the next engine is opened; starting a process each time would be a waste. */
const closeAfterMs = 30_000;

export class GpuPoller {
  private conditions: PollerConditions = {
    shown: false,
    focused: true,
    viewVisible: false,
    intervalMs: 2000,
  };
  private outcome: PollOutcome = { kind: 'nothing-yet' };
  private polls = 0;
  private timer: NodeJS.Timeout | undefined;
  private closing: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private lastAt = -Infinity;
  private disposed = false;
  private last: GpuSnapshot | null = null;

  constructor(
    private readonly reader: GpuReader,
    private readonly onSnapshot: (snapshot: GpuSnapshot) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get snapshot(): GpuSnapshot | null {
    return this.last;
  }

  /** Milliseconds between two looks as things stand; null: there is no next one. */
  get everyMs(): number | null {
    return nextPollMs({ ...this.conditions, outcome: this.outcome });
  }

  /** How often was looked, for tests. */
  get count(): number {
    return this.polls;
  }

  update(change: Partial<PollerConditions>): void {
    const wasVisible = this.conditions.viewVisible;
    this.conditions = { ...this.conditions, ...change };
    // Whoever opens the view wants the programs now, not with the fifth look.
    if (this.conditions.viewVisible && !wasVisible && this.outcome.kind === 'read') {
      this.lastAt = -Infinity;
    }
    this.schedule();
  }

  /** Looks now, also where there was no GPU before or the driver failed. */
  async refresh(): Promise<void> {
    await this.looking;
    if (this.outcome.kind !== 'read') {
      await this.reader.close();
      this.outcome = { kind: 'nothing-yet' };
    }
    await this.look(true);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    clearTimeout(this.closing);
    void this.reader.close();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.disposed) return;
    const every = this.everyMs;
    if (every === null) {
      this.closing ??= setTimeout(() => {
        this.closing = undefined;
        if (this.everyMs === null) void this.reader.close();
      }, closeAfterMs);
      this.closing.unref();
      return;
    }
    clearTimeout(this.closing);
    this.closing = undefined;
    if (this.looking) return; // schedules when it is done
    const due = Math.max(0, this.lastAt + every - this.now());
    this.timer = setTimeout(() => void this.look(false), due);
    this.timer.unref();
  }

  private look(processes: boolean): Promise<void> {
    this.looking ??= this.lookOnce(processes).finally(() => {
      this.looking = undefined;
      this.schedule();
    });
    return this.looking;
  }

  private async lookOnce(processes: boolean): Promise<void> {
    const asks = processes || asksForProcesses(this.polls, this.conditions.viewVisible);
    this.polls++;
    const snapshot = keepProcesses(await this.reader.read(asks), this.last);
    this.lastAt = this.now();
    this.outcome = outcomeOf(snapshot, this.outcome);
    this.last = snapshot;
    // A driver that was reloaded or updated, and one that is missing, need no process that holds on to the old one.
    if (this.outcome.kind !== 'read') await this.reader.close();
    if (!this.disposed) this.onSnapshot(snapshot);
  }
}
