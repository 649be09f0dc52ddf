/** The tensors of a run, between its private folder and its report: inputs are made, outputs read piece by piece. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { type TensorFacts, tensorTypes, type TensorType } from '../core/inspect/inspection';
import { plainText } from '../core/plainText';
import { imagePreview, looksLikePicture } from '../core/run/imagePreview';
import type { RawOutput } from '../core/run/rawRun';
import type { ImagePreview, OutputReport, RunChoices, TensorSummary } from '../core/run/runReport';
import { pieceElements, TensorSummarizer } from '../core/run/tensorSummary';
import { byteLength, decodeValues, elementCount } from '../core/run/tensorTypes';
import { HostError } from './hostError';
import { loadInput } from './inputs/loadInput';

/** Larger pictures are not read for a preview. Bytes. */
const mostPreviewBytes = 256 * 1024 * 1024;

export interface PreparedInput {
  /** Exact. */
  name: string;
  shape: number[];
  /** Exactly its bytes, C order, little endian. */
  dataPath: string;
  summary: TensorSummary;
  /** Printable: "random values, seed 0". */
  source: string;
}

/** Written into the folder as input-<index>.bin. Throws a HostError where one cannot be made. */
export async function prepareInputs(
  choices: RunChoices,
  tensors: readonly TensorFacts[],
  folder: string,
  signal?: AbortSignal,
): Promise<PreparedInput[]> {
  const prepared: PreparedInput[] = [];
  const inputs = tensors.filter(({ mode }) => mode === 'input');
  for (const [index, tensor] of inputs.entries()) {
    const choice = choices.inputs.find(({ name }) => name === tensor.name);
    if (choice === undefined) continue; // checkChoices has complained
    const dataPath = path.join(folder, `input-${index}.bin`);
    const loaded = await loadInput(choice, tensor, choices.profile, { dataPath, signal });
    prepared.push({ ...loaded, dataPath });
  }
  return prepared;
}

/** Of one attempt, from the files that the shim wrote into the folder. */
export async function summarizeOutputs(
  outputs: readonly RawOutput[],
  folder: string,
  signal?: AbortSignal,
): Promise<OutputReport[]> {
  const reports: OutputReport[] = [];
  for (const output of outputs) reports.push(await summarizeOutput(output, folder, signal));
  return reports;
}

async function summarizeOutput(
  output: RawOutput,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<OutputReport> {
  const { name, shape, linear } = output;
  // A name of the shim's own making; nothing else is opened.
  const file = output.file === null ? null : path.join(folder, path.basename(output.file));
  const known = tensorTypes[output.type];
  // Bytes that are not elements in C order are summarized as what they are.
  const type = known !== undefined && linear ? known : 'uint8';
  const readable = type === known ? shape : [output.bytes];
  const none = { comparison: null, preview: null, dataPath: null };
  if (file === null) {
    return { ...new TensorSummarizer().finish(name, type, shape), ...none };
  }
  const summary = await summarizeFile(file, name, type, readable, signal);
  return {
    ...summary,
    ...none,
    dataPath: file,
    preview: type === known ? await previewFile(file, summary) : null,
  };
}

/** Throws a HostError where the file is shorter than the shape says. */
export async function summarizeFile(
  file: string,
  name: string,
  type: TensorType,
  shape: readonly number[],
  signal?: AbortSignal,
): Promise<TensorSummary> {
  const summarizer = new TensorSummarizer();
  const handle = await fs.open(file, 'r');
  try {
    const count = elementCount(shape);
    const buffer = Buffer.allocUnsafeSlow(byteLength(type, Math.min(count, pieceElements)));
    for (let at = 0; at < count; at += pieceElements) {
      if (signal?.aborted === true) throw cancelled();
      const elements = Math.min(pieceElements, count - at);
      const bytes = buffer.subarray(0, byteLength(type, elements));
      await readWhole(handle, bytes, byteLength(type, at), file);
      summarizer.add(decodeValues(type, bytes, elements));
    }
  } finally {
    await handle.close();
  }
  return summarizer.finish(name, type, shape);
}

async function previewFile(file: string, summary: TensorSummary): Promise<ImagePreview | null> {
  if (!looksLikePicture(summary.shape)) return null;
  // Only the first picture of a batch is shown.
  const bytes = byteLength(summary.type, elementCount(summary.shape.slice(-3)));
  if (!(bytes <= mostPreviewBytes)) return null;
  const buffer = Buffer.allocUnsafeSlow(bytes);
  const handle = await fs.open(file, 'r');
  try {
    await readWhole(handle, buffer, 0, file);
  } finally {
    await handle.close();
  }
  return imagePreview(summary, buffer);
}

async function readWhole(
  handle: fs.FileHandle,
  buffer: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) {
      throw new HostError(
        'file-error',
        `${plainText(file)} is shorter than it should be.`,
        'Run it again; another program may have changed the file.',
      );
    }
    done += bytesRead;
  }
}

function cancelled(): HostError {
  return new HostError('cancelled', 'Cancelled while reading outputs.', 'Nothing to do.');
}
