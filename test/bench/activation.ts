/** What activation costs in a real VS Code, and how large the bundle is that it loads. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { build } from 'esbuild';

import { repositoryRoot, startVSCode, temporaryFolder } from '../harness';
import type { ActivationFacts } from '../extensionHost/benchActivation';
import { inRoot, median, ms, type Row } from './measure';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- the build script is CommonJS
const { piecesOf } = require('../../esbuild.js') as {
  piecesOf: (dist: string, name: string) => Set<string>;
};

const repeats = 5;

export async function activation(): Promise<Row[]> {
  const folder = temporaryFolder();
  try {
    const testsModule = path.join(folder.path, 'module/index.js');
    await build({
      entryPoints: [inRoot('test/extensionHost/benchActivation.ts')],
      outfile: testsModule,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['vscode'],
    });
    const all: ActivationFacts[] = [];
    for (let i = 0; i < repeats; i++) all.push(await once(testsModule, folder.path));
    const load = median(all.map((facts) => facts.load));
    const loadCpu = median(all.map((facts) => facts.loadCpu));
    const activate = median(all.map((facts) => facts.activate));
    const processes = Math.max(...all.map((facts) => facts.childProcesses));
    const koffi = all.some((facts) => facts.koffiLoaded);
    const entry = fs.statSync(inRoot('dist/extension.js')).size;
    const later = [...piecesOf(inRoot('dist'), 'extension')].reduce(
      (sum, name) => sum + fs.statSync(inRoot('dist/lazy', name)).size,
      0,
    );
    const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;
    return [
      {
        what: 'Activation in a real VS Code',
        ours: `${ms(load)} to load the bundle (processor time ${ms(loadCpu)}), ${ms(activate)} for activate()`,
        yardstick: '',
        result: ms(load + activate),
        target: '≤ 15 ms',
        ok: load + activate <= 15,
      },
      {
        what: 'Started or loaded before an engine is opened',
        ours: `${processes} child processes, koffi ${koffi ? 'loaded' : 'not loaded'}`,
        yardstick: '',
        result: String(processes),
        target: '0, not loaded',
        ok: processes === 0 && !koffi,
      },
      {
        what: 'Extension bundle',
        ours: `${kilobytes(entry)}; on first use, in pieces, up to ${kilobytes(later)} more`,
        yardstick: '',
        result: kilobytes(entry),
        target: '< 150 kB',
        ok: entry < 150_000,
      },
    ];
  } finally {
    folder.remove();
  }
}

async function once(testsModule: string, folder: string): Promise<ActivationFacts> {
  const report = path.join(folder, 'report.json');
  const workspace = path.join(folder, 'workspace');
  fs.mkdirSync(workspace, { recursive: true });
  fs.rmSync(report, { force: true });
  const vscode = await startVSCode({
    workspace,
    extension: { folder: repositoryRoot, testsModule },
    env: { ENGINE_INSPECTOR_BENCH_REPORT: report },
  });
  try {
    await vscode.testsExit;
  } finally {
    await vscode.close();
  }
  return JSON.parse(fs.readFileSync(report, 'utf8')) as ActivationFacts;
}
