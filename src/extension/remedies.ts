/**
 * What the extension itself does for each remedy but those that build: these register their own handlers
 * (remedyHandlers.ts, rebuild/).
 */
import * as vscode from 'vscode';
import type { RemedyId } from '../core/report/engineReport';
import { fileName } from './engineTarget';
import type { InstallRuntime } from './installRuntime';
import type { Log } from './log';
import type { RemedyContext, RemedyHandler, RemedyHandlers } from './remedyHandlers';
import type { RuntimePicker } from './runtimePicker';
import type { Runtimes } from './runtimes';
import * as settings from './settings';

const shell = process.platform === 'win32' ? 'powershell' : 'sh';
const driverPage = 'https://www.nvidia.com/drivers/';

/** Registered by rebuild/. */
type OfRebuild =
  | 'rebuild'
  | 'rebuild-with-weight-streaming'
  | 'rebuild-from-recipe'
  | 'rebuild-for-chosen-gpus'
  | 'copy-rebuild-command'
  | 'convert-foreign-engine';

export interface RemedyServices {
  runtimes: Runtimes;
  picker: RuntimePicker;
  install: InstallRuntime;
  log: Log;
}

export function registerRemedies(handlers: RemedyHandlers, services: RemedyServices): void {
  const { picker, install, log } = services;
  const installVersion: RemedyHandler = async ({ remedy }) => {
    await install.run(remedy.runtimeVersion);
  };
  const table: Record<Exclude<RemedyId, OfRebuild>, RemedyHandler> = {
    'use-matching-runtime': (context) => useMatchingRuntime(context, services.runtimes),
    'install-matching-runtime': async ({ remedy }) => {
      const library = await install.run(remedy.runtimeVersion);
      // Beside the newest one, which other engines may need.
      if (library !== undefined) await settings.setRuntime({ path: '', choice: 'matchEngine' });
    },
    'install-runtime': installVersion,
    'update-runtime': installVersion,
    'choose-runtime': () => picker.run(),
    'update-driver': openDriverPage,
    'install-driver': openDriverPage,
    'repair-cuda': repairCuda,
    'get-file-again': getFileAgain,
    'fetch-lfs-object': fetchLfsObject,
    'show-log': () => {
      log.show();
      return Promise.resolve();
    },
  };
  for (const [id, handler] of Object.entries(table)) {
    handlers.register([id as RemedyId], handler);
  }
}

/** "Match the engine's version" where that leads to the same library: other engines then keep theirs. */
async function useMatchingRuntime(
  { remedy, report }: RemedyContext,
  runtimes: Runtimes,
): Promise<void> {
  const path = remedy.runtimePath;
  if (path === undefined) throw new Error('use-matching-runtime came without a path');
  const { chooseRuntime } = await import('../host/runtimes/runtimes');
  const matched = chooseRuntime(
    await runtimes.list(),
    { mode: 'match-engine' },
    report.header?.version ?? null,
  );
  const matches = matched.runtime?.path === path;
  await settings.setRuntime(
    matches ? { path: '', choice: 'matchEngine' } : { path, choice: 'automatic' },
  );
  void vscode.window.showInformationMessage(
    matches
      ? `Each engine is now checked with the runtime of its own version where one is installed; this one with ${path}.`
      : `Engines are now checked with ${path}.`,
  );
}

async function openDriverPage(): Promise<void> {
  await vscode.env.openExternal(vscode.Uri.parse(driverPage));
}

async function repairCuda({ remedy }: RemedyContext): Promise<void> {
  const open = 'Open NVIDIA Driver Downloads';
  const picked = await vscode.window.showInformationMessage(
    `${remedy.title}. ${remedy.detail}`,
    open,
  );
  if (picked === open) await openDriverPage();
}

function getFileAgain({ uri, report, remedy }: RemedyContext): Promise<void> {
  const reason = report.reasons.find(({ id }) => remedy.cures.includes(id));
  const sentence = [reason?.sentence ?? report.headline, remedy.detail].join(' ');
  void vscode.window.showInformationMessage(`${fileName(uri)}: ${sentence}`);
  return Promise.resolve();
}

async function fetchLfsObject({ uri, remedy }: RemedyContext): Promise<void> {
  const { shellQuote } = await import('../core/rebuild/rebuildCommands');
  const command = `git lfs pull --include=${shellQuote(fileName(uri), shell)}`;
  await vscode.env.clipboard.writeText(command);
  void vscode.window.showInformationMessage(`Copied: ${command} – ${remedy.detail}`);
}
