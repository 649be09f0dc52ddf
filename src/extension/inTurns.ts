/** Work for many files that must not hold up the extension host, which all extensions share. */
import { setImmediate as othersTurn } from 'node:timers/promises';

/** Before others have their turn. Milliseconds. */
const longestMs = 15;

/** Begins with one item after the other; resolves with all answers in the same order. Nothing follows in the same turn. */
export async function inTurns<T, R>(
  items: readonly T[],
  begin: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const begun: Promise<R>[] = [];
  let since = performance.now();
  for (const [index, item] of items.entries()) {
    const work = begin(item, index);
    // Awaited with all others, which may come after it failed.
    work.catch(() => undefined);
    begun.push(work);
    if (performance.now() - since < longestMs && index < items.length - 1) continue;
    await othersTurn();
    since = performance.now();
  }
  return Promise.all(begun);
}
