/**
 * Made reports for looking at the page and for its tests: invented engines and machines, never a real measurement.
 */
import type {
  ComparisonRow,
  EngineReport,
  GpuFamilyRow,
  HeaderField,
  Remedy,
} from '../../../src/core/engineReport';
import type { HashState, ToPage } from '../../../src/core/pageMessages';

const checkedAt = Date.now();
const headerHex =
  '76747274000000000200000000000000' +
  '0030295a020000000106017876747274' +
  '7e00000000000000c832000000000000' +
  'f03200000000000000009059020000' +
  '00';

const families: GpuFamilyRow[] = [
  { computeCapability: '7.5', label: 'GTX 16 and RTX 20 series (Turing)', state: 'no' },
  { computeCapability: '8.6', label: 'RTX 30 series (Ampere)', state: 'yes' },
  { computeCapability: '8.9', label: 'RTX 40 series (Ada)', state: 'yes' },
  { computeCapability: '12.0', label: 'RTX 50 series (Blackwell)', state: 'yes' },
  { computeCapability: '12.1', label: 'DGX Spark', state: 'yes' },
  { computeCapability: 'newer', label: 'Newer GPUs', state: 'ptx' },
];

function fields(flagged: string[]): HeaderField[] {
  const rows: Omit<HeaderField, 'flagged'>[] = [
    { id: 'tag', offset: 0, length: 4, label: 'Tag', value: 'vtrt' },
    { id: 'zero', offset: 4, length: 4, label: 'Always zero', value: '0' },
    { id: 'layout', offset: 8, length: 4, label: 'Header layout', value: '2' },
    {
      id: 'fileSize',
      offset: 16,
      length: 8,
      label: 'Length of the file',
      value: '10,102,583,296 bytes',
    },
    { id: 'version', offset: 24, length: 4, label: 'Built by TensorRT-RTX', value: '1.6.1.120' },
    { id: 'tag2', offset: 28, length: 4, label: 'Tag again', value: 'vtrt' },
    {
      id: 'targets',
      offset: 32,
      length: 4,
      label: 'Built for',
      value: '8.0, 8.6, 8.9, 12.0, 12.1; newer by PTX',
    },
    { id: 'cudaDriver', offset: 40, length: 8, label: 'CUDA driver at build', value: '13.0' },
    { id: 'cudaRuntime', offset: 48, length: 8, label: 'CUDA runtime at build', value: '13.4' },
    {
      id: 'weightBytes',
      offset: 56,
      length: 8,
      label: 'Weights that must fit on the GPU',
      value: '9.4 GiB',
    },
  ];
  return rows.map((row) => ({ ...row, flagged: flagged.includes(row.id) }));
}

const rows: ComparisonRow[] = [
  {
    id: 'tensorrt-rtx',
    label: 'TensorRT-RTX',
    engine: '1.6.1.120',
    machine: '1.7.1.116',
    state: 'bad',
    note: 'must be equal',
  },
  {
    id: 'gpu',
    label: 'GPU',
    engine: '8.0 · 8.6 · 8.9 · 12.0 · 12.1 · newer by PTX',
    machine: 'NVIDIA GeForce RTX 4060, 8.9',
    state: 'good',
    note: 'built for it',
  },
  {
    id: 'weights',
    label: 'Weights on the GPU',
    engine: '9.4 GiB',
    machine: '8.0 GiB (6.7 GiB free)',
    state: 'bad',
    note: '1.4 GiB short',
  },
  {
    id: 'cuda-driver',
    label: 'CUDA driver',
    engine: '13.0 at build',
    machine: '13.1',
    state: 'good',
    note: 'not older',
  },
  {
    id: 'cuda-runtime',
    label: 'CUDA runtime',
    engine: '13.4 at build',
    machine: '13.4 (in the library)',
    state: 'good',
    note: 'not older',
  },
];

