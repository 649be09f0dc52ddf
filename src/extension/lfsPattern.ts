/** A file's path as a pattern of `git lfs pull --include`, which knows no way to write a comma. Pure. */
export function lfsPattern(file: string): string {
  return file.replaceAll('\\', '/').replace(/[,*[\]!\s]/g, '?');
}
