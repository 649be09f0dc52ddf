/** The files of a gate: paths, patterns and lists, less what is left out, and of them one shard. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isModelPackageName } from '../../core/file/fileKind';
import { fileFilter, type FileFilter } from '../../core/targets/files';
import { Failure } from '../../core/wire/failure';
import { displayPath, type FilePath } from '../../host/check/checkRecords';
import { fileError } from '../../host/files/fileError';
import type { CheckOptions } from '../checkOptions';
import { findEngines, type FoundFile } from '../findEngines';
import { complain, shown } from '../output';
import { rawArguments } from '../rawArguments';
import type { GateSettings } from './settings';

export function* gateFiles(
  paths: readonly string[],
  options: CheckOptions,
  settings: GateSettings,
  unchecked: () => void,
): Generator<FoundFile> {
  const { shard } = settings;
  let at = 0;
  for (const file of allFiles(paths, options, settings, unchecked)) {
    // One after the other in turn: merge puts them together in the same order.
    if (shard === null || at % shard.count === shard.index - 1) yield file;
    at++;
  }
}

function* allFiles(
  paths: readonly string[],
  options: CheckOptions,
  settings: GateSettings,
  unchecked: () => void,
): Generator<FoundFile> {
  const { files } = settings.config;
  const filter = fileFilter({ files: null, exclude: settings.exclude });
  const inFolders = fileFilter({ files, exclude: settings.exclude });
  const relative = (file: FilePath) => pathFrom(settings.root, displayPath(file)) ?? '';
  const search = (start: readonly FilePath[], more: { only?: FileFilter; all?: boolean } = {}) =>
    findEngines(start, {
      extensions: [...options.ext, ...extensionsOf(files ?? [])],
      followLinks: options.followLinks === true,
      leavesOut: (folder) => filter.leavesOut(relative(folder)),
      belongs: (file) =>
        more.only
          ? more.only.belongs(displayPath(file).replaceAll('\\', '/')) &&
            filter.belongs(relative(file))
          : inFolders.belongs(relative(file)),
      ...(more.all === true ? { anyExtension: true } : {}),
      complain: (problem) => {
        complain(problem);
        unchecked();
      },
    });
  const listed = options.filesFrom === undefined ? [] : readList(options.filesFrom);
  const named = [...rawArguments(paths), ...listed];
  if (named.length === 0 && options.filesFrom === undefined) {
    yield* search([pathFrom(process.cwd(), settings.root) === '' ? '.' : settings.root]);
    return;
  }
  for (const file of named) {
    const pattern = typeof file === 'string' && /[*?[{]/.test(file) && !fs.existsSync(file);
    if (!pattern) {
      // A file that is named belongs, unless it is left out: lists of changed files name everything.
      if (isFolder(file) && !isModelPackageName(displayPath(file))) yield* search([file]);
      else if (!filter.leavesOut(relative(file)))
        yield { path: file, named: true, mayHaveRecipe: true, mayHaveModel: true };
      continue;
    }
    const glob = file.replaceAll('\\', '/');
    const fixed = glob.slice(0, glob.slice(0, glob.search(/[*?[{]/)).lastIndexOf('/') + 1);
    const only = fileFilter({ files: [glob.startsWith('./') ? glob : `./${glob}`], exclude: [] });
    const start = fixed === '' ? '.' : fixed.replace(/(.)\/$/, '$1');
    if (fs.existsSync(start)) yield* search([start], { only: withoutDot(only), all: true });
  }
}

/** Files below "." are found as "./name". */
function withoutDot(filter: FileFilter): FileFilter {
  const clean = (file: string) => file.replace(/^\.\//, '').replace(/^\//, '');
  return {
    belongs: (file) => filter.belongs(clean(file)),
    leavesOut: (folder) => filter.leavesOut(clean(folder)),
  };
}

/** With forward slashes; null: it lies outside. */
export function pathFrom(root: string, file: string): string | null {
  const relative = path.relative(root, path.resolve(file)).replaceAll('\\', '/');
  return relative.startsWith('../') || relative === '..' || path.isAbsolute(relative)
    ? null
    : relative;
}

function isFolder(file: FilePath): boolean {
  try {
    return fs.statSync(typeof file === 'string' ? file : Buffer.from(file)).isDirectory();
  } catch {
    return false;
  }
}

/** "models/*.plan" → ".plan": what the configuration names is searched for. */
function extensionsOf(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => /\.\w+$/.exec(pattern)?.[0] ?? []);
}

/** One path a line, or each ended by a NUL (git ls-files -z, find -print0). Names that are not UTF-8 stay bytes. */
function readList(source: string): FilePath[] {
  let bytes: Buffer;
  try {
    // eslint-disable-next-line gates/read -- a pipe is what it mostly is, and 100,000 paths are no small file
    bytes = fs.readFileSync(source === '-' ? 0 : source);
  } catch (error) {
    const list = `The list of files ${source === '-' ? 'on the standard input' : shown(source)}`;
    throw new Failure(
      'wrong-use',
      fileError(error, list).message,
      'Check the path of --files-from; - is the standard input.',
    );
  }
  const nul = bytes.includes(0);
  const list: FilePath[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(nul ? 0 : 10, at);
    const stop = end < 0 ? bytes.length : end;
    const line = bytes.subarray(at, !nul && bytes[stop - 1] === 13 && stop > at ? stop - 1 : stop);
    const text = line.toString('utf8');
    if (line.length > 0) list.push(Buffer.from(text).equals(line) ? text : Buffer.from(line));
    at = stop + 1;
  }
  return list;
}