const rebuild: Remedy = {
  id: 'rebuild-with-weight-streaming',
  title: 'Rebuild with weight streaming',
  detail:
    'Builds the engine again from upscaler.onnx for TensorRT-RTX 1.7.1, with its weights streamed; the old file is kept until the new one is whole.',
  preferred: true,
  cures: ['version-mismatch', 'insufficient-gpu-memory'],
};
const remedies: Remedy[] = [
  rebuild,
  {
    id: 'use-matching-runtime',
    title: 'Use runtime 1.6.1',
    detail:
      'Checks with the TensorRT-RTX 1.6.1 found in /opt/tensorrt-rtx-1.6.1; the memory stays too small.',
    preferred: false,
    cures: ['version-mismatch'],
  },
  {
    id: 'choose-runtime',
    title: 'Choose runtime…',
    detail: 'Lists the TensorRT-RTX libraries found on this machine.',
    preferred: false,
    cures: ['version-mismatch'],
  },
  {
    id: 'copy-rebuild-command',
    title: 'Copy rebuild command',
    detail: 'Copies the command line that builds this engine again.',
    preferred: false,
    cures: [],
  },
  {
    id: 'show-log',
    title: 'Show log',
    detail: 'Opens the output channel.',
    preferred: false,
    cures: [],
  },
];

const several: EngineReport = {
  schema: 1,
  file: 'models/upscaler.engine',
  kind: 'tensorrt-rtx',
  verdict: 'invalid',
  severity: 'error',
  validity: 2,
  diagnostics: 17,
  enumNames: ['kINVALID', 'kVERSION_MISMATCH', 'kINSUFFICIENT_GPU_MEMORY'],
  evidence: 'runtime',
  headline: 'This machine cannot run this engine.',
  summary:
    'It was built by TensorRT-RTX 1.6.1; the runtime here is 1.7.1, and engines do not move between versions. It also needs 9.4 GiB of GPU memory for its weights; the GPU has 8.0 GiB.',
  asked: 'Asked TensorRT-RTX 1.7.1.116 on NVIDIA GeForce RTX 4060 (8.9).',
  reasons: [
    {
      id: 'version-mismatch',
      severity: 'error',
      sentence:
        'It was built by TensorRT-RTX 1.6.1; the runtime here is 1.7.1, and engines do not move between versions.',
      evidence: 'runtime',
      enumName: 'kVERSION_MISMATCH',
      headerField: 'version',
      libraryLines: [
        'The engine was created with TensorRT-RTX version 1.6.1, but the current version is 1.7.1.',
      ],
    },
    {
      id: 'insufficient-gpu-memory',
      severity: 'error',
      sentence: 'Its weights need 9.4 GiB of GPU memory; the GPU has 8.0 GiB, 1.4 GiB too little.',
      evidence: 'runtime',
      enumName: 'kINSUFFICIENT_GPU_MEMORY',
      headerField: 'weightBytes',
      libraryLines: ['The engine requires more GPU memory than is available.'],
    },
  ],
  remedies,
  rows,
  runsOn: families,
  runsOnSentence: 'RTX 30, 40 and 50 series; newer ones by PTX.',
  fileRows: [
    { label: 'Length', value: '10,102,583,296 bytes, as its header says' },
    { label: 'Built from', value: 'upscaler.onnx, unchanged since (recipe upscaler.engine.json)' },
  ],
  header: null,
  headerFields: fields(['version', 'weightBytes']),
  headerHex,
  runtime: {
    version: '1.7.1.116',
    path: '/opt/tensorrt-rtx/libtensorrt_rtx.so.1',
    cudaRuntimeVersion: 13040,
  },
  gpu: null,
  libraryLines: [
    {
      severity: 3,
      text: 'The engine was created with TensorRT-RTX version 1.6.1, but the current version is 1.7.1.',
    },
    { severity: 3, text: 'The engine requires more GPU memory than is available.' },
  ],
  checkedAt,
  size: 10_102_583_296,
  modified: checkedAt - 3 * 86_400_000,
};

const goodRows: ComparisonRow[] = rows.map((row) =>
  row.id === 'tensorrt-rtx'
    ? { ...row, engine: '1.7.1.116', state: 'good', note: 'equal' }
    : row.id === 'weights'
      ? { ...row, engine: '12.4 MiB', state: 'good', note: 'fits' }
      : row,
);

