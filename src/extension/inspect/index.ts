/**
 * Inspecting engines and running them, the light half: which message of a page and which command leads to what.
 * What does the work (inspections.ts, ../run) is loaded with the first of them. Commands: inspectEngine, runEngine,
 * compareEngines, importLayers, cancelRun. Settings: run.timeout, run.keep.
 */
import type * as vscode from 'vscode';
import { assertNever } from '../../core/text/assertNever';
import type { FromPage } from '../../core/pages/pageMessages';
import { commandTargets, isEngineName } from '../engineTarget';
import type { EngineWork } from '../run/engineWork';
import type { Runs } from '../run/runs';
import type { EngineComparisons } from './engineComparisons';
import type { Inspections } from './inspections';
import type { LookInsideServices } from './services';

/** What a page may say of it. */
export type InsideMessage = Extract<
  FromPage,
  {
    type:
      | 'inspect'
      | 'cancelInspect'
      | 'exportLayers'
      | 'exportInspection'
      | 'importLayers'
      | 'importProfile'
      | 'forgetImported'
      | 'compareEngine'
      | 'rebuildDetailed'
      | 'rebuildStreaming'
      | 'run'
      | 'sweep'
      | 'search'
      | 'reference'
      | 'compareRun'
      | 'cancelRun'
      | 'readFreeMemory'
      | 'pickInput'
      | 'dropInput'
      | 'saveOutput'
      | 'saveOutputs'
      | 'exportRun'
      | 'importRuns'
      | 'forgetRun';
  }
>;

export interface Inside {
  work: EngineWork;
  inspections: Inspections;
  runs: Runs;
  comparisons: EngineComparisons;
}

export class LookInside implements vscode.Disposable {
  private loaded: Promise<Inside> | undefined;

  constructor(private readonly services: LookInsideServices) {}

  dispose(): void {
    void this.loaded?.then(({ work, inspections, runs, comparisons }) => {
      for (const one of [work, inspections, runs, comparisons]) one.dispose();
    });
  }

  get(): Promise<Inside> {
    this.loaded ??= this.load();
    return this.loaded;
  }

  /** A page has loaded: sends what is known of its engine. */
  async fill(uri: vscode.Uri): Promise<void> {
    if (uri.scheme !== 'file') return;
    const { inspections, runs } = await this.get();
    const { pages } = this.services;
    for (const message of inspections.messages(uri)) pages.say(uri, message);
    for (const message of await runs.messages(uri)) pages.say(uri, message);
  }

  /** What a page asks for. A failure is told once. */
  async handle(uri: vscode.Uri, message: InsideMessage): Promise<void> {
    await this.guarded(async () => {
      const { inspections, runs, comparisons, work } = await this.get();
      switch (message.type) {
        case 'inspect':
          await inspections.inspect(uri);
          return;
        case 'cancelInspect':
        case 'cancelRun':
          return work.cancel(uri);
        case 'exportLayers':
          return inspections.exportLayers(uri, message.format === 'csv' ? message.text : null);
        case 'exportInspection':
          return inspections.exportInspection(uri);
        case 'importLayers':
          return inspections.importFile(uri, 'layers');
        case 'importProfile':
          return inspections.importFile(uri, 'profile');
        case 'forgetImported':
          return inspections.forgetImported(uri);
        case 'compareEngine':
          return comparisons.compareWith(uri);
        case 'rebuildDetailed':
          return this.rebuildDetailed(uri);
        case 'rebuildStreaming': {
          const { rebuild, reports } = this.services;
          return rebuild.rebuild(uri, 'weight-streaming', reports.get(uri) ?? null);
        }
        case 'run':
          await runs.run(uri, { kind: 'run', choices: message.choices, budgets: [] });
          return;
        case 'sweep': {
          const { choices, budgets } = message;
          await runs.run(uri, { kind: 'sweep', choices, budgets });
          return;
        }
        case 'search': {
          const { choices, goal } = message;
          await runs.run(uri, { kind: 'sweep', choices, budgets: [], goal });
          return;
        }
        case 'reference':
          await runs.run(uri, { kind: 'reference', choices: message.choices, budgets: [] });
          return;
        case 'compareRun':
          await runs.compare(uri, message.run);
          return;
        case 'importRuns':
          return runs.importRuns(uri);
        case 'readFreeMemory':
          return runs.readFreeMemory(uri);
        case 'pickInput':
          return runs.pickInput(uri, message.name);
        case 'dropInput':
          return runs.dropInput(uri, message);
        case 'saveOutput':
          return runs.saveOutput(uri, message.run, message.output);
        case 'saveOutputs':
          return runs.saveOutputs(uri, message.run);
        case 'exportRun':
          return runs.exportRun(uri, message.run);
        case 'forgetRun':
          return runs.forget(uri, message.run);
        default:
          return assertNever(message);
      }
    });
  }

