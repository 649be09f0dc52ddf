/**
 * `npm test [-- SUITE…] [--grep=TEXT]`: the suites in order, each ended by a line "NAME: N passed, N failed". A suite in
 * which no test ran has failed; so has one that leaves a process behind or does not end. Exit code 0: all passed.
 */
import { suites, type Suite } from './testSuites';
import type { TestReport } from '../test/harness/mochaRun';

interface Outcome extends TestReport {
  suite: string;
  seconds: number;
}

async function runSuite(suite: Suite, grep: string | undefined): Promise<Outcome> {
  console.log(`\n== ${suite.name}: ${suite.title}`);
  const start = performance.now();
  let report: TestReport;
  try {
    report = await suite.run(grep);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    report = { passed: 0, failed: 1, failures: [{ title: 'the suite itself', message }] };
    console.error(message);
  }
  if (report.passed + report.failed === 0) {
    report.failed = 1;
    report.failures.push({ title: 'the suite itself', message: 'no test ran' });
    console.error('no test ran: an empty suite has failed');
  }
  console.log(`${suite.name}: ${report.passed} passed, ${report.failed} failed`);
  return { ...report, suite: suite.name, seconds: (performance.now() - start) / 1000 };
}

function summarize(outcomes: readonly Outcome[]): void {
  console.log('\n== summary');
  for (const { suite, passed, failed, seconds } of outcomes) {
    const mark = failed === 0 ? 'ok    ' : 'FAILED';
    console.log(
      `${mark} ${suite.padEnd(14)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s`,
    );
  }
  for (const { suite, failures } of outcomes) {
    for (const { title, message } of failures) {
      console.log(`\n${suite}: ${title}\n  ${message.split('\n').slice(0, 12).join('\n  ')}`);
    }
  }
  const total = (key: 'passed' | 'failed'): number =>
    outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const names = args.filter((argument) => !argument.startsWith('-'));
  const grep = args.find((argument) => argument.startsWith('--grep='))?.slice('--grep='.length);
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = suites.map((suite) => suite.name).join(', ');
    console.error(`There is no suite "${unknown.join('", "')}". Suites: ${known}.`);
    return 2;
  }
  const chosen = suites.filter((suite) => names.length === 0 || names.includes(suite.name));
  const outcomes: Outcome[] = [];
  for (const suite of chosen) outcomes.push(await runSuite(suite, grep));
  summarize(outcomes);
  return outcomes.every((outcome) => outcome.failed === 0) ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
