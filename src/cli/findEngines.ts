/**
 * The files that paths mean: a file is itself, as is the folder of a model package that is named; a folder is all engines
 * in it, sorted. A link to a folder below it is not
 * followed unless asked for: it may lead anywhere, to / as well. A folder that was searched already is not searched
 * again, so links in circles end. Names that are not UTF-8 stay bytes.
 */
import * as fs from 'node:fs';
import { isModelPackageName } from '../core/file/fileKind';
import { displayPath, type FilePath } from '../host/check/checkRecords';

export interface SearchOptions {
  /** With their dots, beside .engine. */
  extensions: readonly string[];
  followLinks: boolean;
  /** A sentence about a folder that could not be searched, or was not. */
  complain: (problem: string) => void;
  limits?: SearchLimits;
  /** Folders that are not searched. */
  leavesOut?: (folder: FilePath) => boolean;
  /** Of the files with such a name, those that are meant. */
  belongs?: (file: FilePath) => boolean;
  /** The name does not matter, belongs decides. */
  anyExtension?: boolean;
}

export interface SearchLimits {
  /** Of folders in folders. */
  depth: number;
  files: number;
  /** Of sentences; how many more there were is one more. */
  complaints: number;
}

const defaultLimits: SearchLimits = { depth: 100, files: 1_000_000, complaints: 20 };

export interface FoundFile {
  path: FilePath;
  /** As an argument; else a folder was searched, and only the name says that it is an engine. */
  named: boolean;
  /** false: its folder has no file with the name of its recipe. */
  mayHaveRecipe: boolean;
}

export function* findEngines(
  paths: readonly FilePath[],
  options: SearchOptions,
): Generator<FoundFile> {
  const search = new Search(options);
  for (const path of paths) {
    const stat = statOf(path);
    // What cannot be looked at is a file to report about: that says why.
    if (stat?.isDirectory() === true && !isPackage(path)) yield* search.folder(path, stat, 0);
    else yield { path, named: true, mayHaveRecipe: true };
  }
  search.end();
}

/** Only where it is named: in a folder that is searched it is a folder like others, as models are left to --ext. */
function isPackage(path: FilePath): boolean {
  return typeof path === 'string' && isModelPackageName(path);
}

class Search {
  private readonly extensions: readonly string[];
  private readonly limits: SearchLimits;
  private readonly searched = new Set<string>();
  private files = 0;
  private complaints = 0;

  constructor(private readonly options: SearchOptions) {
    this.extensions = ['.engine', ...options.extensions.map((name) => name.toLowerCase())];
    this.limits = options.limits ?? defaultLimits;
  }

  *folder(folder: FilePath, stat: fs.BigIntStats, depth: number): Generator<FoundFile> {
    const identity = `${stat.dev}:${stat.ino}`;
    if (this.searched.has(identity)) return;
    this.searched.add(identity);
    let entries: fs.Dirent<Buffer>[];
    try {
      entries = fs
        .readdirSync(nodePath(folder), { encoding: 'buffer', withFileTypes: true })
        .sort((a, b) => a.name.compare(b.name));
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      this.complain(`${displayPath(folder)} could not be searched: ${cause}`);
      return;
    }
    // In lower case: to some systems it is all the same.
    const recipes = new Set<string>();
    for (const { name } of entries) {
      const text = name.toString('latin1').toLowerCase();
      if (text.endsWith('.json')) recipes.add(text);
    }
    for (const entry of entries) {
      if (this.files >= this.limits.files) return;
      const name = entry.name.toString('latin1');
      const lowerCase = name.toLowerCase();
      const isEngine =
        this.options.anyExtension === true ||
        this.extensions.some((extension) => lowerCase.endsWith(extension));
      const path = join(folder, entry.name);
      // A link may lead to either.
      const below = entry.isFile() ? null : folderOf(path);
      if (below) {
        if (name !== '.git') yield* this.below(path, below, depth + 1);
      } else if (isEngine && this.options.belongs?.(path) !== false) {
        this.files++;
        yield { path, named: false, mayHaveRecipe: recipes.has(`${lowerCase}.json`) };
      }
    }
  }

  end(): void {
    if (this.files >= this.limits.files) {
      this.options.complain(
        `The search stopped after ${this.limits.files} engines. Name the folders one by one.`,
      );
    }
    const more = this.complaints - this.limits.complaints;
    if (more > 0) this.options.complain(`${more} more folders could not be searched.`);
  }

  private *below(path: FilePath, entry: fs.BigIntStats, depth: number): Generator<FoundFile> {
    if (this.options.leavesOut?.(path) === true) return;
    if (!this.options.followLinks && isLink(path)) return;
    if (depth > this.limits.depth) {
      this.complain(
        `${displayPath(path)} was not searched: it lies more than ${this.limits.depth} folders deep.`,
      );
      return;
    }
    yield* this.folder(path, entry, depth);
  }

  private complain(problem: string): void {
    if (++this.complaints <= this.limits.complaints) this.options.complain(problem);
  }
}

function isLink(path: FilePath): boolean {
  try {
    return fs.lstatSync(nodePath(path)).isSymbolicLink();
  } catch {
    return true;
  }
}

function statOf(path: FilePath): fs.BigIntStats | null {
  try {
    return fs.statSync(nodePath(path), { bigint: true });
  } catch {
    return null;
  }
}

function folderOf(path: FilePath): fs.BigIntStats | null {
  const stat = statOf(path);
  return stat?.isDirectory() === true ? stat : null;
}

function nodePath(path: FilePath): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path);
}

const separator = process.platform === 'win32' ? '\\' : '/';

/** A string where it is UTF-8, which nearly all are; else bytes. */
function join(folder: FilePath, name: Buffer): FilePath {
  const text = name.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(name);
  if (typeof folder === 'string' && isText) {
    return folder.endsWith(separator) || folder.endsWith('/')
      ? `${folder}${text}`
      : `${folder}${separator}${text}`;
  }
  return Buffer.concat([Buffer.from(folder as string), Buffer.from(separator), name]);
}
