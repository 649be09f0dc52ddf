/** What checking all engines came to, in a sentence. Pure. */
import type { EngineReport } from '../core/report/engineReport';

/** "315 checked: 173 can't run here, 36 were built by another version of TensorRT-RTX, 106 run here." */
export function checkSummary(reports: readonly EngineReport[]): string {
  const counts = new Map<string, number>();
  for (const report of reports) {
    const words = wordsFor(report);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const parts = order.flatMap((words) => {
    const count = counts.get(words);
    return count === undefined ? [] : [`${count} ${words}`];
  });
  const all = reports.length;
  return `${all} ${all === 1 ? 'engine' : 'engines'} checked: ${parts.join(', ')}.`;
}

const words = {
  foreign: 'no TensorRT-RTX engine',
  damaged: 'damaged or incomplete',
  unreadable: 'not readable',
  version: 'built by another version of TensorRT-RTX',
  cannot: "can't run here",
  slower: 'slower than possible',
  runs: 'run here',
  elsewhere: 'whole, with no GPU here to run on',
  unchecked: 'not checked',
} as const;

/** Worst first. */
const order: readonly string[] = Object.values(words);

function wordsFor({ kind, verdict, lead, reasons, header }: EngineReport): string {
  if (kind === 'unreadable') return words.unreadable;
  if (kind !== 'tensorrt-rtx' && kind !== 'empty') return words.foreign;
  if (reasons.some(({ id }) => id === 'version-mismatch')) return words.version;
  if (reasons.some(({ id, severity }) => severity === 'error' && ofFile.has(id)) || !header) {
    return words.damaged;
  }
  if (lead === 'targets') return words.elsewhere;
  switch (verdict) {
    case 'invalid':
      return words.cannot;
    case 'suboptimal':
      return words.slower;
    case 'valid':
      return words.runs;
    case 'unchecked':
      return words.unchecked;
  }
}

const ofFile: ReadonlySet<string> = new Set([
  'empty',
  'too-short',
  'truncated',
  'damaged',
  'hash-mismatch',
]);
