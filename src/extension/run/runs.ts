/**
 * Sample inference of the engines that are open: begins, cancels and keeps runs, fetches input files, saves what came
 * out. Loaded with first use; what is kept of earlier runs is read when a page asks.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { assertNever } from '../../core/text/assertNever';
import type { PickedInput, RunState, ToPage } from '../../core/pages/pageMessages';
import type {
  Goal,
  OutputReport,
  RunChoices,
  RunProgress,
  RunReport,
} from '../../core/run/runReport';
import { Failure } from '../../core/wire/failure';
import { pageBytes } from '../engineEditor/pageBytes';
import { fileName } from '../engineTarget';
import type { Inspections } from '../inspect/inspections';
import { saveFile } from '../inspect/saveFile';
import * as settings from '../settings';
import type { EngineWork, EngineWorkServices, WorkContext } from './engineWork';
import type { RunFolder, RunStore } from './runStore';
import { showInformation } from '../show';

export interface RunOrder {
  kind: RunReport['kind'];
  choices: RunChoices;
  /** Of a sweep, bytes. */
  budgets: number[];
  /** Of a sweep whose budgets are searched. */
  goal?: Goal;
}

/** Of all engines together. Bytes. */
const keptBytes = 2 * 1024 ** 3;
const mostImportedBytes = 64 * 1024 * 1024;
/** A page draws the pictures of this many bytes of kept runs; older runs show their numbers. */
const previewBytes = 48 * 1024 * 1024;

export class Runs implements vscode.Disposable {
  private readonly states = new Map<string, RunState>();
  private readonly reports = new Map<string, RunReport[]>();
  private readonly reading = new Map<string, Promise<RunReport[]>>();
  private readonly subscriptions: vscode.Disposable[];
  private kept: Promise<RunStore> | undefined;

