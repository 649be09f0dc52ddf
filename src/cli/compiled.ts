/**
 * Loads one of our files with what V8 made of it the last time, which lies in the user's own cache folder: compiling is the
 * largest part of a check's cold start that is ours. (module.enableCompileCache does the same from Node 22 on, and writes
 * only when a process ends by itself, which one with native threads does not.)
 *
 * What lies there is code. It is taken only from a folder and a file that belong to the user and that nobody else may write.
 */
import * as fs from 'node:fs';
import { createRequire, wrap } from 'node:module';
import * as path from 'node:path';
import { Script } from 'node:vm';

import { isOwn } from '../host/files/isOwn';

export interface Compiled {
  exports: unknown;
  /** Keeps for the next time what was compiled, unless that was there. Never fails. */
  keep: () => void;
}

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: unknown },
  filename: string,
  dirname: string,
) => void;

/** file: with a name that tells its content (esbuild.js). What it asks for of its own program is loaded in the same way. */
export function loadCompiled(file: string): Compiled {
  const folder = path.dirname(file);
  const loaded = new Map<string, { exports: unknown }>();
  const kept: (() => void)[] = [];
  const ofNode = createRequire(file);
  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const made = { exports: {} };
    loaded.set(name, made);
    // The others know the first one by this name.
    if (loaded.size === 1) loaded.set('cli-check.js', made);
    kept.push(run(path.join(folder, name), made, require));
    return made.exports;
  };
  const require = Object.assign(
    (id: string) => (id.startsWith('./cli-check') ? load(id.slice(2)) : (ofNode(id) as unknown)),
    ofNode,
  );
  return { exports: load(path.basename(file)), keep: () => kept.forEach((keep) => keep()) };
}

/** What it returns keeps what was compiled. */
function run(file: string, made: { exports: object }, require: NodeJS.Require): () => void {
  const cache = cacheFile(file, process.env);
  const cachedData = cache === null ? undefined : readOwn(cache);
  // eslint-disable-next-line gates/read -- the program's own code
  const script = new Script(wrap(fs.readFileSync(file, 'utf8')), { filename: file, cachedData });
  const wrapped = script.runInThisContext() as Wrapped;
  wrapped.call(made.exports, made.exports, require, made, file, path.dirname(file));
  const isKept = cachedData !== undefined && script.cachedDataRejected === false;
  return () => {
    if (cache !== null && !isKept) writeOwn(cache, script.createCachedData());
  };
}

/** null: there is no such folder, or NODE_DISABLE_COMPILE_CACHE, which is Node's own word for it. */
function cacheFile(file: string, env: NodeJS.ProcessEnv): string | null {
  const { NODE_DISABLE_COMPILE_CACHE: off, LOCALAPPDATA, XDG_CACHE_HOME, HOME } = env;
  if (off !== undefined && off !== '') return null;
  const home = HOME === undefined ? undefined : path.join(HOME, '.cache');
  const folder = process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME || home;
  if (folder === undefined || !path.isAbsolute(folder)) return null;
  const name = `${path.basename(file, '.js')}-${process.version}-${process.arch}.cache`;
  return path.join(folder, 'engine-inspector', name);
}

function readOwn(file: string): Buffer | undefined {
  let descriptor: number | null = null;
  try {
    if (!isOwn(fs.lstatSync(path.dirname(file)))) return undefined;
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile() || !isOwn(stat)) return undefined;
    // eslint-disable-next-line gates/read -- of a file that only we write
    return fs.readFileSync(descriptor);
  } catch {
    return undefined;
  } finally {
    if (descriptor !== null) fs.closeSync(descriptor);
  }
}

const keptDays = 30;

function writeOwn(file: string, data: Uint8Array): void {
  const folder = path.dirname(file);
  const partial = `${file}.${process.pid}.partial`;
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(fs.lstatSync(folder))) return;
    fs.writeFileSync(partial, data, { mode: 0o600, flag: 'wx' });
    fs.renameSync(partial, file);
    // What versions that are gone have left.
    for (const name of fs.readdirSync(folder)) {
      const other = path.join(folder, name);
      const days = (Date.now() - fs.lstatSync(other).mtimeMs) / 86_400_000;
      if (/\.(cache|partial)$/.test(name) && days > keptDays) fs.rmSync(other);
    }
  } catch {
    // Without it the next check takes some milliseconds longer.
  }
}
