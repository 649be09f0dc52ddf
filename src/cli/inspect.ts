/**
 * Loads an engine in an engine host of its own and prints what is inside, or reads the layers that NVIDIA's tools wrote.
 * The JSON is documented in docs/cli-json.md.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { inspectionJson, layerRowsJson, layersJson } from '../core/inspect/inspectionJson';
import { inspectionText } from '../core/inspect/inspectionText';
import { layersToCsv } from '../core/inspect/layerCsv';
import { parseProfile } from '../core/inspect/layerProfile';
import { joinTimes } from '../core/inspect/layerTimes';
import {
  LayersError,
  maxLayersBytes,
  parseLayers,
  type LayersDocument,
} from '../core/inspect/layers';
import { layersSummaryLines, layersTable } from '../core/inspect/layersText';
import { filterLayers, noFilter, searchTexts } from '../core/inspect/layerTable';
import { plainText } from '../core/text/plainText';
import { printedJson } from '../core/text/printableJson';
import { Failure, wrongUse } from '../core/wire/failure';
import { readSmallFile } from '../host/files/readSmallFile';
import { inEngineSession, type EngineSession } from './engineSession';
import type { Looked } from './inspectCompare';
import { exitCodes } from './exitCodes';
import type { InspectArguments } from './commandArguments';
import { complain, print, shown } from './output';

/** Resolves with the exit code. */
export function inspect(engine: string | undefined, args: InspectArguments): Promise<number> {
  return inEngineSession(args, 'Inspecting the engine', async (session) => {
    refuseWrongUse(engine, args);
    if (args.import !== undefined) return importLayers(args.import, args);
    if (engine === undefined) throw usage('Name the engine to inspect.');
    const looked = await look(session, engine);
    if (args.compare !== undefined) {
      const { compare } = await import('./inspectCompare');
      const other = await look(session, args.compare);
      session.progress.clear();
      await put(await compare(looked, other, args), args);
      return exitCodes.done;
    }
    session.progress.clear();
    await put(await rendered(looked, args), args);
    return exitCodes.done;
  });
}

function refuseWrongUse(engine: string | undefined, args: InspectArguments): void {
  if (args.import !== undefined && (engine !== undefined || args.compare !== undefined)) {
    throw usage('--import reads layers from a file: leave the engine out.');
  }
  if (args.json === true && args.layers !== undefined) {
    throw usage('--json prints all that is known, --layers the layers: choose one.');
  }
  if (args.compare !== undefined && args.layers !== undefined) {
    throw usage('--compare and --layers do not go together.');
  }
  const table = args.layers === true || args.layers === 'table' || args.layers === 'csv';
  if (args.filter !== undefined && !table) {
    throw usage('--filter is for --layers as a table or CSV.');
  }
}

async function look(session: EngineSession, engine: string): Promise<Looked> {
  const runtime = await session.open(engine);
  const { inspection, layers } = await session.runner.inspect(
    { engine, runtime, layers: true },
    session.context,
  );
  return { path: engine, inspection, bytes: layers };
}

async function rendered(
  { inspection, bytes }: Looked,
  args: InspectArguments,
): Promise<string | Uint8Array> {
  if (args.layers === 'json') {
    if (bytes.length > 0) return bytes;
    throw new Failure(
      'runtime-failed',
      `${inspection.file} has no layer information.`,
      'Rebuild it with detailed profiling verbosity.',
    );
  }
  const document = bytes.length === 0 ? null : parsed(inspection.file, () => parseLayers(bytes));
  const times = await timesOf(document, args);
  if (args.layers !== undefined) {
    if (document !== null) return layersOutput(document, times, args);
    throw new Failure(
      'runtime-failed',
      `${inspection.file} has no layer information.`,
      'Rebuild it with detailed profiling verbosity.',
    );
  }
  if (args.json === true) {
    return printedJson({ ...inspectionJson(inspection), layers: document && layersJson(document) });
  }
  const layers =
    document === null
      ? []
      : ['', 'Layers', ...layersSummaryLines(document).map((line) => `  ${line}`)];
  // The last paragraph says what was asked and when: layers come before it.
  const text = inspectionText(inspection);
  const end = text.lastIndexOf('\n\n');
  return `${text.slice(0, end)}${layers.map((line) => `\n${line}`).join('')}${text.slice(end)}\n`;
}

