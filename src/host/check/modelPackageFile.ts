/**
 * A model package of ONNX Runtime, a folder or a zip archive: its metadata.json files and manifest.json are read, nothing
 * else of it is opened or unpacked.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { isRtxProvider } from '../../core/file/epContext';
import {
  modelPackageFacts,
  type PackageDocument,
  type PackageVariant,
  readPackageVariants,
} from '../../core/file/modelPackage';
import type { FileFacts } from '../../core/report/engineReport';
import { decodeText } from '../../core/text/decodeText';
import { formatBytes } from '../../core/text/formats';
import { parseJson } from '../../core/text/parseJson';
import { plainText } from '../../core/text/plainText';
import { Failure } from '../../core/wire/failure';
import { isInside } from '../files/isInside';
import { readSmallText } from '../files/readSmallFile';
import { InputFile } from '../run/inputs/openFile';
import { entryPieces, readZipDirectory, type ZipEntry } from '../run/inputs/npzFile';
import { systemProblem, unreadable } from './fileProblem';

/** A package of a hundred variants has some 50 KB. */
const mostBytes = 1024 * 1024;
const mostDocuments = 64;
const mostNames = 2000;
/** `models/COMPONENT/metadata.json`; in an archive below the package's own folder. */
const mostFolders = 3;

/** Never rejects: what is wrong with it is what it is. */
export async function readModelPackage(file: string): Promise<FileFacts> {
  try {
    const stat = await fs.stat(file);
    const isFolder = stat.isDirectory();
    const texts = isFolder ? await ofFolder(file) : await ofArchive(file);
    if (texts.length === 0) {
      throw new Failure(
        'file-error',
        `The model package ${plainText(file)} has no metadata.json, so its variants are not known.`,
        'Copy the whole package again, or check the models in it one by one.',
      );
    }
    const documents = texts.map(({ name, text }) => parsed(file, name, text));
    const found = readPackageVariants(documents);
    if (found.variants.length === 0) {
      throw new Failure(
        'file-error',
        `${texts.map(({ name }) => plainText(name, 200)).join(' and ')} of the model package ${plainText(file)} ${texts.length === 1 ? 'lists' : 'list'} no variants.`,
        'Check the models in it one by one.',
      );
    }
    if (saysNothing(found.variants)) {
      throw new Failure(
        'file-error',
        `The model package ${plainText(file)} has no ep_compatibility_info for its TensorRT-RTX variants, so nothing is known of their engines.`,
        'Check the models in it (*_ctx.onnx) one by one.',
      );
    }
    const facts = isFolder
      ? { size: null, modified: null }
      : { size: stat.size, modified: stat.mtimeMs };
    return modelPackageFacts(file, facts, found);
  } catch (error) {
    return unreadable(file, error instanceof Failure ? error : await systemProblem(file, error));
  }
}

/** Some are ours, and not one of them says what it holds. */
function saysNothing(variants: readonly PackageVariant[]): boolean {
  return (
    variants.some(({ provider }) => isRtxProvider(provider)) &&
    variants.every(({ provider, info }) => info === null || !isRtxProvider(provider))
  );
}

interface Text {
  /** Path in the package, with slashes. */
  name: string;
  text: string;
}

function parsed(file: string, name: string, text: string): PackageDocument {
  const folders = name.split('/').slice(0, -1);
  const isManifest = /manifest\.json$/i.test(name);
  try {
    return {
      component: isManifest ? '' : (folders.at(-1) ?? ''),
      value: parseJson(text),
    };
  } catch (error) {
    const cause = error instanceof Error ? plainText(error.message, 300) : '';
    throw new Failure(
      'file-error',
      `${plainText(name, 200)} of the model package ${plainText(file)} is not valid JSON: ${cause}.`,
      'Copy the package again, or write that file as JSON in UTF-8.',
    );
  }
}

/** metadata.json goes before manifest.json, as in ONNX Runtime. */
function isDocument(name: string): boolean {
  return /(^|\/)metadata\.json$/i.test(name) || /^([^/]+\/)?manifest\.json$/i.test(name);
}

function inOrder(names: readonly string[]): string[] {
  const isManifest = (name: string) => (/manifest\.json$/i.test(name) ? 1 : 0);
  return names
    .filter(isDocument)
    .sort((a, b) => isManifest(a) - isManifest(b) || (a < b ? -1 : 1))
    .slice(0, mostDocuments);
}

async function ofFolder(folder: string): Promise<Text[]> {
  const names: string[] = [];
  let looked = 0;
  const look = async (below: string, depth: number): Promise<void> => {
    const entries = await fs.readdir(path.join(folder, below), { withFileTypes: true });
    for (const entry of entries) {
      if (++looked > mostNames) return;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!entry.isDirectory()) names.push(name);
      else if (depth < mostFolders - 1) await look(name, depth + 1);
    }
  };
  await look('', 0);
  const root = await fs.realpath(folder);
  const texts: Text[] = [];
  for (const name of inOrder(names)) {
    const file = path.join(folder, name);
    // A link that leads nowhere is refused below, with its name.
    const real = await fs.realpath(file).catch(() => file);
    if (real !== file && !isInside(root, real)) {
      throw new Failure(
        'file-error',
        `${plainText(name, 200)} of the model package ${plainText(folder)} is a link that leads out of the package: it is not read.`,
        'Put the file itself there.',
      );
    }
    const text = await readSmallText(file, mostBytes, 'The metadata');
    if (text !== null) texts.push({ name, text });
  }
  return texts;
}

async function ofArchive(file: string): Promise<Text[]> {
  const archive = await InputFile.open(file, undefined, 'The model package');
  try {
    const entries = (await readZipDirectory(archive))
      // As some Windows programs write them.
      .map((entry) => ({ ...entry, name: entry.name.replaceAll('\\', '/') }))
      .filter(({ name }) => name.split('/').length <= mostFolders + 1);
    const texts: Text[] = [];
    for (const name of inOrder(entries.map((entry) => entry.name))) {
      const entry = entries.find((one) => one.name === name);
      if (entry) texts.push({ name, text: await unpacked(archive, entry) });
    }
    return texts;
  } finally {
    await archive.close();
  }
}

async function unpacked(archive: InputFile, entry: ZipEntry): Promise<string> {
  const name = plainText(entry.name, 200);
  // Nothing is unpacked beyond what the archive says here (entryPieces).
  if (entry.size > mostBytes) {
    throw archive.refuse(
      `has a ${name} that is too large: ${formatBytes(entry.size)}, at most ${formatBytes(mostBytes)} are read`,
      'Check what this file is.',
    );
  }
  if (entry.method !== 0 && entry.method !== 8) {
    throw archive.refuse(
      `holds ${name} with a compression that can't be read here (zip method ${entry.method}; 0 and 8 can be)`,
      'Unpack the archive and check its folder instead.',
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of entryPieces(archive, entry)) pieces.push(piece);
  return decodeText(Buffer.concat(pieces));
}