  /** The command Inspect Engine…: the page at Tensors, filled when it is not yet. */
  inspectCommand(argument?: unknown, selection?: unknown): Promise<void> {
    return this.atTab('tensors', argument, selection);
  }

  /** The command Run Sample Inference…: the page at Run; what the inputs are is known by inspecting. */
  runCommand(argument?: unknown, selection?: unknown): Promise<void> {
    return this.atTab('run', argument, selection);
  }

  async importCommand(argument?: unknown): Promise<void> {
    await this.guarded(async () => {
      const title = 'Import layers for which engine?';
      const uri = await this.target(title, argument);
      if (!uri) return;
      await this.services.pages.show(uri, 'layers');
      await (await this.get()).inspections.importFile(uri, 'layers');
    });
  }

  /** Two that are selected; else one that is, or the page in front, and another that is asked for. */
  async compareCommand(argument?: unknown, selection?: unknown): Promise<void> {
    await this.guarded(async () => {
      const { comparisons } = await this.get();
      const [first, second] = commandTargets(argument, selection).filter(isEngineOrOld);
      if (first && second) await comparisons.compare(first, second);
      else await comparisons.compareWith(first);
    });
  }

  async cancelCommand(): Promise<void> {
    await (await this.loaded)?.work.cancel();
  }

  private async atTab(tab: 'tensors' | 'run', argument: unknown, selection: unknown) {
    await this.guarded(async () => {
      const title = tab === 'run' ? 'Run which engine?' : 'Inspect which engine?';
      const uri = await this.target(title, argument, selection);
      if (!uri) return;
      await this.services.pages.show(uri, tab);
      const { inspections, work } = await this.get();
      const busy = work.busyWith?.uri.toString() === uri.toString();
      if (!busy && !inspections.inspection(uri)) await inspections.inspect(uri);
    });
  }

  private async rebuildDetailed(uri: vscode.Uri): Promise<void> {
    const { rebuild, reports } = this.services;
    await rebuild.rebuildDetailed(uri, reports.get(uri) ?? null);
  }

  /** What the command was called for, else what is picked. */
  private async target(
    title: string,
    argument: unknown,
    selection?: unknown,
  ): Promise<vscode.Uri | undefined> {
    const [uri] = commandTargets(argument, selection);
    return uri ?? this.services.enginePicker.ask({ title });
  }

  private async guarded(run: () => Promise<void>): Promise<void> {
    await this.services.errors.guard('The command', run);
  }

  private async load(): Promise<Inside> {
    const [{ EngineWork }, { Inspections }, { Runs }, { EngineComparisons }, { modelOf }] =
      await Promise.all([
        import('../run/engineWork'),
        import('./inspections'),
        import('../run/runs'),
        import('./engineComparisons'),
        import('./onnxModel'),
      ]);
    const { services } = this;
    const work = new EngineWork(services);
    const inspections = new Inspections(services, work);
    const runs = new Runs(services, work, inspections, services.runsFolder, async (uri) =>
      modelOf(uri, (await services.rebuild.get()).models),
    );
    const comparisons = new EngineComparisons(services, inspections, work);
    return { work, inspections, runs, comparisons };
  }
}

/** Also one that a rebuild kept: det.engine.bak. */
function isEngineOrOld(uri: vscode.Uri): boolean {
  return isEngineName(uri) || isEngineName(uri.with({ path: uri.path.replace(/\.bak\d*$/, '') }));
}
