/** What happens when a remedy is picked: one handler for each kind of action. */
import * as vscode from 'vscode';
import type { EngineReport, Remedy, RemedyAction } from '../core/report/engineReport';
import { fileName } from './engineTarget';
import type { InstallRuntime } from './installRuntime';
import type { Log } from './log';
import type { Rebuild } from './rebuild';
import type { RuntimePicker } from './runtimePicker';
import type { Runtimes } from './runtimes';
import { showInformation } from './show';

export interface RemedyContext {
  uri: vscode.Uri;
  report: EngineReport;
  remedy: Remedy;
}

type Kind = RemedyAction['kind'];
type Handler<K extends Kind = Kind> = (
  context: RemedyContext,
  action: Extract<RemedyAction, { kind: K }>,
) => unknown;

export interface RemedyServices {
  runtimes: Runtimes;
  picker: RuntimePicker;
  install: InstallRuntime;
  rebuild: Rebuild;
  log: Log;
}

export class Remedies {
  private readonly handlers: { [K in Kind]: Handler<K> };
  private readonly rebuild: Rebuild;

  constructor({ runtimes, picker, install, rebuild, log }: RemedyServices) {
    this.rebuild = rebuild;
    this.handlers = {
      rebuild: ({ uri, report }, { choice }) => rebuild.rebuild(uri, choice, report),
      buildFromOtherModel: ({ uri, report }) => rebuild.fromOtherModel(uri, report),
      build: ({ uri, report }) => rebuild.buildBeside(uri, report),
      copyRebuildCommand: ({ uri }) => rebuild.copyCommand(uri),
      copyPython: async ({ remedy }, { text }) => {
        await vscode.env.clipboard.writeText(text);
        void showInformation(`Copied. ${remedy.detail}`);
      },
      useRuntime: ({ report }, { path }) => useRuntime(report, path, runtimes),
      installRuntime: async (_, { version, matchEngine }) => {
        const library = await install.run(version ?? undefined);
        // Beside the newest one, which other engines may need.
        if (library !== undefined && matchEngine) await useVersionOfEngine(runtimes);
      },
      chooseRuntime: () => picker.run(),
      openUrl,
      getFileAgain: ({ uri, remedy }) => {
        void showInformation(`${fileName(uri)}: ${remedy.detail}`);
      },
      gitLfsPull: async (context) => (await import('./gitLfs')).pullFromLfs([pointerOf(context)]),
      showLog: () => log.show(),
    };
  }

  async run(context: RemedyContext): Promise<void> {
    const { action } = context.remedy;
    await (this.handlers[action.kind] as Handler)(context, action);
  }

  /** The same remedy for several engines: builds with one progress, one pull of Git LFS, else once for all. */
  async runMany(contexts: readonly RemedyContext[]): Promise<void> {
    const [first] = contexts;
    if (!first) return;
    const { action } = first.remedy;
    const uris = contexts.map(({ uri }) => uri);
    if (action.kind === 'rebuild') return this.rebuild.rebuildAll(uris, action.choice);
    if (action.kind === 'gitLfsPull') {
      return (await import('./gitLfs')).pullFromLfs(contexts.map(pointerOf));
    }
    return this.run(first);
  }

  /** For tests: what these kinds do until it is disposed. */
  replace(kinds: readonly Kind[], handler: Handler): vscode.Disposable {
    const before = { ...this.handlers };
    Object.assign(this.handlers, Object.fromEntries(kinds.map((kind) => [kind, handler])));
    return new vscode.Disposable(() => Object.assign(this.handlers, before));
  }
}

/** "Match the engine's version" where that leads to the same library: other engines then keep theirs. */
async function useRuntime(report: EngineReport, path: string, runtimes: Runtimes): Promise<void> {
  const { chooseRuntime } = await import('../host/runtimes/runtimes');
  const matched = chooseRuntime(
    await runtimes.list(),
    { mode: 'match-engine' },
    report.header?.version ?? null,
  );
  const matches = matched.runtime?.path === path;
  const used = matches ? await useVersionOfEngine(runtimes, path) : await runtimes.use(path);
  if (!used) return;
  void showInformation(
    matches
      ? `Each engine is now checked with the runtime of its own version where one is installed; this one with ${path}.`
      : `Engines are now checked with ${path}.`,
  );
}

/** A setting of the user's, so it is asked. library: what this engine is then checked with. */
async function useVersionOfEngine(runtimes: Runtimes, library?: string): Promise<boolean> {
  const found = (await runtimes.list()).find(({ path }) => path === library);
  const yes = await runtimes.confirm(
    "Check each engine with the runtime of the engine's own version?",
    [
      ...(found ? [`This engine: ${found.realPath}`] : []),
      'Engines of other versions keep theirs where it is installed. The choice is a setting of yours: it holds in every window.',
    ].join('\n\n'),
    "Match the Engine's Version",
  );
  if (yes) await runtimes.useSetting({ path: '', choice: 'matchEngine' });
  return yes;
}

async function openUrl(
  { remedy }: RemedyContext,
  { url, button }: Extract<RemedyAction, { kind: 'openUrl' }>,
): Promise<void> {
  const picked =
    button === null || (await showInformation(`${remedy.title}. ${remedy.detail}`, button));
  if (picked !== undefined) await vscode.env.openExternal(vscode.Uri.parse(url));
}

/** The file to fetch: the one that was checked, or one that it names. */
function pointerOf({ uri, remedy: { action } }: RemedyContext): vscode.Uri {
  return action.kind === 'gitLfsPull' && action.beside !== undefined
    ? vscode.Uri.joinPath(uri, '..', action.beside)
    : uri;
}

/** Whether it can be done for several engines with one question. */
export function isForMany({ action }: Remedy): boolean {
  switch (action.kind) {
    case 'rebuild':
    case 'useRuntime':
    case 'installRuntime':
    case 'chooseRuntime':
    case 'openUrl':
    case 'copyPython':
    case 'gitLfsPull':
      return true;
    case 'build':
    case 'buildFromOtherModel':
    case 'copyRebuildCommand':
    case 'getFileAgain':
    case 'showLog':
      return false;
  }
}
