/**
 * The weight streaming budget: how many bytes of the streamable weights stay on the GPU. TensorRT-RTX's rules, as its
 * documentation and the real library have them: the default is everything, a budget as large as the streamable weights
 * turns streaming off, larger ones are clamped, streaming needs scratch memory and turns its own CUDA graphs off.
 */
import { formatBytes } from '../text/formats';
import type { BudgetFacts } from '../inspect/inspection';
import type { BudgetChoice } from './runReport';

/** What the shim is asked (engine_shim.h). */
export const budgetDefault = -1;
export const budgetAutomatic = -2;

/** NVIDIA's rule of thumb: min(free / 2, streamable / 2); null: free memory is not known. Bytes. */
export function ruleBudget(streamable: number, free: number | null): number | null {
  return free === null ? null : Math.floor(Math.min(free / 2, streamable / 2));
}

/** Whole bytes, within 0 and everything. */
export function clampBudget(bytes: number, streamable: number): number {
  if (!Number.isFinite(bytes)) return streamable;
  return Math.min(streamable, Math.max(0, Math.round(bytes)));
}

/** The number for the shim. The rule without knowing free memory is half of the weights. */
export function budgetToAsk(
  choice: BudgetChoice,
  streamable: number | null,
  free: number | null,
): number {
  switch (choice) {
    case 'default':
      return budgetDefault;
    case 'automatic':
      return streamable === 0 ? budgetDefault : budgetAutomatic;
    case 'rule':
      if (streamable === 0 || (streamable === null && free === null)) return budgetDefault;
      // The library clamps, so half of the free memory is right where streamable is not known yet.
      return ruleBudget(streamable ?? Infinity, free ?? Infinity) ?? budgetDefault;
    default:
      if (streamable === 0) return budgetDefault;
      return streamable === null
        ? Math.max(0, Math.round(choice))
        : clampBudget(choice, streamable);
  }
}

export const isStreaming = (budget: number | null, streamable: number | null): boolean =>
  budget !== null && streamable !== null && streamable > 0 && budget < streamable;

/**
 * The budgets of a sweep, largest first, each once: nothing, quarters, everything, NVIDIA's rule and the automatic
 * budget. Empty: nothing can be streamed.
 */
export function sweepBudgets(
  streamable: number,
  automatic: number | null,
  free: number | null,
): number[] {
  if (streamable <= 0) return [];
  const wanted = [1, 0.75, 0.5, 0.25, 0].map((share) => Math.floor(share * streamable));
  for (const extra of [automatic, ruleBudget(streamable, free)]) {
    if (extra !== null && extra >= 0) wanted.push(clampBudget(extra, streamable));
  }
  const sorted = [...new Set(wanted)].sort((a, b) => b - a);
  // Two that differ by less than a hundredth measure the same thing twice.
  return sorted.filter((budget, i) => {
    const before = sorted[i - 1];
    return before === undefined || budget === 0 || before - budget >= streamable / 100;
  });
}

export interface BudgetSaving {
  /** Weights that leave the GPU, bytes. */
  saved: number;
  scratch: number;
  /** saved - scratch: below 0 streaming costs memory. */
  net: number;
}

/** null: nothing is streamed. */
export function savingOf(
  budget: number | null,
  scratch: number | null,
  streamable: number | null,
): BudgetSaving | null {
  if (budget === null || streamable === null || !isStreaming(budget, streamable)) return null;
  const saved = streamable - budget;
  return { saved, scratch: scratch ?? 0, net: saved - (scratch ?? 0) };
}

/** The scratch that a budget between those that were tried will need: that of the next smaller one that is known. */
export function scratchAt(
  budget: number,
  streamable: number,
  tried: readonly BudgetFacts[],
): number | null {
  if (budget >= streamable) return 0;
  const known = tried
    .filter(({ taken }) => taken < streamable)
    .sort((a, b) => Math.abs(a.taken - budget) - Math.abs(b.taken - budget));
  return known[0]?.scratch ?? null;
}

/** What a budget means, one to three short sentences for beside the slider. */
export function budgetSentence(
  budget: number,
  streamable: number,
  scratch: number | null,
  cudaGraph = false,
): string {
  if (streamable === 0)
    return 'This engine was built without weight streaming: all weights stay on the GPU.';
  const kept = clampBudget(budget, streamable);
  if (kept >= streamable)
    return `All ${formatBytes(streamable)} of weights stay on the GPU: nothing is streamed.`;
  const sentences = [
    `${formatBytes(kept)} of ${formatBytes(streamable)} of weights stay on the GPU.`,
  ];
  const eaten = scratchSentence(kept, scratch, streamable);
  if (eaten !== null) sentences.push(eaten);
  else if (scratch !== null) sentences.push(`Streaming needs ${formatBytes(scratch)} of scratch.`);
  if (cudaGraph) sentences.push(graphsOffSentence);
  return sentences.join(' ');
}

export const graphsOffSentence = 'CUDA graphs are off while weights are streamed.';

/** null: streaming saves more than its scratch takes. */
export function scratchSentence(
  budget: number | null,
  scratch: number | null,
  streamable: number | null,
): string | null {
  const saving = savingOf(budget, scratch, streamable);
  if (saving === null || saving.scratch === 0 || saving.net > saving.saved / 2) return null;
  const needs = `Streaming takes ${formatBytes(saving.saved)} of weights off the GPU and needs ${formatBytes(saving.scratch)} of scratch`;
  if (saving.net <= 0) return `${needs}: it saves no memory at this budget.`;
  return `${needs}: it saves ${formatBytes(saving.net)} only.`;
}

/** "everything", "NVIDIA's rule", "2.4 GiB". */
export function budgetName(choice: BudgetChoice): string {
  switch (choice) {
    case 'default':
      return 'the default budget';
    case 'automatic':
      return 'the automatic budget';
    case 'rule':
      return "NVIDIA's rule";
    default:
      return formatBytes(choice);
  }
}
