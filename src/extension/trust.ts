/**
 * Workspace Trust (limited). Reading an engine's first 64 bytes is always allowed. Loading a library runs its code, so
 * one that lies in the workspace, or is reached through it, is never loaded in Restricted Mode, and in a trusted
 * workspace only when the person chose it: these very files, for this workspace.
 */
import * as vscode from 'vscode';
import { Failure } from '../core/wire/failure';
import type { LibraryProof } from '../host/runtimes/libraryProof';
import { showInformation } from './show';

export function isTrusted(): boolean {
  return vscode.workspace.isTrusted;
}

/** Says why something is not done in Restricted Mode, with the way out. */
export function offerTrust(sentence: string): void {
  const manage = 'Manage Workspace Trust';
  void showInformation(sentence, manage).then((picked) => {
    if (picked === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
}

/** Folders whose Python environments may be looked into. */
export function trustedFolders(): string[] {
  return isTrusted() ? workspaceFolders() : [];
}

/** Folders whose programs and libraries nothing of ours may start. */
export function untrustedFolders(): string[] {
  return isTrusted() ? [] : workspaceFolders();
}

/** On this machine's disks. */
export function workspaceFolders(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
}

const approvedKey = 'runtimes.approved';
const chosenKey = 'runtimes.chosen';
const offeredKey = 'runtimes.offered';

/** The libraries of the workspace that the person chose. Kept with the workspace, never in settings. */
export class LibraryTrust {
  constructor(
    /** workspaceState */
    private readonly memory: vscode.Memento,
  ) {}

  /** The library that this workspace uses; undefined: what the settings say. */
  get chosen(): string | undefined {
    if (!isTrusted()) return undefined;
    const path = this.memory.get<unknown>(chosenKey);
    return typeof path === 'string' ? path : undefined;
  }

  async choose(path: string | undefined): Promise<void> {
    await this.memory.update(chosenKey, path);
  }

  /** Whether nobody was told of this file, as it is, in this workspace. */
  async isFirstOffer(file: string): Promise<boolean> {
    const { stat } = await import('node:fs/promises');
    const { size, mtimeMs } = await stat(file);
    const offered = this.memory.get<Record<string, string>>(offeredKey, {});
    const state = `${size} ${mtimeMs}`;
    if (offered[file] === state) return false;
    await this.memory.update(offeredKey, { ...offered, [file]: state });
    return true;
  }

  async isOfWorkspace(library: string): Promise<boolean> {
    const { liesInside } = await import('../host/runtimes/liesInside');
    return liesInside(library, workspaceFolders());
  }

  /** Asked at every load; throws a Failure that says why it may not be loaded, and what to do. */
  async mayLoad(library: string): Promise<void> {
    if (!(await this.isOfWorkspace(library))) return;
    if (!isTrusted()) {
      throw new Failure(
        'library-not-loaded',
        `${library} is in this workspace, which is in Restricted Mode; loading it would run its code.`,
        'Trust the workspace, or choose a TensorRT-RTX outside of it.',
      );
    }
    const approved = this.approvals()[await realPath(library)];
    if (approved === undefined) {
      throw new Failure(
        'library-not-loaded',
        `${library} is in this workspace. Loading it runs its code, so it is used only when you choose it.`,
        'Choose it with "Engine Inspector: Choose Runtime…".',
      );
    }
    const { isSameProof, proveLibrary } = await import('../host/runtimes/libraryProof');
    if (isSameProof(approved, await proveLibrary(await realPath(library)))) return;
    throw new Failure(
      'library-not-loaded',
      `${library}, or a library beside it, changed since you chose it.`,
      'If you know why, choose it again with "Engine Inspector: Choose Runtime…".',
    );
  }

  /** What would be approved, for the question. Throws Failure. */
  async prove(library: string): Promise<{ realPath: string; proof: LibraryProof }> {
    const { proveLibrary } = await import('../host/runtimes/libraryProof');
    const real = await realPath(library);
    return { realPath: real, proof: await proveLibrary(real) };
  }

  async approve({ realPath, proof }: { realPath: string; proof: LibraryProof }): Promise<void> {
    await this.memory.update(approvedKey, { ...this.approvals(), [realPath]: proof });
  }

  private approvals(): Record<string, LibraryProof> {
    return this.memory.get<Record<string, LibraryProof>>(approvedKey, {});
  }
}

async function realPath(file: string): Promise<string> {
  const { realpath } = await import('node:fs/promises');
  return realpath(file).catch(() => file);
}
