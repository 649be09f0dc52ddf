/**
 * What is fixed about each reason, whatever the engine: how loud it is, what cures it, what it proves, who shows it.
 * Its words are in reasons.ts, which finds it; what else helps against it is in remedies.ts. A new reason is an id and a
 * row here and the finding there; the compiler names every other place.
 */

import type { ReportGroup } from './reportGroups';

export const reasonIds = [
  // one per EngineInvalidityDiagnostics bit
  'version-mismatch',
  'unsupported-compute-capability',
  'old-cuda-driver',
  'old-cuda-runtime',
  'insufficient-gpu-memory',
  'malformed-engine',
  'cuda-error',
  'unknown-diagnostic',
  // other answers of the runtime
  'suboptimal',
  'tcc-driver-model',
  'gpu-not-readable',
  'no-runtime',
  'runtime-failed',
  'verdict-differs-from-rule',
  'untested-runtime',
  // what no header shows
  'no-code-for-gpu',
  // facts of the file
  'unreadable',
  'empty',
  'not-tensorrt-rtx',
  'too-short',
  'truncated',
  'longer-than-header',
  'damaged',
  'unknown-header-layout',
  'engine-missing',
  'compatibility-info',
  'hash-mismatch',
] as const;

export type ReasonId = (typeof reasonIds)[number];

export interface ReasonRow {
  /** As a rule. A diagnostic bit is an error where the runtime answered kINVALID. */
  severity: 'error' | 'warning' | 'information';
  /** machine: true of every engine alike, so that Problems lists it only where it is more than information. */
  about: 'file' | 'engine and machine' | 'machine';
  /** rebuild: on this machine, whatever the old file. new-copy: if it was whole where it came from. */
  curedBy: readonly ('rebuild' | 'new-copy')[];
  /** unusable and other-file: on any machine. refused: by the runtime at hand, though it gave no verdict. */
  proves?: 'unusable' | 'other-file' | 'refused';
  /** The answer in its words in place of the verdict's; the first of `reasonIds` counts. */
  headline?: { text: string; unless?: 'invalid'; onlyAs?: 'error' };
  /** The library's line that goes with it. */
  line?: RegExp;
  /** The library's lines tell more than the report can. */
  logHelps?: true;
  /** Not worth a sentence of the summary. */
  smallPrint?: true;
  /** As a rule of a linter, for SARIF and for help: a sentence that says what is wrong, and one that says what to do. */
  rule: { title: string; help: string };
  /** Where many engines are sorted by it; absent: it decides nothing about the engine. */
  group?: ReportGroup;
}

const incomplete = { text: 'This engine file is incomplete.' };
const damaged = { text: 'This engine file is damaged.' };
const rebuild = 'Build the engine again from its model';

