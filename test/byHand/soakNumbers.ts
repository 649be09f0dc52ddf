/** What the soak counts: processes of VS Code by what they are, their memory and handles (Linux), and files. */
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface Numbers {
  seconds: number;
  actions: number;
  extensionHostMB: number;
  extensionHostHandles: number;
  engineHosts: number;
  engineHostsMB: number;
  processes: number;
  temporaryFiles: number;
  workFiles: number;
}

export interface Process {
  pid: number;
  kind: 'engineHost' | 'extensionHost' | 'other';
  /** MB. */
  rss: number;
  handles: number;
}

/** Everything below this process. */
export function processesOf(root: number): Process[] {
  const parents = new Map<number, number>();
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const parent = /^PPid:\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(pid), Number(parent));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || (parent > 1 && isBelow(parent)));
  };
  return [...parents.keys()].filter(isBelow).flatMap((pid): Process[] => {
    const line = read(`/proc/${pid}/cmdline`);
    const rss = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
    if (rss === undefined) return [];
    const kind = /engineHost\.js/.test(line)
      ? 'engineHost'
      : /--type=extensionHost/.test(line)
        ? 'extensionHost'
        : 'other';
    return [{ pid, kind, rss: Math.round(Number(rss) / 1024), handles: handlesOf(pid) }];
  });
}

function handlesOf(pid: number): number {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return ''; // it just ended
  }
}

export function countFiles(folder: string): number {
  try {
    return fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .filter((entry) => fs.existsSync(path.join(entry.parentPath, entry.name))).length;
  } catch {
    return 0;
  }
}

/** How much more the last third may have than the second: a share, and what is noise. */
const limits: Partial<Record<keyof Numbers, { share: number; noise: number }>> = {
  extensionHostMB: { share: 0.25, noise: 40 },
  extensionHostHandles: { share: 0.1, noise: 6 },
  engineHosts: { share: 0, noise: 1 },
  engineHostsMB: { share: 0.3, noise: 150 },
  processes: { share: 0, noise: 2 },
  temporaryFiles: { share: 0, noise: 3 },
  workFiles: { share: 0, noise: 2 },
};

export function verdictOf(rows: readonly Numbers[]): { grew: boolean; told: string[] } {
  const third = Math.floor(rows.length / 3);
  const median = (part: readonly Numbers[], column: keyof Numbers): number =>
    part.map((row) => row[column]).sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  let grew = false;
  const told = (Object.keys(limits) as (keyof Numbers)[]).map((column) => {
    const limit = limits[column] ?? { share: 0, noise: 0 };
    const before = median(rows.slice(third, 2 * third), column);
    const after = median(rows.slice(2 * third), column);
    const most = before * (1 + limit.share) + limit.noise;
    if (after > most) grew = true;
    return `${column}: ${before} in the second third, ${after} in the last${after > most ? ': it GREW' : ''}`;
  });
  return { grew, told };
}
