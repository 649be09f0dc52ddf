/**
 * The tests module that VS Code loads into its extension host. The runner bundles it to dist/test/extensionHost/ with
 * one bundle for each *.test.ts beside it, and reads the report that it writes.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { runMocha, writeReport } from '../harness/mochaRun';

export async function run(): Promise<void> {
  const reportFile = process.env['ENGINE_INSPECTOR_TEST_REPORT'];
  if (reportFile === undefined) throw new Error('ENGINE_INSPECTOR_TEST_REPORT is not set');
  const files = fs
    .readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => path.join(__dirname, name));
  const grep = process.env['ENGINE_INSPECTOR_TEST_GREP'];
  try {
    const report = await runMocha({
      files,
      timeout: 60_000,
      reportFile,
      ...(grep === undefined ? {} : { grep }),
    });
    if (report.failed > 0) throw new Error(`${report.failed} failed`);
  } catch (error) {
    if (!fs.existsSync(reportFile)) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      writeReport(reportFile, {
        passed: 0,
        failed: 1,
        failures: [{ title: 'loading the tests', message }],
      });
    }
    throw error;
  }
}
