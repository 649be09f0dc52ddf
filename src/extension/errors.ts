/**
 * Failures on their way to a person: one message that names what happened and the next step, with "Show Log"; the log
 * has the rest. reveal.ts decides whether there is a message at all.
 */
import * as vscode from 'vscode';
import { asFailure } from '../core/wire/failure';
import type { Log } from './log';
import { decideReveal } from './reveal';
import { showError } from './show';

export interface ErrorContext {
  /** For errors of unknown make: "Checking model.engine". */
  doing: string;
  /** A person started it and waits. */
  asked: boolean;
  /** A page in sight tells it already: only the log has to know. */
  shown?: boolean;
}

export class Errors {
  private readonly shown = new Map<string, number>();
  /** How many messages were shown: for tests. */
  messages: string[] = [];

  constructor(private readonly log: Log) {}

  report(thrown: unknown, { doing, asked, shown = false }: ErrorContext): void {
    const error = asFailure(thrown, doing);
    const failure = { code: error.code, sentence: error.message, asked };
    const reveal = decideReveal(failure, this.shown, performance.now());
    if (reveal === 'nothing') return;
    this.log.error([error.message, error.nextStep, error.detail].filter(Boolean).join('\n'));
    if (reveal === 'log' || shown) return;
    this.shown.set(error.message, performance.now());
    this.messages.push(error.message);
    const showLog = 'Show Log';
    const text = error.nextStep === '' ? error.message : `${error.message} ${error.nextStep}`;
    void showError(text, showLog).then((picked) => {
      if (picked === showLog) this.log.show();
    });
  }

  /** Runs what a person started; a failure becomes one message. Answers undefined then. */
  async guard<T>(doing: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      this.report(error, { doing, asked: true });
      return undefined;
    }
  }
}
