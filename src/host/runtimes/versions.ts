/** TensorRT-RTX's version numbers, "1.7.1.116": major, minor, patch, build. */

/** "1.7" of "1.7.1.116". */
export function minorVersion(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/**
 * A newer minor version of the same major one than there are shims for: headers may be checked with it. supported: "1.7", ….
 */
export function isUntested(version: string, supported: readonly string[]): boolean {
  const [major = NaN, minor = NaN] = version.split('.').map(Number);
  const newest = Math.max(
    ...supported
      .map((one) => one.split('.').map(Number))
      .flatMap(([a, b]) => (a === major ? (b ?? []) : [])),
  );
  // Of 1.4 the functions lie elsewhere.
  return newest >= 5 && minor > newest;
}
