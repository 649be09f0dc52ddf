/** An engine host lives in a folder of ours, not in its parent's: paths of a request are absolute before they are sent. */
import * as path from 'node:path';
import type { RequestName, RequestParams } from './protocol';

const pathKeys: ReadonlySet<string> = new Set([
  ...['libraryPath', 'model', 'engine', 'output', 'runtimeCache', 'outputFolder', 'dataPath'],
]);

export function withAbsolutePaths<N extends RequestName>(
  name: N,
  params: RequestParams<N>,
): RequestParams<N> {
  if (name === 'checkFiles') {
    const { paths, ...rest }: RequestParams<'checkFiles'> = params as never;
    return { ...rest, paths: absoluteBytes(paths) };
  }
  return walk(params) as RequestParams<N>;
}

function walk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      pathKeys.has(key) && typeof one === 'string' ? path.resolve(one) : walk(one),
    ]),
  );
}

/** Each ended by a NUL; names need not be UTF-8. */
function absoluteBytes(paths: Uint8Array): Uint8Array {
  const all = Buffer.from(paths.buffer, paths.byteOffset, paths.byteLength).toString('latin1');
  const names = all.split('\0').slice(0, -1);
  if (names.every(isWhole)) return paths;
  const here = Buffer.from(process.cwd()).toString('latin1');
  const absolute = (name: string): string =>
    process.platform === 'win32' ? path.resolve(here, name) : path.join(here, path.sep) + name;
  const joined = names.map((name) => `${isWhole(name) ? name : absolute(name)}\0`).join('');
  return Buffer.from(joined, 'latin1');
}

/** On Windows a name may begin with a drive alone (C:a), or without one (\a). */
const isWhole = (name: string): boolean =>
  process.platform === 'win32' ? /^([a-z]:[\\/]|[\\/]{2})/i.test(name) : name.startsWith('/');
