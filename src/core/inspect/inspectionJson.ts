/** An inspection as `inspect --json` prints it and the page exports it: documented in docs/cli-json.md. Only grows. */
import { type Json, printableJson } from '../text/printableJson';
import type { Inspection } from './inspection';

export function inspectionJson(inspection: Inspection): { [key: string]: Json } {
  const { schema, file, inspectedAt, runtime, facts, notes, libraryLines } = inspection;
  return printableJson({
    schema,
    file,
    inspectedAt: new Date(inspectedAt).toISOString(),
    runtime,
    ...facts,
    notes,
    libraryLines,
  }) as { [key: string]: Json };
}
