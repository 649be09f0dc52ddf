/** What two attempts at a suite come to: the files with a failure count as the second left them. */
import type { TestReport } from '../test/harness/mochaRun';

/** The files with a failure; none where a failure belongs to no file, which a second attempt would not try. */
export function filesToRunAgain({ failures }: TestReport): string[] {
  const files = failures.map(({ file }) => file ?? '');
  return files.includes('') ? [] : [...new Set(files)];
}

export function withSecondAttempt(
  first: TestReport,
  again: readonly string[],
  second: TestReport,
): TestReport {
  const before = again.reduce((sum, file) => sum + (first.passedIn?.[file] ?? 0), 0);
  const stillFailing = new Set(second.failures.map(({ file }) => file));
  return {
    ...first,
    passed: first.passed - before + second.passed,
    failed: second.failed,
    failures: second.failures,
    flaky: first.failures.filter(({ file }) => !stillFailing.has(file)),
  };
}
