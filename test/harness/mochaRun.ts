/**
 * Runs mocha in this process and writes what happened as JSON: an exit code of 0 is no proof that a test ran. A skipped
 * or exclusive test fails the run, unless it was left out with a reason (support/leaveOut.ts): then it is counted. Used by the suites' own processes and inside VS Code's extension host.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import Mocha from 'mocha';

import type { LeftOut } from '../support/leaveOut';

export interface TestReport {
  passed: number;
  failed: number;
  failures: { title: string; message: string; file?: string }[];
  /** How many passed of each file. */
  passedIn?: Record<string, number>;
  /** What failed at a first attempt and passed at the second. */
  flaky?: { title: string; message: string }[];
  /** Tests that this system cannot express, each with its reason. */
  leftOut?: { title: string; reason: string }[];
}

export interface MochaRunOptions {
  files: readonly string[];
  /** Milliseconds that one test may take. */
  timeout: number;
  reportFile: string;
  /** Only tests whose full title matches. */
  grep?: string;
}

export async function runMocha(options: MochaRunOptions): Promise<TestReport> {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: options.timeout,
    slow: options.timeout,
    forbidOnly: true,
    ...(options.grep === undefined ? {} : { grep: options.grep }),
  });
  for (const file of options.files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const leftOut: { title: string; reason: string }[] = [];
  const passedIn: Record<string, number> = {};
  const report: TestReport = { passed: 0, failed: 0, failures: [], passedIn, leftOut };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => {
        report.passed++;
        const file = fileOf(test);
        passedIn[file] = (passedIn[file] ?? 0) + 1;
      })
      .on('fail', (test, error: Error) => {
        report.failed++;
        const message = error.stack ?? error.message;
        report.failures.push({ title: test.fullTitle(), message, file: fileOf(test) });
      })
      .on('pending', (test) => {
        const { leftOutBecause: reason } = test as LeftOut;
        if (reason !== undefined) {
          leftOut.push({ title: test.fullTitle(), reason });
          return;
        }
        report.failed++;
        report.failures.push({ title: test.fullTitle(), message: 'skipped without a reason' });
      });
  });
  for (const { title, reason } of leftOut) console.log(`left out: ${title}: ${reason}`);
  writeReport(options.reportFile, report);
  return report;
}

function fileOf({ file, parent }: Mocha.Runnable): string {
  return file ?? parent?.file ?? '';
}

export function writeReport(file: string, report: TestReport): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(report, undefined, 2));
}
