/** The environment of processes that we start. */
import * as path from 'node:path';

/** Lists of folders that are searched for programs and libraries. */
const searchPaths = /^(PATH|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|DYLD_FALLBACK_LIBRARY_PATH)$/i;

/**
 * The own one without what VS Code, Electron, Node and npm put there for themselves: CUDA's and the loader's stay. An
 * empty or relative folder of a search path means the current folder, where anybody's library may lie: those go.
 */
export function cleanEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(absoluteSearchPaths(own)).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|CHROME_|NODE_|npm_)/i.test(name),
  );
  return Object.fromEntries(kept);
}

/** The same but for folders of search paths that are empty or relative. */
export function absoluteSearchPaths(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(own).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return [];
    if (!searchPaths.test(name)) return [[name, value]];
    const safe = absoluteFolders(name, value);
    // An empty one would be the current folder again.
    return safe === '' ? [] : [[name, safe]];
  });
  return Object.fromEntries(kept);
}

/** Whether the system would look for libraries in the current folder. Windows does by PATH alone, and not for ours. */
export function searchesCurrentFolder(own: NodeJS.ProcessEnv): boolean {
  if (process.platform === 'win32') return false;
  return Object.entries(own).some(
    ([name, value]) =>
      searchPaths.test(name) &&
      name.toUpperCase() !== 'PATH' &&
      value !== undefined &&
      value !== '' &&
      absoluteFolders(name, value) !== value,
  );
}

function absoluteFolders(name: string, list: string): string {
  if (process.platform === 'win32' && !/^LD_/i.test(name)) {
    // A folder may stand in quotation marks, for a semicolon in its name.
    return (list.match(/(?:"[^"]*"?|[^;"])+/g) ?? [])
      .map((folder) => (/;/.test(folder) ? folder : folder.replaceAll('"', '')))
      .filter((folder) => /^"?([a-z]:[\\/]|[\\/]{2})/i.test(folder))
      .join(path.delimiter);
  }
  return list
    .split(/^LD_/i.test(name) ? /[:;]/ : path.delimiter) // as ld.so reads its own
    .filter((folder) => path.isAbsolute(folder))
    .join(path.delimiter);
}

/** For a child that runs JavaScript: Electron's binary is Node then, and reads no archives. */
export function hostEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(own), ELECTRON_RUN_AS_NODE: '1', ELECTRON_NO_ASAR: '1' };
}
