/**
 * Made reports for looking at the page and for its tests: core makes them, of invented files, machines and answers. No
 * number here was measured.
 */
import { makeFileFacts, unreadableFacts } from '../../../src/core/file/fileFacts';
import type {
  EngineReport,
  FileFacts,
  MachineFacts,
  RuntimeAnswer,
  RuntimeFacts,
} from '../../../src/core/report/engineReport';
import { isAdvice } from '../../../src/core/report/advice';
import { underHeadline } from '../../../src/core/report/underHeadline';
import { makeEngineReport, type ReportInput } from '../../../src/core/report/makeEngineReport';
import type { HashState, ToPage } from '../../../src/core/pages/pageMessages';
import { boardChoices, engineNeeds, type TargetsView } from '../../../src/core/pages/targetsView';
import { defaultTargets } from '../../../src/core/targets/commonBoards';
import { engineOnTargets } from '../../../src/core/targets/engineOnTargets';
import { boardTarget } from '../../../src/core/targets/targets';
import type { TrialFacts } from '../../../src/core/trial/recipeEvidence';
import { diagnosticBit, engineValidity } from '../../../src/core/report/validity';

const now = Date.now();
const day = 86_400_000;
const gib = 2 ** 30;

export interface MadeHeader {
  version: [number, number, number, number];
  targets: number;
  fileSize: number;
  cudaDriver: number;
  cudaRuntime: number;
  weightBytes: number;
}

const allTargets = 0x7e;

/** 64 bytes in the observed layout. */
export function headerBytes(header: MadeHeader): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  const tag = new TextEncoder().encode('vtrt');
  bytes.set(tag, 0);
  view.setUint32(8, 2, true);
  view.setBigUint64(16, BigInt(header.fileSize), true);
  bytes.set(header.version, 24);
  bytes.set(tag, 28);
  view.setUint32(32, header.targets, true);
  view.setBigInt64(40, BigInt(header.cudaDriver), true);
  view.setBigInt64(48, BigInt(header.cudaRuntime), true);
  view.setBigInt64(56, BigInt(header.weightBytes), true);
  return bytes;
}

const upscalerSize = 10_102_583_296;
const upscaler: MadeHeader = {
  version: [1, 6, 1, 120],
  targets: allTargets,
  fileSize: upscalerSize,
  cudaDriver: 13000,
  cudaRuntime: 13040,
  weightBytes: Math.round(9.4 * gib),
};
const detectorSize = 14_915_192;
const detector: MadeHeader = {
  version: [1, 7, 1, 116],
  targets: allTargets,
  fileSize: detectorSize,
  cudaDriver: 0,
  cudaRuntime: 0,
  weightBytes: 11_534_336,
};

function engine(file: string, header: MadeHeader, size = header.fileSize): FileFacts {
  return makeFileFacts({ file, prefix: headerBytes(header), size, modified: now - 3 * day });
}

const runtime: RuntimeFacts = {
  version: '1.7.1.116',
  path: '/opt/tensorrt-rtx-1.7.1/libtensorrt_rtx.so.1',
  cudaRuntimeVersion: 13040,
};
const knownRuntimes = [
  { version: runtime.version, path: runtime.path },
  { version: '1.6.1.120', path: '/opt/tensorrt-rtx-1.6.1/libtensorrt_rtx.so.1' },
];
const gpu = {
  name: 'NVIDIA GeForce RTX 4060',
  index: 0,
  computeCapability: '8.9' as const,
  totalMemory: 8 * gib,
  freeMemory: Math.round(6.7 * gib),
};
const machine: MachineFacts = {
  gpu,
  gpus: [gpu],
  driverVersion: 13010,
  displayDriver: '590.12.01',
  whyNoGpu: '',
};
const withoutGpu: MachineFacts = {
  gpu: null,
  gpus: [],
  driverVersion: null,
  displayDriver: null,
  whyNoGpu: 'No NVIDIA driver was found on this machine.',
  nvidiaDevice: false,
};
const newGpu = { ...gpu, name: 'NVIDIA GeForce RTX 6090', computeCapability: '12.2' as const };

function answer(validity: number, diagnostics: number, ...lines: string[]): RuntimeAnswer {
  return { validity, diagnostics, lines: lines.map((text) => ({ severity: 3, text })) };
}

export function made(facts: FileFacts, input: Partial<ReportInput> = {}): EngineReport {
  return makeEngineReport({
    facts,
    answer: null,
    runtime,
    machine,
    knownRuntimes,
    now,
    ...input,
  });
}