const valid: EngineReport = {
  ...several,
  file: 'models/detector.engine',
  verdict: 'valid',
  severity: 'ok',
  validity: 0,
  diagnostics: 0,
  enumNames: ['kVALID'],
  headline: 'This machine can run this engine.',
  summary:
    'The runtime read its header and found nothing against it. Only the header was read: a matching SHA-256 would show that the rest is intact.',
  reasons: [],
  remedies: [],
  rows: goodRows,
  headerFields: fields([]),
  libraryLines: [],
  size: 14_915_192,
  modified: checkedAt - 5_000,
};

const suboptimal: EngineReport = {
  ...valid,
  verdict: 'suboptimal',
  severity: 'warning',
  validity: 1,
  enumNames: ['kSUBOPTIMAL'],
  headline: 'This machine can run this engine, but not at full speed.',
  summary:
    'It was not built for this GPU (12.2) and runs there through PTX. A newer TensorRT-RTX may know the GPU; rebuild with it for full speed.',
  reasons: [
    {
      id: 'suboptimal',
      severity: 'warning',
      sentence: 'It was not built for this GPU (12.2) and runs through PTX.',
      evidence: 'runtime',
      enumName: 'kSUBOPTIMAL',
      headerField: 'targets',
      libraryLines: [],
    },
  ],
  remedies: [
    {
      ...rebuild,
      id: 'update-runtime',
      title: 'Update TensorRT-RTX',
      detail: 'Installs a newer TensorRT-RTX beside this one; nothing is removed.',
      cures: ['suboptimal'],
    },
    { ...rebuild, id: 'rebuild', title: 'Rebuild', preferred: false },
  ],
  rows: goodRows.map((row) =>
    row.id === 'gpu'
      ? {
          ...row,
          machine: 'NVIDIA GeForce RTX 6090, 12.2',
          state: 'warning',
          note: 'by PTX, slower',
        }
      : row,
  ),
};

const unchecked: EngineReport = {
  ...several,
  verdict: 'unchecked',
  severity: 'warning',
  diagnostics: 0,
  enumNames: ['kINVALID'],
  evidence: 'header',
  headline: 'This engine could not be checked here.',
  summary:
    'The runtime could not read the GPU: no NVIDIA driver was found. The header shows all the same that the engine was built by TensorRT-RTX 1.6.1, and the runtime here is 1.7.1.',
  asked: 'Asked TensorRT-RTX 1.7.1.116; it could not read a GPU.',
  reasons: [
    {
      id: 'gpu-not-readable',
      severity: 'warning',
      sentence: 'The runtime could not read the GPU: no NVIDIA driver was found.',
      evidence: 'runtime',
      enumName: 'kINVALID',
      libraryLines: [
        'Error reading CUDA GPU properties: (cudaError 35: CUDA driver version is insufficient for CUDA runtime version)',
      ],
    },
    { ...several.reasons[0]!, severity: 'error', evidence: 'header', libraryLines: [] },
  ],
  remedies: [
    {
      ...rebuild,
      id: 'install-driver',
      title: 'Install an NVIDIA driver…',
      detail: 'Opens NVIDIA’s driver page; nothing is installed by itself.',
    },
    ...remedies.slice(1, 3),
  ],
  rows: rows.map((row) => ({
    ...row,
    machine: row.id === 'tensorrt-rtx' ? row.machine : row.id === 'cuda-runtime' ? row.machine : '',
    state: row.id === 'tensorrt-rtx' ? 'bad' : row.id === 'cuda-runtime' ? 'good' : 'unknown',
    note: row.id === 'tensorrt-rtx' || row.id === 'cuda-runtime' ? row.note : 'no GPU readable',
  })),
  headerFields: fields(['version']),
  libraryLines: [
    {
      severity: 0,
      text: 'Error reading CUDA GPU properties: (cudaError 35: CUDA driver version is insufficient for CUDA runtime version)',
    },
  ],
};

