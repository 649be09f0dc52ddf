/**
 * What a file is, read with Node: the way that needs no engine host. Regular files only; opening never waits for a pipe's
 * writer, and a disk that does not answer costs a time limit.
 */
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { makeTriagedFacts, unreadableFacts } from '../../core/file/fileFacts';
import type { FileFacts } from '../../core/report/engineReport';
import { displayPath, type FilePath, packPaths } from './checkRecords';
import { Failure } from '../../core/wire/failure';

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

/** Never rejects: what cannot be read is a finding of its own. */
export async function readFileFacts(file: FilePath, limitMs?: number): Promise<FileFacts> {
  try {
    return await factsOfHead(file, await readHead(file, headerBytes, limitMs), limitMs);
  } catch (error) {
    if (error instanceof Failure) return unreadable(file, error);
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

export function unreadable(file: FilePath, problem: Failure): FileFacts {
  return unreadableFacts(displayPath(file), `${problem.message} ${problem.nextStep}`);
}

/** Why a file could not be read. */
export type FileTrouble =
  | { type: 'directory' | 'other' }
  /** "ENOENT", ...; detail: the system's words. */
  | { code: string; detail: string; brokenLink?: boolean }
  | { timeoutMs: number };

/** A sentence with the file's name and the cause, and the next step. */
export function fileProblem(file: FilePath, trouble: FileTrouble): Failure {
  const name = path.basename(displayPath(file));
  const problem = (sentence: string, nextStep: string, detail = '') =>
    new Failure('file-error', `${name} ${sentence}`, nextStep, detail);
  if ('type' in trouble) {
    return trouble.type === 'directory'
      ? problem('is a folder, not an engine file.', 'Name an engine file in it.')
      : problem(
          'is a pipe, a socket or a device, not a file.',
          'Copy what it holds into a file first.',
        );
  }
  if ('timeoutMs' in trouble) {
    return problem(
      `could not be read: the disk did not answer within ${Math.round(trouble.timeoutMs / 1000)} s.`,
      'Check the drive or the network connection, then check the file again.',
    );
  }
  const { code, detail } = trouble;
  if (trouble.brokenLink === true) {
    return problem(
      'is a link to a file that is not there.',
      'Restore what it points to, or replace the link.',
      detail,
    );
  }
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem(
        'is not there: it was moved, renamed or deleted.',
        'Check the path, or build the engine again.',
        detail,
      );
    case 'EACCES':
    case 'EPERM':
      return problem(
        'could not be read: this user has no permission.',
        'Give the user read access to the file and the folders above it.',
        detail,
      );
    case 'ELOOP':
      return problem('is a link that leads in circles.', 'Replace the link by a file.', detail);
    case 'ENAMETOOLONG':
      return problem('has a path that is too long for this system.', 'Shorten the path.', detail);
    case 'EMFILE':
    case 'ENFILE':
      return problem(
        'could not be read: too many files are open.',
        'Close programs that hold files open, then check the file again.',
        detail,
      );
    case 'EBUSY':
    case 'ETXTBSY':
      return problem(
        'could not be read: another program holds it.',
        'Wait until the other program is done, then check the file again.',
        detail,
      );
    default:
      return problem(
        `could not be read: ${detail === '' ? code : detail}.`,
        'Check the drive, then check the file again.',
        detail,
      );
  }
}

/** The same for an error number of open, stat or read (errno; GetLastError on Windows), as the shim reports it. */
export async function fileProblemOfNumber(file: FilePath, number: number): Promise<Failure> {
  const code = process.platform === 'win32' ? windowsCodes[number] : errnoNames().get(number);
  return systemProblem(
    file,
    Object.assign(new Error(code ?? `system error ${number}`), { code: code ?? '' }),
  );
}

async function readNow(file: FilePath, length: number): Promise<FileHead> {
  const { handle, stat } = await openRegularFile(file);
  try {
    const bytes = await readAt(handle, 0, Math.min(length, stat.size));
    return { bytes, size: stat.size, modified: stat.mtimeMs };
  } finally {
    await handle.close();
  }
}

/** Never waits for a pipe's writer. Throws a Failure where it is no regular file, else what the system says. */
export async function openRegularFile(
  file: FilePath,
): Promise<{ handle: fsp.FileHandle; stat: fs.Stats }> {
  // What is no path for the system cannot be a file either.
  try {
    packPaths([file]);
  } catch {
    throw fileProblem(file, { code: 'ENOENT', detail: 'the path is empty or holds a NUL' });
  }
  const target = typeof file === 'string' ? file : Buffer.from(file);
  // Looked at before it is opened: opening some devices does something.
  refuseOthers(file, await fsp.stat(target));
  const handle = await fsp.open(target, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    refuseOthers(file, stat);
    return { handle, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** length bytes from offset, or fewer where the file ends before. */
export async function readAt(
  handle: fsp.FileHandle,
  offset: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < buffer.length) {
    const at = offset + filled;
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function refuseOthers(file: FilePath, stat: fs.Stats): void {
  if (stat.isFile()) return;
  throw fileProblem(file, { type: stat.isDirectory() ? 'directory' : 'other' });
}

async function systemProblem(file: FilePath, error: unknown): Promise<Failure> {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const target = typeof file === 'string' ? file : Buffer.from(file);
  const brokenLink =
    code === 'ENOENT' &&
    (await fsp.lstat(target).then(
      (stat) => stat.isSymbolicLink(),
      () => false,
    ));
  return fileProblem(file, { code, detail: message, brokenLink });
}

function errnoNames(): Map<number, string> {
  return new Map(Object.entries(os.constants.errno).map(([name, number]) => [number, name]));
}

/** The Windows error codes that opening and reading a file give most. */
const windowsCodes: Record<number, string> = {
  2: 'ENOENT',
  3: 'ENOENT',
  4: 'EMFILE',
  5: 'EACCES',
  21: 'EIO',
  32: 'EBUSY',
  33: 'EBUSY',
  53: 'ENOENT',
  67: 'ENOENT',
  123: 'ENOENT',
  206: 'ENAMETOOLONG',
  1920: 'EACCES',
  1921: 'ELOOP',
};
