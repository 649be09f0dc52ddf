/** A gate's record, read back from the JSON of a check: `engine-inspector merge`. Apart, because a check needs no parser. */
import * as v from 'valibot';
import { cells } from '../targets/cell';
import type { GateJson, GateRecord } from './gateRecord';

const severity = v.picklist(['ok', 'information', 'warning', 'error']);
const reason = v.object({ id: v.string(), sentence: v.string() });
const recordSchema = v.looseObject({
  file: v.string(),
  kind: v.string(),
  recipe: v.optional(v.nullable(v.string())),
  known: v.optional(v.array(v.string())),
  reasons: v.array(v.looseObject({ ...reason.entries, severity })),
  targets: v.optional(
    v.array(
      v.looseObject({
        target: v.string(),
        name: v.string(),
        cell: v.nullable(v.picklist(cells)),
        required: v.boolean(),
        severity,
        sentence: v.string(),
        reasons: v.array(reason),
      }),
    ),
  ),
});

/** One object of `check --format json` or `ndjson`; null: it is none. */
export function gateRecordOf(value: unknown): { record: GateRecord; json: GateJson } | null {
  const parsed = v.safeParse(recordSchema, value);
  if (!parsed.success) return null;
  const { file, kind, recipe = null, known = [], reasons, targets = null } = parsed.output;
  const record = { file, kind, recipe, known, reasons, targets } as unknown as GateRecord;
  return { record, json: value as GateJson };
}
