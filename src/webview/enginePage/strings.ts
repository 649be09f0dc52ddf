/**
 * Every sentence the page says by itself, in one place, so that a translation replaces one object. What is said about
 * an engine comes with the report and is never worded here.
 */
import type { Evidence, GpuFamilyRow, RowState, Severity } from '../../core/report/engineReport';
import type { PageTab } from '../../core/pages/pageMessages';

export const strings = {
  waiting: 'Reading the engine…',
  waitingNoFile: 'Engine',
  checkingAgain: 'Checking again…',
  announced: (headline: string, time: string) => `${headline} Checked at ${time}.`,

  tabs: 'Views',
  tab: {
    overview: 'Overview',
    tensors: 'Tensors',
    layers: 'Layers',
    run: 'Run',
  } satisfies Record<PageTab, string>,

  changed: (ago: string) => `changed ${ago}`,
  changedJustNow: 'changed just now',

  actions: 'Actions',
  checkAgain: 'Check Again',
  chooseRuntime: 'Choose Runtime…',
  copyReport: 'Copy Report',
  showLog: 'Show Log',

  severity: {
    error: 'Error:',
    warning: 'Warning:',
    information: 'Information:',
    ok: 'Good:',
  } satisfies Record<Severity, string>,
  fixes: 'Fixes',
  otherFixes: 'Other Fixes…',
  details: 'Details',
  checkedAt: (time: string) => `Checked at ${time}.`,
  changedSince: (time: string) => `Changed since the check at ${time}:`,
  restricted:
    'Restricted Mode: no runtime is loaded from this workspace, and nothing is built in it, until you trust it.',
  manageTrust: 'Manage Workspace Trust',

  whereToRun: 'Nothing is wrong with this file. Where should it run?',
  youNeedNone: 'You don’t need a GPU to know where the engine runs. Choose your targets:',
  boards: 'Boards',
  addTargets: (count: number) => (count === 1 ? 'Add 1 Target' : `Add ${count} Targets`),
  moreGpus: 'More GPUs…',
  fromFile: 'From a File…',
  savedIn: 'Saved in',
  savedFor: 'which your team and the command line can use.',
  noFolder: 'Open a folder to keep targets.',
  onYourTargets: 'On your targets',
  onCommonGpus: 'On common GPUs',
  predicted: 'Predicted from the 64-byte header. Nothing was run on this machine.',
  addTarget: 'Add Target…',
  chooseTargets: 'Choose Targets…',
  editTargets: 'Edit Targets',
  allEngines: 'Show Target Matrix',
  copyCommand: 'Copy CI Command',
  target: 'Target',
  result: 'Result',
  version: 'Version',
  gpu: 'GPU',
  weights: 'Weights on the GPU',
  driver: 'Driver',
  howWeKnow: 'How we know',
  optional: 'optional',
  showDetails: (target: string) => `Details of ${target}`,
  thisMachine: 'This machine',
  noGpuHere: 'no NVIDIA GPU found',
  cantRunHere: 'Can’t run here',
  needs: 'What this engine needs',
  withoutGpu: 'Without a GPU you can',
  without: {
    rebuild: ['Rebuild it from its ONNX model', 'Building needs no GPU. Measuring does.'],
    checkAll: [
      'Check all engines of this workspace',
      'Version, GPU, memory and driver, for every target at once.',
    ],
    onnx: [
      'Run the model with ONNX Runtime',
      'On the CPU: reference outputs, not the engine’s speed. In the tab Run.',
    ],
  } as const satisfies Record<string, readonly [string, string]>,

  reasons: 'Reasons',
  evidence: {
    runtime: 'Answer of TensorRT-RTX',
    header: 'Read from the header',
    file: 'Read from the file',
    recipe: 'Read from the recipe beside it',
    'engine-text': 'Read from the engine’s own text, which NVIDIA does not document',
    compiler: 'Answer of NVIDIA’s compiler',
    inspection: 'Seen when the engine was loaded',
  } satisfies Record<Evidence, string>,
  showInHeader: (offset: number) => `Show in the header, byte ${offset}`,

  comparison: 'Engine and machine',
  comparisonProperty: 'Property',
  engine: 'Engine',
  machine: 'This machine',
  comparisonResult: 'Result',
  rowState: {
    good: 'Good:',
    bad: 'Problem:',
    warning: 'Warning:',
    unknown: 'Not known:',
    none: '',
  } satisfies Record<RowState, string>,
  nothing: '–',
  gpuMemory: 'GPU memory',

  runsOn: 'Runs on',
  tryOnOtherGpus: 'Try on Other GPUs…',
  tryOnOtherGpusTitle:
    "Asks NVIDIA's compiler, without a GPU, for which GPU families it builds this engine's model",
  family: {
    yes: 'built for it',
    ptx: 'by PTX',
    no: 'not built for it',
    'no-code': 'listed, but no code for it',
  } satisfies Record<GpuFamilyRow['state'], string>,

  file: 'File',
  sha256: 'SHA-256',
  computeHash: 'Compute',
  computeHashTitle: 'Reads the whole file once to compute its SHA-256',
  computeHashAgain: 'Try Again',
  cancel: 'Cancel',
  cancelHash: 'Cancel computing the SHA-256',
  hashProgress: (done: string, total: string) => `${done} of ${total}`,
  hashProgressName: 'Computing the SHA-256',
  hashMatches: 'Equal to the recorded SHA-256: intact since it was built.',
  hashDiffers: 'Not equal to the recorded SHA-256: the file has changed since it was built.',
  hashRecorded: 'Recorded',
  hashNothingRecorded: 'No SHA-256 was recorded when this engine was built.',

  header: (bytes: number) => `Header, ${bytes} bytes`,
  firstBytes: (bytes: number) => (bytes === 1 ? 'The only byte' : `First ${bytes} bytes`),
  headerGroup: 'Header bytes by field; the arrow keys move from field to field',
  headerHint: 'Point at a field, or move to it with the arrow keys, to read what it means.',
  headerNote: 'Offsets are observed, not documented by NVIDIA.',
  headerNoteRuntime:
    'Offsets are observed, not documented by NVIDIA. The verdict above is that of TensorRT-RTX.',
  openAsText: 'Open as Text',
  fieldsAsTable: 'All fields as a table',
  range: (first: number, last: number) => (first === last ? `${first}` : `${first}–${last}`),
  bytesRange: (first: number, last: number) =>
    first === last ? `byte ${first}` : `bytes ${first}–${last}`,
  fieldName: (label: string, value: string, range: string, hex: string) =>
    `${label}: ${value}, ${range}, ${hex}`,
  flagged: 'a reason points here',
  bytesColumn: 'Bytes',
  fieldColumn: 'Field',
  valueColumn: 'Value',

  log: (count: number) => `Messages from TensorRT-RTX (${count})`,
  logSeverity: ['internal error', 'error', 'warning', 'info', 'verbose'] as readonly string[],
  logSeverityUnknown: 'message',
};
