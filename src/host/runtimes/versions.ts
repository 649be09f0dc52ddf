/** TensorRT-RTX's version numbers, "1.7.1.116": major, minor, patch, build. */

/** "1.7" of "1.7.1.116". */
export function minorVersion(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
