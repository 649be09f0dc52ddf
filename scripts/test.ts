/**
 * `npm test [-- NAME…] [--grep=TEXT] [--lanes=N] [--changed[=COMMIT]]`: the checks (format, lint, types) and the suites in order, each
 * suite ended by a line "NAME: N passed, N failed". A suite in which no test ran has failed; so has one that leaves a
 * process behind or does not end. The last line counts the tests alone; the exit code is 0 when all of them passed and no
 * check found anything.
 *
 * Where there are two cores, two of them run at a time, each in a process of its own, and what one printed is shown when
 * it has ended; --lanes=1 runs one after the other and shows everything at once.
 *
 * --changed: what is quick about the files that differ from the last commit, or from COMMIT. CONTRIBUTING.md has more.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { repositoryRoot } from '../test/harness';
import { changedFiles, slowSuitesOf, testsOf } from './changed';
import { testFiles } from './testFiles';
import { checks, suites, type Check, type Only, type Suite } from './testSuites';
import type { TestReport } from '../test/harness/mochaRun';

interface Outcome extends TestReport {
  name: string;
  seconds: number;
  /** Of a check: files or projects it looked at. */
  looked?: number;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

async function runCheck(check: Check, only: Only): Promise<Outcome> {
  console.log(`\n== ${check.name}: ${check.title}`);
  const start = performance.now();
  let result: Awaited<ReturnType<Check['run']>>;
  try {
    result = await check.run(only);
  } catch (error) {
    result = { looked: 0, failures: [{ title: 'the check itself', message: messageOf(error) }] };
  }
  const { looked, failures } = result;
  for (const { title, message } of failures) console.log(`${title}\n  ${message}`);
  console.log(`${check.name}: ${failures.length === 0 ? 'ok' : 'FAILED'}, ${looked} looked at`);
  const seconds = (performance.now() - start) / 1000;
  return { name: check.name, passed: 0, failed: failures.length, failures, seconds, looked };
}

async function runSuite(suite: Suite, grep: string | undefined, only: Only): Promise<Outcome> {
  console.log(`\n== ${suite.name}: ${suite.title}`);
  const start = performance.now();
  let report: TestReport;
  try {
    report = await suite.run(grep, only);
  } catch (error) {
    const message = messageOf(error);
    report = { passed: 0, failed: 1, failures: [{ title: 'the suite itself', message }] };
    console.error(message);
  }
  if (report.passed + report.failed === 0) {
    report.failed = 1;
    report.failures.push({ title: 'the suite itself', message: 'no test ran' });
    console.error('no test ran: an empty suite has failed');
  }
  console.log(`${suite.name}: ${report.passed} passed, ${report.failed} failed`);
  return { ...report, name: suite.name, seconds: (performance.now() - start) / 1000 };
}

function summarize(outcomes: readonly Outcome[]): void {
  console.log('\n== summary');
  for (const { name, passed, failed, seconds, looked } of outcomes) {
    const mark = failed === 0 ? 'ok    ' : 'FAILED';
    const counts =
      looked === undefined
        ? `${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed`
        : `${String(looked).padStart(6)} looked at`.padEnd(25);
    console.log(`${mark} ${name.padEnd(14)} ${counts} ${seconds.toFixed(1).padStart(7)} s`);
  }
  for (const { name, failures } of outcomes) {
    for (const { title, message } of failures) {
      console.log(`\n${name}: ${title}\n  ${message.split('\n').slice(0, 12).join('\n  ')}`);
    }
  }
  for (const { name, flaky = [] } of outcomes) {
    for (const { title, message } of flaky) {
      console.log(
        `\n${name}: passed only at the second attempt: ${title}\n  ${message.split('\n')[0]}`,
      );
    }
  }
  const bad = outcomes.filter(({ looked, failed }) => looked !== undefined && failed > 0);
  if (bad.length > 0) {
    console.log(`\nchecks that found something: ${bad.map(({ name }) => name).join(', ')}`);
  }
  const tests = outcomes.filter(({ looked }) => looked === undefined);
  if (tests.length === 0) return;
  const total = (key: 'passed' | 'failed'): number =>
    tests.reduce((sum, outcome) => sum + outcome[key], 0);
  console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
}

