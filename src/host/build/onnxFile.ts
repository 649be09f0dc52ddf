/**
 * ONNX models on disk: their facts (core/rebuild/onnxFacts.ts reads them through a window, never the weights), the files beside
 * them that hold weights, and the hashes a recipe records. Every failure is a Failure that names the file.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { isContextNode, readEpContextModel } from '../../core/file/epContext';
import { triage } from '../../core/file/fileKind';
import { type OnnxNode, readOnnxNodes } from '../../core/inspect/onnxNodes';
import {
  OnnxError,
  readOnnxFacts,
  type ByteSource,
  type OnnxFacts,
} from '../../core/rebuild/onnxFacts';
import { plainText } from '../../core/text/plainText';
import type { FileRecord } from '../../core/rebuild/recipe';
import { hashFile } from '../check/hashFile';
import { errorCode, fileError } from '../files/fileError';
import { isInside } from '../files/isInside';
import { openIfRegular } from '../files/openRegular';
import { readSmallFile } from '../files/readSmallFile';
import { Failure } from '../../core/wire/failure';

export interface OnnxFile {
  path: string;
  size: number;
  /** ms since 1970 */
  modified: number;
  facts: OnnxFacts;
  /** The files that hold weights, all of them there and long enough. */
  externalFiles: { location: string; path: string; size: number }[];
}

/** Throws Failure: "file-error" (not there, not readable), "model-rejected" (no good model), "cancelled". */
export async function readOnnxFile(file: string, signal?: AbortSignal): Promise<OnnxFile> {
  const shown = plainText(file);
  const handle = await openRegular(file, shown);
  try {
    const { size, mtimeMs } = await handle.stat();
    const facts = await readModel(handle, size, shown, signal, (source) => readOnnxFacts(source));
    if (facts.operators.some(({ domain, op }) => isContextNode({ domain, operator: op }))) {
      throw await compiledAlready(handle, size, shown);
    }
    return {
      path: file,
      size,
      modified: mtimeMs,
      facts,
      externalFiles: await findExternalFiles(file, facts),
    };
  } finally {
    await handle.close();
  }
}

/** The nodes of the graph, without weights. Throws as readOnnxFile does. */
export async function readOnnxFileNodes(file: string, signal?: AbortSignal): Promise<OnnxNode[]> {
  const shown = plainText(file);
  const handle = await openRegular(file, shown);
  try {
    const { size } = await handle.stat();
    return await readModel(handle, size, shown, signal, readOnnxNodes);
  } finally {
    await handle.close();
  }
}

/** What a recipe records of a model. Hashes every byte of it, external data too. */
export async function hashModel(
  model: OnnxFile,
  options: {
    signal?: AbortSignal;
    onProgress?: (doneBytes: number, totalBytes: number) => void;
  } = {},
): Promise<{ sha256: string; size: number; externalData: FileRecord[] }> {
  const total = model.externalFiles.reduce((sum, file) => sum + file.size, model.size);
  let before = 0;
  const hash = async (file: string, size: number): Promise<string> => {
    const sha256 = await hashFile(file, {
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: (done) => options.onProgress?.(before + done, total),
    });
    before += size;
    return sha256;
  };
  const sha256 = await hash(model.path, model.size);
  const externalData: FileRecord[] = [];
  for (const file of model.externalFiles) {
    const record = { path: file.location, sha256: await hash(file.path, file.size) };
    externalData.push({ ...record, size: file.size });
  }
  return { sha256, size: model.size, externalData };
}

async function openRegular(file: string, shown: string): Promise<fs.FileHandle> {
  const { handle, stat } = await openIfRegular(file).catch((error: unknown) => {
    throw fileError(error, `The model ${shown}`);
  });
  if (handle !== null) return handle;
  throw new Failure(
    'file-error',
    `The model ${shown} is ${stat.isDirectory() ? 'a folder' : 'not a regular file'}.`,
    'Choose an ONNX file.',
  );
}

