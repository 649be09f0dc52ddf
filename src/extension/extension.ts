/**
 * Wires the features, nothing else. What a feature needs at run time (the protocol, the engine host's process, native
 * code) it loads when it is first used: activation reads no file and starts no process.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Assistants } from './assistants';
import { registerCommands } from './commands';
import { ContextKeys } from './contextKeys';
import { Decorations } from './decorations';
import { HostChecks } from './engineChecks';
import { EngineEditor } from './engineEditor/engineEditor';
import { EnginePages } from './engineEditor/enginePages';
import { EngineHost } from './engineHost';
import { EnginePicker } from './enginePicker';
import { EnginesTree } from './enginesTree';
import { Errors } from './errors';
import { Fixes } from './fixes';
import { type GpuStatus, register as registerGpuStatus } from './gpuStatus';
import { Hashes } from './hashes';
import { HeaderTextView } from './headerText';
import { LookInside } from './inspect';
import { InstallRuntime } from './installRuntime';
import { Log } from './log';
import { Problems } from './problems';
import { Rebuild } from './rebuild';
import { GpuTrials } from './rebuild/trials';
import { Remedies } from './remedies';
import { Reports } from './reports';
import { RuntimePicker } from './runtimePicker';
import { Runtimes } from './runtimes';
import { RuntimesTree } from './runtimesTree';
import { Sample } from './sample';
import * as settings from './settings';
import { TerminalCommand } from './terminalCommand';
import { TargetActions } from './targets';
import { Targets } from './targets/targets';
import { LibraryTrust } from './trust';
import { WorkspaceEngines } from './workspaceEngines';

/** What activate() answers under test only: other extensions get nothing that they could come to depend on. */
export interface InternalApi {
  readonly reports: Reports;
  readonly engines: WorkspaceEngines;
  readonly runtimes: Runtimes;
  readonly host: EngineHost;
  readonly gpus: GpuStatus;
  readonly hashes: Hashes;
  readonly remedies: Remedies;
  readonly rebuild: Rebuild;
  readonly trials: GpuTrials;
  readonly inside: LookInside;
  readonly pages: EnginePages;
  readonly targets: TargetActions;
  readonly assistants: Assistants;
  readonly enginesTree: EnginesTree;
  readonly runtimesTree: RuntimesTree;
  readonly errors: Errors;
  readonly terminalVariables: vscode.EnvironmentVariableCollection;
  /** Milliseconds that activate() took. */
  readonly activationMs: number;
}

export function activate(context: vscode.ExtensionContext): InternalApi | undefined {
  const start = performance.now();
  const own = <T extends vscode.Disposable>(disposable: T): T => {
    context.subscriptions.push(disposable);
    return disposable;
  };

  const log = own(new Log());
  const errors = new Errors(log);
  const hostMain = context.asAbsolutePath('dist/engineHost.js');
  const host = own(new EngineHost(hostMain, log, errors));
  const installFolder = path.join(context.globalStorageUri.fsPath, 'tensorrt-rtx');
  const trust = new LibraryTrust(context.workspaceState);
  host.mayLoad = async (library) => {
    await trust.mayLoad(library);
    const { refuseChangedInstall } = await import('../host/runtimes/installedRuntime');
    await refuseChangedInstall(library, installFolder);
  };
  const runtimes = own(new Runtimes(host.shimFolder, installFolder, trust, log, errors));
  const hashes = own(new Hashes(errors));
  const checks = own(new HostChecks(host, runtimes, hashes, log));
  const reports = own(new Reports(checks, errors));
  const engines = own(new WorkspaceEngines(reports, context.workspaceState));

  const targetList = own(new Targets());
  const problems = own(new Problems(reports, targetList));
  own(
    new TerminalCommand(
      context.environmentVariableCollection,
      context.asAbsolutePath(path.join('dist', 'bin')),
      installFolder,
    ),
  );
  own(new Decorations(reports, problems));
  own(new ContextKeys(reports));
  const header = own(new HeaderTextView(reports));
  const enginesTree = own(new EnginesTree(reports, engines, targetList, context.workspaceState));
  const runtimesTree = own(new RuntimesTree(runtimes, host, errors));

  const enginePicker = own(new EnginePicker(reports, context.workspaceState));
  const cli = context.asAbsolutePath('dist/cli.js');
  const { version } = context.extension.packageJSON as { version: string };
  const assistants = own(new Assistants({ cli, version, runtimes, errors }));
  const install = new InstallRuntime(runtimes, log, errors);
  const picker = new RuntimePicker(runtimes, install, errors);
  const rebuild = own(
    new Rebuild({
      host,
      reports,
      runtimes,
      errors,
      memory: context.workspaceState,
      cli,
      enginePicker,
    }),
  );
  const sample = new Sample({
    ...{ rebuild, runtimes, install, errors },
    storage: context.globalStorageUri,
    memory: context.globalState,
  });
  void errors.guard('Opening the walkthrough', () => sample.continue());
  const trials = new GpuTrials({
    ...{ hostMain, host, reports, runtimes, targetList, rebuild, enginePicker, errors, log },
  });
  const remedies = new Remedies({ runtimes, picker, install, rebuild, log });
  const fixes = new Fixes(reports, remedies, enginePicker, enginesTree, errors);

  const { extensionUri } = context;
  const targets = own(
    new TargetActions({
      ...{ extensionUri, engines, host, reports, runtimes, rebuild, fixes, errors, targetList },
      trials,
    }),
  );
  const gpus = own(registerGpuStatus({ extensionUri, hostMain, host, reports, log, errors }));
  const pages = own(new EnginePages());
  const runsFolder = path.join(context.globalStorageUri.fsPath, 'runs');
  const inside = own(
    new LookInside({
      ...{ extensionUri, hostMain, host, reports, runtimes, gpus, pages, rebuild, log, errors },
      enginePicker,
      runsFolder,
      cacheFolder: path.join(context.globalStorageUri.fsPath, 'runtime-caches'),
    }),
  );
  own(
    EngineEditor.register({
      ...{ extensionUri, reports, engines, hashes, fixes, errors, pages, inside, targets },
    }),
  );
  own(
    registerCommands({
      reports,
      engines,
      fixes,
      gpus,
      hashes,
      header,
      host,
      runtimes,
      picker,
      install,
      rebuild,
      trials,
      inside,
      targets,
      log,
      errors,
      tree: enginesTree,
      enginePicker,
      sample,
    }),
  );
  own(hashes.onDidProve((uri) => void reports.check(uri)));
  own(reports.onDidChange(({ changed }) => hashes.forgetChanged(changed)));
  if (settings.checkWorkspace() === 'onStartup') engines.use();

  if (context.extensionMode !== vscode.ExtensionMode.Test) return undefined;
  return {
    reports,
    engines,
    runtimes,
    host,
    gpus,
    hashes,
    remedies,
    rebuild,
    trials,
    inside,
    pages,
    targets,
    assistants,
    enginesTree,
    runtimesTree,
    errors,
    terminalVariables: context.environmentVariableCollection,
    activationMs: performance.now() - start,
  };
}
