/**
 * By what many engines are sorted where they are counted, listed and fixed together: the reason that decides about each,
 * worst first. A view's groups and a summary's numbers are the same groups.
 */
import type { EngineReport, Severity } from './engineReport';
import { reasonTable } from './reasonTable';

/** Titles are short: the count behind them has to fit into a side bar. */
export const reportGroups = {
  damaged: { title: 'Damaged or incomplete', counted: 'damaged or incomplete' },
  changed: { title: 'Not the file that was built', counted: 'not the file that was built' },
  unreadable: { title: 'Not readable', counted: 'not readable' },
  'git-lfs': { title: 'Not fetched from Git LFS', counted: 'not fetched from Git LFS' },
  version: {
    title: 'Built by another version',
    counted: 'built by another version of TensorRT-RTX',
  },
  gpu: { title: 'Not built for this GPU', counted: 'not built for this GPU' },
  memory: { title: 'Too large for this GPU', counted: 'too large for this GPU' },
  driver: { title: 'Need a newer NVIDIA driver', counted: 'in need of a newer NVIDIA driver' },
  'cuda-runtime': {
    title: 'Need a newer CUDA runtime',
    counted: 'in need of a newer CUDA runtime',
  },
  cannot: { title: "Can't run here", counted: "can't run here" },
  machine: { title: "Couldn't be checked here", counted: 'not checked' },
  slower: { title: 'Slower than possible', counted: 'slower than possible' },
  runs: { title: 'Run here', counted: 'run here' },
  elsewhere: {
    title: 'Nothing wrong, but no GPU here',
    counted: 'with nothing wrong, but no GPU here',
  },
  // Files of other programs, however many: they are nobody's task.
  foreign: { title: 'Not a TensorRT-RTX engine', counted: 'not a TensorRT-RTX engine' },
} as const satisfies Record<string, { title: string; counted: string }>;

export type ReportGroup = keyof typeof reportGroups;

/** Worst first, files of other programs last. */
export const groupOrder = Object.keys(reportGroups) as ReportGroup[];

/** The one thing to know about it beside others. */
export function groupOf({ kind, reasons, lead, verdict }: EngineReport): ReportGroup {
  if (kind === 'git-lfs-pointer') return 'git-lfs';
  // They stand worst first.
  for (const { id, severity } of reasons) {
    const group = reasonTable[id].group;
    if (group !== undefined && (severity !== 'information' || id === 'version-mismatch'))
      return group;
  }
  if (lead === 'targets') return 'elsewhere';
  switch (verdict) {
    case 'invalid':
      return 'cannot';
    case 'suboptimal':
      return 'slower';
    case 'valid':
      return 'runs';
    case 'unchecked':
      return 'machine';
  }
}

const loudness: Readonly<Record<Severity, number>> = {
  error: 0,
  warning: 1,
  information: 2,
  ok: 3,
};

/** Worst first, for sorting. */
export function compareSeverity(one: Severity, other: Severity): number {
  return loudness[one] - loudness[other];
}