const headerOnly: EngineReport = {
  ...valid,
  verdict: 'unchecked',
  severity: 'information',
  validity: null,
  diagnostics: null,
  enumNames: [],
  evidence: 'header',
  headline: 'This engine was not checked: no TensorRT-RTX is installed.',
  summary:
    'Its header reads well: built by TensorRT-RTX 1.6.1 for the RTX 30, 40 and 50 series. Only that runtime version can run it.',
  asked: 'Read from the header alone; no runtime was asked.',
  reasons: [
    {
      id: 'no-runtime',
      severity: 'information',
      sentence: 'No TensorRT-RTX was found.',
      evidence: 'header',
      libraryLines: [],
    },
  ],
  remedies: [
    {
      ...rebuild,
      id: 'install-matching-runtime',
      title: 'Install TensorRT-RTX 1.6.1…',
      detail:
        'Fetches it from PyPI into the extension’s own storage, after you have seen NVIDIA’s licence.',
    },
    { ...rebuild, id: 'choose-runtime', title: 'Choose runtime…', preferred: false },
  ],
  rows: rows.map((row) => ({ ...row, machine: '', state: 'unknown', note: 'no runtime' })),
  runtime: null,
};

const ultralytics: EngineReport = {
  ...headerOnly,
  file: 'models/yolo11n.engine',
  kind: 'ultralytics',
  verdict: 'invalid',
  severity: 'error',
  headline: 'This is not a TensorRT-RTX engine.',
  summary:
    'It is a TensorRT engine in an Ultralytics wrapper: its JSON comes first, then a plan of TensorRT, which TensorRT-RTX cannot read.',
  asked: 'Read from the file’s first bytes; no runtime was asked.',
  reasons: [
    {
      id: 'not-tensorrt-rtx',
      severity: 'error',
      sentence: 'An Ultralytics wrapper around a TensorRT plan.',
      evidence: 'file',
      libraryLines: [],
    },
  ],
  remedies: [
    {
      ...rebuild,
      id: 'convert-foreign-engine',
      title: 'Build from the ONNX model…',
      detail:
        'Builds a TensorRT-RTX engine from the ONNX model this one came from; this file is not touched.',
    },
  ],
  rows: [],
  runsOn: [],
  runsOnSentence: '',
  fileRows: [
    { label: 'Kind', value: 'Ultralytics wrapper, plan of TensorRT 10' },
    {
      label: 'description',
      value: 'Ultralytics YOLO11n model trained on /ultralytics/ultralytics/cfg/datasets/coco.yaml',
    },
    { label: 'task', value: 'detect' },
    { label: 'imgsz', value: '[640, 640]' },
    {
      label: 'names',
      value: '{"0": "person", "1": "bicycle", "2": "</script><script>alert(1)</script>"}',
    },
  ],
  headerFields: [],
  headerHex:
    '5e0200007b226465736372697074696f6e223a2022556c7472616c797469637320594f4c4f31316e206d6f64656c20747261696e6564206f6e202f756c747261',
};

const unreadable: EngineReport = {
  ...ultralytics,
  file: '/mnt/share/private/secret.engine',
  kind: 'unreadable',
  verdict: 'unchecked',
  severity: 'error',
  headline: 'This file cannot be read.',
  summary:
    'Permission denied: /mnt/share/private/secret.engine. Ask its owner for read access, then check again.',
  reasons: [
    {
      id: 'unreadable',
      severity: 'error',
      sentence: 'Permission denied.',
      evidence: 'file',
      libraryLines: [],
    },
  ],
  remedies: [],
  fileRows: [],
  headerHex: '',
  size: null,
  modified: null,
  asked: '',
};

