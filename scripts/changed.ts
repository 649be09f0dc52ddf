/** What `npm test -- --changed` runs: the tests that what was changed can reach, and the names of suites to think of. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { build } from 'esbuild';

import { repositoryRoot } from '../test/harness';

/** Files that differ from a commit, and those that git does not know yet, relative to the repository. */
export function changedFiles(since: string): string[] {
  const git = (...args: string[]): string[] =>
    execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8' }).split('\n');
  return [
    ...git('diff', '--name-only', '--diff-filter=d', since, '--'),
    ...git('ls-files', '--others', '--exclude-standard'),
  ].filter((name) => name !== '' && fs.existsSync(path.join(repositoryRoot, name)));
}

/**
 * Those of the test files that import a changed file, directly or not. A changed file that no test imports and that is no
 * source may be read by any: then it is all of them.
 */
export async function testsOf(
  changed: readonly string[],
  tests: readonly string[],
): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [...tests],
    absWorkingDir: repositoryRoot,
    outdir: path.join(repositoryRoot, 'build/changed'),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  const reached = new Set(Object.keys(metafile.inputs));
  const asData = changed.filter((file) => !reached.has(file) && !/^src\/|\.(ts|md)$/.test(file));
  if (asData.length > 0) return [...tests];
  return Object.values(metafile.outputs).flatMap(({ entryPoint, inputs }) =>
    entryPoint !== undefined && changed.some((file) => file in inputs) ? [entryPoint] : [],
  );
}

/** Suites that run programs, pages or a whole VS Code, by what they are made from. */
const reaches: readonly [RegExp, readonly string[]][] = [
  [/^native-shim\//, ['shim', 'host', 'rebuild', 'run']],
  [/^src\/core\//, ['cli', 'webview', 'extensionHost']],
  [/^src\/host\//, ['host', 'rebuild', 'cli', 'run', 'gpu']],
  [/^src\/cli\//, ['cli']],
  [/^src\/webview\//, ['webview', 'ui']],
  [/^src\/extension\//, ['extensionHost', 'ui']],
  [/^(package|package\.nls|tensorrt-rtx)\.json$|^media\//, ['tooling', 'extensionHost', 'ui']],
  [/^(scripts|\.vscode|\.devcontainer)\/|^(esbuild\.js|[A-Z]+\.md)$/, ['tooling']],
  [/^test\/standIns\//, ['run', 'gpu']],
];

/** The slower suites that what was changed may matter to, in the order of `known`. */
export function slowSuitesOf(changed: readonly string[], known: readonly string[]): string[] {
  const named = new Set(
    changed.flatMap((file) => [
      ...reaches.flatMap(([pattern, suites]) => (pattern.test(file) ? suites : [])),
      file.split('/')[1] ?? '', // test/NAME/…
    ]),
  );
  return known.filter((name) => named.has(name));
}
