/** What to do about a cell: one step, or none where nothing of ours helps (a driver there, a GPU that never runs it). */
import type { RebuildChoice } from '../rebuild/rebuildOptions';
import { architectureOf, type ComputeCapability } from '../gpu/computeCapability';
import type { TargetCell } from './cell';
import { assertNever } from '../text/assertNever';

export interface CellRemedy {
  /** fix: the file's own remedies; trial: NVIDIA's compiler is asked; other-model: a model that is picked is built. */
  action: RebuildChoice | 'fix' | 'trial' | 'other-model';
  /** "Rebuild with Weight Streaming…" */
  title: string;
  detail: string;
}

const kept = 'The old engine is kept until the new one is checked.';

/** refused: GPUs that NVIDIA's compiler refuses the model for. */
export function cellRemedy(
  cell: TargetCell,
  refused: readonly ComputeCapability[] = [],
): CellRemedy | null {
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
      return cell.evidence === 'compiler' ? otherModel(cell) : trial;
    case 'rebuild':
      if (first === 'unsupported-compute-capability') {
        return refused.includes(cell.computeCapability) ? otherModel(cell) : forGpu(cell);
      }
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

/** The same model would come without that code again, so no rebuild is offered: the proof, and then another model. */
const trial: CellRemedy = {
  action: 'trial',
  title: 'Try on Other GPUs…',
  detail:
    "Building the same model again would come without that code again. A trial asks NVIDIA's compiler, without such a GPU, and says what it refuses.",
};

function otherModel({ computeCapability }: TargetCell): CellRemedy {
  const types = computeCapability === '7.5' ? 'FP16' : 'FP16 or BF16';
  return {
    action: 'other-model',
    title: `Build from a Model in ${types}…`,
    detail: `NVIDIA's compiler refuses this model for ${computeCapability}, so building it again would not help. Choose the same model in ${types}, or leave this target out. ${kept}`,
  };
}

function forGpu({ computeCapability }: TargetCell): CellRemedy {
  const name = architectureOf(computeCapability) || computeCapability;
  return {
    action: 'chosen-gpus',
    title: `Build for ${name}…`,
    detail: `Asks for which GPUs the new engine is built; choose ${computeCapability} among them. ${kept}`,
  };
}
