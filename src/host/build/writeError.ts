import { plainText } from '../../core/text/plainText';
import { Failure } from '../../core/wire/failure';
import { errorCode } from '../files/fileError';

/**
 * what: "The engine x.engine can't be written". again: what is done once more then: "build again". gone: of a file that was there
 * a moment ago and has to be, in place of its missing folder.
 */
export function writeError(
  error: unknown,
  what: string,
  {
    again = 'build again',
    gone,
  }: { again?: string; gone?: { why: string; nextStep: string } } = {},
): Failure {
  if (error instanceof Failure) return error;
  const cause = error instanceof Error ? error.message : String(error);
  const make = (why: string, nextStep: string): Failure =>
    new Failure('file-error', `${what}: ${why}.`, nextStep, cause);
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return make('the disk is full', `Free space, or choose another folder, and ${again}.`);
    case 'EACCES':
    case 'EPERM':
      return make(
        'permission to write to the folder is missing',
        'Choose another folder, or give yourself the right to write there.',
      );
    case 'EROFS':
      return make('the drive is read-only', 'Choose a folder on another drive.');
    case 'ENOENT':
    case 'ENOTDIR':
      if (gone) return make(gone.why, gone.nextStep);
      return make('its folder does not exist', 'Create the folder, or choose another one.');
    case 'EBUSY':
    case 'ETXTBSY':
      return make('another program uses it', `Close the program that uses it and ${again}.`);
    case 'ELOOP':
      return make(
        'its path has a link that leads in circles',
        'Replace the link by a file or a folder, or choose another name.',
      );
    case 'ENAMETOOLONG':
      return make('its name is too long', 'Choose a shorter name.');
    default:
      return make(plainText(cause, 300), 'Check the folder and the drive, then try again.');
  }
}
