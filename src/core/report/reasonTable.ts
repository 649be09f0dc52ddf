/**
 * What is fixed about each reason, whatever the engine: how loud it is, what cures it, what it proves, who shows it.
 * Its words are in reasons.ts, which finds it; what else helps against it is in remedies.ts. A new reason is an id and a
 * row here and the finding there; the compiler names every other place.
 */

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
}

const incomplete = { text: 'This engine file is incomplete.' };
const damaged = { text: 'This engine file is damaged.' };

export const reasonTable: Readonly<Record<ReasonId, ReasonRow>> = {
  'version-mismatch': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    proves: 'refused',
    line: /created with TensorRT-RTX version/,
  },
  'unsupported-compute-capability': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /compute capability/,
  },
  'old-cuda-driver': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /created with CUDA driver version/,
  },
  'old-cuda-runtime': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /created with CUDA runtime version/,
  },
  'insufficient-gpu-memory': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: ['rebuild'],
    line: /bytes of GPU memory/,
  },
  'malformed-engine': {
    severity: 'warning',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    line: /does not conform to the expected format/,
  },
  'cuda-error': {
    severity: 'warning',
    about: 'machine',
    curedBy: [],
    line: /cuda ?error/i,
    logHelps: true,
  },
  'unknown-diagnostic': {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: [],
    logHelps: true,
  },
  suboptimal: {
    severity: 'warning',
    about: 'engine and machine',
    curedBy: [],
    line: /suboptimal performance/,
  },
  'tcc-driver-model': {
    severity: 'warning',
    about: 'machine',
    curedBy: [],
    headline: { text: 'The GPU here is in TCC mode, which TensorRT-RTX does not run in.' },
    line: /cuda ?error|not supported/i,
    logHelps: true,
  },
  'gpu-not-readable': {
    severity: 'information',
    about: 'machine',
    curedBy: [],
    logHelps: true,
  },
  'no-runtime': { severity: 'information', about: 'machine', curedBy: [] },
  'runtime-failed': {
    severity: 'warning',
    about: 'machine',
    curedBy: [],
    logHelps: true,
  },
  'verdict-differs-from-rule': {
    severity: 'information',
    about: 'engine and machine',
    curedBy: [],
    smallPrint: true,
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
  },
  unreadable: {
    severity: 'warning',
    about: 'file',
    curedBy: [],
    headline: { text: 'This file could not be read.' },
  },
  empty: {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: { text: 'This file is empty.' },
  },
  'not-tensorrt-rtx': {
    severity: 'error',
    about: 'file',
    curedBy: ['new-copy'],
    proves: 'unusable',
    headline: { text: 'This is not a TensorRT-RTX engine.' },
  },
  'too-short': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: incomplete,
  },
  truncated: {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: incomplete,
  },
  'longer-than-header': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: damaged,
  },
  damaged: {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
    headline: damaged,
  },
  'unknown-header-layout': { severity: 'information', about: 'file', curedBy: [] },
  // Of a model that names an engine beside it.
  'engine-missing': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'unusable',
  },
  'hash-mismatch': {
    severity: 'error',
    about: 'file',
    curedBy: ['rebuild', 'new-copy'],
    proves: 'other-file',
    headline: { text: 'This engine file is not the one that was built.', unless: 'invalid' },
  },
};

/** Whether Problems lists it: a list of what is wrong with files, where what this machine lacks would bury it. */
export function isProblemOfFile(reason: {
  id: ReasonId;
  severity: ReasonRow['severity'];
}): boolean {
  return reason.severity !== 'information' || reasonTable[reason.id].about !== 'machine';
}
