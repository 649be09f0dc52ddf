/**
 * What a file is, read with Node: the way that needs no engine host. Regular files only; opening never waits for a pipe's
 * writer, and a disk that does not answer costs a time limit.
 */
import { makeTriagedFacts } from '../../core/file/fileFacts';
import { isModelPackageName } from '../../core/file/fileKind';
import type { FileFacts } from '../../core/report/engineReport';
import { Failure } from '../../core/wire/failure';
import { displayPath, type FilePath } from './checkRecords';
import { fileProblem, systemProblem, unreadable } from './fileProblem';
import { readStart } from './regularFile';

const headerBytes = 64;
/** A local disk answers in milliseconds, a network drive that wakes up in seconds. */
export const defaultReadLimitMs = 10_000;

export interface FileHead {
  bytes: Uint8Array;
  /** Bytes. */
  size: number;
  /** ms since 1970. */
  modified: number;
}

/** The first bytes of a regular file and its stat. Throws a Failure with code "file-error". */
export async function readHead(
  file: FilePath,
  length: number,
  limitMs = defaultReadLimitMs,
): Promise<FileHead> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(fileProblem(file, { timeoutMs: limitMs })), limitMs);
  });
  try {
    return await Promise.race([readNow(file, length), late]);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw await systemProblem(file, error);
  } finally {
    clearTimeout(timer);
  }
}

/** null: it is none, by its name, or a file that is no archive. */
export async function modelPackage(file: FilePath): Promise<FileFacts | null> {
  if (typeof file !== 'string' || !isModelPackageName(file)) return null;
  const head = await readHead(file, 4).catch(() => null);
  // A pointer of Git LFS, another archive, an engine: told as it is.
  if (head !== null && Buffer.from(head.bytes).toString('latin1', 0, 2) !== 'PK') return null;
  return (await import('./modelPackageFile')).readModelPackage(file);
}

/** Never rejects: what cannot be read is a finding of its own. */
export async function readFileFacts(file: FilePath, limitMs?: number): Promise<FileFacts> {
  return (await readFactsAndStart(file, headerBytes, limitMs)).facts;
}

/** The same for who needs more of an engine than its header: opening a file takes longer than reading some kilobytes. */
export async function readFactsAndStart(
  file: FilePath,
  length: number,
  limitMs?: number,
): Promise<{ facts: FileFacts; start: Uint8Array }> {
  const nothing = new Uint8Array();
  const ofPackage = await modelPackage(file);
  if (ofPackage) return { facts: ofPackage, start: nothing };
  try {
    const head = await readHead(file, length, limitMs);
    // A copy: the facts are kept, and a view would keep all that was read.
    const bytes = Uint8Array.from(head.bytes.subarray(0, headerBytes));
    return { facts: await factsOfHead(file, { ...head, bytes }, limitMs), start: head.bytes };
  } catch (error) {
    if (error instanceof Failure) return { facts: unreadable(file, error), start: nothing };
    throw error;
  }
}

/** Reads more of the file where its first bytes are no engine's and more would tell more. */
export async function factsOfHead(
  file: FilePath,
  head: FileHead,
  limitMs?: number,
): Promise<FileFacts> {
  const input = (from: FileHead) => ({
    file: displayPath(file),
    prefix: from.bytes,
    size: from.size,
    modified: from.modified,
  });
  const first = makeTriagedFacts(input(head));
  // Gone or changed meanwhile: what was read first stands.
  const more =
    first.wants === 0 ? null : await readHead(file, first.wants, limitMs).catch(() => null);
  const facts = more ? makeTriagedFacts(input(more)).facts : first.facts;
  if (facts.kind !== 'onnx') return facts;
  const { withContextEngines } = await import('./epContextFile');
  return withContextEngines(file, facts);
}

async function readNow(file: FilePath, length: number): Promise<FileHead> {
  const { bytes, stat } = await readStart(file, length);
  return { bytes, size: stat.size, modified: stat.mtimeMs };
}
