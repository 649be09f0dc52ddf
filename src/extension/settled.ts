/** Reports come in batches: one look at them is enough, and of looks that overlap only the latest counts. */
import type * as vscode from 'vscode';

export class Settled implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private round = 0;

  constructor(
    private readonly delayMs: number,
    /** isLatest: whether no other look has begun since. */
    private readonly look: (isLatest: () => boolean) => Promise<void>,
  ) {}

  /** Looks once the delay since the first of these calls is over. */
  soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const round = ++this.round;
      void this.look(() => round === this.round);
    }, this.delayMs);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.round++;
  }
}
