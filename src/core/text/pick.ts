/**
 * What is printed is picked, never spread: a field that is added to an internal shape becomes public only when somebody
 * says so, and the compiler asks them.
 */

type Plain = string | number | boolean | bigint | Uint8Array | null | undefined;
type Keys<T> = T extends unknown ? keyof T : never;
type Value<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;

/** Every field of T: true: printed, false: left out, an object: its own fields, of each item where it is a list. */
export type Fields<T> = [T] extends [Plain | readonly Plain[]]
  ? boolean
  : NonNullable<T> extends readonly (infer Item)[]
    ? Fields<NonNullable<Item>> | false
    : { readonly [K in Keys<NonNullable<T>>]-?: Fields<Value<NonNullable<T>, K>> } | false;

type Picking = boolean | { readonly [key: string]: Picking };

export function pick<T>(value: T, fields: Fields<T>): Record<string, unknown> {
  return picked(value, fields) as Record<string, unknown>;
}

function picked(value: unknown, fields: Picking): unknown {
  if (typeof fields === 'boolean' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => picked(item, fields));
  const all = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([key, inner]) => inner !== false && all[key] !== undefined)
      .map(([key, inner]) => [key, picked(all[key], inner)]),
  );
}
