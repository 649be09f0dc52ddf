/**
 * Outputs of a run: files of raw bytes in the run's folder become numbers, a preview and a comparison for the report,
 * and .npy files where the user wants them. In pieces, so that their size does not matter.
 */
import * as path from 'node:path';

import { formatExactBytes } from '../../../core/text/formats';
import { plainText } from '../../../core/text/plainText';
import { notComparable, OutputComparer } from '../../../core/run/compareOutputs';
import { imagePreview, looksLikePicture } from '../../../core/run/imagePreview';
import { npyHeader, npyWriting } from '../../../core/run/npy';
import { formatShape } from '../../../core/run/runFormats';
import type { RawOutput } from '../../../core/wire/shimReports';
import type { OutputComparison, OutputReport, TensorSummary } from '../../../core/run/runReport';
import { pieceElements, TensorSummarizer } from '../../../core/run/tensorSummary';
import {
  byteLength,
  decodeValues,
  elementCount,
  isTensorType,
  typeOfNumber,
} from '../../../core/run/tensorTypes';
import type { TensorType } from '../../../core/inspect/inspection';
import { Failure } from '../../../core/wire/failure';
import { OutputFile } from './loadInput';
import { InputFile, stopIfAborted } from './openFile';

/** A preview needs the whole tensor in memory. */
const maxPreviewBytes = 512 * 1024 * 1024;

/**
 * Reports of all outputs that can be read; one that cannot (a type that is not known, a vectorized format) is told in a
 * sentence instead. Throws Failure.
 */
export async function readOutputs(
  outputs: readonly RawOutput[],
  folder: string,
  signal?: AbortSignal,
): Promise<{ outputs: OutputReport[]; sentences: string[] }> {
  const reports: OutputReport[] = [];
  const sentences: string[] = [];
  for (const output of outputs) {
    const name = plainText(output.name, 100);
    const type = typeOfNumber(output.type);
    if (output.aliasOf !== '') {
      sentences.push(
        `The output "${name}" shares its memory with the input "${plainText(output.aliasOf, 100)}": each inference went on from what the one before it left there. Its values are those of one inference with the inputs as they were given.`,
      );
    }
    if (!isTensorType(type)) {
      sentences.push(`The output "${name}" has the type ${type}: its values are not shown.`);
    } else if (!output.linear) {
      sentences.push(`The output "${name}" is not row major linear: its values are not shown.`);
    } else if (output.file === null) {
      sentences.push(`The output "${name}" was not kept.`);
    } else {
      const file = path.join(folder, path.basename(output.file));
      reports.push(await readOutput(output.name, type, output.shape, file, signal));
    }
  }
  return { outputs: reports, sentences };
}

/** Throws Failure: not there, another size than type and shape say, cancelled. */
export async function readOutput(
  name: string,
  type: TensorType,
  shape: readonly number[],
  dataPath: string,
  signal?: AbortSignal,
): Promise<OutputReport> {
  const file = await openTensor(dataPath, type, shape, signal);
  try {
    const summarizer = new TensorSummarizer();
    for await (const piece of valuePieces(file, type, shape)) summarizer.add(piece.values);
    const summary: TensorSummary = summarizer.finish(name, type, shape);
    const preview =
      looksLikePicture(shape) && file.size <= maxPreviewBytes
        ? imagePreview(summary, await file.read(0, file.size))
        : null;
    return { ...summary, dataPath, preview, comparison: null };
  } finally {
    await file.close();
  }
}

/** Ours against the reference's: by name, else by position where both have as many. */
export async function compareOutputs(
  own: readonly OutputReport[],
  reference: readonly OutputReport[],
  signal?: AbortSignal,
): Promise<OutputReport[]> {
  const compared: OutputReport[] = [];
  for (const [index, output] of own.entries()) {
    const other =
      reference.find(({ name }) => name === output.name) ??
      (own.length === reference.length && !own.some(({ name }) => name === reference[index]?.name)
        ? reference[index]
        : undefined);
    compared.push({ ...output, comparison: await compareOutput(output, other, signal) });
  }
  return compared;
}

