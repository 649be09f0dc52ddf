/**
 * The commands, from id to what they do. They always exist; one that cannot do its work where it is called says so in a
 * sentence. Fix, runtime choice and installation have files of their own.
 */
import * as vscode from 'vscode';
import type { EngineHost } from './engineHost';
import type { EnginePicker } from './enginePicker';
import { type EnginesTree, targetRows } from './enginesTree';
import { commandTargets, engineOfHeaderText, fileName, hasEnginePage } from './engineTarget';
import type { Errors } from './errors';
import type { Fixes } from './fixes';
import type { GpuStatus } from './gpuStatus';
import type { Hashes } from './hashes';
import type { HeaderTextView } from './headerText';
import { type CommandId, commands, viewTypeOf } from './ids';
import type { LookInside } from './inspect';
import type { InstallRuntime } from './installRuntime';
import type { Log } from './log';
import type { Rebuild } from './rebuild';
import type { GpuTrials } from './rebuild/trials';
import type { Reports } from './reports';
import type { RuntimePicker } from './runtimePicker';
import type { Runtimes } from './runtimes';
import { runtimeNode } from './runtimesTree';
import type { Sample } from './sample';
import type { WorkspaceEngines } from './workspaceEngines';
import { showInformation, showStatus, withProgress } from './show';
import type { TargetActions } from './targets';

export interface CommandServices {
  tree: EnginesTree;
  enginePicker: EnginePicker;
  sample: Sample;
  reports: Reports;
  engines: WorkspaceEngines;
  fixes: Fixes;
  gpus: GpuStatus;
  hashes: Hashes;
  header: HeaderTextView;
  host: EngineHost;
  runtimes: Runtimes;
  picker: RuntimePicker;
  install: InstallRuntime;
  rebuild: Rebuild;
  trials: GpuTrials;
  inside: LookInside;
  targets: TargetActions;
  log: Log;
  errors: Errors;
}

type Handler = (argument?: unknown, selection?: unknown) => Promise<void>;

export function registerCommands(services: CommandServices): vscode.Disposable {
  const { fixes, picker, install, rebuild, inside, log, tree } = services;
  const view = () => import('./enginesView');
  const table: Record<CommandId, Handler> = {
    // From a problem on a target: with that target's id.
    [commands.fixProblem]: (argument, selection) => {
      if (typeof selection === 'string') return services.targets.fixProblem(argument, selection);
      const rows = targetRows(argument, selection);
      return rows.length > 0 ? services.targets.fixRows(rows) : fixes.fix(argument, selection);
    },
    [commands.fixAll]: (argument) => fixes.fixAll(argument),
    [commands.trySample]: () => services.sample.try(),
    [commands.checkEngine]: forEngines(services, checkEngines),
    [commands.checkAllEngines]: () => checkAllEngines(services),
    [commands.chooseRuntime]: () => picker.run(),
    [commands.installRuntime]: async () => {
      await install.run();
    },
    [commands.copyReport]: forEngines(services, copyReports),
    [commands.showHeaderText]: forEngines(services, async (uris) => {
      for (const uri of uris.slice(0, 10)) await services.header.show(uri);
    }),
    [commands.computeSha256]: forEngines(services, async (uris) => {
      await Promise.all(uris.map((uri) => services.hashes.computeWithNotification(uri)));
    }),
    [commands.showLog]: () => Promise.resolve(log.show()),
    [commands.showGpus]: () => services.gpus.showView(),
    [commands.chooseGpu]: () => services.gpus.choose(),
    [commands.rebuild]: (argument, selection) => rebuild.rebuildCommand(argument, selection),
    [commands.rebuildFromRecipe]: (argument) => rebuild.fromRecipe(argument),
    [commands.buildModel]: (argument) => rebuild.buildModel(argument),
    [commands.copyBuildCommand]: (argument) => rebuild.copyCommand(argument),
    [commands.tryOnOtherGpus]: (argument) => services.trials.run(argument),
    [commands.inspectEngine]: (argument, selection) => inside.inspectCommand(argument, selection),
    [commands.runEngine]: (argument, selection) => inside.runCommand(argument, selection),
    [commands.compareEngines]: (argument, selection) => inside.compareCommand(argument, selection),
    [commands.importLayers]: (argument) => inside.importCommand(argument),
    [commands.cancelRun]: () => inside.cancelCommand(),
    [commands.chooseTargets]: (argument) => services.targets.choose(argument),
    [commands.saveThisMachine]: () => services.targets.saveThisMachine(),
    [commands.showMatrix]: () => services.targets.showMatrix(),
    [commands.editTargets]: () => services.targets.edit(),
    [commands.restartHost]: () => restartHost(services),
    [commands.useRuntime]: (node) => picker.use(runtimeNode(node)),
    [commands.copyRuntimePath]: async (node) => {
      const path = runtimeNode(node)?.runtime.path;
      if (path !== undefined) await vscode.env.clipboard.writeText(path);
    },
    [commands.refreshRuntimes]: () => Promise.resolve(services.runtimes.refresh()),
    [commands.openEngine]: forEngines(services, async ([uri]) => {
      if (uri) await openEngine(uri);
    }),
    [commands.copyPath]: forEngines(services, async (uris) => {
      const paths = uris.map(({ scheme, fsPath, path }) => (scheme === 'file' ? fsPath : path));
      await vscode.env.clipboard.writeText(paths.join('\n'));
    }),
    [commands.revealInExplorer]: forEngines(services, async ([uri]) => {
      await vscode.commands.executeCommand('revealInExplorer', uri);
    }),
    [commands.groupEngines]: async () => (await view()).groupEngines(tree),
    [commands.sortEngines]: async () => (await view()).sortEngines(tree),
    [commands.filterEngines]: async () => (await view()).filterEngines(tree),
    [commands.clearFilter]: () => tree.arrange({ filter: '', onlyProblems: false }),
  };
  return vscode.Disposable.from(
    ...Object.entries(table).map(([id, handler]) => vscode.commands.registerCommand(id, handler)),
  );
}