async function readModel<T>(
  handle: fs.FileHandle,
  size: number,
  shown: string,
  signal: AbortSignal | undefined,
  read: (source: ByteSource) => Promise<T>,
): Promise<T> {
  let buffer = Buffer.alloc(0);
  const source: ByteSource = {
    size,
    read: async (offset, length) => {
      if (signal?.aborted === true) {
        throw new Failure('cancelled', `Reading ${shown} was cancelled.`, 'Nothing to do.');
      }
      if (buffer.length < length) buffer = Buffer.allocUnsafeSlow(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
  };
  try {
    return await read(source);
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (!(error instanceof OnnxError)) throw fileError(error, `The model ${shown}`);
    throw await modelError(error, handle, size, shown);
  }
}

/** An EPContext model: what ONNX Runtime keeps of a model that it compiled. */
async function compiledAlready(
  handle: fs.FileHandle,
  size: number,
  shown: string,
): Promise<Failure> {
  const read = async (offset: number, length: number) => {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  };
  const model = await readEpContextModel({ size, read });
  const original = model?.nodes.find((node) => node.model !== '')?.model ?? '';
  const sources = [...new Set(model?.nodes.map(({ source }) => source).filter(Boolean))];
  return new Failure(
    'model-rejected',
    `The model ${shown} is an EPContext model: ONNX Runtime has compiled it already${sources.length > 0 ? ` with ${sources.slice(0, 3).join(', ')}` : ''}, and nothing can be built from what is compiled.`,
    `Build from the original model${original === '' ? '' : `, ${original}`}.`,
  );
}

async function modelError(
  error: OnnxError,
  handle: fs.FileHandle,
  size: number,
  shown: string,
): Promise<Failure> {
  const sentence = `The model ${shown} ${error.predicate}.`;
  switch (error.code) {
    case 'empty':
    case 'not-onnx': {
      const head = Buffer.alloc(Math.min(size, 1024));
      await handle.read(head, 0, head.length, 0);
      const { kind, sentence: what } = triage(head, size);
      // It is a model that was asked for.
      const ofModel =
        kind === 'git-lfs-pointer'
          ? what.replace('an engine of', 'a model of').replace('the engine that', 'the model that')
          : what.replace(', not an engine', '');
      const told =
        kind === 'onnx' ||
        kind === 'empty' ||
        what === '' ||
        what.startsWith('This is not a TensorRT-RTX engine')
          ? ''
          : ` ${ofModel}`;
      const engine = kind === 'tensorrt-rtx' ? ' This is a TensorRT-RTX engine.' : '';
      return new Failure(
        'model-rejected',
        `${sentence}${told}${engine}`,
        kind === 'git-lfs-pointer'
          ? 'Run git lfs pull to get the model itself.'
          : 'Choose the ONNX file that the engine is to be built from.',
      );
    }
    case 'truncated':
    case 'malformed':
      return new Failure('model-rejected', sentence, 'Copy or download the model again.');
    case 'too-complex':
      return new Failure('model-rejected', sentence, 'Export the model again.');
  }
}

async function findExternalFiles(
  model: string,
  facts: OnnxFacts,
): Promise<OnnxFile['externalFiles']> {
  const shown = plainText(model);
  const found: OnnxFile['externalFiles'] = [];
  for (const { location, inside, extent } of facts.externalFiles) {
    const name = plainText(location, 300);
    if (!inside) {
      throw new Failure(
        'model-rejected',
        location === ''
          ? `The model ${shown} keeps weights in external data and names no file for it.`
          : `The model ${shown} keeps weights in "${name}", which leads out of its folder.`,
        location === ''
          ? 'Export the model again.'
          : 'Put the weights beside the model and export it again.',
      );
    }
    const file = path.join(path.dirname(model), location);
    await refuseLeaving(model, file, name);
    let stat: Awaited<ReturnType<typeof fs.stat>>;
    try {
      stat = await fs.stat(file);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw fileError(error, `The external data ${name}`);
      throw await notBeside(model, location);
    }
    if (stat.isFile() && stat.size < extent && (await isLfsPointer(file, stat.size))) {
      throw new Failure(
        'model-rejected',
        `The external data ${name} of the model ${shown} is a Git LFS pointer: it stands for data that has not been downloaded.`,
        `Run git lfs pull to get ${name} itself.`,
      );
    }
    if (!stat.isFile() || stat.size < extent) {
      throw new Failure(
        'model-rejected',
        stat.isFile()
          ? `The external data ${name} of the model ${shown} is cut short: it has ${stat.size} bytes, the model needs ${extent}.`
          : `The external data ${name} of the model ${shown} is not a regular file.`,
        `Copy or download ${name} again.`,
      );
    }
    found.push({ location, path: file, size: stat.size });
  }
  return found;
}

/** External data that is not there: under another spelling of its name it may be. */
async function notBeside(model: string, location: string): Promise<Failure> {
  const shown = plainText(model);
  const name = plainText(location, 300);
  const failure = (why: string, nextStep: string) =>
    new Failure(
      'model-rejected',
      `The model ${shown} keeps its weights in ${name}, ${why}`,
      nextStep,
    );
  const portable = path.posix.normalize(location.replaceAll('\\', '/'));
  if (portable !== location && (await isFile(path.join(path.dirname(model), portable)))) {
    return failure(
      `a name with backslashes, which are part of it on this system; ${plainText(portable, 300)} is there.`,
      `Set the location of its external data to ${plainText(portable, 300)} (in onnx: set_external_data of each tensor), or export it again on this system.`,
    );
  }
  const folder = path.join(path.dirname(model), path.dirname(portable));
  const wanted = path.posix.basename(portable);
  const names = await fs.readdir(folder).catch((): string[] => []);
  const alike = names.find((one) => one !== wanted && spelling(one) === spelling(wanted));
  if (alike !== undefined) {
    return failure(
      `which is not beside it; ${plainText(alike, 300)} is, whose name is spelled in another way.`,
      `Rename it to ${name}.`,
    );
  }
  return failure('which is not beside it.', `Put ${name} into the model's folder.`);
}

const spelling = (name: string): string => name.normalize('NFC').toLowerCase();

async function isFile(file: string): Promise<boolean> {
  return fs.stat(file).then(
    (stat) => stat.isFile(),
    () => false,
  );
}

async function isLfsPointer(file: string, size: number): Promise<boolean> {
  if (size > 1024) return false;
  const head = await readSmallFile(file, 1024, 'The external data').catch(() => null);
  return head !== null && triage(head, size).kind === 'git-lfs-pointer';
}

/** A folder on the way may be a link: what lies elsewhere is nobody's weights. Not there: that is said later. */
async function refuseLeaving(model: string, file: string, name: string): Promise<void> {
  const real = await realDataPath(model, file);
  if (typeof real !== 'string') return;
  throw new Failure(
    'model-rejected',
    `The model ${plainText(model)} keeps weights in "${name}", which a link leads out of its folder, to ${plainText(real)}.`,
    'Put the weights themselves beside the model.',
  );
}

/**
 * Where external data of a model really lies, if that is outside; null: inside, or not there. Inside is also the folder
 * where a model really lies that is a link itself, as caches of models keep them.
 */
export async function realDataPath(model: string, file: string): Promise<string | null> {
  const real = await fs.realpath(file).catch(() => null);
  if (real === null) return null;
  const folders = await Promise.all([
    fs.realpath(path.dirname(path.resolve(model))).catch(() => null),
    fs.realpath(model).then(
      (target) => path.dirname(target),
      () => null,
    ),
  ]);
  const stays = folders.some((folder) => folder !== null && isInside(folder, real));
  return stays ? null : real;
}
