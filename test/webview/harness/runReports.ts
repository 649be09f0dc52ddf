/**
 * Made inspections and runs for looking at the Run tab and for its tests. Every number is invented; statistics,
 * histograms, sweeps and sentences come from core, as in the product. The GPU says that it is made up.
 */
import type {
  Inspection,
  InspectionFacts,
  TensorFacts,
} from '../../../src/core/inspect/inspection';
import type { LayersState, ToPage } from '../../../src/core/pages/pageMessages';
import { histogramOf } from '../../../src/core/run/histogram';
import { joinSearch, withReference } from '../../../src/core/run/makeRunReport';
import {
  type AttemptReport,
  defaultRunChoices,
  type Goal,
  type ImagePreview,
  type OutputReport,
  type RunChoices,
  type RunFailure,
  type RunReport,
} from '../../../src/core/run/runReport';
import { statisticsOf } from '../../../src/core/run/statistics';
import { makeSweep } from '../../../src/core/run/sweep';
import { thinTimeline } from '../../../src/core/run/timeline';
import { ruleBudget } from '../../../src/core/run/weightBudget';
import { pageReports } from './reports';

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const streamable = Math.round(4.7 * GiB);
const total = 8 * GiB;
const free = Math.round(6.7 * GiB);
const scratch = Math.round(1.2 * MiB);
export const hostile = '</script><img src=x onerror=alert(1)>\u202e [x](command:y)';
export const gpuName = 'MADE-UP NVIDIA GeForce RTX 4060';

// ---- inspections --------------------------------------------------------------------------------------------------

function tensor(change: Partial<TensorFacts> & { name: string }): TensorFacts {
  return {
    mode: 'input',
    type: 'float32',
    shape: [1, 3, -1, -1],
    format: 'Row major linear FP32 format (kLINEAR)',
    linear: true,
    location: 'device',
    shapeTensor: false,
    profiles: [{ min: [1, 3, 64, 64], opt: [1, 3, 720, 1280], max: [1, 3, 1080, 1920] }],
    profileValues: [null],
    ...change,
  };
}

const output = tensor({
  name: 'output',
  mode: 'output',
  profiles: [null],
});

function inspection(change: Partial<InspectionFacts> = {}): Inspection {
  const budgets = [0, 0.5, 1].map((share) => {
    const asked = Math.round(share * streamable);
    const taken = asked;
    const needed = share === 1 ? 0 : scratch;
    return { asked, taken, scratch: needed, deviceMemory: 300 * MiB + needed };
  });
  return {
    schema: 1,
    file: 'models/upscaler.engine',
    inspectedAt: Date.now() - 60_000,
    runtime: { version: '1.7.1.116', path: '/opt/tensorrt-rtx-1.7.1/libtensorrt_rtx.so.1' },
    facts: {
      name: '',
      tensors: [tensor({ name: 'input' }), output],
      profileCount: 1,
      deviceMemory: 300 * MiB,
      deviceMemoryPerProfile: [300 * MiB],
      auxStreams: 0,
      layerCount: 214,
      profilingVerbosity: 'detailed',
      refittable: false,
      streamable,
      defaultBudget: streamable,
      automaticBudget: Math.round(3.6 * GiB),
      budgets,
      gpu: { name: gpuName, computeCapability: '8.9', total, free },
      loadedMemory: streamable,
      loadMs: 412,
      ...change,
    },
    notes: [],
    libraryLines: [],
  };
}

const twoProfiles = inspection({
  tensors: [
    tensor({
      name: 'tokens',
      type: 'int64',
      shape: [-1, -1],
      profiles: [
        { min: [1, 1], opt: [1, 128], max: [1, 512] },
        { min: [1, 1], opt: [8, 256], max: [32, 512] },
      ],
      profileValues: [null, null],
    }),
    tensor({
      name: 'a_very_long_name/of_an_input/that_a_converter_made/attention_mask/Unsqueeze_output_0',
      type: 'bool',
      shape: [-1, 1, 1, -1],
      profiles: [
        { min: [1, 1, 1, 1], opt: [1, 1, 1, 128], max: [1, 1, 1, 512] },
        { min: [1, 1, 1, 1], opt: [8, 1, 1, 256], max: [32, 1, 1, 512] },
      ],
      profileValues: [null, null],
    }),
    tensor({ name: 'temperature', shape: [], profiles: [null, null], profileValues: [null, null] }),
    tensor({
      name: hostile,
      type: 'float16',
      shape: [4],
      profiles: [null, null],
      profileValues: [null, null],
    }),
    { ...output, profiles: [null, null] },
  ],
  profileCount: 2,
  deviceMemoryPerProfile: [300 * MiB, 700 * MiB],
});

