/** A run as `run --json` prints it and the page exports it: documented in docs/cli-json.md. Only grows. */
import { type Json, printableJson } from '../printableJson';
import type { OutputReport, RunReport } from './runReport';

export interface RunJsonOptions {
  /** Where an output was saved for the user, by its name; the run's private folder is nobody else's business. */
  saved?: ReadonlyMap<string, string> | undefined;
}

export function runJson(report: RunReport, options: RunJsonOptions = {}): { [key: string]: Json } {
  const output = ({ dataPath: _, preview: __, ...rest }: OutputReport) => ({
    ...rest,
    savedAs: options.saved?.get(rest.name) ?? null,
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
      outputs: reference.outputs.map(({ dataPath: _, preview: __, ...rest }) => rest),
    },
  }) as { [key: string]: Json };
}