const several = made(engine('models/upscaler.engine', upscaler), {
  answer: answer(
    engineValidity.kINVALID,
    diagnosticBit.kVERSION_MISMATCH | diagnosticBit.kINSUFFICIENT_GPU_MEMORY,
    'The engine was created with TensorRT-RTX version 1.6.1, but the current version is 1.7.1.',
    'The engine requires 10093173145 bytes of GPU memory, but only 8589934592 are available.',
  ),
});

const valid = made(engine('models/detector.engine', detector), {
  answer: answer(engineValidity.kVALID, 0),
});

const noCode = made(engine('models/quantized-fp8.engine', detector), {
  answer: answer(engineValidity.kVALID, 0),
  machine: {
    ...machine,
    gpu: { ...gpu, name: 'NVIDIA GeForce RTX 3060', computeCapability: '8.6' },
  },
  code: [
    {
      evidence: 'recipe',
      without: ['8.0', '8.6'],
      holds: [],
      what: 'FP8 values (QuantizeLinear /fc)',
    },
    { evidence: 'engine-text', without: ['8.0', '8.6'], holds: [], what: '' },
  ],
});

const trialFacts = (stale: string): TrialFacts => ({
  sentence:
    "NVIDIA's compiler (TensorRT-RTX 1.7.1.116, 2026-11-28 05:29 UTC) builds the model for 8.9, 12.0 and 12.1, and refuses it for 7.5, 8.0 and 8.6.",
  stale,
  tensorrtRtx: '1.7.1.116',
  finishedAt: '2026-11-28T05:29:35.682Z',
  answers: [],
});
const recipeWith = (trial: TrialFacts) => ({
  file: 'quantized-fp8.engine.json',
  model: 'quantized-fp8.onnx',
  options: { flags: [], computeCapabilities: [] },
  trial,
});
const tried = made(engine('models/quantized-fp8.engine', detector), {
  answer: answer(engineValidity.kVALID, 0),
  recipe: recipeWith(trialFacts('')),
  code: [
    {
      evidence: 'compiler',
      without: ['7.5', '8.0', '8.6'],
      holds: ['8.9', '12.0', '12.1'],
      what: 'FP8 values (QuantizeLinear /fc)',
    },
  ],
});
const triedBefore = made(engine('models/quantized-fp8.engine', detector), {
  answer: answer(engineValidity.kVALID, 0),
  recipe: recipeWith(
    trialFacts('It is not used here: the trial was made from another model. Try again.'),
  ),
});

const suboptimal = made(engine('models/detector.engine', detector), {
  answer: answer(engineValidity.kSUBOPTIMAL, 0, 'The engine will be run through PTX.'),
  machine: { ...machine, gpu: newGpu, gpus: [newGpu] },
});

const unchecked = made(engine('models/upscaler.engine', upscaler), {
  answer: {
    validity: engineValidity.kINVALID,
    diagnostics: 0,
    lines: [
      {
        severity: 0,
        text: 'Error reading CUDA GPU properties: (cudaError 35: CUDA driver version is insufficient for CUDA runtime version)',
      },
    ],
  },
  machine: withoutGpu,
});

const headerOnly = made(engine('models/upscaler.engine', upscaler), {
  runtime: null,
  machine: withoutGpu,
  knownRuntimes: [],
});

const large: MadeHeader = { ...detector, weightBytes: Math.round(6.9 * gib), fileSize: 7 * gib };
const elsewhere = made(engine('models/diffusion.engine', large), {
  answer: {
    validity: engineValidity.kINVALID,
    diagnostics: 0,
    lines: [
      { severity: 0, text: 'Error reading CUDA GPU properties: (cudaError 35: CUDA driver)' },
    ],
  },
  machine: withoutGpu,
});

function onTargets(report: EngineReport, source: TargetsView['source']): ToPage {
  const board = (id: string, options = {}) => {
    const made = boardTarget(id, options);
    if (!('target' in made)) throw new Error(made.problem.sentence);
    return made.target;
  };
  const own = [
    board('rtx-5090', { name: 'Studio' }),
    board('rtx-4060-laptop', { name: 'Creator laptop' }),
    board('rtx-3050-6gb', { name: 'Minimum spec', driverVersion: 13000 }),
    board('gtx-1660-ti', { name: 'Old desktop', required: false }),
    board('gb10', { name: 'DGX Spark', tensorrtRtx: '1.7.1' }),
  ];
  return {
    type: 'targets',
    targets: {
      source,
      fileName: 'engine-inspector.json',
      problem: '',
      canSave: true,
      engine: engineOnTargets(report, source === 'file' ? own : defaultTargets, {
        own: source === 'file',
      }),
      needs: engineNeeds(report),
      choices: [...boardChoices],
    },
  };
}

const truncated = made(engine('models/detector.engine', detector, 4_194_304), {
  answer: answer(engineValidity.kVALID, 0),
});

