/** Numbers as people read them. No locale: a report reads the same on every machine. */

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** 10102583296 → "9.4 GiB"; below 1 KiB "512 bytes". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) {
    return 'an unknown number of bytes';
  }
  if (Math.abs(bytes) < 1024) {
    return `${bytes} ${Math.abs(bytes) === 1 ? 'byte' : 'bytes'}`;
  }
  let value = bytes;
  let unit = 0;
  // 1023.95 and more would print as 1024.0: the next unit says it better.
  while (Math.abs(value) >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? 'bytes'}`;
}

/** Two sizes that are compared: exact bytes where rounding would make different ones look equal. */
export function formatBytesPair(a: number, b: number): [string, string] {
  const short: [string, string] = [formatBytes(a), formatBytes(b)];
  if (a === b || short[0] !== short[1]) {
    return short;
  }
  return [`${formatCount(a)} bytes`, `${formatCount(b)} bytes`];
}

/** 10102583296 → "10,102,583,296". */
export function formatCount(count: number): string {
  let rest = String(count);
  if (!/^\d+$/.test(rest)) return rest.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  let behind = '';
  while (rest.length > 3) {
    behind = `,${rest.slice(-3)}${behind}`;
    rest = rest.slice(0, -3);
  }
  return rest + behind;
}

/** "1 byte", "2,048 bytes". */
export function formatExactBytes(bytes: number): string {
  return `${formatCount(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
}

/** 13040 → "13.4", as CUDA counts: major * 1000 + minor * 10. Other numbers are shown as they are. */
export function formatCudaVersion(version: number): string {
  if (!Number.isInteger(version) || version < 1000 || version > 99_990) {
    return String(version);
  }
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** "2026-11-22 17:35 UTC". */
export function formatDate(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) {
    return 'an unknown time';
  }
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** "1.7.1.116" → "1.7.1": what TensorRT-RTX compares. */
export function threeParts(version: string): string {
  return version.split('.').slice(0, 3).join('.');
}

/** ["a", "b", "c"] → "a, b and c". */
export function joinWords(words: readonly string[]): string {
  if (words.length <= 1) {
    return words[0] ?? '';
  }
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1] ?? ''}`;
}

/** "1.2 s", "3 min 5 s". */
export function formatDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A system's or a library's words, with others to follow. */
export function withFullStop(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
