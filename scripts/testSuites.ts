/**
 * The checks and the suites of `npm test`, in the order they run: what is quickest to fail comes first. Their names are
 * also the names of what set-up must have done for them (scripts/setup/steps.mjs, `suites`).
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { runTests } from '@vscode/test-electron';
import { ESLint } from 'eslint';
import * as prettier from 'prettier';

import { repositoryRoot, temporaryFolder } from '../test/harness';
import type { TestReport } from '../test/harness/mochaRun';
import { runWindowsSuite } from '../test/windows/suite';
import { testFiles } from './testFiles';
import { bundleExtensionHostTests } from './bundleExtensionHostTests';
import { filesToRunAgain, withSecondAttempt } from './secondAttempt';
import { buildJobs, which } from './setup/system.mjs';

export interface Suite {
  name: string;
  title: string;
  /** Runs only when it is named: what needs tools that not everybody has. */
  onlyNamed?: true;
  /** grep: only tests with this text in their title. only: only these test files, relative to the repository. */
  run(grep: string | undefined, only?: Only): Promise<TestReport>;
}

const inRoot = (...parts: string[]): string => path.join(repositoryRoot, ...parts);
const reportFile = (name: string): string => inRoot('test-results', `${name}.json`);
const suiteTimeLimit = 25 * 60_000;

// ---- running a program as a suite ----

interface Ended {
  code: number | string;
  output: string;
}

/**
 * Runs a program in a process group of its own and ends the group with it. What it prints is shown at once. A program
 * that does not end in time, or leaves processes behind, is an error.
 */
async function runProgram(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const detached = process.platform !== 'win32';
  const child = spawn(command, args, {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const end = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(detached ? -child.pid : child.pid, 'SIGKILL');
    } catch {
      // nobody is left
    }
  };
  const stop = (): void => {
    end();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let output = '';
  const show = (text: string): void => {
    output += text;
    process.stdout.write(text);
  };
  child.stdout.setEncoding('utf8').on('data', show);
  child.stderr.setEncoding('utf8').on('data', show);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, suiteTimeLimit);
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
    });
    if (late) throw new Error(`did not end within ${suiteTimeLimit / 60_000} minutes`);
    const left = await waitForGroup(child.pid);
    if (left.length > 0) {
      end();
      throw new Error(`left processes behind:\n${left.join('\n')}`);
    }
    return { code, output };
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** The command lines of processes of this group that are still there after a moment of grace (Linux). */
async function waitForGroup(group: number | undefined): Promise<string[]> {
  if (group === undefined || process.platform !== 'linux') return [];
  for (let i = 0; ; i++) {
    const left = membersOf(group);
    if (left.length === 0 || i === 30) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function membersOf(group: number): string[] {
  const members: string[] = [];
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // pid (name) state ppid pgrp …
      const fields = fs
        .readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (Number(fields[2]) !== group || fields[0] === 'Z') continue;
      const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      members.push(`${pid} ${line}`);
    } catch {
      // it just ended
    }
  }
  return members;
}

// ---- mocha suites ----

function readReport(file: string): TestReport {
  if (!fs.existsSync(file)) throw new Error('the tests ended without a report');
  return JSON.parse(fs.readFileSync(file, 'utf8')) as TestReport;
}

interface MochaSuite {
  name: string;
  folders: readonly string[];
  timeout: number;
  /** A file with a failure runs once more by itself, and the summary says so (CONTRIBUTING.md tells when). */
  secondAttempt?: boolean;
  environment?: NodeJS.ProcessEnv;
}

async function runMocha(
  { name, folders, timeout, secondAttempt = false, environment }: MochaSuite,
  grep: string | undefined,
  only: Only,
): Promise<TestReport> {
  const runFiles = async (files: readonly string[]): Promise<TestReport> => {
    const report = reportFile(name);
    fs.rmSync(report, { force: true });
    const { code } = await runProgram(
      process.execPath,
      [
        ...['--import', 'tsx', inRoot('test/harness/mochaMain.ts')],
        ...[`--report=${report}`, `--timeout=${timeout}`],
        ...(grep === undefined ? [] : [`--grep=${grep}`]),
        ...files,
      ],
      environment,
    );
    const result = readReport(report);
    if (code !== 0 && result.failed === 0) throw new Error(`the tests ended with ${code}`);
    return result;
  };
  const files = testFiles(...folders).filter((file) => only?.includes(file) ?? true);
  if (files.length === 0) throw new Error(`no *.test.ts below ${folders.join(', ')}`);
  const first = await runFiles(files);
  const again = filesToRunAgain(first);
  if (!secondAttempt || again.length === 0) return first;
  console.log(`\n${name}: a second attempt at ${again.join(', ')}`);
  return withSecondAttempt(first, again, await runFiles(again));
}

function mochaSuite(name: string, title: string, folders: string[], timeout: number): Suite {
  return {
    name,
    title,
    run: (grep, only) => runMocha({ name, folders, timeout }, grep, only),
  };
}