const unsupportedGpu = made(engine('models/detector.engine', detector), {
  answer: answer(
    engineValidity.kINVALID,
    diagnosticBit.kUNSUPPORTED_CC,
    'TensorRT-RTX does not support this compute capability, so the engine cannot be rebuilt for it.',
  ),
  machine: {
    ...machine,
    gpu: { ...gpu, name: 'NVIDIA H200', computeCapability: '9.0', totalMemory: 139 * gib },
  },
});

function ultralyticsFile(): FileFacts {
  const json = new TextEncoder().encode(
    JSON.stringify({
      description:
        'Ultralytics YOLO11n model trained on /ultralytics/ultralytics/cfg/datasets/coco.yaml',
      author: 'Ultralytics',
      date: '2026-10-01T09:12:44',
      version: '8.3.40',
      stride: 32,
      task: 'detect',
      batch: 1,
      imgsz: [640, 640],
      names: { 0: 'person', 1: 'bicycle', 2: '</script><script>alert(1)</script>' },
    }),
  );
  const plan = new Uint8Array(64);
  plan.set(new TextEncoder().encode('ftrt'));
  plan.set([10, 7, 0, 23], 24);
  const prefix = new Uint8Array(4 + json.length + plan.length);
  new DataView(prefix.buffer).setUint32(0, json.length, true);
  prefix.set(json, 4);
  prefix.set(plan, 4 + json.length);
  return makeFileFacts({
    file: 'models/yolo11n.engine',
    prefix,
    size: 8_912_896,
    modified: now - day,
  });
}

const ultralytics = made(ultralyticsFile());
const lfsPointer = made(
  makeFileFacts({
    file: 'models/upscaler.engine',
    prefix: new TextEncoder().encode(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a21'.repeat(11).slice(0, 64)}\nsize 10102583296\n`,
    ),
    size: 136,
    modified: now - day,
  }),
);
const empty = made(
  makeFileFacts({ file: 'empty.engine', prefix: new Uint8Array(), size: 0, modified: now }),
);
const unreadable = made(
  unreadableFacts(
    '/mnt/share/private/secret.engine',
    'secret.engine cannot be read: permission denied. Ask its owner for read access, then check again.',
  ),
);

const sha256 = '9f2c6d1e0b7a4c53f8e2a9d0417b6c85e3f1a2b4c6d8e0f123456789abcd41ab';
const otherSha256 = sha256.replace('9f', '00');
const intact = made(engine('models/detector.engine', detector), {
  answer: answer(engineValidity.kVALID, 0),
  recordedHash: { expected: sha256, actual: sha256 },
});
const notAsBuilt = made(engine('models/detector.engine', detector), {
  answer: answer(engineValidity.kVALID, 0),
  recordedHash: { expected: otherSha256, actual: sha256 },
});

