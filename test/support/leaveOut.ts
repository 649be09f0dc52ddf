/**
 * Tests that a system cannot express. They are told apart by name, with the reason, and counted; mochaRun.ts fails on every
 * other test that does not run.
 */
import type { AsyncFunc, Context, Func } from 'mocha';

export interface LeftOut {
  leftOutBecause?: string;
}

/** The reason where it holds, else null: tests run. */
export type Reason = string | null;

export const onWindows = (reason: string): Reason => (process.platform === 'win32' ? reason : null);

/** Where Windows itself is another than Wine, under which the suite `windows` runs. */
export const underWine = (reason: string): Reason =>
  process.env['ENGINE_INSPECTOR_WINE'] === '1' ? `Wine: ${reason}` : null;

/** Ends the test that runs; it counts as left out. Does nothing without a reason. */
export function leaveOut(context: Context, reason: Reason): void {
  if (reason === null) return;
  (context.runnable() as LeftOut).leftOutBecause = reason;
  context.skip();
}

/** `describe`, unless there is a reason: then it counts as one test that is left out. */
export function describeUnless(reason: Reason, title: string, body: () => void): void {
  describe(
    title,
    reason === null
      ? body
      : () => {
          itUnless(reason, 'all of it', () => undefined);
        },
  );
}

/** `it`, unless there is a reason. */
export function itUnless(reason: Reason, title: string, body: Func | AsyncFunc): void {
  if (reason === null) {
    it(title, body);
    return;
  }
  it(title, function () {
    leaveOut(this, reason);
  });
}

/** `it` of something that only Windows has; elsewhere there is no such test. */
export function itOnWindows(title: string, body: Func | AsyncFunc): void {
  if (process.platform === 'win32') it(title, body);
}
