/** What Linux says about a process's memory. */
import * as fs from 'node:fs';

/** The resident memory of a process in bytes: now, or the most that it ever was. */
export function residentBytes(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}
