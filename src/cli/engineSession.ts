/**
 * What `inspect`, `run` and `sweep` have in common: the engine is compared with its recorded SHA-256, the TensorRT-RTX
 * that fits is found, and the work is done in an engine host of its own that Ctrl+C ends, GPU memory and all.
 */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

import type { RunProgress } from '../core/run/runReport';
import { Failure } from '../core/wire/failure';
import { readEngineFile } from '../host/check/engineFile';
import { engineIntegrity } from '../host/check/engineIntegrity';
import { EngineRunner } from '../host/run/engineRunner';
import { distFolder } from './distFolder';
import type { EngineArguments } from './engineArguments';
import { chooseLocalRuntime, shimFolder } from './localRuntimes';
import { complain, shown } from './output';
import { inSession, Session } from './session';
import { makeTemporaryFolder } from './temporaryFolder';

export class EngineSession extends Session {
  readonly runner: EngineRunner;
  private folder: string | null = null;

  constructor(private readonly args: EngineArguments) {
    super();
    const { gpu, timeout } = args;
    this.runner = new EngineRunner({
      hostMain: path.join(distFolder(), 'engineHost.js'),
      shimFolder: shimFolder(),
      cacheFolder: path.join(userCacheFolder(), 'runtime-caches'),
      // Numbers as `engine-inspector gpu` and nvidia-smi count.
      environment: (): Readonly<Record<string, string>> =>
        gpu === undefined ? {} : { CUDA_VISIBLE_DEVICES: gpu, CUDA_DEVICE_ORDER: 'PCI_BUS_ID' },
      onLog: ({ text }) => {
        if (process.env['ENGINE_INSPECTOR_DEBUG'] === undefined) return;
        this.progress.clear();
        complain(shown(text));
      },
      ...(timeout === undefined
        ? {}
        : {
            timeouts: {
              loadBaseMs: timeout * 1000,
              loadBytesPerSecond: Infinity,
              stallMs: timeout * 1000,
              compileMs: timeout * 1000,
            },
          }),
    });
  }

  /** For every call of the runner. */
  get context(): { signal: AbortSignal; onProgress: (now: RunProgress) => void } {
    return {
      signal: this.signal,
      onProgress: ({ sentence }) => this.progress.show(sentence),
    };
  }

  /** The library to load this engine with. Throws where there is none, or where the engine was changed. */
  async open(engine: string): Promise<string> {
    const { header } = await readEngineFile(engine);
    const { runtime, allowChanged } = this.args;
    const chosen = await chooseLocalRuntime(runtime, header?.version ?? null);
    if (chosen.runtime === null) {
      throw new Failure('library-not-loaded', chosen.why, chosen.nextStep);
    }
    if (allowChanged !== true) await this.refuseChanged(engine);
    return chosen.runtime.path;
  }

  /** A folder of this call alone; gone when the session is. */
  privateFolder(): string {
    this.folder ??= makeTemporaryFolder('run');
    return this.folder;
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    if (this.folder !== null) await fs.rm(this.folder, { recursive: true, force: true });
  }

  private async refuseChanged(engine: string): Promise<void> {
    this.progress.show('Comparing the SHA-256 with the recorded one');
    const { state, sentence, expected, actual } = await engineIntegrity(engine, {
      signal: this.signal,
    });
    if (state !== 'differs') return;
    throw new Failure(
      'file-error',
      sentence,
      'Copy or download it again, or rebuild it. If you know why it was changed, --allow-changed loads it all the same.',
      [`recorded ${expected ?? ''}`, ...(actual === null ? [] : [`found ${actual}`])].join('\n'),
    );
  }
}

/** Resolves with the exit code. */
export function inEngineSession(
  args: EngineArguments,
  doing: string,
  work: (session: EngineSession) => Promise<number>,
): Promise<number> {
  return inSession(new EngineSession(args), { doing, json: args.json }, work);
}

/** Where this user's programs keep what can be made again. */
function userCacheFolder(): string {
  const own = process.env[process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME'] ?? '';
  // Relative ones are to be ignored (XDG).
  const base = path.isAbsolute(own) ? own : path.join(os.homedir(), '.cache');
  return path.join(base, 'engine-inspector');
}
