/** The Engines view of a workspace with many engines, in a real VS Code: from the click on its icon to the last engine. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { build } from 'esbuild';

import { librariesOf } from '../../scripts/demoFolder';
import type { EnginesFacts } from '../extensionHost/benchEngines';
import { repositoryRoot, startVSCode, temporaryFolder, Workbench } from '../harness';
import { writeEngine } from '../support/engineFiles';
import { newest, older } from '../support/releases';
import { makeFleet } from './fleet';
import { inRoot, median, ms, type Row } from './measure';

interface EditorRun extends EnginesFacts {
  /** Milliseconds from the click on the icon, in a window where the extension is not active yet. */
  tree: number;
  badge: number;
}

/** Looks with every frame, from the first click on. */
const watch = (count: number): string => `
  window.engineInspectorBench = new Promise((resolve) => {
    document.addEventListener('mousedown', () => {
      const start = performance.now();
      const seen = { tree: 0, badge: 0 };
      const look = () => {
        const now = performance.now() - start;
        const roots = [...document.querySelectorAll('.sidebar .pane .monaco-list-row[aria-level="1"] .label-description')];
        const engines = roots.reduce((sum, { textContent }) => sum + (Number(textContent) || 0), 0);
        if (!seen.tree && engines >= ${count}) seen.tree = now;
        const badges = [...document.querySelectorAll('.activitybar .action-item')]
          .filter((item) => item.querySelector('.action-label[aria-label^="Engine Inspector"]'))
          .map((item) => item.querySelector('.badge-content')?.textContent ?? '');
        if (badges.some((text) => text !== '')) {
          if (!seen.badge || seen.text !== badges.join()) seen.badge = now;
          seen.text = badges.join();
        }
        if ((seen.tree && now > seen.tree + 2500) || now > 120000) resolve(seen);
        else requestAnimationFrame(look);
      };
      look();
    }, { capture: true, once: true });
  });
  undefined;
`;

/** count: of the engines below the groups that are seen at first. */
export async function openEngines(workspace: string, count: number): Promise<EditorRun> {
  const folder = temporaryFolder();
  const said = (name: string): string => path.join(folder.path, name);
  const testsModule = said('module/index.js');
  await build({
    entryPoints: [inRoot('test/extensionHost/benchEngines.ts')],
    outfile: testsModule,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
  const { env } = process;
  const vscode = await startVSCode({
    workspace,
    extension: { folder: env['ENGINE_INSPECTOR_BENCH_EXTENSION'] ?? repositoryRoot, testsModule },
    env: {
      LD_LIBRARY_PATH: librariesOf(newest),
      ENGINE_INSPECTOR_BENCH_FOLDER: folder.path,
      ENGINE_INSPECTOR_BENCH_PROFILE: env['ENGINE_INSPECTOR_BENCH_PROFILE'],
      ENGINE_INSPECTOR_BENCH_SNAPSHOT: env['ENGINE_INSPECTOR_BENCH_SNAPSHOT'],
    },
  });
  try {
    await appears(said('ready'));
    const { page } = vscode;
    await page.evaluate(watch(count));
    await new Workbench(vscode).showViewContainer('Engine Inspector');
    const seen = await page.evaluate<{ tree: number; badge: number }>(
      'window.engineInspectorBench',
    );
    if (env['ENGINE_INSPECTOR_BENCH_PICTURE'] !== undefined) {
      await page.screenshot({ path: env['ENGINE_INSPECTOR_BENCH_PICTURE'] });
    }
    fs.writeFileSync(said('shown'), '');
    await appears(said('facts.json'));
    const facts = JSON.parse(fs.readFileSync(said('facts.json'), 'utf8')) as EnginesFacts;
    return { ...facts, ...seen };
  } finally {
    await vscode.close();
    folder.remove();
  }
}

const rounds = 3;

async function opened(
  workspace: string,
  count: number,
  make: (folder: string) => void,
): Promise<EditorRun[]> {
  const folder = temporaryFolder();
  try {
    make(path.join(folder.path, workspace));
    const runs: EditorRun[] = [];
    for (let round = 0; round < rounds; round++) {
      runs.push(await openEngines(path.join(folder.path, workspace), count));
    }
    return runs;
  } finally {
    folder.remove();
  }
}

/** seen: some of few are open, and push others out of sight. */
const fleet = (count: number, folders: number, seen = count) =>
  opened('engines', seen, (folder) => {
    makeFleet(path.dirname(folder), count, folders);
  });

/** As in test/byHand/manyEngines.ts, without what a rebuild of them needs. */
export function mixed(folder: string): void {
  const inFolder = (name: string): string => path.join(folder, name);
  for (const name of ['farm', 'other', 'good']) fs.mkdirSync(inFolder(name), { recursive: true });
  const model = { path: 'net.onnx', sha256: '0'.repeat(64), size: 1 };
  const recipe = { schemaVersion: 1, model, options: { flags: [], profiles: [] } };
  for (let at = 0; at < 36; at++) {
    const engine = inFolder(`farm/net${at}.engine`);
    writeEngine(engine, { version: older, fileSize: 4096 + at });
    fs.writeFileSync(`${engine}.json`, JSON.stringify(recipe));
  }
  for (let at = 0; at < 137; at++) {
    fs.writeFileSync(inFolder(`other/page${at}.engine`), '<!doctype html><title>404</title>');
  }
  for (let at = 0; at < 142; at++) {
    writeEngine(inFolder(`good/net${at}.engine`), { version: newest, fileSize: 4096 + at });
  }
}

/** In a window that is open; the extension is loaded with the click. */
export async function editor(): Promise<Row[]> {
  const many = await fleet(10_000, 100);
  const few = await fleet(100, 1, 1);
  // All groups come at once, and only the first is seen.
  const some = await opened('mixed', 36, mixed);
  const of = (runs: EditorRun[], key: 'tree' | 'badge' | 'longest' | 'grown' | 'cpu'): number =>
    median(runs.map((run) => run[key]));
  const row = (what: string, runs: EditorRun[]): Row => {
    const time = median(runs.map(({ tree, badge }) => Math.max(tree, badge)));
    return {
      what: `Engines view of ${what}: from the click on its icon to the whole tree and the badge`,
      ours: `${ms(time)}; processor time of the extension host ${ms(of(runs, 'cpu'))}`,
      yardstick: '',
      result: ms(time),
      target: '< 1500 ms',
      ok: time < 1500,
    };
  };
  const perEngine = (of(many, 'grown') - of(few, 'grown')) / 9_900;
  return [
    row('10,000 engines in 100 folders', many),
    {
      what: 'The same: longest hold-up of the extension host',
      ours: many.map(({ longest }) => ms(longest)).join(', '),
      yardstick: `100 engines: ${few.map(({ longest }) => ms(longest)).join(', ')}`,
      result: ms(of(many, 'longest')),
      target: '< 50 ms',
      ok: of(many, 'longest') < 50,
    },
    {
      what: 'The same: heap of the extension host for each engine, nobody looked',
      ours: `${(perEngine / 1000).toFixed(2)} kB`,
      yardstick: 'with 100 engines',
      result: `${(perEngine / 1000).toFixed(2)} kB`,
      target: '< 1 kB',
      ok: perEngine < 1000,
    },
    row('315 engines (137 web pages, 36 of the version before with recipes, 142 whole)', some),
  ];
}

async function appears(file: string): Promise<void> {
  const until = Date.now() + 180_000;
  while (!fs.existsSync(file)) {
    if (Date.now() > until) throw new Error(`${file} was not written`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