// ---- checks: they look at files and count as no tests ----

/** Names relative to the repository; undefined: all. */
export type Only = readonly string[] | undefined;

export interface Check {
  name: string;
  title: string;
  /** Resolves to what is wrong, one entry a file or project, and to how many were looked at. */
  run(only: Only): Promise<{ looked: number; failures: TestReport['failures'] }>;
}

/** Is each file written as Prettier writes it? */
async function checkFormat(only: Only): ReturnType<Check['run']> {
  const failures: TestReport['failures'] = [];
  const ignorePath = [inRoot('.gitignore'), inRoot('.prettierignore')];
  const config = await prettier.resolveConfig(inRoot('package.json'));
  let looked = 0;
  for (const file of only ?? allFiles()) {
    const { ignored, inferredParser } = await prettier.getFileInfo(inRoot(file), { ignorePath });
    if (ignored || inferredParser === null || !fs.statSync(inRoot(file)).isFile()) continue;
    looked++;
    const text = fs.readFileSync(inRoot(file), 'utf8');
    if (await prettier.check(text, { ...config, filepath: inRoot(file) })) continue;
    failures.push({ title: file, message: `run: npx prettier --write ${file}` });
  }
  return { looked, failures };
}

/** Every file that could be the project's own, sorted. */
function allFiles(): string[] {
  const skipped = ['node_modules', '.git', '.deps', 'dist', 'build', 'test-results', 'demo-output'];
  return fs
    .readdirSync(repositoryRoot, { withFileTypes: true })
    .filter((entry) => !skipped.includes(entry.name))
    .flatMap((entry) =>
      entry.isDirectory()
        ? fs
            .readdirSync(inRoot(entry.name), { recursive: true, encoding: 'utf8' })
            .map((name) => path.join(entry.name, name))
        : [entry.name],
    )
    .sort();
}

/** ESLint finds nothing, no warning either. */
async function checkLint(only: Only): ReturnType<Check['run']> {
  const files = only?.filter((name) => name.endsWith('.ts')) ?? ['.'];
  if (files.length === 0) return { looked: 0, failures: [] };
  const eslint = new ESLint({ cwd: repositoryRoot, warnIgnored: false });
  const results = await eslint.lintFiles(files);
  const bad = results.filter((result) => result.errorCount + result.warningCount > 0);
  return {
    looked: results.length,
    failures: bad.map((result) => ({
      title: path.relative(repositoryRoot, result.filePath),
      message: result.messages
        .map(({ line, column, message, ruleId }) => `${line}:${column} ${message} (${ruleId})`)
        .join('\n'),
    })),
  };
}

const typeScriptProjects = ['.', 'src/webview', 'test/webview'];

async function checkTypes(): ReturnType<Check['run']> {
  const failures: TestReport['failures'] = [];
  for (const project of typeScriptProjects) {
    const { code, output } = await runProgram(process.execPath, [
      inRoot('node_modules/typescript/bin/tsc'),
      // What was found out is kept, so that the next time only what changed is looked at.
      ...['--noEmit', '--incremental', '-p', project],
      ...['--tsBuildInfoFile', inRoot('build/types', `${project.replaceAll(/\W/g, '-')}.json`)],
    ]);
    if (code !== 0) failures.push({ title: `tsc -p ${project}`, message: output });
  }
  return { looked: typeScriptProjects.length, failures };
}

// ---- the others ----

