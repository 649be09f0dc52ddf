/**
 * What every command that works for a while has: a progress line, Ctrl+C, and one way to say what went wrong and to end.
 * EngineSession adds an engine, build.ts a build.
 */
import { plainText } from '../core/text/plainText';
import { printableJson, printedJson, type Json } from '../core/text/printableJson';
import { asFailure, Failure } from '../core/wire/failure';
import { exitCodeOf } from './exitCodes';
import { complain, print, shown } from './output';
import { ProgressLine } from './progressLine';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Session {
  readonly progress = new ProgressLine();
  private readonly cancel = new AbortController();
  private readonly onSignal = (): void => this.cancel.abort();

  constructor() {
    for (const signal of signals) process.once(signal, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.cancel.signal;
  }

  get isCancelled(): boolean {
    return this.cancel.signal.aborted;
  }

  /** What a person reads of this failure. */
  explain(error: Failure, doing: string): Failure {
    // Ctrl+C reaches the engine host as well, which then ends by itself: the cancel is the cause.
    if (error.code !== 'cancelled' && !this.isCancelled) return error;
    return new Failure('cancelled', `${doing} was cancelled.`, '');
  }

  exitCodeOf({ code, at }: Failure): number {
    return exitCodeOf({ code, stage: at?.stage });
  }

  errorJson({ code, message, nextStep }: Failure): Json {
    return printableJson({ code, message, nextStep });
  }

  async dispose(): Promise<void> {
    this.progress.clear();
    for (const signal of signals) process.off(signal, this.onSignal);
    return Promise.resolve();
  }
}

/** Runs what a command does and says whatever went wrong. Resolves with the exit code. */
export async function inSession<S extends Session>(
  session: S,
  { doing, json }: { doing: string; json: boolean | undefined },
  work: (session: S) => Promise<number>,
): Promise<number> {
  try {
    return await work(session);
  } catch (thrown) {
    session.progress.clear();
    const error = session.explain(asFailure(thrown, doing), doing);
    if (json === true) await print(printedJson({ error: session.errorJson(error) }));
    else complain(errorText(error));
    return session.exitCodeOf(error);
  } finally {
    await session.dispose();
  }
}

function errorText({ code, message, nextStep, detail }: Failure): string {
  const details =
    code === 'cancelled'
      ? []
      : detail.split('\n').filter((line) => line.trim() !== '' && !message.includes(line.trim()));
  return [
    shown(message),
    ...(nextStep === '' ? [] : [shown(nextStep)]),
    // A stack is for whoever mends it.
    ...(code === 'internal' && process.env['ENGINE_INSPECTOR_DEBUG'] === undefined
      ? []
      : details.slice(0, 10).map((line) => `  ${plainText(line)}`)),
  ].join('\n');
}
