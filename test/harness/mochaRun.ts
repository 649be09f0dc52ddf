/**
 * Runs mocha in this process and writes what happened as JSON: an exit code of 0 is no proof that a test ran. A skipped
 * or exclusive test fails the run. Used by the suites' own processes and inside VS Code's extension host.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import Mocha from 'mocha';

export interface TestReport {
  passed: number;
  failed: number;
  failures: { title: string; message: string }[];
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
    forbidPending: true,
    ...(options.grep === undefined ? {} : { grep: options.grep }),
  });
  for (const file of options.files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const report: TestReport = { passed: 0, failed: 0, failures: [] };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', () => report.passed++)
      .on('fail', (test, error: Error) => {
        report.failed++;
        report.failures.push({ title: test.fullTitle(), message: error.stack ?? error.message });
      });
  });
  writeReport(options.reportFile, report);
  return report;
}

export function writeReport(file: string, report: TestReport): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(report, undefined, 2));
}
