/**
 * What is known of the inside of engines: one inspection for each engine while a page of it is open, forgotten when the
 * file changes. Layers stay the bytes that the library or a tool wrote; the page parses them. Loaded with first use.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Inspection } from '../../core/inspect/inspection';
import type {
  InspectState,
  LayersState,
  OnnxState,
  PageFailure,
  ToPage,
} from '../../core/pages/pageMessages';
import { Failure } from '../../core/wire/failure';
import { pageBytes } from '../engineEditor/pageBytes';
import { fileName } from '../engineTarget';
import type { EngineWork, EngineWorkServices } from '../run/engineWork';
import { saveFile } from './saveFile';

interface Entry {
  readonly uri: vscode.Uri;
  inspect: InspectState;
  /** Of the engine itself; null: not inspected. */
  layers: Uint8Array | null;
  imported: Imported | null;
  profile: Imported | null;
  onnx: OnnxState;
  /** The file that was inspected. */
  size: number;
  modified: number;
}

interface Imported {
  fileName: string;
  bytes: Uint8Array;
}

export interface Inspected {
  inspection: Inspection;
  layers: Uint8Array;
}

export class Inspections implements vscode.Disposable {
  private readonly entries = new Map<string, Entry>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly services: EngineWorkServices,
    private readonly work: EngineWork,
  ) {
    const { reports, pages } = services;
    this.subscriptions = [
      reports.onDidChange(({ changed, removed }) => {
        if (this.entries.size === 0) return;
        for (const uri of [...changed, ...removed]) void this.forgetIfChanged(uri);
      }),
      pages.onDidClose((uri) => this.entries.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  inspection(uri: vscode.Uri): Inspection | null {
    const inspect = this.entries.get(uri.toString())?.inspect;
    return inspect?.state === 'done' ? inspect.inspection : null;
  }

  /** Why there is none; null: it was not tried, or was cancelled. */
  failure(uri: vscode.Uri): PageFailure | null {
    const inspect = this.entries.get(uri.toString())?.inspect;
    return inspect?.state === 'failed' ? inspect.failure : null;
  }

  forget(uri: vscode.Uri): void {
    this.entries.delete(uri.toString());
  }

  /** For a page that has just loaded: everything that it should show. */
  messages(uri: vscode.Uri): ToPage[] {
    const entry = this.entries.get(uri.toString());
    if (!entry) return [];
    return [
      { type: 'inspect', inspect: entry.inspect },
      { type: 'layers', layers: layersState(entry) },
      { type: 'onnx', onnx: entry.onnx },
    ];
  }

  /**
   * What is known of it, or what inspecting it tells now; undefined: it could not be, or was cancelled.
   * shown: whoever asks tells a failure.
   */
  async ensure(uri: vscode.Uri, shown = false): Promise<Inspected | undefined> {
    const entry = this.entries.get(uri.toString());
    if (entry?.inspect.state === 'done' && entry.layers) {
      return { inspection: entry.inspect.inspection, layers: entry.layers };
    }
    return this.inspect(uri, shown);
  }

  /** Loads the engine and looks. The page shows how it goes; a failure is told there, or by a message. */
  async inspect(uri: vscode.Uri, shown = false): Promise<Inspected | undefined> {
    if (!this.work.mayBegin(uri)) return undefined;
    const entry = this.entry(uri);
    const { pages } = this.services;
    const startedAt = Date.now();
    const set = (inspect: InspectState) => {
      entry.inspect = inspect;
      pages.say(uri, { type: 'inspect', inspect });
    };
    const before = entry.inspect;
    const sentence = 'Starting…';
    set({ state: 'running', progress: { stage: 'start', sentence, fraction: null }, startedAt });
    try {
      const result = await this.work.during(
        uri,
        'inspect',
        (progress) => set({ state: 'running', progress, startedAt }),
        async (context) => {
          await this.work.confirmIntegrity(uri, context);
          const [runner, runtime] = [await this.work.get(), await this.work.runtimeFor(uri)];
          const stat = await statOf(uri);
          const found = await runner.inspect(
            { engine: uri.fsPath, runtime, layers: true },
            context,
          );
          const after = await statOf(uri);
          if (after.size !== stat.size || after.mtimeMs !== stat.mtimeMs) {
            throw new Failure(
              'file-error',
              `${fileName(uri)} changed while it was being loaded.`,
              'Inspect the engine again.',
            );
          }
          return { inspection: found.inspection, layers: pageBytes(found.layers), stat };
        },
      );
      entry.size = result.stat.size;
      entry.modified = result.stat.mtimeMs;
      entry.layers = result.layers;
      pages.say(uri, { type: 'layers', layers: layersState(entry) });
      set({ state: 'done', inspection: result.inspection });
      void this.readOnnx(entry);
      return { inspection: result.inspection, layers: result.layers };
    } catch (error) {
      const doing = `Inspecting ${fileName(uri)}`;
      const failure = this.work.failed(uri, error, doing, shown);
      // Who cancels a second look keeps what the first one told.
      if (failure) set({ state: 'failed', failure });
      else set(before.state === 'done' ? before : { state: 'none' });
      return undefined;
    }
  }

  /** Layers or a profile that a tool of NVIDIA wrote. */
  async importFile(uri: vscode.Uri, what: 'layers' | 'profile'): Promise<void> {
    const chosen = await vscode.window.showOpenDialog({
      title:
        what === 'layers'
          ? 'Layers as JSON (engine inspector, trtexec --exportLayerInfo)'
          : 'Times of layers as JSON (trtexec --exportProfile)',
      defaultUri: vscode.Uri.joinPath(uri, '..'),
      filters: { JSON: ['json'], 'All files': ['*'] },
    });
    if (chosen?.[0]) await this.importFrom(uri, what, chosen[0]);
  }

  /** Throws Failure where the file cannot be used. */
  async importFrom(uri: vscode.Uri, what: 'layers' | 'profile', from: vscode.Uri): Promise<void> {
    const bytes = await readImport(from);
    const [{ LayersError, parseLayers }, { parseProfile }] = await Promise.all([
      import('../../core/inspect/layers'),
      import('../../core/inspect/layerProfile'),
    ]);
    const entry = this.entry(uri);
    const imported = { fileName: fileName(from), bytes };
    try {
      if (what === 'profile' && (entry.layers || entry.imported)) {
        parseProfile(bytes);
        entry.profile = imported;
      } else {
        parseLayers(bytes);
        entry.imported = imported;
      }
    } catch (error) {
      if (!(error instanceof LayersError)) throw error;
      throw new Failure(
        'file-error',
        `${fileName(from)} cannot be shown. ${error.message}`,
        'Choose another file.',
      );
    }
    this.services.pages.say(uri, { type: 'layers', layers: layersState(entry) });
  }

  forgetImported(uri: vscode.Uri): void {
    const entry = this.entries.get(uri.toString());
    if (!entry) return;
    entry.imported = null;
    entry.profile = null;
    this.services.pages.say(uri, { type: 'layers', layers: layersState(entry) });
  }

  async exportLayers(uri: vscode.Uri, csv: string | null): Promise<void> {
    const entry = this.entries.get(uri.toString());
    const layers = entry ? layersState(entry) : { state: 'none' as const };
    if (layers.state === 'none') return;
    await saveFile({
      title: `Export the layers of ${fileName(uri)}`,
      beside: uri,
      name: `${stem(uri)}.layers.${csv === null ? 'json' : 'csv'}`,
      filters: csv === null ? { JSON: ['json'] } : { CSV: ['csv'] },
      content: () => (csv === null ? layers.bytes : Buffer.from(csv)),
    });
  }

  async exportInspection(uri: vscode.Uri): Promise<void> {
    const inspection = this.inspection(uri);
    if (!inspection) return;
    const [{ inspectionJson }, { printedJson }] = await Promise.all([
      import('../../core/inspect/inspectionJson'),
      import('../../core/text/printableJson'),
    ]);
    await saveFile({
      title: `Export what was found inside ${fileName(uri)}`,
      beside: uri,
      name: `${stem(uri)}.inspection.json`,
      filters: { JSON: ['json'] },
      content: () => Buffer.from(printedJson(inspectionJson(inspection))),
    });
  }

  /** The ONNX nodes that layers came from, when the recipe beside the engine names the model. */
  private async readOnnx(entry: Entry): Promise<void> {
    const { uri } = entry;
    const set = (onnx: OnnxState) => {
      entry.onnx = onnx;
      this.services.pages.say(uri, { type: 'onnx', onnx });
    };
    const { readRecipeFile, modelPathOf } = await import('../../host/build/recipeFile');
    const recipeFile = `${uri.fsPath}.json`;
    try {
      const recipe = await readRecipeFile(recipeFile);
      if (!recipe) {
        const sentence = 'There is no recipe beside the engine, so its ONNX model is not known.';
        set({ state: 'none', sentence });
        return;
      }
      const model = modelPathOf(recipe, recipeFile);
      const { readOnnxFileNodes } = await import('../../host/build/onnxFile');
      set({ state: 'given', model, nodes: await readOnnxFileNodes(model) });
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      set({ state: 'none', sentence });
    }
  }

  private entry(uri: vscode.Uri): Entry {
    const key = uri.toString();
    let entry = this.entries.get(key);
    if (!entry) {
      entry = {
        uri,
        inspect: { state: 'none' },
        layers: null,
        imported: null,
        profile: null,
        onnx: { state: 'none', sentence: '' },
        size: 0,
        modified: 0,
      };
      this.entries.set(key, entry);
    }
    return entry;
  }

  private async forgetIfChanged(uri: vscode.Uri): Promise<void> {
    const entry = this.entries.get(uri.toString());
    if (entry?.inspect.state !== 'done') return;
    const stat = await fs.stat(uri.fsPath).catch(() => null);
    if (stat?.size === entry.size && stat.mtimeMs === entry.modified) return;
    if (entry.inspect.state !== 'done') return;
    entry.inspect = { state: 'none' };
    entry.layers = null;
    entry.onnx = { state: 'none', sentence: '' };
    for (const message of this.messages(uri)) this.services.pages.say(uri, message);
  }
}

function layersState({ uri, layers, imported, profile }: Entry): LayersState {
  if (imported) return { state: 'given', source: 'file', ...imported, profile };
  if (!layers) return { state: 'none' };
  return { state: 'given', source: 'engine', fileName: fileName(uri), bytes: layers, profile };
}

async function readImport(from: vscode.Uri): Promise<Uint8Array> {
  const { maxLayersBytes } = await import('../../core/inspect/layers');
  if (from.scheme === 'file') {
    const { readSmallFile } = await import('../../host/files/readSmallFile');
    const bytes = await readSmallFile(from.fsPath, maxLayersBytes, 'The file');
    if (bytes !== null) return pageBytes(bytes);
  }
  const stat = await vscode.workspace.fs.stat(from);
  if (stat.size > maxLayersBytes) {
    throw new Failure(
      'file-error',
      `${fileName(from)} is too large for a list of layers.`,
      'Choose a JSON file that trtexec or the engine inspector wrote.',
    );
  }
  // eslint-disable-next-line gates/read -- of another file system; its size was asked before
  return pageBytes(await vscode.workspace.fs.readFile(from));
}

async function statOf(uri: vscode.Uri): Promise<{ size: number; mtimeMs: number }> {
  try {
    return await fs.stat(uri.fsPath);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'file-error',
      `${fileName(uri)} cannot be read: ${cause}`,
      'Check the file and the drive, then try again.',
      cause,
    );
  }
}

const stem = (uri: vscode.Uri): string => path.posix.parse(uri.path).name;