/** Worse than core lets through, on purpose: the page must hold by itself. */
const hostileText = '</script><img src=x onerror=alert(1)>\u202egpj.exe';
const hostile: EngineReport = {
  ...several,
  file: `/home/someone/${'deep-folder/'.repeat(20)}${'a'.repeat(5000)}.engine`,
  headline: `Headline ${hostileText}`,
  summary: `Summary ${hostileText} ${'x'.repeat(2000)}`,
  besides: `Besides ${hostileText} ${'x'.repeat(2000)}`,
  asked: `Asked ${hostileText}`,
  reasons: several.reasons.map((reason) => ({
    ...reason,
    sentence: `${reason.sentence} ${hostileText}`,
    libraryLines: [hostileText, 'y'.repeat(5000)],
  })),
  remedies: several.remedies.map((remedy) => ({
    ...remedy,
    title: `${remedy.title} ${hostileText}`,
    detail: hostileText.repeat(20),
  })),
  rows: several.rows.map((row) => ({
    ...row,
    machine: `${row.machine}${'9'.repeat(300)}`,
    note: `${row.note} ${hostileText}`,
  })),
  runsOn: several.runsOn.map((family) => ({ ...family, label: `${family.label} ${hostileText}` })),
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

export interface PageCase {
  /** What the page is sent, in order. */
  messages: ToPage[];
  /** What a person sees when it is right. */
  expected: string[];
}

const report = (sent: EngineReport, trusted = true): ToPage => ({
  type: 'report',
  report: sent,
  trusted,
});
const hash = (state: HashState): ToPage => ({ type: 'hash', hash: state });

/** What every shown report has on the page, whatever it says. */
function said(shown: EngineReport, ...more: string[]): string[] {
  const under = underHeadline(shown);
  return [
    shown.headline,
    under.text,
    ...under.list.map(({ sentence }) => sentence),
    shown.asked,
    ...shown.remedies
      .slice(0, 3)
      .map((remedy) => (isAdvice(remedy) ? remedy.detail : remedy.title)),
    ...shown.rows.flatMap((row) => [row.label, row.engine, row.machine, row.note]),
    ...shown.runsOn.map((family) => family.label),
    ...shown.fileRows.flatMap((row) => [row.label, row.value]),
    ...more,
  ];
}

export const pageReports = { several, valid, suboptimal, unchecked, headerOnly, hostile };

export const pageCases = {
  waiting: {
    messages: [
      {
        type: 'waiting',
        file: 'models/upscaler.engine',
        sentence: 'Asking TensorRT-RTX 1.7.1.116…',
      },
    ],
    expected: ['upscaler.engine', 'models', 'Asking TensorRT-RTX 1.7.1.116…'],
  },
  'several-reasons': {
    messages: [report(several)],
    expected: said(several, 'Answer of TensorRT-RTX', 'Header, 64 bytes'),
  },
  valid: { messages: [report(valid)], expected: said(valid) },
  'no-code': {
    messages: [report(noCode)],
    expected: said(noCode, 'listed, but no code for it'),
  },
  tried: {
    messages: [report(tried), onTargets(tried, 'file')],
    expected: said(tried, 'listed, but no code for it', 'refuses it for 7.5, 8.0 and 8.6'),
  },
  'tried-before': {
    messages: [report(triedBefore)],
    expected: said(triedBefore, 'made from another model'),
  },
  suboptimal: { messages: [report(suboptimal)], expected: said(suboptimal) },
  unchecked: {
    messages: [report(unchecked)],
    expected: said(unchecked, 'Show in the header, byte 24'),
  },
  'header-only': { messages: [report(headerOnly)], expected: said(headerOnly) },
  'no-gpu-greeting': {
    messages: [report(elsewhere), onTargets(elsewhere, 'defaults')],
    expected: [
      'Where should it run?',
      'This machine has no NVIDIA GPU.',
      'Add 3 Targets',
      'On common GPUs',
      'What this engine needs',
      'exactly 1.7.1.116',
      'Without a GPU you can',
    ],
  },
  'on-targets': {
    messages: [report(elsewhere), onTargets(elsewhere, 'file')],
    expected: [
      'Runs on 3 of your 5 targets',
      "It doesn't fit on Minimum spec",
      'Creator laptop',
      'Rebuild with Weight Streaming…',
      'Predicted',
      'This machine',
    ],
  },
  'targets-below': {
    messages: [report(several), onTargets(several, 'file')],
    expected: [several.headline, 'On your targets', 'DGX Spark'],
  },
  truncated: { messages: [report(truncated)], expected: said(truncated) },
  'unsupported-gpu': { messages: [report(unsupportedGpu)], expected: said(unsupportedGpu) },
  ultralytics: {
    messages: [report(ultralytics)],
    expected: said(ultralytics, 'First 64 bytes', 'imgsz', '</script><script>alert(1)</script>'),
  },
  'lfs-pointer': { messages: [report(lfsPointer)], expected: said(lfsPointer) },
  empty: { messages: [report(empty)], expected: said(empty) },
  unreadable: { messages: [report(unreadable)], expected: said(unreadable, 'secret.engine') },
  restricted: { messages: [report(several, false)], expected: said(several, 'Restricted Mode') },
  'hash-running': {
    messages: [
      report(several),
      hash({ state: 'running', doneBytes: 4 * gib, totalBytes: upscalerSize }),
    ],
    expected: ['4.0 GiB of 9.4 GiB', 'Cancel'],
  },
  'hash-matches': {
    messages: [report(intact), hash({ state: 'done', sha256, recorded: sha256.toUpperCase() })],
    expected: [intact.summary, sha256, 'intact since it was built'],
  },
  'hash-differs': {
    messages: [report(notAsBuilt), hash({ state: 'done', sha256, recorded: otherSha256 })],
    expected: [notAsBuilt.headline, sha256, 'the file has changed since it was built', otherSha256],
  },
  'hash-unrecorded': {
    messages: [report(valid), hash({ state: 'done', sha256, recorded: null })],
    expected: [sha256, 'No SHA-256 was recorded when this engine was built.'],
  },
  'hash-failed': {
    messages: [
      report(valid),
      hash({ state: 'failed', sentence: 'detector.engine changed while it was read.' }),
    ],
    expected: ['detector.engine changed while it was read.', 'Try Again'],
  },
  hostile: { messages: [report(hostile)], expected: [hostileText] },
} satisfies Record<string, PageCase>;

export type PageCaseName = keyof typeof pageCases;
export const pageCaseNames = Object.keys(pageCases) as PageCaseName[];
