/**
 * The suite `windows`: the Windows half of the product, built here with Microsoft's C++ ABI and run under Wine with
 * Windows's own Node and NVIDIA's own Windows libraries. docs/windows.md tells what that shows and what it cannot.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { repositoryRoot } from '../harness';
import type { TestReport } from '../harness/mochaRun';
import { builtEngine, libraryVersions } from '../support/builtEngines';
import { appFolder, makeWindowsApp } from './app';
import { runNativeTests } from './nativeTests';
import {
  installDrivers,
  makeHoldOpen,
  makeWindowsStandIns,
  type NvmlPlace,
  removeDrivers,
} from './standIns';

interface Group {
  name: string;
  /** Folders or files of *.test.ts, as in the repository. */
  tests: string[];
  /** Milliseconds that one test may take. */
  timeout: number;
  limitMinutes: number;
  /** On a machine with a GPU that is none (test/standIns), with its NVML there. */
  standIns?: NvmlPlace;
}

const groups: Group[] = [
  { name: 'libraries', tests: ['test/windows'], timeout: 120_000, limitMinutes: 5 },
  { name: 'units', tests: ['src/core', 'src/host', 'src/cli'], timeout: 60_000, limitMinutes: 6 },
  { name: 'host', tests: ['test/host'], timeout: 120_000, limitMinutes: 6 },
  { name: 'rebuild', tests: ['test/rebuild'], timeout: 300_000, limitMinutes: 8 },
  { name: 'cli', tests: ['test/cli/cli.test.ts'], timeout: 120_000, limitMinutes: 8 },
  { name: 'gpu', tests: ['test/gpu'], timeout: 60_000, limitMinutes: 3, standIns: 'system32' },
  {
    name: 'gpu, NVML in the driver store',
    tests: ['test/gpu/cli.test.ts'],
    timeout: 60_000,
    limitMinutes: 3,
    standIns: 'driver-store',
  },
  {
    name: 'run',
    tests: [
      'test/run/inspect.test.ts',
      'test/run/run.test.ts',
      'test/run/badInput.test.ts',
      'test/run/cancel.test.ts',
    ],
    timeout: 120_000,
    limitMinutes: 6,
    standIns: 'system32',
  },
];

/** Files that cannot even be loaded there. */
const leftOutFiles: Record<string, string> = {
  'src/host/run/reference/runReference.test.ts':
    'it bundles with esbuild, whose program for Windows does not start under Wine',
};

function testFiles({ tests }: Group): string[] {
  return tests
    .flatMap((place) => {
      const absolute = path.join(repositoryRoot, place);
      if (fs.statSync(absolute).isFile()) return [place];
      return fs
        .readdirSync(absolute, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(place, name));
    })
    .filter((name) => name.endsWith('.test.ts') && !(name in leftOutFiles))
    .sort();
}

/** What Linux's libraries write for the same model. */
async function writeLinuxHeaders(): Promise<void> {
  const headers: Record<string, string> = {};
  for (const version of libraryVersions) {
    const engine = await builtEngine(version);
    headers[version] = fs.readFileSync(engine).subarray(0, 64).toString('hex');
  }
  const file = path.join(appFolder, 'test-results/linuxHeaders.json');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(headers));
}

/** The packaged extension, unpacked: vsix.test.ts uses nothing else. */
function unpackVsix(): void {
  execFileSync(process.execPath, ['scripts/package.mjs', '--target', 'win32-x64'], {
    cwd: repositoryRoot,
    stdio: 'inherit',
  });
  const folder = path.join(repositoryRoot, 'build/windows');
  const name = fs.readdirSync(folder).find((file) => file.endsWith('.vsix'));
  if (name === undefined) throw new Error(`no VSIX in ${folder}`);
  const unpacked = path.join(folder, 'vsix');
  fs.rmSync(unpacked, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'zipfile', '--extract', path.join(folder, name), unpacked]);
}

export async function runWindowsSuite(grep: string | undefined): Promise<TestReport> {
  const { endWine, runInWine, windowsNode } = await import('../../scripts/windows/wine.mjs');
  const total: TestReport & Required<Pick<TestReport, 'leftOut'>> = {
    passed: 0,
    failed: 0,
    failures: [],
    leftOut: [],
  };
  const add = (part: string, report: TestReport): void => {
    total.passed += report.passed;
    total.failed += report.failed;
    for (const { title, message } of report.failures) {
      total.failures.push({ title: `${part}: ${title}`, message });
    }
    for (const { title, reason } of report.leftOut ?? []) {
      total.leftOut.push({ title: `${part}: ${title}`, reason });
    }
    console.log(
      `windows, ${part}: ${report.passed} passed, ${report.failed} failed, ${report.leftOut?.length ?? 0} left out`,
    );
  };
  for (const [title, reason] of Object.entries(leftOutFiles)) {
    total.leftOut.push({ title, reason });
    console.log(`left out: ${title}: ${reason}`);
  }

  await makeWindowsApp();
  await writeLinuxHeaders();
  unpackVsix();
  await makeWindowsStandIns(appFolder);
  await makeHoldOpen(appFolder);
  await removeDrivers();
  try {
    if (grep === undefined) {
      for (const { part, report } of await runNativeTests()) add(part, report);
    }
    for (const group of groups) {
      console.log(`\n-- windows, ${group.name}`);
      if (group.standIns) await installDrivers(appFolder, group.standIns);
      const report = path.join(appFolder, 'test-results', `${group.name}.json`);
      fs.rmSync(report, { force: true });
      const { code } = await runInWine(
        windowsNode,
        [
          ...['test/harness/mochaMain.js', `--report=test-results/${group.name}.json`],
          `--timeout=${group.timeout}`,
          ...(grep === undefined ? [] : [`--grep=${grep}`]),
          ...testFiles(group).map((name) => name.replace(/\.ts$/, '.js')),
        ],
        {
          cwd: appFolder,
          env: { ENGINE_INSPECTOR_WINE: '1' },
          limitMs: group.limitMinutes * 60_000,
          onText: (text) => process.stdout.write(text),
        },
      );
      if (group.standIns) await removeDrivers();
      if (!fs.existsSync(report)) {
        const message = `the tests ended with ${code} and without a report`;
        add(group.name, { passed: 0, failed: 1, failures: [{ title: 'the tests', message }] });
        continue;
      }
      add(group.name, JSON.parse(fs.readFileSync(report, 'utf8')) as TestReport);
    }
  } finally {
    await endWine();
  }
  console.log(`windows: ${total.leftOut.length} left out, each with its reason above`);
  return total;
}
