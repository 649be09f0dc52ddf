/** Numbers of runs as people read them. */
import { formatCount, formatDuration } from '../text/formats';

/** Three digits: "8.42 ms", "31.2 ms", "412 ms", "84.2 µs"; longer than ten seconds "12.3 s". */
export function formatMilliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms >= 9_999.5) return formatDuration(ms);
  if (ms === 0) return '0 ms';
  return ms < 0.09995 ? `${digits(ms * 1000)} µs` : `${digits(ms)} ms`;
}

/** "118 inferences a second". */
export function formatThroughput(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return 'an unknown number of inferences a second';
  const text = perSecond >= 999.5 ? formatCount(Math.round(perSecond)) : digits(perSecond);
  return `${text} ${text === '1' ? 'inference' : 'inferences'} a second`;
}

/** "1.234", "2.1e-3", "NaN": a value of a tensor, four digits. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return trimExponent(value.toExponential(2));
  return String(Number(value.toPrecision(4)));
}

/** "97 %", and "99.9 %" where rounding would make all of it. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent < 100 && percent >= 99.5) return `${Math.min(99.9, Number(percent.toFixed(1)))} %`;
  return `${Math.round(percent)} %`;
}

/** "1 x 3 x 64 x 64", "scalar"; -1 is "?". */
export function formatShape(shape: readonly number[]): string {
  if (shape.length === 0) return 'scalar';
  return shape.map((size) => (size === -1 ? '?' : String(size))).join(' x ');
}

function digits(value: number): string {
  return value >= 99.95 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function trimExponent(text: string): string {
  return text.replace(/\.?0+e/, 'e').replace('e+', 'e');
}

/** "NVIDIA GeForce RTX 4060" → "RTX 4060" */
export const shortGpuName = (name: string): string => name.replace(/^NVIDIA (GeForce )?/, '');
