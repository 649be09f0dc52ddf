/**
 * The files that paths mean: a file is itself, as is the folder of a model package that is named; a folder is all engines
 * in it, sorted. A link to a folder below it is not
 * followed unless asked for: it may lead anywhere, to / as well. A folder that was searched already is not searched
 * again, so links in circles end. Names that are not UTF-8 stay bytes.
 */
import * as fs from 'node:fs';
import { isModelPackageName } from '../core/file/fileKind';
import type { Beside } from '../host/check/checkedFiles';
import { displayPath, type FilePath } from '../host/check/checkRecords';
import { besideOf, namesBeside } from '../host/check/lookBeside';
import { fileError } from '../host/files/fileError';

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

export interface FoundFile extends Beside {
  path: FilePath;
  /** As an argument; else a folder was searched, and only the name says that it is an engine. */
  named: boolean;
}

export function* findEngines(
  paths: readonly FilePath[],
  options: SearchOptions,
): Generator<FoundFile> {
  const search = new Search(options);
  for (const path of paths) {
    const stat = statOf(path);
    // What cannot be looked at is a file to report about: that says why.
    if (stat?.isDirectory() === true && !isPackage(path)) {
      for (const files of search.folder(path, stat, 0)) yield* files;
    } else yield { path, named: true, mayHaveRecipe: true, mayHaveModel: true };
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

  /** In order, many at once: each of a hundred thousand would be passed up from folder to folder. */
  *folder(folder: FilePath, stat: fs.BigIntStats, depth: number): Generator<FoundFile[]> {
    const identity = `${stat.dev}:${stat.ino}`;
    if (this.searched.has(identity)) return;
    this.searched.add(identity);
    let entries: Entry[];
    try {
      entries = entriesOf(folder);
    } catch (error) {
      this.complain(fileError(error, `The folder ${displayPath(folder)}`).message);
      return;
    }
    for (const next of this.lookedAt(folder, entries)) {
      if (Array.isArray(next)) yield this.meant(next);
      else if (this.files < this.limits.files) yield* this.below(next.path, next.below, depth + 1);
    }
  }

  /** Engines and folders, in order. Apart from the generator, which V8 would compile together with all of this. */
  private lookedAt(folder: FilePath, entries: readonly Entry[]): (FoundFile[] | FoundFolder)[] {
    const names = namesBeside(entries.map(textOf));
    const found: (FoundFile[] | FoundFolder)[] = [];
    let files: FoundFile[] = [];
    for (const entry of entries) {
      const text = textOf(entry);
      // A link may lead to either.
      const isFile = entry.isFile();
      if (isFile && !this.isEngineName(text)) continue;
      const path = join(folder, entry.name);
      const below = isFile ? null : folderOf(path);
      if (below) {
        if (text === '.git') continue;
        if (files.length > 0) found.push(files);
        files = [];
        found.push({ path, below });
      } else if (isFile || this.isEngineName(text)) {
        const { mayHaveRecipe, mayHaveModel } = besideOf(text, names);
        files.push({ path, named: false, mayHaveRecipe, mayHaveModel });
      }
    }
    if (files.length > 0) found.push(files);
    return found;
  }

  private meant(found: FoundFile[]): FoundFile[] {
    const { belongs } = this.options;
    const files = belongs ? found.filter(({ path }) => belongs(path)) : found;
    const room = this.limits.files - this.files;
    this.files += Math.min(files.length, room);
    return files.length <= room ? files : files.slice(0, room);
  }

  private isEngineName(name: string): boolean {
    return (
      this.options.anyExtension === true ||
      this.extensions.some((extension) => endsWith(name, extension))
    );
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

  private *below(path: FilePath, entry: fs.BigIntStats, depth: number): Generator<FoundFile[]> {
    if (this.options.leavesOut?.(path) === true) return;
    if (!this.options.followLinks && isLink(path)) return;
    if (depth > this.limits.depth) {
      this.complain(
        `${displayPath(path)} was not searched: it is more than ${this.limits.depth} folders deep.`,
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

interface FoundFolder {
  path: FilePath;
  below: fs.BigIntStats;
}

/** Without making another string of each of many names. */
function endsWith(text: string, extension: string): boolean {
  return (
    text.endsWith(extension) ||
    (text.length >= extension.length && text.slice(-extension.length).toLowerCase() === extension)
  );
}

/** With a name that is a string where it is UTF-8, which nearly all are. */
type Entry = Pick<fs.Dirent<string>, 'isFile'> & { name: string | Buffer };

/** Of a name that is not UTF-8 each byte as a character. */
const textOf = ({ name }: Entry): string =>
  typeof name === 'string' ? name : name.toString('latin1');

/** Sorted by the bytes of their names, which is the order of strings where none has characters of two halves. */
function entriesOf(folder: FilePath): Entry[] {
  const entries = fs.readdirSync(nodePath(folder), { withFileTypes: true });
  if (!entries.some(({ name }) => maybeNotText.test(name))) {
    // Where the system's library sorts them, it does so by their bytes.
    const isSorted = entries.every(
      ({ name }, at) => at === 0 || (entries[at - 1]?.name ?? '') < name,
    );
    return isSorted ? entries : entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  return fs
    .readdirSync(nodePath(folder), { encoding: 'buffer', withFileTypes: true })
    .sort((a, b) => a.name.compare(b.name))
    .map((entry): Entry => {
      const text = entry.name.toString('utf8');
      const isText = Buffer.from(text, 'utf8').equals(entry.name);
      return { name: isText ? text : entry.name, isFile: () => entry.isFile() };
    });
}

/** What decoding leaves of bytes that are not UTF-8, and halves of characters. */
const maybeNotText = /[\ud800-\udfff\ufffd]/;

function join(folder: FilePath, name: string | Buffer): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') {
    return folder.endsWith(separator) || folder.endsWith('/')
      ? `${folder}${name}`
      : `${folder}${separator}${name}`;
  }
  return Buffer.concat([
    Buffer.from(folder as string),
    Buffer.from(separator),
    Buffer.from(name as string),
  ]);
}
