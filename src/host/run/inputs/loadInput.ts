/**
 * One input of a run: from what was chosen to a file of exactly the tensor's bytes in the run's private folder, with its
 * numbers and a sentence that says where they come from and what was changed on the way. Pieces are read, converted,
 * counted and written one after the other; only arrays in Fortran order and pictures are whole in memory.
 *
 * Every failure is a Failure: "file-error" (not there, damaged), "invalid-argument" (it does not fit the input),
 * "cancelled".
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { formatExactBytes } from '../../../core/text/formats';
import { formatIn, type TensorFacts, type TensorType } from '../../../core/inspect/inspection';
import { plainText } from '../../../core/text/plainText';
import {
  checkImageLayout,
  guessImageLayout,
  pictureSentence,
  pictureToTensor,
} from '../../../core/run/imageInput';
import { generatedName, generateInput } from '../../../core/run/inputData';
import {
  conversionTo,
  isNpy,
  NpyError,
  npyHeaderLength,
  npyPreamble,
  npyTypeName,
  parseNpyHeader,
  swapBytes,
  cOrderPieces,
  type NpyHeader,
} from '../../../core/run/npy';
import { formatShape } from '../../../core/run/runFormats';
import { checkShape, resolveShape } from '../../../core/run/runChoices';
import type { ImageLayout, InputChoice } from '../../../core/run/runReport';
import { TensorSummarizer } from '../../../core/run/tensorSummary';
import {
  bitsOf,
  byteLength,
  decodeValues,
  elementCount,
  encodeValues,
  isTensorType,
} from '../../../core/run/tensorTypes';
import { Failure } from '../../../core/wire/failure';
import { fileError } from '../../files/fileError';
import { loadPictureOutside, type LoadedInput, type PictureProcess } from './loadOutside';
import { chooseEntry, entryPieces, readZipDirectory } from './npzFile';
import { InputFile, stopIfAborted } from './openFile';
import { pictureKind, readPicture } from './pictureFile';

export type { LoadedInput };

export interface LoadInputOptions {
  /** The file to write; null: only look whether it fits, and at its numbers. */
  dataPath: string | null;
  signal?: AbortSignal | undefined;
  /** Where pictures are decoded; here, holding up everything else, when not given. */
  pictures?: PictureProcess | undefined;
}

/** Whole in memory: Fortran order. */
const maxWhole = 2 * 1024 ** 3 - 1;

