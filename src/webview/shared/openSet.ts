/** Which <details> of a page are open. */

/** null: nothing changed. */
export function withOpen(
  open: ReadonlySet<string>,
  id: string,
  isOpen: boolean,
): Set<string> | null {
  if (open.has(id) === isOpen) return null;
  const changed = new Set(open);
  if (isOpen) changed.add(id);
  else changed.delete(id);
  return changed;
}

export function keptOpen(kept: unknown): string[] {
  return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === 'string') : [];
}
