/** A run as `run --json` prints it and the page exports it: documented in docs/cli-json.md. Only grows. */
import { type Json, printableJson } from '../text/printableJson';
import type { OutputReport, RunReport } from './runReport';

export interface RunJsonOptions {
  /** Where an output was saved for the user, by its name. */
  saved?: ReadonlyMap<string, string> | undefined;
}

export function runJson(report: RunReport, options: RunJsonOptions = {}): { [key: string]: Json } {
  // The run's private folder is nobody else's business, and pixels are no JSON.
  const inner = { dataPath: undefined, preview: undefined };
  const output = (one: OutputReport) => ({
    ...one,
    ...inner,
    savedAs: options.saved?.get(one.name) ?? null,
  });
  const { reference } = report;
  return printableJson({
    ...report,
    startedAt: new Date(report.startedAt).toISOString(),
    endedAt: new Date(report.endedAt).toISOString(),
    attempts: report.attempts.map((attempt) => ({
      ...attempt,
      outputs: attempt.outputs.map(output),
    })),
    reference: reference && {
      ...reference,
      outputs: reference.outputs.map((one) => ({ ...one, ...inner })),
    },
  }) as { [key: string]: Json };
}
