/**
 * What `inspect`, `run` and `sweep` have in common: the engine is compared with its recorded SHA-256, the TensorRT-RTX
 * that fits is found, and the work is done in an engine host of its own that Ctrl+C ends, GPU memory and all.
 */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

import { plainText } from '../core/text/plainText';
import { printableJson, printedJson, type Json } from '../core/text/printableJson';
import type { RunProgress } from '../core/run/runReport';
import { readEngineFile } from '../host/check/engineFile';
import { engineIntegrity } from '../host/check/engineIntegrity';
import { EngineRunner } from '../host/run/engineRunner';
import { asFailure, Failure, type FailureCode } from '../core/wire/failure';
import { chooseRuntime } from '../host/runtimes/runtimes';
import { distFolder } from './distFolder';
import type { EngineArguments } from './engineArguments';
import { findLocalRuntimes, runtimeChoice, shimFolder } from './localRuntimes';
import { complain, print, shown } from './output';
import { ProgressLine } from './progressLine';

export const exitCodes = { done: 0, failed: 1, notTried: 2, cancelled: 130 } as const;

export class EngineSession {
  readonly runner: EngineRunner;
  private readonly progress = new ProgressLine();
  private readonly cancel = new AbortController();
  private readonly onSignal = (): void => this.cancel.abort();
  private folder: string | null = null;

  constructor(private readonly args: EngineArguments) {
    const { gpu, timeout } = args;
    this.runner = new EngineRunner({
      hostMain: path.join(distFolder(), 'engineHost.js'),
      shimFolder: shimFolder(),
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
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, this.onSignal);
    }
  }

  /** For every call of the runner. */
  get context(): { signal: AbortSignal; onProgress: (now: RunProgress) => void } {
    return {
      signal: this.cancel.signal,
      onProgress: ({ sentence }) => this.progress.show(sentence),
    };
  }

  get isCancelled(): boolean {
    return this.cancel.signal.aborted;
  }

  /** The library to load this engine with. Throws where there is none, or where the engine was changed. */
  async open(engine: string): Promise<string> {
    const { header } = await readEngineFile(engine);
    const { runtime: wanted, allowChanged } = this.args;
    const version = wanted !== undefined && isVersion(wanted) ? wanted : null;
    const found = await findLocalRuntimes(version === null ? wanted : undefined);
    const matching =
      version === null ? found : found.filter((one) => hasVersion(one.version, version));
    const chosen =
      version !== null && matching.length === 0
        ? {
            runtime: null,
            why: `No TensorRT-RTX ${version} was found on this machine.`,
            nextStep: 'Install it, or name the path of its library with --runtime.',
          }
        : chooseRuntime(
            matching,
            runtimeChoice(matching, version === null ? wanted : undefined, true),
            header?.version ?? null,
          );
    if (chosen.runtime === null) {
      throw new Failure('library-not-loaded', chosen.why, chosen.nextStep);
    }
    if (allowChanged !== true) await this.refuseChanged(engine);
    return chosen.runtime.path;
  }

  /** A folder of this call alone; gone when the session is. */
  async privateFolder(): Promise<string> {
    this.folder ??= await fs.mkdtemp(path.join(os.tmpdir(), 'engine-inspector-run-'));
    return this.folder;
  }

  clearProgress(): void {
    this.progress.clear();
  }

  async dispose(): Promise<void> {
    this.progress.clear();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.off(signal, this.onSignal);
    }
    if (this.folder !== null) await fs.rm(this.folder, { recursive: true, force: true });
  }

  private async refuseChanged(engine: string): Promise<void> {
    this.progress.show('Comparing the SHA-256 with the recorded one');
    const { state, sentence, expected, actual } = await engineIntegrity(engine, {
      signal: this.cancel.signal,
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

/** Runs what a command does and tells whatever went wrong. Resolves with the exit code. */
export async function inSession(
  args: EngineArguments,
  doing: string,
  work: (session: EngineSession) => Promise<number>,
): Promise<number> {
  const session = new EngineSession(args);
  try {
    return await work(session);
  } catch (thrown) {
    session.clearProgress();
    const error = asFailure(thrown, doing);
    // Ctrl+C reaches the engine host as well, which then ends by itself: the cancel is the cause.
    const cancelled = error.code === 'cancelled' || session.isCancelled;
    await tellError(cancelled ? cancelledError(doing) : error, args);
    return exitCodeOf({ code: cancelled ? 'cancelled' : error.code, stage: error.at?.stage });
  } finally {
    await session.dispose();
  }
}

function cancelledError(doing: string): Failure {
  return new Failure('cancelled', `${doing} was cancelled.`, '');
}

/** What fails before the file is handed to TensorRT-RTX is no trial of it, and neither is a machine without a GPU. */
const notTriedCodes: ReadonlySet<string> = new Set<FailureCode>([
  'wrong-use',
  'invalid-argument',
  'library-not-loaded',
  'not-tensorrt-rtx',
  'unsupported-version',
  'file-error',
  'no-driver',
  'host-start-failed',
]);

export function exitCodeOf({ code, stage }: { code: string; stage?: string | undefined }): number {
  if (code === 'cancelled') return exitCodes.cancelled;
  return notTriedCodes.has(code) || stage === 'check' ? exitCodes.notTried : exitCodes.failed;
}

export async function tellError(error: Failure, { json }: { json?: boolean }): Promise<void> {
  const { code, message, nextStep, detail } = error;
  if (json === true) {
    await printJson(printableJson({ error: { code, message, nextStep } }));
    return;
  }
  const details =
    code === 'cancelled'
      ? []
      : detail.split('\n').filter((line) => line.trim() !== '' && !message.includes(line.trim()));
  complain(
    [
      shown(message),
      ...(nextStep === '' ? [] : [shown(nextStep)]),
      // A stack is for whoever mends it.
      ...(code === 'internal' && process.env['ENGINE_INSPECTOR_DEBUG'] === undefined
        ? []
        : details.slice(0, 10).map((line) => `  ${plainText(line)}`)),
    ].join('\n'),
  );
}

export async function printJson(value: Json): Promise<void> {
  await print(printedJson(value));
}

function isVersion(text: string): boolean {
  return /^\d+(\.\d+){1,3}$/.test(text);
}

function hasVersion(version: string, wanted: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}