async function compareOutput(
  own: OutputReport,
  reference: OutputReport | undefined,
  signal: AbortSignal | undefined,
): Promise<OutputComparison | null> {
  if (reference === undefined) {
    return notComparable('Differs: ONNX Runtime has no output of this name.');
  }
  if (own.dataPath === null || reference.dataPath === null) return null;
  if (own.shape.join() !== reference.shape.join()) {
    return notComparable(
      `Differs: the shape is ${formatShape(own.shape)}, ONNX Runtime's is ${formatShape(reference.shape)}.`,
    );
  }
  const ours = await openTensor(own.dataPath, own.type, own.shape, signal);
  try {
    const theirs = await openTensor(reference.dataPath, reference.type, reference.shape, signal);
    try {
      const comparer = new OutputComparer();
      const others = valuePieces(theirs, reference.type, reference.shape);
      for await (const { values } of valuePieces(ours, own.type, own.shape)) {
        const other = await others.next();
        if (other.done === true) break;
        comparer.add(values, other.value.values);
      }
      return comparer.finish(own.type);
    } finally {
      await theirs.close();
    }
  } finally {
    await ours.close();
  }
}

export interface SavedOutput {
  path: string;
  /** "as float32, because NumPy knows no bfloat16"; empty: as it is. */
  told: string;
}

/** Writes one output as .npy; a file that is there is replaced when the new one is whole. Throws Failure. */
export async function saveNpy(
  output: Pick<OutputReport, 'name' | 'type' | 'shape' | 'dataPath'>,
  target: string,
  signal?: AbortSignal,
): Promise<SavedOutput> {
  if (output.dataPath === null) {
    throw new Failure(
      'file-error',
      `The values of "${plainText(output.name, 100)}" were not kept.`,
      'Run it again.',
    );
  }
  const source = await openTensor(output.dataPath, output.type, output.shape, signal);
  try {
    const writing = npyWriting(output.type);
    const file = await OutputFile.create(target);
    try {
      await file.write(npyHeader(writing.descr, output.shape));
      for await (const { bytes, count } of valuePieces(source, output.type, output.shape)) {
        await file.write(writing.convert(bytes, count));
      }
      await file.commit();
    } finally {
      await file.discard();
    }
    return { path: target, told: writing.told };
  } finally {
    await source.close();
  }
}

/** A name for each output that every file system takes, no two alike: "<name>.npy". */
export function npyNames(outputs: readonly { name: string }[]): string[] {
  const taken = new Set<string>();
  return outputs.map(({ name }, index) => {
    const plain = name
      .replace(/[^\w.-]+/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 100);
    let file = `${plain === '' ? `output-${index}` : plain}.npy`;
    if (/^(con|prn|aux|nul|com\d|lpt\d)\./i.test(file)) file = `_${file}`;
    if (taken.has(file.toLowerCase())) file = file.replace(/\.npy$/, `-${index}.npy`);
    taken.add(file.toLowerCase());
    return file;
  });
}

async function openTensor(
  dataPath: string,
  type: TensorType,
  shape: readonly number[],
  signal: AbortSignal | undefined,
): Promise<InputFile> {
  stopIfAborted(signal);
  const file = await InputFile.open(dataPath, signal);
  const needed = byteLength(type, elementCount(shape));
  if (file.size === needed) return file;
  await file.close();
  throw new Failure(
    'file-error',
    `The file ${file.shown} has ${formatExactBytes(file.size)}, but ${type} ${formatShape(shape)} takes ${formatExactBytes(needed)}.`,
    'Run it again.',
  );
}

async function* valuePieces(
  file: InputFile,
  type: TensorType,
  shape: readonly number[],
): AsyncGenerator<{ bytes: Uint8Array; values: ArrayLike<number>; count: number }, void, void> {
  const total = elementCount(shape);
  for (let at = 0; at < total; at += pieceElements) {
    const count = Math.min(pieceElements, total - at);
    const bytes = await file.read(byteLength(type, at), byteLength(type, count));
    yield { bytes, values: decodeValues(type, bytes, count), count };
  }
}