const hostileText = '</script><img src=x onerror=alert(1)>\u202egpj.exe';
const hostile: EngineReport = {
  ...several,
  file: `/home/someone/${'deep-folder/'.repeat(20)}${'a'.repeat(5000)}.engine`,
  headline: `Headline ${hostileText}`,
  summary: `Summary ${hostileText} ${'x'.repeat(5000)}`,
  asked: `Asked ${hostileText}`,
  reasons: several.reasons.map((reason) => ({
    ...reason,
    sentence: `${reason.sentence} ${hostileText}`,
    libraryLines: [hostileText, 'y'.repeat(5000)],
  })),
  remedies: remedies.map((remedy) => ({
    ...remedy,
    title: `${remedy.title} ${hostileText}`,
    detail: hostileText.repeat(20),
  })),
  rows: rows.map((row) => ({
    ...row,
    machine: `${row.machine}${'9'.repeat(300)}`,
    note: `${row.note} ${hostileText}`,
  })),
  runsOnSentence: hostileText.repeat(20),
  fileRows: [{ label: hostileText, value: 'z'.repeat(5000) }],
  headerFields: several.headerFields.map((field) => ({
    ...field,
    value: `${field.value} ${hostileText}`,
  })),
  libraryLines: [
    { severity: 9, text: hostileText },
    { severity: 1, text: 'w'.repeat(5000) },
  ],
};

const sha256 = '9f2c6d1e0b7a4c53f8e2a9d0417b6c85e3f1a2b4c6d8e0f123456789abcd41ab';

export interface PageCase {
  /** What the page is sent, in order. */
  messages: ToPage[];
  /** What a person sees when it is right, for the test of each state. */
  expected: string[];
}

const report = (made: EngineReport, trusted = true): ToPage => ({
  type: 'report',
  report: made,
  trusted,
});
const hash = (state: HashState): ToPage => ({ type: 'hash', hash: state });

export const pageCases: Record<string, PageCase> = {
  waiting: {
    messages: [
      {
        type: 'waiting',
        file: 'models/upscaler.engine',
        sentence: 'Asking TensorRT-RTX 1.7.1.116…',
      },
    ],
    expected: ['upscaler.engine', 'Asking TensorRT-RTX 1.7.1.116…'],
  },
  'several-reasons': {
    messages: [report(several)],
    expected: [
      several.headline,
      'Reasons',
      'kVERSION_MISMATCH',
      'must be equal',
      'Other fixes…',
      'Header, 64 bytes',
    ],
  },
  valid: { messages: [report(valid)], expected: [valid.headline, 'kVALID', 'built for it'] },
  suboptimal: {
    messages: [report(suboptimal)],
    expected: [suboptimal.headline, 'Update TensorRT-RTX'],
  },
  unchecked: {
    messages: [report(unchecked)],
    expected: [unchecked.headline, 'Read from the header', 'no GPU readable'],
  },
  'header-only': {
    messages: [report(headerOnly)],
    expected: [headerOnly.headline, 'Install TensorRT-RTX 1.6.1…'],
  },
  ultralytics: {
    messages: [report(ultralytics)],
    expected: ['Ultralytics wrapper', 'First 64 bytes', 'imgsz'],
  },
  unreadable: { messages: [report(unreadable)], expected: ['Permission denied', 'secret.engine'] },
  restricted: { messages: [report(several, false)], expected: ['Restricted Mode'] },
  'hash-running': {
    messages: [
      report(several),
      hash({ state: 'running', doneBytes: 4_294_967_296, totalBytes: 10_102_583_296 }),
    ],
    expected: ['4.0 GiB of 9.4 GiB', 'Cancel'],
  },
  'hash-matches': {
    messages: [report(valid), hash({ state: 'done', sha256, recorded: sha256.toUpperCase() })],
    expected: [sha256, 'intact since it was built'],
  },
  'hash-differs': {
    messages: [
      report(valid),
      hash({ state: 'done', sha256, recorded: sha256.replace('9f', '00') }),
    ],
    expected: [sha256, 'not as it was built', sha256.replace('9f', '00')],
  },
  'hash-failed': {
    messages: [
      report(valid),
      hash({ state: 'failed', sentence: 'detector.engine changed while it was read.' }),
    ],
    expected: ['detector.engine changed while it was read.', 'Try again'],
  },
  hostile: { messages: [report(hostile)], expected: [hostileText] },
};
