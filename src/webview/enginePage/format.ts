/** Numbers and times as the page writes them. Nothing here knows what an engine is. */
import { strings } from './strings';

const pad = (value: number) => String(value).padStart(2, '0');

/** "14:03:22" today, "2026-11-20 14:03:22" on any other day. */
export function formatTime(at: number, now: number): string {
  const date = new Date(at);
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  if (new Date(now).toDateString() === date.toDateString()) return clock;
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock}`;
}

const spans: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "changed 3 days ago"; a time to come (a skewed clock) is written out as a date. */
export function formatChanged(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  if (seconds < -60) return strings.changed(formatTime(at, now));
  for (const [unit, length] of spans) {
    if (seconds < length) continue;
    const format = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
    return strings.changed(format.format(-Math.floor(seconds / length), unit));
  }
  return strings.changedJustNow;
}

/** "models/a.engine" → name "a.engine", folder "models". Backslashes separate only where no slash does. */
export function splitPath(file: string): { name: string; folder: string } {
  const at = file.includes('/') ? file.lastIndexOf('/') : file.lastIndexOf('\\');
  if (at < 0 || at === file.length - 1) return { name: file, folder: '' };
  return { name: file.slice(at + 1), folder: file.slice(0, at) || '/' };
}

/** "76 74 72" or "767472" → ["76", "74", "72"]. */
export function splitHex(hex: string): string[] {
  return hex.replace(/[^0-9a-fA-F]/g, '').match(/../g) ?? [];
}
