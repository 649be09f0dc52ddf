/**
 * "Install TensorRT-RTX…": a version, NVIDIA's licence, then pip into the extension's own storage, with progress and
 * cancel. Nothing outside that folder is touched; afterwards the new library is one of those found.
 */
import * as vscode from 'vscode';
import { formatBytes } from '../core/text/formats';
import type { Proxy } from '../host/runtimes/installRuntime';
import type { Errors } from './errors';
import type { Log } from './log';
import type { Runtimes } from './runtimes';
import { untrustedFolders } from './trust';
import { ask, pick, showInformation, withProgress } from './show';

interface Item extends vscode.QuickPickItem {
  version: string;
}

export class InstallRuntime {
  private running = false;

  constructor(
    private readonly runtimes: Runtimes,
    private readonly log: Log,
    private readonly errors: Errors,
  ) {}

  /** Asks for a version unless it is given. Answers the installed library; undefined: nothing was installed. */
  async run(wanted?: string): Promise<string | undefined> {
    if (this.running) {
      void showInformation('TensorRT-RTX is being installed already.');
      return undefined;
    }
    this.running = true;
    try {
      return await this.errors.guard('Installing TensorRT-RTX', async () => {
        const version = wanted ?? (await this.pickVersion());
        return version !== undefined && (await agreed(version)) ? this.install(version) : undefined;
      });
    } finally {
      this.running = false;
    }
  }

  private async pickVersion(): Promise<string | undefined> {
    const here = new Set((await this.runtimes.list()).map(({ version }) => version));
    const { installableRuntimes } = await import('../host/runtimes/installRuntime');
    const items = installableRuntimes.map(({ version, downloadBytes }, index): Item => ({
      version,
      label: `TensorRT-RTX ${version}`,
      description: [index === 0 ? 'newest' : '', here.has(version) ? 'is there already' : '']
        .filter(Boolean)
        .join(' · '),
      detail: `${formatBytes(downloadBytes)} from PyPI`,
    }));
    const picked = await pick(items, {
      title: 'Install TensorRT-RTX',
      placeHolder: 'Which version? An engine runs with the version that built it.',
    });
    return picked?.version;
  }

  private async install(version: string): Promise<string> {
    const { installRuntime } = await import('../host/runtimes/installRuntime');
    const library = await withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Installing TensorRT-RTX ${version}`,
        cancellable: true,
      },
      (progress, token) => {
        const controller = new AbortController();
        let shown = 0;
        token.onCancellationRequested(() => controller.abort());
        return installRuntime({
          version,
          folder: this.runtimes.installFolder,
          untrustedFolders: untrustedFolders(),
          proxy: proxySetting(),
          signal: controller.signal,
          onProgress: ({ step, fraction }) => {
            const percent = Math.round((fraction ?? 0) * 100);
            progress.report({ message: step, increment: percent - shown });
            shown = percent;
          },
          onLine: (line) => this.log.info(`pip: ${line}`),
        });
      },
    );
    this.log.info(`Installed TensorRT-RTX ${version}: ${library}`);
    this.runtimes.refresh();
    void showInformation(`TensorRT-RTX ${version} is installed. Engines are checked again.`);
    return library;
  }
}

/** The user's own: a workspace names none. Without one pip and uv follow the environment, as VS Code does. */
function proxySetting(): Proxy | null {
  const http = vscode.workspace.getConfiguration('http');
  const url = http.inspect<string>('proxy')?.globalValue ?? '';
  if (url === '' || http.get('proxySupport') === 'off') return null;
  return { url, except: http.inspect<string[]>('noProxy')?.globalValue ?? [] };
}

/** NVIDIA's licence is the user's to accept: asked each time, never remembered. */
async function agreed(version: string): Promise<boolean> {
  const { licenceUrl } = await import('../host/runtimes/installRuntime');
  const accept = 'Accept and Install';
  const read = 'Read the Licence';
  for (;;) {
    const picked = await ask(
      'information',
      {
        question: `Install TensorRT-RTX ${version}?`,
        detail:
          "pip downloads it from PyPI into this extension's own storage. TensorRT-RTX is NVIDIA's proprietary software: by installing it you accept NVIDIA's licence.",
      },
      accept,
      read,
    );
    if (picked === accept) return true;
    if (picked !== read) return false;
    await vscode.env.openExternal(vscode.Uri.parse(licenceUrl));
  }
}