export const reasonTable: Readonly<Record<ReasonId, ReasonRow>> = {
  'version-mismatch': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    proves: 'refused',
    line: /created with TensorRT-RTX version/,
    rule: {
      title: 'The engine was built by another version of TensorRT-RTX.',
      help: `${rebuild} with the TensorRT-RTX that is installed there: an engine only runs with the version that built it.`,
    },
    group: 'version',
  },
  'unsupported-compute-capability': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /compute capability/,
    rule: {
      title: 'The engine was not built for the compute capability of the GPU.',
      help: `${rebuild} for that compute capability too (build --compute-capability), unless TensorRT-RTX does not run on the GPU at all.`,
    },
    group: 'gpu',
  },
  'old-cuda-driver': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /created with CUDA driver version/,
    rule: {
      title: 'The CUDA driver is older than the one the engine was built with.',
      help: 'Update the NVIDIA driver there, or build the engine on a machine with the older driver.',
    },
    group: 'driver',
  },
  'old-cuda-runtime': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /created with CUDA runtime version/,
    rule: {
      title: 'The CUDA runtime is older than the one the engine was built with.',
      help: `${rebuild} with the TensorRT-RTX that is installed there.`,
    },
    group: 'cuda-runtime',
  },
  'insufficient-gpu-memory': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /bytes of GPU memory/,
    rule: {
      title: 'The weights of the engine need more memory than the GPU has.',
      help: `${rebuild} with weight streaming: then only a part of the weights has to be in GPU memory.`,
    },
    group: 'memory',
  },
  'malformed-engine': {
    severity: 'warning',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    line: /does not conform to the expected format/,
    rule: {
      title: 'The file is not a whole TensorRT-RTX engine.',
      help: 'Copy it again from where it came from, or build it again.',
    },
    group: 'damaged',
  },
  'cuda-error': {
    severity: 'warning',
    about: 'machine',
    curedBy: [],
    line: /cuda ?error/i,
    logHelps: true,
    rule: {
      title: 'CUDA does not work.',
      help: 'Repair the NVIDIA driver; a rebuild does not help.',
    },
    group: 'machine',
  },
  'unknown-diagnostic': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: [],
    logHelps: true,
    rule: {
      title: 'TensorRT-RTX gave a reason that is not known here.',
      help: 'Update Engine Inspector.',
    },
  },
  suboptimal: {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: [],
    line: /suboptimal performance/,
    rule: {
      title: 'The engine runs, but slower than it could.',
      help: `${rebuild} for the compute capability of that GPU.`,
    },
    group: 'slower',
  },
  'tcc-driver-model': {
    severity: 'warning',
    about: 'machine',
    curedBy: [],
    headline: { text: 'The GPU here is in TCC mode, which TensorRT-RTX does not run in.' },
    line: /cuda ?error|not supported/i,
    logHelps: true,
    rule: {
      title: 'The driver runs the GPU in TCC mode.',
      help: 'Change the driver model to WDDM or MCDM there.',
    },
    group: 'machine',
  },
  'gpu-not-readable': {
    severity: 'information',
    about: 'machine',
    curedBy: [],
    logHelps: true,
    rule: { title: 'The GPU could not be read.', help: 'Install or repair the NVIDIA driver.' },
  },
  'no-runtime': {
    severity: 'information',
    about: 'machine',
    curedBy: [],
    rule: {
      title: 'No TensorRT-RTX was found.',
      help: 'Install TensorRT-RTX, or check for targets.',
    },
  },
  'runtime-failed': {
    severity: 'warning',
    about: 'machine',
    curedBy: [],
    logHelps: true,
    rule: { title: 'TensorRT-RTX was not asked.', help: 'Check for targets, or choose a library.' },
    group: 'machine',
  },
  'verdict-differs-from-rule': {
    severity: 'information',
    about: 'engine and machine',
    curedBy: [],
    smallPrint: true,
    rule: {
      title: 'TensorRT-RTX answered otherwise than its header lets expect.',
      help: 'Report it: the rule may lack a case.',
    },
  },
  'untested-runtime': {
    severity: 'information',
    about: 'machine',
    curedBy: [],
    rule: {
      title: 'TensorRT-RTX is newer than any that Engine Inspector was tested with.',
      help: 'Update Engine Inspector, or check with an older TensorRT-RTX.',
    },
    group: 'machine',
  },
  'no-code-for-gpu': {
    // An error on the GPU at hand; of other GPUs it is information.
    severity: 'information',
    about: 'engine and machine',
    curedBy: [],
    headline: {
      text: 'This engine holds no code for this GPU.',
      unless: 'invalid',
      onlyAs: 'error',
    },
    rule: {
      title: 'The header admits the GPU, but the engine holds no code for it.',
      help: "The same model would come without that code again: build from a model in FP16, or leave that GPU out of the targets. engine-inspector trial asks NVIDIA's compiler.",
    },
    group: 'gpu',
  },
  unreadable: {
    severity: 'warning',
    about: 'file',
    curedBy: [],
    headline: { text: 'This file could not be read.' },
    rule: {
      title: 'The file could not be read.',
      help: 'Give read access to the file, and check that it is there.',
    },
    group: 'unreadable',
  },
  empty: {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: { text: 'This file is empty.' },
    rule: {
      title: 'The file is empty.',
      help: 'Copy it again from where it came from, or build it again.',
    },
    group: 'damaged',
  },
  'not-tensorrt-rtx': {
    severity: 'error',
    about: 'file',
    curedBy: ['new-copy'],
    proves: 'unusable',
    headline: { text: 'This is not a TensorRT-RTX engine.' },
    rule: {
      title: 'The file is not a TensorRT-RTX engine.',
      help: 'Build an engine from its model with TensorRT-RTX. For a Git LFS pointer: git lfs pull.',
    },
    group: 'foreign',
  },
  'too-short': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: incomplete,
    rule: {
      title: 'The file is shorter than the header of an engine.',
      help: 'Copy it again from where it came from, or build it again.',
    },
    group: 'damaged',
  },
  truncated: {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: incomplete,
    rule: {
      title: 'The file is shorter than its header says.',
      help: 'Copy it again from where it came from, or build it again.',
    },
    group: 'damaged',
  },
  'longer-than-header': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: damaged,
    rule: {
      title: 'The file is longer than its header says.',
      help: 'Copy it again from where it came from, or build it again.',
    },
    group: 'damaged',
  },
  damaged: {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: damaged,
    rule: {
      title: 'The file is damaged.',
      help: 'Copy it again from where it came from, or build it again.',
    },
    group: 'damaged',
  },
  'unknown-header-layout': {
    severity: 'information',
    about: 'file',
    curedBy: [],
    rule: {
      title: 'The header of the engine has a layout that is not known.',
      help: 'Update Engine Inspector.',
    },
  },
  // Of a model that names an engine beside it.
  'engine-missing': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    rule: {
      title: 'An engine that the EPContext model names is not there.',
      help: 'Put the engine where the model names it, or compile the original model again.',
    },
    group: 'damaged',
  },
  'compatibility-info': {
    // An error where it is none: ONNX Runtime refuses the model by it. Of another engine it may say the same.
    severity: 'warning',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    rule: {
      title: 'The compatibility info of the EPContext model is not that of its engine.',
      help: 'Compile the original model again: ONNX Runtime asks by that info whether the model fits a machine.',
    },
    group: 'damaged',
  },
  'hash-mismatch': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'other-file',
    headline: { text: 'This engine file is not the one that was built.', unless: 'invalid' },
    rule: {
      title: 'The engine is not the file that was built.',
      help: 'Copy it again from where it was built, or build it again.',
    },
    group: 'changed',
  },
};

/** Whether Problems lists it: a list of what is wrong with files, where what this machine lacks would bury it. */
export function isProblemOfFile(reason: {
  id: ReasonId;
  severity: ReasonRow['severity'];
}): boolean {
  return reason.severity !== 'information' || reasonTable[reason.id].about !== 'machine';
}