const scratchEats = inspection({
  streamable: 238_976,
  defaultBudget: 238_976,
  automaticBudget: 238_976,
  budgets: [
    { asked: 0, taken: 0, scratch: 222_208, deviceMemory: 33_882_112 + 222_208 },
    { asked: 238_976, taken: 238_976, scratch: 0, deviceMemory: 33_882_112 },
  ],
});

// ---- runs ---------------------------------------------------------------------------------------------------------

/** Even noise with a tail, the same every time. */
function latencies(count: number, median: number, seed: number): number[] {
  let state = seed;
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return Array.from({ length: count }, (_, i) => {
    const noise = (next() + next() + next() - 1.5) * 0.06;
    const tail = next() > 0.97 ? next() * 0.35 : 0;
    return median * (1 + noise + tail + (i < 6 ? 0.04 : 0));
  });
}

function attempt(
  budget: number,
  median: number,
  change: Partial<AttemptReport> = {},
): AttemptReport {
  const latency = Float64Array.from(latencies(200, median, 7 + Math.round(budget % 1000)));
  const at = latency.map(
    (() => {
      let sum = 0;
      return (ms: number) => (sum += ms / 1000) - ms / 1000;
    })(),
  );
  const ownScratch = budget < streamable ? scratch : 0;
  const base = total - free;
  return {
    budgetAsked: budget,
    budget,
    scratch: ownScratch,
    deviceMemory: 300 * MiB + ownScratch,
    memory: {
      total,
      before: base,
      loaded: base + budget + 20 * MiB,
      ready: base + budget + 380 * MiB,
      peak: base + budget + 420 * MiB,
      after: base,
    },
    contextMs: 96,
    firstRunMs: 316,
    latency: statisticsOf(latency),
    gpuTime: statisticsOf(latency.map((ms) => ms * 0.97)),
    enqueueTime: statisticsOf(latency.map((ms) => ms * 0.05)),
    throughput: 1000 / median,
    histogram: histogramOf(latency),
    timeline: thinTimeline(at, latency),
    cudaGraph: null,
    layers: null,
    outputs: [],
    failure: null,
    ...change,
  };
}

const layers = Array.from({ length: 214 }, (_, i) => {
  const kinds = ['__myl_FcAddRelu', '__myl_ConvAddSigmMul', '__myl_Resi', '__myl_ReshTran'];
  return { name: `${kinds[i % 4]}_myl0_${i}`, mean: 1.9 * 0.86 ** i + 0.004 };
});
const layerSum = layers.reduce((sum, { mean }) => sum + mean, 0);
const layerTimes = layers.map(({ name, mean }) => ({ name, mean, share: mean / layerSum }));

/** As names only, the way the inspector gives them; one layer of the run is not among them. */
const layersGiven: LayersState = {
  state: 'given',
  source: 'engine',
  fileName: 'upscaler.engine',
  bytes: new TextEncoder().encode(
    JSON.stringify({ Layers: layers.slice(0, 213).map(({ name }) => name), Bindings: [] }),
  ),
  profile: null,
};

function picture(width: number, height: number): ImagePreview {
  const pixels = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 4;
      pixels[i] = Math.round((x / width) * 255);
      pixels[i + 1] = Math.round((y / height) * 255);
      pixels[i + 2] = Math.round(128 + 127 * Math.sin((x + y) / 7));
      pixels[i + 3] = 255;
    }
  }
  return { width, height, pixels, sentence: 'NCHW, three planes as RGB; 0 to 1 became 0 to 255.' };
}

function outputReport(change: Partial<OutputReport> = {}): OutputReport {
  return {
    name: 'output',
    type: 'float32',
    shape: [1, 3, 2160, 3840],
    count: 24_883_200,
    min: -0.0213,
    max: 1.0134,
    mean: 0.4738,
    standardDeviation: 0.21,
    nan: 0,
    infinite: 0,
    zeros: 12,
    first: Array.from({ length: 32 }, (_, i) => Math.sin(i) / 2 + 0.5),
    dataPath: '/home/user/.runs/run-1/output-0.bin',
    preview: null,
    comparison: null,
    ...change,
  };
}

const choices: RunChoices = {
  ...defaultRunChoices,
  inputs: [{ name: 'input', shape: null, source: { kind: 'random', seed: 0 } }],
};

