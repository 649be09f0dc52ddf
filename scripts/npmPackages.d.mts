/** Paths of the packed files, relative to the repository. */
export function makeNpmPackages(): Promise<string[]>;
