/**
 * A run report as it is kept on disk: JSON in which bytes and the numbers that JSON lacks have a form of their own. What
 * is read back is checked field by field, because a page draws it without asking: a file that was cut off, or written
 * by another version of this extension, is no report.
 */
import * as v from 'valibot';
import type { RunReport } from '../../core/run/runReport';
import { anyNumber as number, tensorSummary } from '../../core/wire/tensorSummary';
import { choices, goal } from './choices';
import { parseJson } from '../../core/text/parseJson';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const optional = v.nullable(number);
const text = v.string();

const statistics = v.nullable(
  v.object({
    count,
    mean: number,
    median: number,
    p90: number,
    p95: number,
    p99: number,
    min: number,
    max: number,
    standardDeviation: number,
  }),
);

const memory = v.object({
  total: optional,
  before: optional,
  loaded: optional,
  ready: optional,
  peak: optional,
  after: optional,
});

const failure = v.nullable(
  v.object({
    stage: text,
    code: text,
    sentence: text,
    nextStep: text,
    cuda: number,
    lines: v.array(text),
  }),
);

const preview = v.nullable(
  v.object({
    width: count,
    height: count,
    pixels: v.custom<Uint8Array>((value) => value instanceof Uint8Array),
    sentence: text,
  }),
);

const output = v.object({
  ...tensorSummary.entries,
  dataPath: v.nullable(text),
  preview,
  comparison: v.nullable(
    v.object({
      maxAbsolute: optional,
      maxRelative: optional,
      cosine: optional,
      mismatched: count,
      sentence: text,
      state: v.picklist(['good', 'warning', 'bad']),
    }),
  ),
});

const attempt = v.object({
  budgetAsked: optional,
  budget: optional,
  scratch: optional,
  deviceMemory: optional,
  memory,
  contextMs: optional,
  firstRunMs: optional,
  latency: statistics,
  gpuTime: statistics,
  enqueueTime: statistics,
  throughput: optional,
  histogram: v.nullable(
    v.object({ from: number, width: number, counts: v.array(count), above: count }),
  ),
  timeline: v.nullable(v.object({ at: v.array(number), latency: v.array(number) })),
  cudaGraph: v.nullable(v.boolean()),
  layers: v.nullable(v.array(v.object({ name: text, mean: number, share: number }))),
  outputs: v.array(output),
  failure,
});

const schema = v.object({
  schema: v.literal(1),
  id: text,
  kind: v.picklist(['run', 'sweep', 'reference']),
  file: text,
  startedAt: number,
  endedAt: number,
  runtime: v.nullable(v.object({ version: text, path: text })),
  gpu: v.nullable(v.object({ name: text, computeCapability: text, total: optional })),
  choices,
  inputs: v.array(v.object({ ...tensorSummary.entries, source: text })),
  loadMs: optional,
  streamable: optional,
  attempts: v.array(attempt),
  cache: v.object({
    state: v.picklist(['off', 'missing', 'loaded', 'refused']),
    path: v.nullable(text),
    loadedBytes: optional,
    savedBytes: optional,
    coldMs: optional,
    warmMs: optional,
    sentence: text,
  }),
  sweep: v.nullable(
    v.object({
      points: v.array(
        v.object({ budget: number, memory: optional, median: optional, attempt: count }),
      ),
      knee: v.nullable(count),
      sentence: text,
      goal: v.optional(
        v.nullable(
          v.object({
            goal,
            budget: optional,
            confidence: v.picklist(['twice', 'once', 'none']),
            sentence: text,
          }),
        ),
        null,
      ),
    }),
  ),
  reference: v.nullable(
    v.object({ label: text, model: text, ms: optional, outputs: v.array(output), failure }),
  ),
  failure,
  headline: text,
  notes: v.array(v.object({ severity: v.picklist(['information', 'warning']), sentence: text })),
  libraryLines: v.array(v.object({ severity: number, text })),
}) satisfies v.GenericSchema<unknown, RunReport>;

export function encodeRun(report: RunReport): string {
  return JSON.stringify(report, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
    return value;
  });
}

/** null: not a report that this version understands. */
export function decodeRun(json: string): RunReport | null {
  let value: unknown;
  try {
    value = parseJson(json, (_key, part) => {
      if (typeof part !== 'object' || part === null) return part;
      if ('$bytes' in part && typeof part.$bytes === 'string') {
        return new Uint8Array(Buffer.from(part.$bytes, 'base64'));
      }
      if ('$number' in part && typeof part.$number === 'string') return Number(part.$number);
      return part;
    });
  } catch {
    return null;
  }
  return parseRun(value);
}

export function parseRun(value: unknown): RunReport | null {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : null;
}