/** The checks of what was changed, and the tests beside the sources that import it. */
async function runChanged(since: string): Promise<Outcome[]> {
  const changed = changedFiles(since);
  console.log(`${changed.length} files differ from ${since}`);
  const outcomes: Outcome[] = [];
  for (const check of checks) outcomes.push(await runCheck(check, changed));
  const unit = suites.find(({ name }) => name === 'unit');
  const tests = await testsOf(changed, testFiles('src'));
  if (unit && tests.length > 0) outcomes.push(await runSuite(unit, undefined, tests));
  const others = slowSuitesOf(
    changed,
    suites.map(({ name }) => name),
  );
  if (others.length > 0) console.log(`\nnot run, worth a run: npm test -- ${others.join(' ')}`);
  return outcomes;
}

/** About how many minutes, of those that take some: they begin first, so that none is left alone at the end. */
const minutes: Readonly<Record<string, number>> = {
  shim: 8,
  webview: 7,
  ui: 7,
  rebuild: 4,
  run: 3,
  fuzz: 2,
  extensionHost: 2,
};
/** Still before those, because they fail soonest. */
const early: readonly string[] = [...checks.map(({ name }) => name), 'unit'];

function inOrder(names: readonly string[]): string[] {
  const of = (name: string): number => (early.includes(name) ? Infinity : (minutes[name] ?? 0));
  return [...names].sort((a, b) => (of(a) === of(b) ? 0 : of(b) - of(a)));
}

/** Each in a process of its own, so many at a time. Outcomes in the order of `names`. */
async function runInLanes(
  names: readonly string[],
  grep: string | undefined,
  lanes: number,
): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const waiting = inOrder(names);
  const lane = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      console.log(`-- ${name} begins`);
      outcomes.set(name, await runApart(name, grep));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return names.flatMap((name) => outcomes.get(name) ?? []);
}

async function runApart(name: string, grep: string | undefined): Promise<Outcome> {
  const file = path.join(repositoryRoot, 'test-results', `outcome-${name}.json`);
  fs.rmSync(file, { force: true });
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', __filename, name, `--outcome=${file}`],
      ...(grep === undefined ? [] : [`--grep=${grep}`]),
    ],
    { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stop = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => printed.push(bytes));
  }
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
  });
  process.off('SIGINT', stop).off('SIGTERM', stop);
  process.stdout.write(Buffer.concat(printed));
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Outcome;
  const failures = [{ title: 'the suite itself', message: `its process ended with ${code}` }];
  const seconds = (performance.now() - start) / 1000;
  return { name, passed: 0, failed: 1, failures, seconds };
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const names = args.filter((argument) => !argument.startsWith('-'));
  const option = (name: string): string | undefined =>
    args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
  const grep = option('grep');
  const since = option('changed') ?? (args.includes('--changed') ? 'HEAD' : undefined);
  const all = [...checks, ...suites];
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(', ');
    console.error(`There is no suite "${unknown.join('", "')}". Checks and suites: ${known}.`);
    return 2;
  }
  const chosen = <T extends Check | Suite>(of: readonly T[]): T[] =>
    of.filter((one) =>
      names.length > 0 ? names.includes(one.name) : !('onlyNamed' in one && one.onlyNamed),
    );
  const chosenNames = [...chosen(checks), ...chosen(suites)].map(({ name }) => name);
  // A real Windows lets nobody rename what another process has open.
  const usual = process.platform === 'win32' ? 1 : Math.min(2, os.availableParallelism());
  const lanes = Number(option('lanes') ?? usual);
  if (!Number.isInteger(lanes) || lanes < 1) {
    console.error('--lanes needs a number, 1 or more.');
    return 2;
  }
  let outcomes: Outcome[] = [];
  if (since === undefined && lanes > 1 && chosenNames.length > 1) {
    outcomes = await runInLanes(chosenNames, grep, lanes);
  } else if (since !== undefined) {
    outcomes = await runChanged(since);
  } else {
    for (const check of chosen(checks)) outcomes.push(await runCheck(check, undefined));
    for (const suite of chosen(suites)) outcomes.push(await runSuite(suite, grep, undefined));
  }
  const outcomeFile = option('outcome');
  if (outcomeFile !== undefined) {
    fs.mkdirSync(path.dirname(outcomeFile), { recursive: true });
    fs.writeFileSync(outcomeFile, JSON.stringify(outcomes[0]));
  } else summarize(outcomes);
  return outcomes.every(({ failed }) => failed === 0) ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
