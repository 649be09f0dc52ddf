/** The words for a TensorRT-RTX that no shim fits, the same wherever it is noticed. */
export function unsupportedVersion(
  file: string,
  version: string,
  supported: readonly string[],
): { problem: string; nextStep: string } {
  const known = supported.length === 0 ? 'none on this system' : supported.join(', ');
  return {
    problem: `${file} is TensorRT-RTX ${version}, which this version of Engine Inspector does not know; it knows ${known}.`,
    nextStep: 'Choose or install one of these, or update Engine Inspector.',
  };
}
