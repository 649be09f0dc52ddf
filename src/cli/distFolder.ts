/** Where dist/cli.js lies, with the shims and the engine host beside it: only the entry file knows. */
let folder = '';

export function setDistFolder(path: string): void {
  folder = path;
}

export function distFolder(): string {
  return folder;
}