/** What an input comes from: its shape and type are known before its bytes are read. */
interface OpenSource {
  shape: number[];
  source: string;
  /** Bytes of the tensor's type, in C order; pieces end with whole bytes and elements. */
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export async function loadInput(
  choice: InputChoice,
  tensor: TensorFacts,
  profile: number,
  { dataPath, signal, pictures }: LoadInputOptions,
): Promise<LoadedInput> {
  stopIfAborted(signal);
  const type = usableType(tensor, profile);
  if (choice.source.kind !== 'file') {
    const opened = openGenerated(choice, choice.source, tensor, type, profile);
    return finish(opened, tensor, type, profile, dataPath, signal);
  }
  const file = await InputFile.open(choice.source.path, signal);
  try {
    if (pictures !== undefined && (await isPicture(file, choice.source))) {
      const task = { kind: 'picture', choice, tensor, profile, dataPath } as const;
      return await loadPictureOutside(pictures, task, choice.source.path, signal);
    }
    const opened = await openSource(file, choice, choice.source, tensor, type, profile);
    return await finish(opened, tensor, type, profile, dataPath, signal);
  } catch (error) {
    if (error instanceof NpyError) {
      throw new Failure(
        'invalid-argument',
        `The input file ${file.shown} ${error.predicate}.`,
        error.nextStep,
      );
    }
    throw error;
  } finally {
    await file.close();
  }
}

/** The names of the arrays in a .npz file, in its order, for a choice. Throws Failure. */
export async function listArrays(file: string): Promise<string[]> {
  const opened = await InputFile.open(file);
  try {
    const entries = await readZipDirectory(opened);
    return entries.filter(({ name }) => name.endsWith('.npy')).map(({ name }) => name.slice(0, -4));
  } finally {
    await opened.close();
  }
}

function usableType(tensor: TensorFacts, profile: number): TensorType {
  const shown = plainText(tensor.name, 100);
  if (!isTensorType(tensor.type)) {
    throw new Failure(
      'invalid-argument',
      `The input "${shown}" has the type ${tensor.type}, which this version does not know.`,
      'Update Engine Inspector.',
    );
  }
  const { format, linear } = formatIn(tensor, profile);
  if (!linear) {
    throw new Failure(
      'invalid-argument',
      `The input "${shown}" is not row major linear (${plainText(format, 200)}): its bytes cannot be written in C order.`,
      'Rebuild the engine with linear inputs.',
    );
  }
  return tensor.type;
}

// ---- made up ------------------------------------------------------------------------------------------------------

function openGenerated(
  choice: InputChoice,
  source: Exclude<InputChoice['source'], { kind: 'file' }>,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
): OpenSource {
  const shape = neededShape(resolveShape(choice, tensor, profile, null), tensor);
  const count = elementCount(shape);
  const values = tensor.profileValues[profile]?.opt;
  // Random shapes would be refused; the profile has values that are not.
  if (tensor.shapeTensor && source.kind === 'random' && values?.length === count) {
    return {
      shape,
      source: `the profile's own values ${values.join(', ')}`,
      pieces: () => [encodeValues(type, values)],
    };
  }
  return {
    shape,
    source: generatedName(source),
    pieces: () => generateInput(type, count, source),
  };
}

// ---- files --------------------------------------------------------------------------------------------------------

async function openSource(
  file: InputFile,
  choice: InputChoice,
  source: Extract<InputChoice['source'], { kind: 'file' }>,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
): Promise<OpenSource> {
  const head = await file.readUpTo(0, npyPreamble);
  const base = plainText(path.basename(file.path), 200);
  const extension = path.extname(file.path).toLowerCase();
  // What a file is says its beginning; its name says what it should be.
  if (isNpy(head) || extension === '.npy') {
    const header = parseNpyHeader(await file.readUpTo(0, npyHeaderLength(head)));
    checkNpyLength(file, header, file.size);
    const data = () => file.pieces(header.dataOffset, header.dataLength);
    return openNpy(base, header, choice, tensor, type, profile, data);
  }
  if (extension === '.npz' || source.entry !== undefined) {
    return openNpz(file, base, source.entry, choice, tensor, type, profile);
  }
  if (await isPicture(file, source)) {
    return openPicture(file, base, source.image, choice, tensor, type, profile);
  }
  return openRaw(file, base, choice, tensor, type, profile);
}

/** Also what only claims to be one, so that it is told what it is not. */
async function isPicture(
  file: InputFile,
  source: Extract<InputChoice['source'], { kind: 'file' }>,
): Promise<boolean> {
  const extension = path.extname(file.path).toLowerCase();
  const head = await file.readUpTo(0, npyPreamble);
  if (pictureKind(head) !== null) return true;
  if (isNpy(head) || extension === '.npy' || extension === '.npz') return false;
  return source.image !== undefined || /^\.(png|jpe?g)$/.test(extension);
}

function openRaw(
  file: InputFile,
  base: string,
  choice: InputChoice,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
): OpenSource {
  const shape = neededShape(
    choice.shape ??
      inferShape(tensor, type, profile, file.size) ??
      resolveShape(choice, tensor, profile, null),
    tensor,
  );
  const needed = byteLength(type, elementCount(shape));
  if (file.size !== needed) {
    throw new Failure(
      'invalid-argument',
      `The input file ${file.shown} has ${formatExactBytes(file.size)}, but ${type} ${formatShape(shape)} for the input "${plainText(tensor.name, 100)}" takes ${formatExactBytes(needed)}.`,
      'Choose a file of exactly that size (raw values in C order, little endian), another shape, or a .npy file, which carries its shape.',
    );
  }
  return {
    shape,
    source: `${base}: raw ${type} ${formatShape(shape)}`,
    pieces: () => file.pieces(0, needed),
  };
}

/** With one open dimension the number of bytes tells it. */
function inferShape(
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
  bytes: number,
): number[] | null {
  const open = tensor.shape.indexOf(-1);
  if (open < 0 || tensor.shape.indexOf(-1, open + 1) >= 0) return null;
  const rest = elementCount(tensor.shape.filter((_, i) => i !== open));
  const size = (bytes * 8) / bitsOf(type) / rest;
  if (!Number.isInteger(size) || size < 1) return null;
  const shape = tensor.shape.map((fixed, i) => (i === open ? size : fixed));
  return checkShape(shape, tensor, profile).length === 0 ? shape : null;
}

function openNpy(
  base: string,
  header: NpyHeader,
  choice: InputChoice,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
  data: () => AsyncIterable<Uint8Array>,
): OpenSource {
  const conversion = conversionTo(header.type, type);
  const shape = neededShape(resolveShape(choice, tensor, profile, header.shape), tensor);
  if (elementCount(shape) !== elementCount(header.shape) || !sameBatch(shape, header.shape)) {
    throw new NpyError(
      `has the shape ${formatShape(header.shape)}, not ${formatShape(shape)}`,
      'Choose its own shape, or save it with the other one.',
    );
  }
  const told = [
    `${conversion.told === '' ? type : npyTypeName(header.type)} ${formatShape(header.shape)}`,
    ...(conversion.told === '' ? [] : [conversion.told]),
    ...(header.fortran && header.shape.length > 1 ? ['from Fortran order'] : []),
  ];
  return {
    shape,
    source: `${base}: ${told.join(', ')}`,
    async *pieces() {
      const ordered = header.fortran && header.shape.length > 1 ? inCOrder(header, data()) : data();
      for await (const piece of wholeElements(ordered, header.itemSize)) {
        if (header.bigEndian) swapBytes(piece, header.itemSize);
        yield conversion.convert(piece);
      }
    },
  };
}

/** The same but for dimensions of 1: [3, 4] may be given as [1, 3, 4], never as [4, 3]. */
function sameBatch(a: readonly number[], b: readonly number[]): boolean {
  const without = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join();
  return without(a) === without(b);
}

function checkNpyLength(file: InputFile, header: NpyHeader, size: number): void {
  const there = size - header.dataOffset;
  if (there >= header.dataLength) return;
  throw file.refuse(
    `is cut short: its shape ${formatShape(header.shape)} takes ${formatExactBytes(header.dataLength)}, but there are ${formatExactBytes(Math.max(0, there))}`,
    'Copy or save it again.',
  );
}

async function* inCOrder(
  header: NpyHeader,
  data: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  if (header.dataLength > maxWhole) {
    throw new NpyError(
      'is in Fortran order and larger than 2 GiB',
      'Save it in C order: numpy.save("input.npy", numpy.ascontiguousarray(array)).',
    );
  }
  const whole = new Uint8Array(header.dataLength);
  let at = 0;
  for await (const piece of data) {
    whole.set(piece, at);
    at += piece.length;
  }
  yield* cOrderPieces(whole, header.itemSize, header.shape);
}

/** The same bytes in pieces of whole elements, an even number of them but for the last piece. */
async function* wholeElements(
  pieces: AsyncIterable<Uint8Array>,
  itemSize: number,
): AsyncGenerator<Uint8Array, void, void> {
  const unit = itemSize * 2;
  let rest = new Uint8Array(0);
  for await (const piece of pieces) {
    const joined = rest.length === 0 ? piece : concat(rest, piece);
    const whole = joined.length - (joined.length % unit);
    if (whole > 0) yield joined.subarray(0, whole);
    rest = joined.slice(whole);
  }
  if (rest.length > 0) yield rest;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

async function openNpz(
  file: InputFile,
  base: string,
  asked: string | undefined,
  choice: InputChoice,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
): Promise<OpenSource> {
  const entry = chooseEntry(file, await readZipDirectory(file), asked, tensor.name);
  const header = await entryHeader(file, entry);
  checkNpyLength(file, header, entry.size);
  const data = async function* (): AsyncGenerator<Uint8Array, void, void> {
    let skip = header.dataOffset;
    let left = header.dataLength;
    for await (const piece of entryPieces(file, entry)) {
      const from = Math.min(skip, piece.length);
      skip -= from;
      const wanted = piece.subarray(from, from + left);
      left -= wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  };
  const name = `${base}, "${plainText(entry.name.replace(/\.npy$/, ''), 100)}"`;
  return openNpy(name, header, choice, tensor, type, profile, data);
}

async function entryHeader(
  file: InputFile,
  entry: Parameters<typeof entryPieces>[1],
): Promise<NpyHeader> {
  let head: Uint8Array = new Uint8Array(0);
  for await (const piece of entryPieces(file, entry)) {
    head = head.length === 0 ? piece : concat(head, piece);
    if (head.length >= npyPreamble && head.length >= npyHeaderLength(head)) break;
  }
  return parseNpyHeader(head);
}

async function openPicture(
  file: InputFile,
  base: string,
  image: ImageLayout | undefined,
  choice: InputChoice,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
): Promise<OpenSource> {
  const picture = await readPicture(file);
  const shown = plainText(tensor.name, 100);
  const shape = neededShape(resolveShape(choice, tensor, profile, null), tensor);
  const layout = image ?? guessImageLayout(type, shape);
  if (layout === null) {
    throw new Failure(
      'invalid-argument',
      `The input "${shown}" does not look like a picture (${formatShape(shape)}), but ${file.shown} is one.`,
      'Choose a .npy file, or say how the picture becomes the tensor.',
    );
  }
  const wrong = checkImageLayout(layout, shape);
  if (wrong !== null) {
    throw new Failure(
      'invalid-argument',
      `${file.shown} for the input "${shown}": ${wrong}.`,
      'Choose another layout or colors for the picture.',
    );
  }
  return {
    shape,
    source: `${base}: ${pictureSentence(picture, layout, shape)}`,
    pieces: () => [pictureToTensor(picture, layout, type, shape)],
  };
}

function neededShape(shape: number[] | null, tensor: TensorFacts): number[] {
  if (shape !== null) return shape;
  throw new Failure(
    'invalid-argument',
    `The input "${plainText(tensor.name, 100)}" is dynamic (${formatShape(tensor.shape)}) and its profile gives no shape.`,
    'Give a shape.',
  );
}

// ---- the way into the folder --------------------------------------------------------------------------------------

async function finish(
  opened: OpenSource,
  tensor: TensorFacts,
  type: TensorType,
  profile: number,
  dataPath: string | null,
  signal: AbortSignal | undefined,
): Promise<LoadedInput> {
  const wrong = checkShape(opened.shape, tensor, profile)[0];
  if (wrong !== undefined) {
    throw new Failure('invalid-argument', `${wrong.sentence} (${opened.source})`, wrong.nextStep);
  }
  const summarizer = new TensorSummarizer();
  const count = elementCount(opened.shape);
  const output = dataPath === null ? null : await OutputFile.create(dataPath);
  try {
    let left = count;
    for await (const piece of opened.pieces()) {
      stopIfAborted(signal);
      for (let at = 0; at < piece.length; at += summaryBytes) {
        const part = piece.subarray(at, at + summaryBytes);
        const elements = Math.min(left, Math.floor((part.length * 8) / bitsOf(type)));
        summarizer.add(decodeValues(type, part, elements));
        left -= elements;
      }
      await output?.write(piece);
    }
    if (left !== 0) throw new NpyError('ended before all of its values were read');
    await output?.commit();
  } finally {
    await output?.discard();
  }
  return {
    name: tensor.name,
    shape: opened.shape,
    dataPath,
    summary: summarizer.finish(tensor.name, type, opened.shape),
    source: opened.source,
  };
}

/** A multiple of every element's size. */
const summaryBytes = 256 * 1024;

/** Written under another name and renamed when it is whole. */
export class OutputFile {
  private open = true;
  private readonly temporary: string;

  private constructor(
    private readonly target: string,
    private readonly handle: fs.FileHandle,
  ) {
    this.temporary = temporaryOf(target);
  }

  static async create(target: string): Promise<OutputFile> {
    try {
      await fs.rm(temporaryOf(target), { force: true });
      return new OutputFile(target, await fs.open(temporaryOf(target), 'wx', 0o600));
    } catch (error) {
      throw writeError(error, target);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += (await this.handle.write(bytes, at)).bytesWritten;
      }
    } catch (error) {
      throw writeError(error, this.target);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.close();
      await fs.rename(this.temporary, this.target);
    } catch (error) {
      throw writeError(error, this.target);
    }
  }

  /** After commit: does nothing. Never throws. */
  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
    await fs.rm(this.temporary, { force: true }).catch(() => undefined);
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.handle.close();
  }
}

const temporaryOf = (target: string): string =>
  path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.tmp`);

function writeError(error: unknown, target: string): Failure {
  const cause = error instanceof Error ? error.message : String(error);
  const shown = plainText(target);
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure(
      'file-error',
      `There is not enough space on the drive for ${shown}.`,
      'Free some.',
      cause,
    );
  }
  const { nextStep } = fileError(error, shown);
  return new Failure(
    'file-error',
    `${shown} could not be written: ${plainText(cause, 300)}.`,
    nextStep,
    cause,
  );
}
