/** "On your targets" as the engine page shows it. Made by the extension; the page computes nothing. */
import type { EngineOnTargets } from '../targets/engineOnTargets';
import type { EngineReport } from '../report/engineReport';
import { findBoard, memoryText } from '../targets/boards';
import { commonBoards, suggestedBoards } from '../targets/commonBoards';
import { formatBytes, formatCudaVersion } from '../text/formats';

/** One board of the first choice. */
export interface BoardChoice {
  id: string;
  name: string;
  /** "8.9 · 8 GB" */
  facts: string;
  suggested: boolean;
}

export interface NeedRow {
  label: string;
  value: string;
  note: string;
}

export interface TargetsView {
  /** file: the team's own; defaults: common boards, until somebody chooses. */
  source: 'file' | 'defaults';
  /** "engine-inspector.json" */
  fileName: string;
  /** A sentence where that file can't be read; empty: it can, or there is none. */
  problem: string;
  /** Whether targets can be saved: there is a folder, on a disk or not, to put the file into. */
  canSave: boolean;
  engine: EngineOnTargets;
  /** What it needs wherever it runs. */
  needs: NeedRow[];
  choices: BoardChoice[];
}

export const boardChoices: readonly BoardChoice[] = commonBoards.flatMap((id) => {
  const found = findBoard(id);
  if (!found) return [];
  const { board, memory } = found;
  const size = memory === null ? memoryText(board) : `${memory} GB`;
  return [
    {
      id,
      name: board.name,
      facts: `${board.computeCapability} · ${size.replace(', shared by CPU and GPU', '')}`,
      suggested: suggestedBoards.includes(id),
    },
  ];
});

/** What the header asks of any machine. */
export function engineNeeds({ header, runsOnSentence, runtime }: EngineReport): NeedRow[] {
  if (!header) return [];
  const rows: NeedRow[] = [
    {
      label: 'TensorRT-RTX',
      value: `exactly ${header.version}`,
      note:
        runtime && runtime.version === header.version
          ? 'in your application; the one in use here is the same'
          : 'in your application; the build number may differ',
    },
    { label: 'GPU', value: runsOnSentence, note: '' },
    {
      label: 'Free GPU memory',
      value:
        header.weightBytes > 0
          ? `at least ${formatBytes(header.weightBytes)}`
          : 'not in the header',
      note:
        header.weightBytes > 0
          ? 'for its weights; activations come on top'
          : 'its weights are streamed, or it has none',
    },
  ];

  rows.push({
    label: 'CUDA driver',
    value:
      header.cudaDriver > 0
        ? `${formatCudaVersion(header.cudaDriver)} or newer`
        : 'not recorded by the build',
    note: '',
  });
  return rows;
}
