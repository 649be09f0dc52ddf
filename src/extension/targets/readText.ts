/** A small text of a folder, on this machine's disk or not, byte order mark kept. */
import * as vscode from 'vscode';
import { Failure } from '../../core/wire/failure';

/** null: it is not there. Throws Failure: it can't be read, or is larger. */
export async function readText(
  file: vscode.Uri,
  maxBytes: number,
  what: string,
): Promise<string | null> {
  const bytes =
    file.scheme === 'file'
      ? await (
          await import('../../host/files/readSmallFile')
        ).readSmallFile(file.fsPath, maxBytes, what)
      : await readElsewhere(file, maxBytes, what);
  return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

async function readElsewhere(
  file: vscode.Uri,
  maxBytes: number,
  what: string,
): Promise<Uint8Array | null> {
  const size = await vscode.workspace.fs.stat(file).then(
    (stat) => stat.size,
    () => null,
  );
  if (size === null) return null;
  if (size > maxBytes) {
    throw new Failure(
      'file-error',
      `${what} ${file.path} is too large.`,
      'Check what this file is.',
    );
  }
  // eslint-disable-next-line gates/read -- of another file system; its size was asked before
  return vscode.workspace.fs.readFile(file);
}
