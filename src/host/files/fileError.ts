/** What the system says of a file that could not be read, in words. */
import { Failure } from '../../core/wire/failure';
import { plainText } from '../../core/text/plainText';

/** what: "The model x.onnx", at the beginning of a sentence. */
export function fileError(error: unknown, what: string): Failure {
  const cause = error instanceof Error ? error.message : String(error);
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new Failure('file-error', `${what} is not there.`, 'Check the path.', cause);
    case 'EACCES':
    case 'EPERM':
      return new Failure(
        'file-error',
        `${what} can't be read: permission denied.`,
        'Give yourself the right to read it.',
        cause,
      );
    case 'EISDIR':
      return new Failure('file-error', `${what} is a folder.`, 'Choose a file.', cause);
    default:
      return new Failure(
        'file-error',
        `${what} could not be read: ${plainText(cause, 300)}.`,
        'Check the file and the drive, then try again.',
        cause,
      );
  }
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
