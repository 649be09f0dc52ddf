/** What to do about a cell: one step, or none where nothing of ours helps (a driver there, a GPU that never runs it). */
import type { RebuildChoice } from '../rebuild/rebuildOptions';
import { architectureOf } from '../gpu/computeCapability';
import type { TargetCell } from './cell';
import { assertNever } from '../text/assertNever';

export interface CellRemedy {
  /** fix: the file's own remedies. */
  action: RebuildChoice | 'fix';
  /** "Rebuild with Weight Streaming…" */
  title: string;
  detail: string;
}

const kept = 'The old engine is kept until the new one is checked.';

export function cellRemedy(cell: TargetCell): CellRemedy | null {
  const first = cell.reasons[0]?.id;
  switch (cell.cell) {
    case null:
    case 'runs':
    case 'runs-slower':
    case 'borderline':
    case 'update-driver':
    case 'never':
      return null;
    case 'needs-weight-streaming':
      return {
        action: 'weight-streaming',
        title: 'Rebuild with Weight Streaming…',
        detail: `With weight streaming a part of the weights stays in main memory. How much slower that is can only be measured on such a GPU. ${kept}`,
      };
    case 'no-code':
      return forGpu(cell);
    case 'rebuild':
      if (first === 'unsupported-compute-capability') return forGpu(cell);
      if (first === 'version-mismatch' || first === 'old-cuda-runtime') {
        return {
          action: 'this-machine',
          title: 'Rebuild…',
          detail: `Builds a new engine from the ONNX model with the TensorRT-RTX that is in use here. ${kept}`,
        };
      }
      return {
        action: 'fix',
        title: 'Fix Engine Problem…',
        detail: 'Offers what helps against what is wrong with the file itself.',
      };
    default:
      return assertNever(cell.cell);
  }
}

function forGpu({ computeCapability }: TargetCell): CellRemedy {
  const name = architectureOf(computeCapability) || computeCapability;
  return {
    action: 'chosen-gpus',
    title: `Build for ${name}…`,
    detail: `Asks for which GPUs the new engine is built; choose ${computeCapability} among them. ${kept}`,
  };
}