function runReport(change: Partial<RunReport> = {}): RunReport {
  const startedAt = Date.now() - 5 * 60_000;
  const report: RunReport = {
    schema: 1,
    id: 'run-1',
    kind: 'run',
    file: 'models/upscaler.engine',
    startedAt,
    endedAt: startedAt + 3200,
    runtime: { version: '1.7.1.116', path: '/opt/tensorrt-rtx-1.7.1/libtensorrt_rtx.so.1' },
    gpu: { name: gpuName, computeCapability: '8.9', total },
    choices,
    inputs: [
      {
        name: 'input',
        type: 'float32',
        shape: [1, 3, 720, 1280],
        count: 2_764_800,
        min: -0.99999,
        max: 0.99999,
        mean: 0.0002,
        standardDeviation: 0.577,
        nan: 0,
        infinite: 0,
        zeros: 0,
        first: [],
        source: 'random values, seed 0',
      },
    ],
    loadMs: 412,
    streamable,
    attempts: [attempt(streamable, 8.42, { layers: layerTimes, outputs: [outputReport()] })],
    cache: {
      state: 'missing',
      path: '/home/user/models/upscaler.engine.cache',
      loadedBytes: null,
      savedBytes: 1_240_000,
      coldMs: 412,
      warmMs: 31,
      sentence:
        'First run 412 ms (kernels compiled), 31 ms with the runtime cache, which is kept now.',
    },
    sweep: null,
    reference: null,
    failure: null,
    headline: '',
    notes: [],
    libraryLines: [
      { severity: 3, text: 'Loaded engine size: 4812 MiB' },
      { severity: 2, text: hostile },
    ],
    ...change,
  };
  const told = withReference(report, report.reference);
  return { ...told, notes: [...told.notes, ...(change.notes ?? [])] };
}

const plain = runReport();

const sweepShares: [number, number][] = [
  [1, 8.4],
  [0.77, 8.5],
  [0.75, 8.6],
  [0.5, 8.7],
  [0.25, 17.2],
  [0, 36.4],
];
const sweepAttempts = sweepShares.map(([share, ms], i) =>
  attempt(Math.round(share * streamable), ms, i === 0 ? { outputs: [outputReport()] } : {}),
);
const sweep = runReport({
  id: 'run-2',
  kind: 'sweep',
  startedAt: Date.now() - 3 * 60_000,
  attempts: sweepAttempts,
  sweep: makeSweep(sweepAttempts, streamable),
});

const searchGoal: Goal = { kind: 'memory', bytes: 3 * GiB };
const searchShares: [number, number][] = [
  [1, 8.4],
  [0, 36.4],
  [0.5, 8.7],
  [0.625, 8.6],
  [0.5625, 8.6],
  [0.53125, 8.7],
  [0.53125, 8.7],
];
const search = joinSearch(
  [
    runReport({
      id: 'run-5',
      kind: 'sweep',
      startedAt: Date.now() - 20_000,
      attempts: searchShares.map(([share, ms], i) =>
        attempt(Math.round(share * streamable), ms, i === 0 ? { outputs: [outputReport()] } : {}),
      ),
    }),
  ],
  searchGoal,
);
const outOfReach = joinSearch([runReport({ ...search, id: 'run-6', sweep: null })], {
  kind: 'latency',
  ms: 5,
});

const failure: RunFailure = {
  stage: 'run',
  code: 'cuda',
  sentence:
    'upscaler.engine could not run: CUDA error 209 (no kernel image is available for execution on the device).',
  nextStep: 'Rebuild it for compute capability 9.0, or run it on another GPU.',
  cuda: 209,
  lines: [
    'Error Code 1: Cuda Runtime (no kernel image is available for execution on the device)',
    hostile,
  ],
};
const failed = runReport({
  id: 'run-3',
  startedAt: Date.now() - 60_000,
  attempts: [
    attempt(streamable, 8, {
      latency: null,
      gpuTime: null,
      enqueueTime: null,
      throughput: null,
      histogram: null,
      timeline: null,
      firstRunMs: null,
      failure,
    }),
  ],
});

const sweepFailedAttempts = sweepAttempts.map((one, i) =>
  i === 0
    ? {
        ...one,
        latency: null,
        histogram: null,
        timeline: null,
        outputs: [],
        failure: {
          ...failure,
          stage: 'context',
          cuda: 2,
          sentence: 'The GPU is out of memory at a budget of 4.7 GiB.',
          lines: [],
        },
      }
    : one,
);
const sweepPartly = runReport({
  id: 'run-4',
  kind: 'sweep',
  startedAt: Date.now() - 30_000,
  attempts: sweepFailedAttempts,
  sweep: makeSweep(sweepFailedAttempts, streamable),
});

