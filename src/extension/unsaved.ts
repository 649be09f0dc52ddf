/** Documents that the editor holds with changes which their files don't have yet. */
import * as vscode from 'vscode';
import { Failure } from '../core/wire/failure';
import { fileName } from './engineTarget';

/** One without changes is not asked: it may not have followed its file yet, and saving it would fail. */
export function unsavedDocument(file: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(
    ({ uri, isDirty }) => isDirty && uri.toString() === file.toString(),
  );
}

/** With an edit first, if there is one. Throws a Failure where it can't be saved; outcome: what did not come of it then. */
export async function save(
  document: vscode.TextDocument,
  { edit, outcome }: { edit?: vscode.WorkspaceEdit; outcome?: string } = {},
): Promise<void> {
  const isEdited = edit === undefined || (await vscode.workspace.applyEdit(edit));
  if (isEdited && (await document.save())) return;
  const so = outcome === undefined ? '' : `, so ${outcome}`;
  throw new Failure(
    'file-error',
    `${fileName(document.uri)} is open with changes and could not be saved${so}.`,
    'Save it or undo the changes, then try again.',
  );
}
