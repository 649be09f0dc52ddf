/** What stands under a headline where reasons can be listed: each fact once, in the text or in the list. Pure. */
import type { EngineReport, Reason } from './engineReport';

export function underHeadline(
  report: Pick<EngineReport, 'summary' | 'besides' | 'reasons' | 'lead'>,
): { text: string; list: readonly Reason[] } {
  const { summary, besides, reasons, lead } = report;
  if (lead === 'targets') {
    // The summary says why no GPU was asked; a reason alone says no more.
    const more = reasons.filter(({ id }) => id !== 'gpu-not-readable');
    return { text: summary, list: reasons.length > 1 ? more : [] };
  }
  const isTold = reasons.length === 1 && summary !== besides;
  return isTold || reasons.length === 0
    ? { text: summary, list: [] }
    : { text: besides, list: reasons };
}
