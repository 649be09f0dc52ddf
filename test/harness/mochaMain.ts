/**
 * One suite in a process of its own:
 *   tsx test/harness/mochaMain.ts --report=FILE --timeout=MS [--grep=TEXT] TEST-FILES…
 */
import * as path from 'node:path';
import { parseArgs } from 'node:util';

import { runMocha } from './mochaRun';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      report: { type: 'string' },
      timeout: { type: 'string', default: '20000' },
      grep: { type: 'string' },
    },
  });
  if (values.report === undefined) throw new Error('--report=FILE is missing');
  const report = await runMocha({
    files: positionals.map((file) => path.resolve(file)),
    timeout: Number(values.timeout),
    reportFile: values.report,
    ...(values.grep === undefined ? {} : { grep: values.grep }),
  });
  // Not process.exit(): a test that leaves something open must show (the runner ends a suite that does not end).
  process.exitCode = report.failed === 0 ? 0 : 1;
}

void main();
