/** Which files belong, by the patterns of engine-inspector.json and of the command line. */
import { Minimatch } from 'minimatch';

export interface FilePatterns {
  /** null: all. */
  files: readonly string[] | null;
  exclude: readonly string[];
}

export interface FileFilter {
  /** Relative to where the patterns stand, with forward slashes. */
  belongs(file: string): boolean;
  /** Nothing below this folder belongs: it need not be searched. */
  leavesOut(folder: string): boolean;
}

/**
 * As in .gitignore and most tools: a pattern without a slash is meant in every folder, ** is any number of folders, and
 * what matches a folder matches everything below it.
 */
export function fileFilter({ files, exclude }: FilePatterns): FileFilter {
  const only = files?.map(matcher) ?? null;
  const out = exclude.map(matcher);
  const leavesOut = (path: string) => matchesWithin(out, path);
  return {
    leavesOut,
    belongs: (file) => (only === null || matchesWithin(only, file)) && !leavesOut(file),
  };
}

/** The path or a folder that it lies in. */
function matchesWithin(patterns: readonly Minimatch[], path: string): boolean {
  if (patterns.length === 0) return false;
  const matches = (part: string) => patterns.some((pattern) => pattern.match(part));
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
    if (matches(path.slice(0, at))) return true;
  }
  return matches(path);
}

function matcher(pattern: string): Minimatch {
  const path = pattern.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/$/, '');
  return new Minimatch(path.replace(/^\//, '').replace(/\/\*\*$/, ''), {
    dot: true,
    matchBase: !path.includes('/'),
    nocomment: true,
    nonegate: true,
  });
}
