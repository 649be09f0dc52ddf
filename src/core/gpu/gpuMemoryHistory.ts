/**
 * The last ten minutes of each GPU, for the plot and its table. Bounded by time and by number; a pause (sleep, hidden
 * window, an error) leaves a gap instead of a line that nobody measured.
 */
export const historyMs = 10 * 60_000;
/** Ten minutes at four looks a second; the oldest go first. */
const maxSamples = 2400;
/** Looks further apart than this are not joined. */
const gapMs = 30_000;

export interface HistorySample {
  /** ms since 1970 */
  at: number;
  /** Bytes; null: unknown at that time, or a gap. */
  used: number | null;
  /** Percent; null: unknown. */
  utilization: number | null;
}

/** What a look adds; a GpuSnapshot is one. */
export interface HistoryLook {
  /** ms since 1970 */
  at: number;
  gpus: readonly { id: string; used: bigint | number | null; utilization: number | null }[];
}

export class GpuMemoryHistory {
  private readonly samples = new Map<string, HistorySample[]>();

  add({ at, gpus }: HistoryLook): void {
    for (const gpu of gpus) {
      const list = this.samples.get(gpu.id) ?? [];
      this.samples.set(gpu.id, list);
      // The clock was set back: what lies in the future now would stand at the plot's right edge for ever.
      const future = list.findIndex((sample) => sample.at >= at);
      if (future >= 0) list.splice(future);
      const before = list.at(-1);
      if (before && at - before.at > gapMs) {
        list.push({ at: before.at + 1, used: null, utilization: null });
      }
      const used = gpu.used === null ? null : Number(gpu.used);
      list.push({ at, used, utilization: gpu.utilization });
    }
    this.forget(at);
  }

  /** Oldest first. */
  of(id: string): readonly HistorySample[] {
    return this.samples.get(id) ?? [];
  }

  /** Everything, for a page that opens later. */
  all(): Record<string, readonly HistorySample[]> {
    return Object.fromEntries(this.samples);
  }

  /** Replaces everything by what all() gave somewhere else. */
  restore(all: Readonly<Record<string, readonly HistorySample[]>>): void {
    this.samples.clear();
    for (const [id, list] of Object.entries(all)) this.samples.set(id, [...list]);
  }

  private forget(now: number): void {
    for (const [id, list] of this.samples) {
      const first = list.findIndex((sample) => sample.at >= now - historyMs);
      list.splice(0, Math.max(first < 0 ? list.length : first, list.length - maxSamples));
      if (list.length === 0) this.samples.delete(id);
    }
  }
}

export interface HistoryRow {
  /** ms since 1970: when this minute began. */
  from: number;
  min: number | null;
  max: number | null;
  last: number | null;
  /** Percent, the mean of what is known. */
  utilization: number | null;
}

/** The plot as a table: one row a minute, newest first. */
export function historyRows(samples: readonly HistorySample[]): HistoryRow[] {
  const minutes = new Map<number, HistorySample[]>();
  for (const sample of samples) {
    const minute = Math.floor(sample.at / 60_000) * 60_000;
    minutes.set(minute, [...(minutes.get(minute) ?? []), sample]);
  }
  return [...minutes]
    .sort(([a], [b]) => b - a)
    .map(([from, list]) => {
      const used = list.flatMap((sample) => sample.used ?? []);
      const busy = list.flatMap((sample) => sample.utilization ?? []);
      return {
        from,
        min: used.length === 0 ? null : Math.min(...used),
        max: used.length === 0 ? null : Math.max(...used),
        last: used.at(-1) ?? null,
        utilization:
          busy.length === 0 ? null : Math.round(busy.reduce((a, b) => a + b, 0) / busy.length),
      };
    });
}