// ---- layers that a tool wrote ----

async function importLayers(file: string, args: InspectArguments): Promise<number> {
  const bytes = await read(file);
  if (args.layers === 'json') {
    await put(bytes, args);
    return exitCodes.done;
  }
  const name = plainText(file);
  const document = parsed(name, () => parseLayers(bytes));
  const times = await timesOf(document, args);
  if (args.json === true) {
    await put(
      printedJson({
        file: name,
        layers: layersJson(document),
        rows: layerRowsJson(document, times),
      }),
      args,
    );
  } else if (args.layers === undefined) {
    const lines = [`${name}:`, ...layersSummaryLines(document).map((line) => `  ${line}`)];
    await put(`${lines.join('\n')}\n\n${layersTable(document, times)}\n`, args);
  } else {
    await put(layersOutput(document, times, args), args);
  }
  return exitCodes.done;
}

/** Milliseconds by index: of the profile that was named, else of the document itself, which may be a profile. */
async function timesOf(
  document: LayersDocument | null,
  args: InspectArguments,
): Promise<(number | null)[] | null> {
  const { profile } = args;
  if (document === null) return null;
  if (profile === undefined) {
    return document.times === null ? null : joinTimes(document, document.times).ms;
  }
  const bytes = await read(profile);
  const { ms, unmatched } = joinTimes(
    document,
    parsed(plainText(profile), () => parseProfile(bytes)),
  );
  if (unmatched.length > 0) {
    const { length } = unmatched;
    complain(
      `${shown(profile)}: ${length} of its times ${length === 1 ? 'belongs' : 'belong'} to no layer here.`,
    );
  }
  return ms;
}

function parsed<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof LayersError)) throw error;
    throw new Failure(
      'file-error',
      `${file} cannot be used: ${error.message}`,
      'Layers are what TensorRT-RTX or trtexec --exportLayerInfo wrote, times what trtexec --exportProfile wrote.',
    );
  }
}

async function read(file: string): Promise<Uint8Array> {
  const bytes = await readSmallFile(file, maxLayersBytes, 'The file');
  if (bytes !== null) return bytes;
  throw new Failure(
    'file-error',
    `${plainText(file)} cannot be read: it is not there.`,
    'Check the path.',
  );
}

// ---- output ----

function layersOutput(
  document: LayersDocument,
  times: readonly (number | null)[] | null,
  { layers, filter }: InspectArguments,
): string {
  const { rows } = document;
  const indices = filterLayers(rows, searchTexts(rows), { ...noFilter, text: filter ?? '' });
  if (layers === 'csv') return layersToCsv(document, times, indices);
  return `${layersTable(document, times, indices)}\n`;
}

/** To standard output, or whole into a file that replaces what was there. */
async function put(content: string | Uint8Array, { output }: InspectArguments): Promise<void> {
  if (output === undefined) {
    await (typeof content === 'string' ? print(content) : printBytes(content));
    return;
  }
  const target = path.resolve(output);
  const partial = `${target}.${process.pid}.partial`;
  try {
    await fs.writeFile(partial, content, { flag: 'wx' });
    await fs.rename(partial, target);
  } catch (error) {
    await fs.rm(partial, { force: true }).catch(() => undefined);
    throw new Failure(
      'file-error',
      `${plainText(output)} cannot be written: ${plainText(error instanceof Error ? error.message : String(error))}`,
      'Choose another file.',
    );
  }
  complain(`Written to ${shown(output)}.`);
}

/** The library's own bytes, as they are: for a program, not for a terminal. */
async function printBytes(bytes: Uint8Array): Promise<void> {
  const text = process.stdout.isTTY ? `${plainJson(bytes)}\n` : bytes;
  await print(text);
}

/** Escapes that a name may hold must not reach a terminal; a line feed between two tokens may. */
function plainJson(bytes: Uint8Array): string {
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => plainText(line.replaceAll('\t', '  '), 1_000_000))
    .join('\n');
}

const usage = (message: string): Failure => wrongUse('inspect', message);