  constructor(
    private readonly services: EngineWorkServices,
    private readonly work: EngineWork,
    private readonly inspections: Inspections,
    /** Below the extension's global storage. */
    private readonly folder: string,
    /** The ONNX model of an engine: its recipe's, else asked for. */
    private readonly modelOf: (uri: vscode.Uri) => Promise<string | undefined>,
  ) {
    this.subscriptions = [
      services.pages.onDidClose((uri) => {
        const key = uri.toString();
        void this.work.cancel(uri);
        this.states.delete(key);
        this.reports.delete(key);
        this.reading.delete(key);
        void this.store().then((store) => store.forgetDropped(uri.fsPath));
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** For a page that has just loaded. */
  async messages(uri: vscode.Uri): Promise<ToPage[]> {
    const run = this.states.get(uri.toString()) ?? { state: 'none' };
    return [{ type: 'run', run }, runsMessage(await this.list(uri))];
  }

  /** Newest first. */
  list(uri: vscode.Uri): Promise<RunReport[]> {
    const key = uri.toString();
    const known = this.reports.get(key);
    if (known) return Promise.resolve(known);
    let reading = this.reading.get(key);
    if (!reading) {
      reading = this.store()
        .then((store) => store.list(uri.fsPath))
        .then((reports) => {
          this.reports.set(key, reports);
          return reports;
        })
        .finally(() => this.reading.delete(key));
      this.reading.set(key, reading);
    }
    return reading;
  }

  /** Runs it. undefined: it could not begin, or was cancelled; a run that failed is a report. */
  async run(uri: vscode.Uri, order: RunOrder): Promise<RunReport | undefined> {
    const doing = describe(order.kind, uri);
    return this.tried(uri, order.kind, doing, async () => {
      const model = order.kind === 'reference' ? await this.modelOf(uri) : null;
      if (model === undefined) return undefined;
      return (context) => this.perform(uri, order, model, context);
    });
  }

  /** Runs the reference with the inputs of a run that is kept, and joins the two. */
  async compare(uri: vscode.Uri, id: string): Promise<RunReport | undefined> {
    const before = await this.find(uri, id);
    return this.tried(uri, 'reference', describe('reference', uri), async () => {
      const model = await this.modelOf(uri);
      if (model === undefined) return undefined;
      return async (context) => {
        const [runner, store] = await Promise.all([this.work.get(), this.store()]);
        const joined = await runner.compare(
          before,
          { model, folder: store.folderOf(uri.fsPath, id) },
          context,
        );
        await store.keep(uri.fsPath, joined);
        return joined;
      };
    });
  }

  async forget(uri: vscode.Uri, id: string): Promise<void> {
    await (await this.store()).forget(uri.fsPath, id);
    await this.readAgain(uri);
  }

  async readFreeMemory(uri: vscode.Uri): Promise<void> {
    const memory = await (await this.work.get()).freeMemory();
    this.services.pages.say(uri, { type: 'freeMemory', ...memory });
  }

  /** A file dialog for an input; the page is told what the file turned out to be. */
  async pickInput(uri: vscode.Uri, name: string): Promise<void> {
    const chosen = await vscode.window.showOpenDialog({
      title: `Values of the input ${name}`,
      defaultUri: vscode.Uri.joinPath(uri, '..'),
      filters: {
        'Tensors and pictures': ['npy', 'npz', 'bin', 'raw', 'png', 'jpg', 'jpeg'],
        'All files (raw bytes)': ['*'],
      },
    });
    if (chosen?.[0]) await this.useInput(uri, name, chosen[0]);
  }

  async dropInput(
    uri: vscode.Uri,
    { name, fileName: dropped, bytes }: { name: string; fileName: string; bytes: Uint8Array },
  ): Promise<void> {
    const file = await (await this.store()).drop(uri.fsPath, dropped, bytes);
    await this.useInput(uri, name, vscode.Uri.file(file));
  }

  /** Looks at the file as a run would, and tells the page. */
  async useInput(uri: vscode.Uri, name: string, file: vscode.Uri): Promise<void> {
    this.services.pages.say(uri, {
      type: 'pickedInput',
      input: await this.looked(uri, name, file),
    });
  }

  /** One output as .npy. */
  async saveOutput(uri: vscode.Uri, id: string, name: string): Promise<void> {
    const report = await this.find(uri, id);
    const output = outputsOf(report).find((one) => one.name === name);
    if (!output) return;
    const { npyNames, saveNpy } = await import('../../host/run/inputs/outputs');
    await saveFile({
      title: `Save the output ${name}`,
      beside: uri,
      name: `${stem(uri)}.${npyNames([output])[0] ?? 'output.npy'}`,
      filters: { NumPy: ['npy'] },
      write: async (target) => void (await saveNpy(output, target)),
    });
  }

  /** Every output as .npy, into a folder. */
  async saveOutputs(uri: vscode.Uri, id: string): Promise<void> {
    const outputs = outputsOf(await this.find(uri, id)).filter(({ dataPath }) => dataPath !== null);
    const [only] = outputs;
    if (!only) return;
    if (outputs.length === 1) return this.saveOutput(uri, id, only.name);
    const chosen = await vscode.window.showOpenDialog({
      title: `Where to save ${outputs.length.toString()} outputs`,
      defaultUri: vscode.Uri.joinPath(uri, '..'),
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: 'Save Here',
    });
    if (chosen?.[0]) await this.saveOutputsIn(uri, id, chosen[0]);
  }

  /** Never over a file that is there. */
  async saveOutputsIn(uri: vscode.Uri, id: string, folder: vscode.Uri): Promise<vscode.Uri[]> {
    const outputs = outputsOf(await this.find(uri, id)).filter(({ dataPath }) => dataPath !== null);
    const { npyNames, saveNpy } = await import('../../host/run/inputs/outputs');
    const taken = new Set((await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name));
    const saved: vscode.Uri[] = [];
    for (const [index, name] of npyNames(outputs).entries()) {
      const free = freeName(`${stem(uri)}.${path.basename(name, '.npy')}`, '.npy', taken);
      const target = vscode.Uri.joinPath(folder, free);
      const output = outputs[index];
      if (output) await saveNpy(output, target.fsPath);
      saved.push(target);
    }
    void showInformation(`${saved.length} outputs were saved in ${folder.fsPath}.`);
    return saved;
  }

  async exportRun(uri: vscode.Uri, id: string): Promise<void> {
    const report = await this.find(uri, id);
    const [{ runJson }, { printedJson }] = await Promise.all([
      import('../../core/run/runJson'),
      import('../../core/text/printableJson'),
    ]);
    await saveFile({
      title: `Export the run of ${fileName(uri)}`,
      beside: uri,
      name: `${stem(uri)}.${report.kind}.json`,
      filters: { JSON: ['json'] },
      content: () => Buffer.from(printedJson(runJson(report))),
    });
  }

  /** What `run --json` and `sweep --json` printed on other machines. */
  async importRuns(uri: vscode.Uri): Promise<void> {
    const chosen = await vscode.window.showOpenDialog({
      title: `Runs of ${fileName(uri)} on other machines (run --json, sweep --json)`,
      defaultUri: vscode.Uri.joinPath(uri, '..'),
      canSelectMany: true,
      filters: { JSON: ['json'] },
    });
    for (const { fsPath } of chosen ?? []) await this.importFrom(uri, fsPath);
    if (chosen) await this.readAgain(uri);
  }

  private async importFrom(uri: vscode.Uri, file: string): Promise<void> {
    const [{ importedRun }, { readSmallText }, store] = await Promise.all([
      import('./importRun'),
      import('../../host/files/readSmallFile'),
      this.store(),
    ]);
    const text = await readSmallText(file, mostImportedBytes, 'The run');
    const folder = await store.begin(uri.fsPath);
    const report = importedRun(text ?? '', folder.id);
    if (report) return store.keep(uri.fsPath, report);
    await store.forget(uri.fsPath, folder.id);
    throw new Failure(
      'file-error',
      `${path.basename(file)} is not a run that this version can read.`,
      'Choose a file that engine-inspector run --json, sweep --json or Export JSON… wrote.',
    );
  }

  private async perform(
    uri: vscode.Uri,
    { kind, choices, budgets, goal }: RunOrder,
    model: string | null,
    context: WorkContext,
  ): Promise<RunReport> {
    const engine = uri.fsPath;
    const [runner, store] = await Promise.all([this.work.get(), this.store()]);
    let folder: RunFolder | undefined;
    try {
      let report: RunReport;
      if (kind === 'reference') {
        if (model === null) throw new Error('a reference needs a model');
        folder = await store.begin(engine);
        const tensors = this.inspections.inspection(uri)?.facts.tensors ?? null;
        report = await runner.reference(
          { engine, choices, model, folder: folder.path, id: folder.id, tensors },
          context,
        );
      } else {
        await this.work.confirmIntegrity(uri, context);
        const runtime = await this.work.runtimeFor(uri);
        folder = await store.begin(engine);
        const request = { engine, runtime, choices, folder: folder.path, id: folder.id };
        const streamable = this.inspections.inspection(uri)?.facts.streamable;
        if (goal && streamable === undefined) {
          throw new Failure(
            'file-error',
            `${fileName(uri)} has changed since it was loaded.`,
            'Load it again, then search for the budget.',
          );
        }
        report =
          goal && streamable !== undefined
            ? await runner.search({ ...request, goal, streamable }, context)
            : await runner.run({ ...request, kind, budgets, reference: null }, context);
      }
      await store.keep(engine, report);
      return report;
    } catch (error) {
      if (folder) await store.forget(engine, folder.id);
      throw error;
    }
  }

  /** What a run and a comparison have in common: whether they may, the page's state, and the list afterwards. */
  private async tried(
    uri: vscode.Uri,
    kind: RunReport['kind'],
    doing: string,
    prepare: () => Promise<((context: WorkContext) => Promise<RunReport>) | undefined>,
  ): Promise<RunReport | undefined> {
    if (!this.work.mayBegin(uri)) return undefined;
    const set = (run: RunState) => {
      this.states.set(uri.toString(), run);
      this.services.pages.say(uri, { type: 'run', run });
    };
    const startedAt = Date.now();
    const running = (progress: RunProgress) => set({ state: 'running', kind, progress, startedAt });
    try {
      const perform = await prepare();
      if (!perform || !this.work.mayBegin(uri)) return undefined;
      running({ stage: 'start', sentence: 'Starting…', fraction: null });
      const report = await this.work.during(uri, kind, running, perform);
      await this.readAgain(uri);
      set({ state: 'none' });
      return report;
    } catch (error) {
      const failure = this.work.failed(uri, error, doing);
      set(failure ? { state: 'failed', failure } : { state: 'none' });
      return undefined;
    }
  }

  private async looked(uri: vscode.Uri, name: string, file: vscode.Uri): Promise<PickedInput> {
    try {
      if (file.scheme !== 'file') {
        throw new Failure(
          'file-error',
          `${fileName(file)} is not a file on this machine.`,
          'Save a copy of it on disk.',
        );
      }
      const tensor = this.inspections
        .inspection(uri)
        ?.facts.tensors.find((one) => one.mode === 'input' && one.name === name);
      const { lookAtInput } = await import('./inputFile');
      const main = path.join(path.dirname(this.services.hostMain), 'reference.js');
      return await lookAtInput(file.fsPath, name, tensor ?? null, { main });
    } catch (error) {
      const doing = `Reading ${fileName(file)}`;
      const failure = this.work.failed(uri, error, doing);
      return {
        state: 'bad',
        name,
        failure: failure ?? { code: 'cancelled', sentence: doing, nextStep: '', detail: '' },
      };
    }
  }

  private async find(uri: vscode.Uri, id: string): Promise<RunReport> {
    const report = (await this.list(uri)).find((one) => one.id === id);
    if (report) return report;
    throw new Failure(
      'file-error',
      `That run of ${fileName(uri)} is no longer kept.`,
      'Run it again.',
    );
  }

  private async readAgain(uri: vscode.Uri): Promise<void> {
    this.reports.delete(uri.toString());
    this.services.pages.say(uri, runsMessage(await this.list(uri)));
  }

  private store(): Promise<RunStore> {
    this.kept ??= import('./runStore').then(
      ({ RunStore }) =>
        new RunStore(this.folder, () => ({ perEngine: settings.keptRuns(), bytes: keptBytes })),
    );
    return this.kept;
  }
}

function describe(kind: RunReport['kind'], uri: vscode.Uri): string {
  const name = fileName(uri);
  switch (kind) {
    case 'run':
      return `Running ${name}`;
    case 'sweep':
      return `Sweeping budgets of ${name}`;
    case 'reference':
      return `Running the reference of ${name}`;
    default:
      return assertNever(kind);
  }
}

/** Newest first; pictures as far as they are few. */
function runsMessage(reports: readonly RunReport[]): ToPage {
  let left = previewBytes;
  const light = (output: OutputReport): OutputReport => {
    if (output.preview === null) return output;
    left -= output.preview.pixels.byteLength;
    const pixels = pageBytes(output.preview.pixels);
    return { ...output, preview: left >= 0 ? { ...output.preview, pixels } : null };
  };
  const runs = reports.map((report) => ({
    ...report,
    attempts: report.attempts.map((attempt) => ({
      ...attempt,
      outputs: attempt.outputs.map(light),
    })),
    reference: report.reference && {
      ...report.reference,
      outputs: report.reference.outputs.map(light),
    },
  }));
  return { type: 'runs', runs };
}

/** A run has one attempt with outputs; a sweep keeps those of its first. */
function outputsOf(report: RunReport): OutputReport[] {
  const attempt = report.attempts.find(({ outputs }) => outputs.length > 0);
  return attempt?.outputs ?? report.reference?.outputs ?? [];
}

function freeName(stem: string, extension: string, taken: Set<string>): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? `${stem}${extension}` : `${stem}-${i}${extension}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

const stem = (uri: vscode.Uri): string => path.posix.parse(uri.path).name;