const comparedOutputs = [
  outputReport({
    shape: [1, 3, 120, 180],
    count: 64_800,
    preview: picture(180, 120),
    comparison: {
      maxAbsolute: 2.1e-3,
      maxRelative: 0.004,
      cosine: 0.99999,
      mismatched: 0,
      sentence: 'Agrees: at most 2.1e-3 apart, cosine 0.99999.',
      state: 'good',
    },
  }),
  outputReport({
    name: 'scores',
    type: 'float16',
    shape: [1, 1000],
    count: 1000,
    min: -12.53,
    max: 14.81,
    mean: 1e-5,
    nan: 3,
    infinite: 12_345,
    comparison: {
      maxAbsolute: 4.2,
      maxRelative: 0.9,
      cosine: 0.71,
      mismatched: 3,
      sentence:
        'Differs: at most 4.2 apart, cosine 0.71, 3 elements are NaN or infinite on one side only.',
      state: 'bad',
    },
  }),
];
const compared = runReport({
  id: 'run-5',
  startedAt: Date.now() - 20_000,
  attempts: [
    attempt(Math.round(2.35 * GiB), 9.7, {
      outputs: comparedOutputs,
      layers: layerTimes.slice(0, 4),
      cudaGraph: false,
    }),
  ],
  choices: { ...choices, budget: 'rule', cudaGraph: true, streams: 2 },
  reference: {
    label: 'ONNX Runtime 1.30.0 (CPU)',
    model: 'models/upscaler.onnx',
    ms: 1840,
    outputs: [],
    failure: null,
  },
});

const reference = runReport({
  id: 'run-6',
  kind: 'reference',
  startedAt: Date.now() - 10_000,
  runtime: null,
  gpu: null,
  loadMs: null,
  streamable: null,
  attempts: [],
  libraryLines: [],
  reference: {
    label: 'ONNX Runtime 1.30.0 (CPU)',
    model: 'models/upscaler.onnx',
    ms: 1840,
    outputs: [outputReport({ dataPath: null })],
    failure: null,
  },
});

export const runReports = { plain, sweep, search, failed, sweepPartly, compared, reference };
export const inspections = { normal: inspection(), twoProfiles, scratchEats };

// ---- cases --------------------------------------------------------------------------------------------------------

const opened: ToPage[] = [
  { type: 'report', report: pageReports.valid, trusted: true },
  { type: 'showTab', tab: 'run' },
];
const looked = (of: Inspection): ToPage[] => [
  ...opened,
  { type: 'inspect', inspect: { state: 'done', inspection: of } },
  { type: 'freeMemory', free, total },
];

export interface RunCase {
  messages: ToPage[];
  /** Texts that must be on the page. */
  expected: string[];
}

const rule = ruleBudget(streamable, free) ?? 0;

