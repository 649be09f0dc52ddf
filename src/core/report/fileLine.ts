/**
 * The text that is printed of a file, as what many files have in common and what is the file's own: of a hundred thousand
 * files, some hundred texts are made, and encoded once.
 */
import type { OwnNumbers } from './sharedReport';

export interface FileLine {
  readonly pieces: readonly string[];
  /** What stands between them: one less. */
  readonly own: readonly OwnPart[];
}

export interface LineFile extends OwnNumbers {
  /** Printable. */
  readonly file: string;
}

export interface OwnPart {
  readonly text: (file: LineFile) => string;
  /** What that is of a plain path, or of any file: it can be written without making it. */
  readonly is?: 'path' | 'quoted-path' | 'size' | 'weightBytes';
}

export const sizePart: OwnPart = { is: 'size', text: ({ size }) => String(size) };
export const weightsPart: OwnPart = {
  is: 'weightBytes',
  text: ({ weightBytes }) => String(weightBytes),
};

/** A path that is the same to people, to a shell, in CSV and, between quotes, in JSON. */
export function isPlainPath(path: string): boolean {
  return path.length <= longestPlain && plainPath.test(path);
}
const longestPlain = 1000;
const plainPath = /^[\w./][\w./:=+-]*$/;

/** A text in which each hole is the next one of these. */
export function fileLine(text: string, hole: string, own: readonly OwnPart[]): FileLine {
  const pieces = text.split(hole);
  if (pieces.length !== own.length + 1) throw new Error(`${own.length} holes were expected`);
  return { pieces, own };
}