/** The shim's own tests with address and undefined-behaviour sanitizers; they count themselves. */
async function runShimTests(): Promise<TestReport> {
  const folder = inRoot('build/native-shim-tests');
  const cache = path.join(folder, 'CMakeCache.txt');
  const ninja = !fs.existsSync(cache) && which('ninja') !== undefined ? ['-G', 'Ninja'] : [];
  const jobs = ['--parallel', String(buildJobs)];
  const steps: [string, string[]][] = [
    [
      'cmake',
      [
        ...['-S', inRoot('native-shim'), '-B', folder, '-DCMAKE_BUILD_TYPE=RelWithDebInfo'],
        ...['-DENGINE_SHIM_TESTS=ON', '-DENGINE_SHIM_SANITIZE=ON', ...ninja],
      ],
    ],
    ['cmake', ['--build', folder, ...jobs]],
  ];
  for (const [command, args] of steps) {
    const { code } = await runProgram(command, args);
    if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}`);
  }
  const { code, output } = await runProgram('ctest', [
    ...['--test-dir', folder, '--verbose', ...jobs],
  ]);
  const report: TestReport = { passed: 0, failed: 0, failures: [] };
  for (const [, passed, failed] of output.matchAll(/(\d+) passed, (\d+) failed$/gm)) {
    report.passed += Number(passed);
    report.failed += Number(failed);
  }
  if (code !== 0 && report.failed === 0) {
    report.failed = 1;
    report.failures.push({ title: 'ctest', message: output.slice(-3000) });
  }
  return report;
}

/**
 * mocha inside a real VS Code: the one that VSCODE_EXECUTABLE names, else code-server on Linux, else a desktop VS Code
 * that @vscode/test-electron downloads.
 */
async function runExtensionHostTests(
  name: string,
  grep: string | undefined,
  vscode: 'newest' | 'oldest' | 'desktop' = 'newest',
): Promise<TestReport> {
  const report = reportFile(name);
  fs.rmSync(report, { force: true });
  const testsModule = await bundleExtensionHostTests();
  const executable =
    process.env['VSCODE_EXECUTABLE'] ??
    (process.platform === 'linux' && vscode !== 'desktop'
      ? inRoot('test/harness/code')
      : undefined);
  const fixture = inRoot('test/extensionHost/workspace');
  const workspace = temporaryFolder(fs.existsSync(fixture) ? fixture : undefined);
  try {
    await runTests({
      ...(executable === undefined ? {} : { vscodeExecutablePath: executable }),
      extensionDevelopmentPath: repositoryRoot,
      extensionTestsPath: testsModule,
      launchArgs: [workspace.path],
      extensionTestsEnv: {
        ...(vscode === 'oldest' ? inOldest : {}),
        ENGINE_INSPECTOR_TEST_REPORT: report,
        ENGINE_INSPECTOR_REPOSITORY: repositoryRoot,
        ...(grep === undefined ? {} : { ENGINE_INSPECTOR_TEST_GREP: grep }),
      },
    });
  } catch (error) {
    if (!fs.existsSync(report)) throw error; // else the report tells which tests failed
  } finally {
    workspace.remove();
  }
  const result = readReport(report);
  for (const { title, message } of result.failures) console.log(`FAILED ${title}\n${message}`);
  return result;
}

const ui: MochaSuite = { name: 'ui', folders: ['test/ui'], timeout: 180_000, secondAttempt: true };

/** What the harness reads (test/harness/codeServer.ts). */
const inOldest = { ENGINE_INSPECTOR_VSCODE: 'oldest' } as const;

/** Both suites that need a VS Code, in the oldest one that engines.vscode allows. */
async function runInOldestVSCode(grep: string | undefined): Promise<TestReport> {
  const inside = await runExtensionHostTests('oldest-extensionHost', grep, 'oldest');
  const onScreen = await runMocha(
    { ...ui, name: 'oldest-ui', environment: inOldest },
    grep,
    undefined,
  );
  return {
    passed: inside.passed + onScreen.passed,
    failed: inside.failed + onScreen.failed,
    failures: [...inside.failures, ...onScreen.failures],
    flaky: onScreen.flaky ?? [],
  };
}

export const checks: readonly Check[] = [
  { name: 'format', title: 'Prettier', run: checkFormat },
  { name: 'lint', title: 'ESLint', run: checkLint },
  { name: 'types', title: 'TypeScript', run: checkTypes },
];

export const suites: readonly Suite[] = [
  mochaSuite('unit', 'tests beside the sources', ['src'], 20_000),
  mochaSuite('tooling', 'set-up, package and scripts', ['scripts'], 120_000),
  {
    name: 'shim',
    title: 'native shim with sanitizers against the real libraries',
    run: runShimTests,
  },
  mochaSuite('host', 'engine host against the real libraries', ['test/host'], 120_000),
  mochaSuite('rebuild', 'rebuilding with the real libraries', ['test/rebuild'], 300_000),
  mochaSuite('cli', 'command line', ['test/cli'], 120_000),
  mochaSuite(
    'run',
    'inspecting and running, on a stand-in GPU and with the real libraries',
    ['test/run'],
    120_000,
  ),
  mochaSuite('gpu', 'GPU memory on a stand-in NVML', ['test/gpu'], 60_000),
  mochaSuite('fuzz', 'hostile headers', ['test/fuzz'], 600_000),
  mochaSuite('security', 'what SECURITY.md says, tried', ['test/security'], 120_000),
  mochaSuite('webview', 'engine page in a browser', ['test/webview'], 60_000),
  {
    name: 'extensionHost',
    title: 'inside a real VS Code',
    run: (grep) => runExtensionHostTests('extensionHost', grep),
  },
  {
    name: 'ui',
    title: 'the packaged VSIX, driven on screen',
    run: (grep, only) => runMocha(ui, grep, only),
  },
  {
    name: 'oldest',
    title: 'extensionHost and ui in the oldest VS Code that is supported',
    onlyNamed: true,
    run: runInOldestVSCode,
  },
  {
    name: 'desktop',
    title: 'inside a desktop VS Code, which is downloaded: in Electron',
    onlyNamed: true,
    run: (grep) => runExtensionHostTests('desktop', grep, 'desktop'),
  },
  {
    name: 'windows',
    title: 'the Windows half under Wine, with the real Windows libraries',
    onlyNamed: true,
    run: runWindowsSuite,
  },
];