export const runCases = {
  'run-not-looked': { messages: opened, expected: ['Load Engine', 'that you trust'] },
  'run-before-no-gpu': {
    messages: [
      {
        type: 'report',
        report: { ...pageReports.unchecked, gpu: null },
        trusted: true,
      },
      opened[1]!,
    ],
    expected: ['none was found on this machine', 'Run the Model with ONNX Runtime', 'Load Anyway'],
  },
  'run-restricted': {
    messages: [{ type: 'report', report: pageReports.valid, trusted: false }, opened[1]!],
    expected: ['Restricted Mode', 'Manage Workspace Trust'],
  },
  'run-looking': {
    messages: [
      ...opened,
      {
        type: 'inspect',
        inspect: {
          state: 'running',
          progress: {
            stage: 'deserialize',
            sentence: 'Loading upscaler.engine, 1.2 of 4.7 GiB',
            fraction: 0.26,
          },
          startedAt: Date.now() - 2500,
        },
      },
    ],
    expected: ['Loading upscaler.engine', 'Cancel'],
  },
  'run-no-gpu': {
    messages: [
      ...opened,
      {
        type: 'inspect',
        inspect: {
          state: 'failed',
          failure: {
            code: 'no-gpu',
            sentence:
              'upscaler.engine cannot be loaded: no NVIDIA driver was found on this machine.',
            nextStep: 'Install the NVIDIA driver, or look at the engine on a machine with a GPU.',
            detail: '',
          },
        },
      },
      { type: 'onnx', onnx: { state: 'given', model: 'models/upscaler.onnx', nodes: [] } },
      { type: 'runs', runs: [reference] },
    ],
    expected: [
      'ONNX Runtime (CPU), not the engine',
      'no NVIDIA driver',
      '1840 ms',
      'upscaler.onnx',
    ],
  },
  'run-ready': {
    messages: looked(inspections.normal),
    expected: ['NVIDIA’s rule', '4.7 GiB', '6.7 GiB free', 'no scratch', 'Nothing has run yet'],
  },
  'run-inputs': {
    messages: [
      ...looked(twoProfiles),
      {
        type: 'pickedInput',
        input: {
          state: 'bad',
          name: 'tokens',
          failure: {
            code: 'input-type',
            sentence: 'tokens.npy holds float32, the input "tokens" takes int64.',
            nextStep: 'Convert it, or choose another file.',
            detail: '',
          },
        },
      },
    ],
    expected: ['Optimization profile', 'tokens.npy holds float32', 'scalar'],
  },
  'run-scratch': { messages: looked(scratchEats), expected: ['233.4 KiB'] },
  'run-not-streaming': {
    messages: looked(
      inspection({ streamable: 0, defaultBudget: null, automaticBudget: null, budgets: [] }),
    ),
    expected: ['built without weight streaming', 'Rebuild with Weight Streaming'],
  },
  'run-running': {
    messages: [
      ...looked(inspections.normal),
      {
        type: 'run',
        run: {
          state: 'running',
          kind: 'run',
          progress: { stage: 'run', sentence: 'Measuring, 120 of 200 iterations', fraction: 0.6 },
          startedAt: Date.now() - 1400,
        },
      },
      { type: 'runs', runs: [plain] },
    ],
    expected: ['Measuring, 120 of 200', 'Cancel'],
  },
  'run-refused': {
    messages: [
      ...looked(inspections.normal),
      {
        type: 'run',
        run: {
          state: 'failed',
          failure: {
            code: 'input-missing',
            sentence: 'The file of the input "input" is not there any more: /home/user/cat.png.',
            nextStep: 'Choose it again.',
            detail: '',
          },
        },
      },
    ],
    expected: ['not there any more', 'Choose it again.'],
  },
  'run-done': {
    messages: [
      ...looked(inspections.normal),
      { type: 'layers', layers: layersGiven },
      { type: 'runs', runs: [plain] },
    ],
    expected: [
      'median',
      'p95',
      '/s',
      'GPU memory in use at peak',
      gpuName,
      '1.7.1.116',
      '31 ms with the runtime cache',
    ],
  },
  'run-sweep': {
    messages: [...looked(inspections.normal), { type: 'runs', runs: [sweep, plain] }],
    expected: ['Latency over memory, 6 budgets', 'best trade-off', 'full speed'],
  },
  'run-search': {
    messages: [...looked(inspections.normal), { type: 'runs', runs: [search, plain] }],
    expected: [
      'Fits in 3.0 GiB of GPU memory with 2.5 GiB of 4.7 GiB of weights on the GPU',
      'Measured twice',
      'the answer',
      'Copy as C++',
    ],
  },
  'run-search-out-of-reach': {
    messages: [...looked(inspections.normal), { type: 'runs', runs: [outOfReach] }],
    expected: ['It is not under 5 ms at any budget'],
  },
  'run-sweep-partly': {
    messages: [...looked(inspections.normal), { type: 'runs', runs: [sweepPartly] }],
    expected: ['out of memory', 'failed'],
  },
  'run-compared': {
    messages: [
      ...looked(inspections.normal),
      { type: 'runs', runs: [compared, sweep, plain] },
      {
        type: 'pickedInput',
        input: {
          state: 'good',
          choice: {
            name: 'input',
            shape: [1, 3, 480, 640],
            source: {
              kind: 'file',
              path: '/home/user/pictures/cat.png',
              image: {
                layout: 'nchw',
                colors: 'rgb',
                scale: [1 / 255, 1 / 255, 1 / 255],
                offset: [0, 0, 0],
              },
            },
          },
          summary: null,
          sentence: 'A picture of 640 by 480, as NCHW.',
        },
      },
    ],
    expected: [
      'Agrees: at most 2.1e-3',
      'Differs:',
      '12,345',
      'cat.png',
      'Compared with ONNX Runtime 1.30.0 (CPU)',
    ],
  },
  'run-failed': {
    messages: [...looked(inspections.normal), { type: 'runs', runs: [failed, plain] }],
    expected: ['CUDA error 209', 'Rebuild it for compute capability 9.0', 'Messages (3)'],
  },
} satisfies Record<string, RunCase>;

export const ruleOfCases = rule;
export type RunCaseName = keyof typeof runCases;
export const runCaseNames = Object.keys(runCases) as RunCaseName[];
