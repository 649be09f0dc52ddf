/**
 * Uses the packaged extension in a real VS Code (code-server) as a restless person does: opens, checks, rebuilds with the real
 * TensorRT-RTX, runs on the stand-in GPU, closes, replaces files, changes runtimes; and kills engine hosts at random. Meanwhile
 * memory, handles, processes and files are counted.
 *
 *   npx tsx test/byHand/soak.ts [--minutes=2] [--seed=1] [--out=test-results/soak]
 *
 * Writes soak.csv and soak.svg, and ends with 1 when something grew. Needs `npm run setup` and `npm run package`.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';

import { libraryOf, makeDemoFolder } from '../../scripts/demoFolder';
import { writeSampleModel } from '../../scripts/makeSampleModel';
import { packagedVsix, startVSCode, temporaryFolder, Workbench } from '../harness';
import { standInMachine } from '../standIns/standIns';
import { randomNumbers } from '../support/random';
import { newest, older } from '../support/releases';
import { putRecipe, putStandInEngine } from '../support/standInFolder';
import { plot } from './soakPlot';
import { countFiles, type Numbers, processesOf, verdictOf } from './soakNumbers';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'test-results/soak' },
  },
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function main(): Promise<number> {
  const random = randomNumbers(Number(values.seed));
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const out = path.resolve(values.out);
  fs.mkdirSync(out, { recursive: true });
  const folder = temporaryFolder();
  const temporary = temporaryFolder();
  const inFolder = (name: string) => path.join(folder.path, name);
  const machine = standInMachine();
  await makeDemoFolder(folder.path);
  putStandInEngine(folder.path, 'upscaler.engine', { layers: 40 });
  putRecipe(folder.path, 'upscaler.engine', { sha256: true });
  writeSampleModel(inFolder('net.onnx'), { fixedShape: true });
  fs.copyFileSync(inFolder('otherVersion.engine'), inFolder('net.engine'));
  const engines = fs.readdirSync(folder.path).filter((name) => name.endsWith('.engine'));
  const kept = new Map(engines.map((name) => [name, fs.readFileSync(inFolder(name))]));

  const vscode = await startVSCode({
    workspace: folder.path,
    extension: { vsix: packagedVsix },
    env: { ...machine.environment, TMPDIR: temporary.path },
    settings: { 'engineInspector.runtimePath': machine.runtime },
  });
  const workbench = new Workbench(vscode);
  // Of machine scope, so VS Code takes it from the settings of the machine that the server is.
  const settingsFile = path.join(vscode.server.folder, 'user/Machine/settings.json');
  const useRuntime = async (library: string): Promise<void> => {
    fs.mkdirSync(path.dirname(settingsFile), { recursive: true });
    fs.writeFileSync(settingsFile, JSON.stringify({ 'engineInspector.runtimePath': library }));
    await pause(2500);
  };
  const page = () => workbench.webview();

  const actions: Record<string, () => Promise<void>> = {
    open: async () => {
      await workbench.openFile(pick(engines));
      await page().locator('#headline').waitFor();
    },
    check: () => workbench.runCommand('Engine Inspector: Check All Engines in Workspace'),
    checkOne: () => workbench.runCommand('Engine Inspector: Check Engine (Validate)'),
    run: async () => {
      await useRuntime(machine.runtime);
      await workbench.openFile('upscaler.engine');
      await page().getByRole('tab', { name: 'Run' }).click();
      const load = page().getByRole('button', { name: 'Load Engine' });
      if (await load.isVisible()) await load.click();
      await page().locator('[data-action="run"]').first().click();
      await page().getByText('median').first().waitFor({ timeout: 30_000 });
    },
    rebuild: async () => {
      await useRuntime(libraryOf(newest));
      fs.copyFileSync(inFolder('otherVersion.engine'), inFolder('net.engine'));
      await workbench.openFile('net.engine');
      await page().getByText(`the runtime here is ${newest}`).first().waitFor({ timeout: 20_000 });
      await workbench.runCommand('Engine Inspector: Rebuild…');
      // Model and options: what is offered first.
      for (let i = 0; i < 3; i++) {
        await pause(1500);
        if (await workbench.quickInput().isVisible()) await workbench.page.keyboard.press('Enter');
      }
      await workbench.notification('net.engine was built in').first().waitFor({ timeout: 60_000 });
      counted.built++;
      fs.copyFileSync(inFolder('otherVersion.engine'), inFolder('net.engine'));
      for (const name of fs.readdirSync(folder.path).filter((file) => /\.bak\d*$/.test(file))) {
        fs.rmSync(inFolder(name));
      }
    },
    close: () => workbench.runCommand('View: Close All Editors'),
    kill: async () => {
      const hosts = processesOf(vscode.server.pid).filter(({ kind }) => kind === 'engineHost');
      if (hosts.length > 0) {
        process.kill(pick(hosts).pid, 'SIGKILL');
        counted.killed++;
      }
      await pause(500);
    },
    replace: async () => {
      const name = pick(engines.filter((engine) => !/upscaler|net|other/.test(engine)));
      const bytes = kept.get(pick(engines)) ?? Buffer.alloc(0);
      const how = pick(['whole', 'half', 'gone', 'back', 'back']);
      if (how === 'gone') fs.rmSync(inFolder(name), { force: true });
      else if (how === 'back') fs.writeFileSync(inFolder(name), kept.get(name) ?? bytes);
      else fs.writeFileSync(inFolder(name), how === 'whole' ? bytes : bytes.subarray(0, 40));
      await pause(700);
      if (how === 'gone') fs.writeFileSync(inFolder(name), kept.get(name) ?? bytes);
    },
    runtime: () => useRuntime(pick([libraryOf(newest), libraryOf(older), machine.runtime])),
  };
  const counted = { actions: 0, failed: 0, killed: 0, built: 0 };
  const rows: Numbers[] = [];
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  const timer = setInterval(() => {
    const processes = processesOf(vscode.server.pid);
    const sum = (kind: string, what: 'rss' | 'handles') =>
      processes.filter((one) => one.kind === kind).reduce((total, one) => total + one[what], 0);
    rows.push({
      seconds: Math.round(seconds()),
      actions: counted.actions,
      extensionHostMB: sum('extensionHost', 'rss'),
      extensionHostHandles: sum('extensionHost', 'handles'),
      engineHosts: processes.filter(({ kind }) => kind === 'engineHost').length,
      engineHostsMB: sum('engineHost', 'rss'),
      processes: processes.length,
      temporaryFiles: countFiles(temporary.path),
      workFiles: countFiles(inFolder('.engine-inspector')),
    });
  }, 5000);
  try {
    const names = Object.keys(actions);
    while (seconds() < Number(values.minutes) * 60) {
      const name = pick(names);
      try {
        await actions[name]?.();
      } catch (error) {
        counted.failed++;
        console.log(`${seconds().toFixed(0)} s: ${name}: ${String(error).split('\n')[0]}`);
        await workbench.picture(`soak-${name}`).catch(() => undefined);
        for (let i = 0; i < 3; i++) await workbench.page.keyboard.press('Escape');
      }
      counted.actions++;
      if (counted.actions % 20 === 0) {
        await workbench.runCommand('Notifications: Clear All Notifications').catch(() => undefined);
        console.log(`${seconds().toFixed(0)} s: ${JSON.stringify(counted)}`);
      }
    }
    await workbench.runCommand('View: Close All Editors').catch(() => undefined);
    await pause(15_000); // what goes by itself may go
  } finally {
    clearInterval(timer);
    await vscode.close();
    machine.dispose();
    folder.remove();
    temporary.remove();
  }
  const columns = Object.keys(rows[0] ?? {}) as (keyof Numbers)[];
  const lines = rows.map((row) => columns.map((column) => row[column]).join(','));
  fs.writeFileSync(path.join(out, 'soak.csv'), [columns.join(','), ...lines, ''].join('\n'));
  const verdict = verdictOf(rows);
  const about = `${values.minutes} minutes, ${counted.actions} actions (${counted.failed} did not end as expected), ${counted.built} builds, ${counted.killed} engine hosts killed`;
  fs.writeFileSync(path.join(out, 'soak.svg'), plot(rows, about));
  console.log([about, ...verdict.told].join('\n'));
  return verdict.grew ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
