/** Why a file could not be read, in words: its name, the cause and the next step. */
import * as fsp from 'node:fs/promises';
import * as path from 'node:path';
import { unreadableFacts } from '../../core/file/fileFacts';
import type { FileFacts } from '../../core/report/engineReport';
import { Failure } from '../../core/wire/failure';
import { displayPath, type FilePath } from './checkRecords';

/** Why a file could not be read. */
export type FileTrouble =
  | { type: 'directory' | 'other' }
  /** "ENOENT", ...; detail: the system's words. */
  | { code: string; detail: string; brokenLink?: boolean }
  | { timeoutMs: number };

/** What a report is made of where this is all that is known of a file. */
export function unreadable(file: FilePath, problem: Failure): FileFacts {
  return unreadableFacts(displayPath(file), `${problem.message} ${problem.nextStep}`);
}

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
  const code =
    process.platform === 'win32' ? windowsCodes[number] : (await errnoNames()).get(number);
  return systemProblem(
    file,
    Object.assign(new Error(code ?? `system error ${number}`), { code: code ?? '' }),
  );
}

/** The same for what Node threw. */
export async function systemProblem(file: FilePath, error: unknown): Promise<Failure> {
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

async function errnoNames(): Promise<Map<number, string>> {
  const { constants } = await import('node:os');
  return new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
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
