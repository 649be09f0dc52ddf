/**
 * A run of another machine, as `run --json` and `sweep --json` print it and the page exports it, made one that is kept
 * here. A file like any other: its texts are made printable, and no path of it is followed.
 */
import { parseJson } from '../../core/text/parseJson';
import { plainText } from '../../core/text/plainText';
import type { RunReport } from '../../core/run/runReport';
import { parseRun } from './keptRun';

const mostCharacters = 8192;
/** Where the numbers that JSON lacks stand as texts (core/text/printableJson.ts): items of lists, and these. */
const numbers = /^(\d+|min|max|mean|standardDeviation|maxAbsolute|maxRelative|cosine)$/;

type Loose = Record<string, unknown>;

/** null: it is something else. */
export function importedRun(text: string, id: string): RunReport | null {
  let value: unknown;
  try {
    value = parseJson(text, (key, part) => {
      if (typeof part !== 'string') return part;
      if (numbers.test(key) && /^(NaN|-?Infinity)$/.test(part)) return Number(part);
      return plainText(part, mostCharacters);
    });
  } catch {
    return null;
  }
  const run = loose(value);
  const choices = loose(run['choices']);
  const [startedAt, endedAt] = [time(run['startedAt']), time(run['endedAt'])];
  if (Number.isNaN(startedAt + endedAt)) return null;
  const reference = run['reference'];
  return parseRun({
    ...run,
    id,
    startedAt,
    endedAt,
    choices: { ...choices, inputs: list(choices['inputs']).map(withoutFile) },
    attempts: list(run['attempts']).map(withoutData),
    reference: reference === null ? null : withoutData(reference),
  });
}

/** Its file lies elsewhere, if anywhere; what was in it is said with the run's inputs. */
function withoutFile(input: unknown): unknown {
  const { source, ...rest } = loose(input);
  const isFile = loose(source)['kind'] === 'file';
  return { ...rest, source: isFile ? { kind: 'random', seed: 0 } : source };
}

function withoutData(attempt: unknown): unknown {
  const outputs = list(loose(attempt)['outputs']).map((output) => ({
    ...loose(output),
    dataPath: null,
    preview: null,
  }));
  return { ...loose(attempt), outputs };
}

const time = (text: unknown): number => (typeof text === 'string' ? Date.parse(text) : NaN);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const loose = (value: unknown): Loose =>
  typeof value === 'object' && value !== null ? (value as Loose) : {};
