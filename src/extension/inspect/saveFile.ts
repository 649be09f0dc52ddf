/** Saving what a page shows: where is asked, and the file is whole or not there. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../../core/wire/failure';

export interface SaveRequest {
  title: string;
  /** Beside which file, and under which name. */
  beside: vscode.Uri;
  name: string;
  filters: Record<string, string[]>;
  /** What the file holds, or what writes it whole. */
  content?: () => Uint8Array;
  write?: (target: string) => Promise<void>;
}

/** undefined: the person gave up. Throws Failure. */
export async function saveFile(request: SaveRequest): Promise<vscode.Uri | undefined> {
  const { title, beside, name, filters, content, write } = request;
  const target = await vscode.window.showSaveDialog({
    title,
    defaultUri: vscode.Uri.joinPath(beside, '..', name),
    filters,
  });
  if (!target) return undefined;
  if (content) await writeWhole(target, content());
  if (write) await write(target.fsPath);
  return target;
}

/** A file that was there before stays until the new one is complete. */
export async function writeWhole(target: vscode.Uri, content: Uint8Array): Promise<void> {
  try {
    if (target.scheme !== 'file') {
      await vscode.workspace.fs.writeFile(target, content);
      return;
    }
    const temporary = path.join(
      path.dirname(target.fsPath),
      `.${path.basename(target.fsPath)}.${randomBytes(4).toString('hex')}.tmp`,
    );
    try {
      await fs.writeFile(temporary, content, { flag: 'wx' });
      await fs.rename(temporary, target.fsPath);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'file-error',
      `${target.fsPath} could not be written: ${cause}`,
      'Choose another folder, or free space on the drive.',
      cause,
    );
  }
}
