/** Each reason as a rule of a linter: its name and what to do about it, for SARIF and for help. */
import type { ReasonId } from '../report/engineReport';
import { reasonIds } from '../report/reasonTable';
import { targetReasonIds, type TargetReasonId } from '../targets/cell';

export interface Rule {
  id: TargetReasonId;
  /** A sentence: what is wrong. */
  title: string;
  /** What to do. */
  help: string;
}

const rebuild = 'Build the engine again from its model';

const texts: Readonly<Record<TargetReasonId, readonly [title: string, help: string]>> = {
  'version-mismatch': [
    'The engine was built by another version of TensorRT-RTX.',
    `${rebuild} with the TensorRT-RTX that is installed there: an engine only runs with the version that built it.`,
  ],
  'unsupported-compute-capability': [
    'The engine was not built for the compute capability of the GPU.',
    `${rebuild} for that compute capability too (build --compute-capability), unless TensorRT-RTX does not run on the GPU at all.`,
  ],
  'old-cuda-driver': [
    'The CUDA driver is older than the one the engine was built with.',
    'Update the NVIDIA driver there, or build the engine on a machine with the older driver.',
  ],
  'old-cuda-runtime': [
    'The CUDA runtime is older than the one the engine was built with.',
    `${rebuild} with the TensorRT-RTX that is installed there.`,
  ],
  'insufficient-gpu-memory': [
    'The weights of the engine need more memory than the GPU has.',
    `${rebuild} with weight streaming: then only a part of the weights has to be in GPU memory.`,
  ],
  'malformed-engine': [
    'The file is not a whole TensorRT-RTX engine.',
    'Copy it again from where it came from, or build it again.',
  ],
  'cuda-error': ['CUDA does not work.', 'Repair the NVIDIA driver; a rebuild does not help.'],
  'unknown-diagnostic': [
    'TensorRT-RTX gave a reason that is not known here.',
    'Update Engine Inspector.',
  ],
  'tcc-driver-model': [
    'The driver runs the GPU in TCC mode.',
    'Change the driver model to WDDM or MCDM there.',
  ],
  damaged: ['The file is damaged.', 'Copy it again from where it came from, or build it again.'],
  'engine-missing': [
    'An engine that the EPContext model names is not there.',
    'Put the engine where the model names it, or compile the original model again.',
  ],
  suboptimal: [
    'The engine runs, but slower than it could.',
    `${rebuild} for the compute capability of that GPU.`,
  ],
  'gpu-not-readable': ['The GPU could not be read.', 'Install or repair the NVIDIA driver.'],
  'no-runtime': ['No TensorRT-RTX was found.', 'Install TensorRT-RTX, or check for targets.'],
  'runtime-failed': ['TensorRT-RTX was not asked.', 'Check for targets, or choose a library.'],
  'verdict-differs-from-rule': [
    'TensorRT-RTX answered otherwise than its header lets expect.',
    'Report it: the rule may lack a case.',
  ],
  unreadable: [
    'The file could not be read.',
    'Give read access to the file, and check that it is there.',
  ],
  empty: ['The file is empty.', 'Copy it again from where it came from, or build it again.'],
  'not-tensorrt-rtx': [
    'The file is not a TensorRT-RTX engine.',
    'Build an engine from its model with TensorRT-RTX. For a Git LFS pointer: git lfs pull.',
  ],
  'too-short': [
    'The file is shorter than the header of an engine.',
    'Copy it again from where it came from, or build it again.',
  ],
  truncated: [
    'The file is shorter than its header says.',
    'Copy it again from where it came from, or build it again.',
  ],
  'longer-than-header': [
    'The file is longer than its header says.',
    'Copy it again from where it came from, or build it again.',
  ],
  'unknown-header-layout': [
    'The header of the engine has a layout that is not known.',
    'Update Engine Inspector.',
  ],
  'hash-mismatch': [
    'The engine is not the file that was built.',
    'Copy it again from where it was built, or build it again.',
  ],
  'no-code-for-gpu': [
    'The header admits the GPU, but the engine holds no code for it.',
    "The same model would come without that code again: build from a model in FP16, or leave that GPU out of the targets. engine-inspector trial asks NVIDIA's compiler.",
  ],
  'borderline-gpu-memory': [
    'The weights need nearly all of the memory of the GPU.',
    `${rebuild} with weight streaming, or try it on such a board.`,
  ],
};

export const rules: readonly Rule[] = [
  ...new Set<TargetReasonId>([...reasonIds, ...targetReasonIds]),
].map((id) => ({ id, title: texts[id][0], help: `${texts[id][1]}` }));

const byId = new Map<string, Rule>(rules.map((rule) => [rule.id, rule]));

export function ruleOf(id: ReasonId | (string & {})): Rule | null {
  return byId.get(id) ?? null;
}
