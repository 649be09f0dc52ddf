/** The end of a switch over a union: the compiler sees that every member was handled. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${String(value)}`);
}
