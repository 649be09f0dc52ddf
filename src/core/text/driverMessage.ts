/** "No NVIDIA driver was found: libcuda.so.1: cannot open …": the sentence alone; what the system's loader said goes under Details. */
export function withoutLoaderMessage(text: string): string {
  return text.replace(/^(No NVIDIA driver was found): .*$/s, '$1.');
}
