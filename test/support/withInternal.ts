/** The same value with a field in each of its objects that nobody made public. */
export function withInternal<T>(value: T): T {
  return marked(value) as T;
}

export const internalMark = 'nobody made this public';

function marked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(marked);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const fields = Object.entries(value).map(([key, inner]) => [key, marked(inner)] as const);
  return { ...Object.fromEntries(fields), internalField: internalMark };
}
