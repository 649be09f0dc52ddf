/**
 * Which files are checked next: what a person waits for at once and first, what a watcher reports after things have
 * calmed down, never two batches at a time, and a file that changes while its batch runs once more. Pure.
 */

export interface CheckQueueOptions {
  /** A watcher's file is checked when it has been quiet for this long. Milliseconds. */
  quietMs: number;
  /** A file that never goes quiet (it is being written) is checked this often. Milliseconds. */
  maxWaitMs: number;
  /** Small enough that whoever opens a file does not wait behind a whole workspace. */
  batchSize: number;
}

export const defaultCheckQueue: CheckQueueOptions = {
  quietMs: 150,
  maxWaitMs: 2000,
  batchSize: 500,
};

export class CheckQueue {
  /** In the order in which they are checked. */
  private waiting = new Set<string>();
  private readonly quiet = new Map<string, { since: number; timer: NodeJS.Timeout }>();
  private readonly promises = new Map<string, { done: Promise<void>; resolve: () => void }>();
  private running: Promise<void> | null = null;
  private disposed = false;

  /** run must not reject: what went wrong with a file is a report, not an exception. */
  constructor(
    private readonly run: (keys: readonly string[]) => Promise<void>,
    private readonly options: CheckQueueOptions = defaultCheckQueue,
  ) {}

  /** Checks these before all that wait already. Resolves when they have been checked. */
  now(keys: readonly string[]): Promise<void> {
    return this.enqueue(keys, (waiting) => new Set([...keys, ...waiting]));
  }

  /** Checks these after all that wait already. Resolves when they have been checked. */
  later(keys: readonly string[]): Promise<void> {
    return this.enqueue(keys, (waiting) => {
      for (const key of keys) waiting.add(key);
      return waiting;
    });
  }

  /** Checks this when it has been quiet for a while: for file watchers. */
  whenQuiet(key: string): void {
    if (this.disposed) return;
    const before = this.quiet.get(key);
    const since = before?.since ?? performance.now();
    if (before) clearTimeout(before.timer);
    const wait = Math.max(
      0,
      Math.min(this.options.quietMs, since + this.options.maxWaitMs - performance.now()),
    );
    const timer = setTimeout(() => {
      this.quiet.delete(key);
      void this.later([key]);
    }, wait);
    this.quiet.set(key, { since, timer });
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    while (this.running || this.quiet.size > 0) {
      if (this.running) await this.running;
      else await new Promise((resolve) => setTimeout(resolve, this.options.quietMs));
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const { timer } of this.quiet.values()) clearTimeout(timer);
    this.quiet.clear();
    this.waiting.clear();
    for (const { resolve } of this.promises.values()) resolve();
    this.promises.clear();
  }

  private async enqueue(
    keys: readonly string[],
    place: (waiting: Set<string>) => Set<string>,
  ): Promise<void> {
    if (this.disposed || keys.length === 0) return;
    const done = keys.map((key) => {
      let entry = this.promises.get(key);
      if (!entry) {
        let resolve = () => {};
        const promise = new Promise<void>((ok) => (resolve = ok));
        entry = { done: promise, resolve };
        this.promises.set(key, entry);
      }
      return entry.done;
    });
    this.waiting = place(this.waiting);
    this.running ??= this.drain().finally(() => (this.running = null));
    await Promise.all(done);
  }

  private async drain(): Promise<void> {
    // Whoever asks in the same turn shares the first batch.
    await Promise.resolve();
    while (this.waiting.size > 0) {
      const keys: string[] = [];
      for (const key of this.waiting) {
        keys.push(key);
        if (keys.length === this.options.batchSize) break;
      }
      for (const key of keys) this.waiting.delete(key);
      // Taken before the run: who asks during it gets another run, for the file may have changed since it was read.
      const entries = keys.map((key) => {
        const entry = this.promises.get(key);
        this.promises.delete(key);
        return entry;
      });
      await this.run(keys);
      for (const entry of entries) entry?.resolve();
    }
  }
}