function forEngines(
  services: CommandServices,
  run: (uris: vscode.Uri[], services: CommandServices, asked: boolean) => Promise<void>,
): Handler {
  return async (argument, selection) => {
    await services.errors.guard('The command', async () => {
      const named = commandTargets(argument, selection);
      const picked =
        named.length > 0 ? undefined : await services.enginePicker.ask({ title: 'Which engine?' });
      const uris = picked ? [picked] : named;
      if (uris.length > 0) await run(uris, services, picked !== undefined);
    });
  };
}

async function checkEngines(
  uris: vscode.Uri[],
  { reports, engines, host }: CommandServices,
  asked: boolean,
): Promise<void> {
  // Who asks by hand wants another try also where it was given up.
  await host.askAgain();
  engines.use();
  await Promise.all(uris.map((uri) => reports.check(uri)));
  // Who was asked which engine sees nothing of it yet.
  const [first] = uris;
  if (asked && first) await openEngine(first);
}

async function checkAllEngines({ engines, errors, host, reports }: CommandServices): Promise<void> {
  await errors.guard('Checking all engines', async () => {
    await host.askAgain();
    const count = await withProgress(
      { location: vscode.ProgressLocation.Window, title: 'Checking engines' },
      () => engines.checkAll(),
    );
    if (count === 0) {
      void showInformation('There is no engine file (*.engine) in this workspace.');
      return;
    }
    const { checkSummary } = await import('./checkSummary');
    const checked = [...reports.all()].filter(({ uri }) => reports.belongs(uri));
    const matrix = 'Show Target Matrix';
    void showInformation(checkSummary(checked.map(({ report }) => report)), matrix).then(
      (picked) => {
        if (picked === matrix) void vscode.commands.executeCommand(commands.showMatrix);
      },
    );
  });
}

async function copyReports(uris: vscode.Uri[], { reports }: CommandServices): Promise<void> {
  const { reportText } = await import('../core/report/reportText');
  const made = await Promise.all(uris.map((uri) => reports.ensure(uri)));
  const texts = made.flatMap((report) => (report ? [reportText(report)] : []));
  await vscode.env.clipboard.writeText(texts.join('\n\n'));
  showStatus(
    texts.length === 1 && uris[0]
      ? `Copied the report of ${fileName(uris[0])}`
      : `Copied ${texts.length.toString()} reports`,
    4000,
  );
}

async function restartHost({ host, reports, errors }: CommandServices): Promise<void> {
  await errors.guard('Restarting the engine host', async () => {
    await host.restart('by hand');
    await reports.checkKnown();
  });
}

async function openEngine(uri: vscode.Uri): Promise<void> {
  const engine = engineOfHeaderText(uri) ?? uri;
  await vscode.commands.executeCommand(
    'vscode.openWith',
    engine,
    hasEnginePage(engine) ? viewTypeOf(engine) : 'default',
  );
}
