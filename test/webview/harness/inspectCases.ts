/**
 * What the Tensors and Layers tabs and the page of two engines are shown in tests and pictures: made inspections, and
 * real layers (test/fixtures/inspector) beside made ones. No number of the made ones was measured.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ToComparePage } from '../../../src/core/pages/comparePageMessages';
import type {
  Inspection,
  InspectionFacts,
  TensorFacts,
} from '../../../src/core/inspect/inspection';
import type { LayersState, PageTab, ToPage } from '../../../src/core/pages/pageMessages';
import { pageReports } from './reports';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const now = Date.now();
const hostileText = '</script><img src=x onerror=alert(1)>\u202e [x](command:y)';
const gpuName = 'MADE-UP NVIDIA GeForce RTX 4060';

export const layersFixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(path.resolve(__dirname, `../../fixtures/inspector/${name}.json`)));
const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** An engine of many layers, as a large transformer has them: scopes, constants, several streams. */
export function manyLayers(count: number): Uint8Array {
  const types = ['kgen', 'gemm', 'runtime_fusion', 'correlation', 'shape_call'];
  const tensor = (name: string, shape: number[], type: string) => ({
    Name: name,
    Dimensions: shape,
    Datatype: type,
    Format: '(Linear) Row major linear format',
  });
  const layers = Array.from({ length: count }, (_, at) => {
    const block = Math.floor(at / 12);
    const type = types[at % types.length]!;
    const precision = at % 7 === 0 ? 'Float' : 'Half';
    const scope = `/model/layers.${block}/${at % 12 < 7 ? 'self_attn' : 'mlp'}`;
    return {
      Name: `${type === 'gemm' ? `${scope}/MatMul` : '__myl_FuseCastMulAdd'}_myl0_${at}`,
      LayerType: type,
      Inputs:
        at === 0
          ? [tensor('input', [1, 64], 'Int64')]
          : [tensor(`t${at - 1}`, [1, 64, 4096], precision)],
      Constants: type === 'gemm' ? [tensor(`w${at}`, [4096, 1024 + (at % 9) * 512], 'Half')] : [],
      Outputs: [tensor(`t${at}`, [1, at % 3 === 0 ? -1 : 64, 4096], precision)],
      TacticName: type === 'gemm' ? `sm89_xmma_gemm_f16_tile${at % 5}` : '',
      StreamId: at % 40 === 0 ? 1 : 0,
      Metadata: `[ONNX Layer: ${scope}/MatMul_${at}]\u001f[ONNX Layer: ${scope}/Add_${at}]`,
    };
  });
  return bytesOf({ Layers: layers });
}

function tensor(change: Partial<TensorFacts> & { name: string }): TensorFacts {
  return {
    mode: 'input',
    type: 'float32',
    shape: [1, 3, -1, -1],
    format: 'Row major linear FP32 format (kLINEAR)',
    linear: true,
    location: 'device',
    shapeTensor: false,
    profiles: [
      { min: [1, 3, 32, 32], opt: [1, 3, 640, 640], max: [1, 3, 1280, 1280] },
      { min: [1, 3, 32, 32], opt: [1, 3, 320, 320], max: [1, 3, 640, 640] },
    ],
    profileValues: [null, null],
    ...change,
  };
}

export function madeInspection(change: Partial<InspectionFacts> = {}): Inspection {
  return {
    schema: 1,
    file: 'models/detector.engine',
    inspectedAt: now - 60_000,
    runtime: { version: '1.7.1.116', path: '/opt/tensorrt-rtx-1.7.1/libtensorrt_rtx.so.1' },
    facts: {
      name: '',
      tensors: [
        tensor({ name: 'x' }),
        tensor({
          name: 'target_size',
          type: 'int64',
          shape: [2],
          location: 'host',
          shapeTensor: true,
          profiles: [null, null],
          profileValues: [
            { min: [32, 32], opt: [640, 640], max: [1280, 1280] },
            { min: [32, 32], opt: [320, 320], max: [640, 640] },
          ],
        }),
        tensor({
          name: 'sigmoid_0.tmp_0',
          mode: 'output',
          shape: [1, 1, -1, -1],
          type: 'float16',
          format: 'Channel major FP16 format where C % 8 == 0 (kHWC8)',
          linear: false,
          profiles: [null, null],
        }),
      ],
      profileCount: 2,
      deviceMemory: 120_013_312,
      deviceMemoryPerProfile: [120_013_312, 40_000_512],
      auxStreams: 1,
      layerCount: 95,
      profilingVerbosity: 'detailed',
      refittable: false,
      streamable: 4_691_776,
      defaultBudget: 4_691_776,
      automaticBudget: 3_000_000,
      budgets: [
        { asked: 0, taken: 0, scratch: 1_182_720, deviceMemory: 121_196_032 },
        { asked: 2_345_888, taken: 2_345_888, scratch: 1_182_720, deviceMemory: 121_196_032 },
        { asked: 4_691_776, taken: 4_691_776, scratch: 0, deviceMemory: 120_013_312 },
        { asked: 9_383_552, taken: 4_691_776, scratch: 0, deviceMemory: 120_013_312 },
      ],
      gpu: { name: gpuName, computeCapability: '8.9', total: 8 * GiB, free: Math.round(6.7 * GiB) },
      loadedMemory: 12 * MiB,
      loadMs: 3.1,
      ...change,
    },
    notes: [
      {
        id: 'scratch-eats-saving',
        severity: 'warning',
        sentence: 'Streaming needs 1.1 MiB of scratch memory: a quarter of what it saves at most.',
      },
      {
        id: 'hash-unknown',
        severity: 'information',
        sentence: 'No SHA-256 is recorded for this engine.',
      },
    ],
    libraryLines: [{ severity: 3, text: 'Loaded engine size: 14 MiB' }],
  };
}

const withoutGpu = { ...pageReports.unchecked, gpu: null };
const report = { type: 'report', report: pageReports.valid, trusted: true } satisfies ToPage;
const show = (tab: PageTab): ToPage => ({ type: 'showTab', tab });
const done = (inspection = madeInspection()): ToPage => ({
  type: 'inspect',
  inspect: { state: 'done', inspection },
});
const given = (
  bytes: Uint8Array,
  change: Partial<Extract<LayersState, { state: 'given' }>> = {},
): ToPage => ({
  type: 'layers',
  layers: {
    state: 'given',
    source: 'engine',
    fileName: 'detector.engine',
    bytes,
    profile: null,
    ...change,
  },
});
const running: ToPage = {
  type: 'inspect',
  inspect: {
    state: 'running',
    progress: {
      stage: 'deserialize',
      sentence: 'Loading detector.engine, 4.2 of 14.2 MiB',
      fraction: 0.3,
    },
    startedAt: now - 3200,
  },
};
const failed = {
  type: 'inspect',
  inspect: {
    state: 'failed',
    failure: {
      code: 'deserialize-refused',
      sentence: 'TensorRT-RTX 1.7.1.116 refused to load detector.engine.',
      nextStep: 'Rebuild it from its model, or compare its SHA-256 with the one that was recorded.',
      detail: `IRuntime::deserializeCudaEngine: Error Code 1: Serialization ${hostileText}`,
    },
  },
} satisfies ToPage;
const onnx: ToPage = {
  type: 'onnx',
  onnx: {
    state: 'given',
    model: 'models/superResolution.onnx',
    nodes: [
      {
        name: 'node_of_9',
        operator: 'Conv',
        inputs: ['input', 'conv1.weight', 'conv1.bias'],
        outputs: ['9'],
      },
      { name: 'node_of_10', operator: 'Relu', inputs: ['9'], outputs: ['10'] },
      {
        name: 'node_of_11',
        operator: 'Conv',
        inputs: ['10', 'conv2.weight', 'conv2.bias'],
        outputs: ['11'],
      },
    ],
  },
};
const detNames = (
  JSON.parse(new TextDecoder().decode(layersFixture('ppocrv4-det-detailed'))) as {
    Layers: { Name: string }[];
  }
).Layers.map((layer) => layer.Name);
/** As trtexec --exportProfile writes it. */
export const madeProfile = bytesOf([
  { count: 200 },
  ...detNames.map((name, at) => ({
    name,
    timeMs: 200 * (0.002 + ((at * 37) % 50) / 1000),
    averageMs: 0.002 + ((at * 37) % 50) / 1000,
    percentage: 1,
  })),
  { name: 'Reformatting CopyNode', timeMs: 2, averageMs: 0.01 },
]);

export interface InspectCase {
  messages: ToPage[];
  /** Texts that must be on the page. */
  expected: string[];
}

const det = layersFixture('ppocrv4-det-detailed');
const net = layersFixture('super-resolution-detailed');

export const inspectCases = {
  'tensors-none': {
    messages: [report, show('tensors')],
    expected: ['Load Engine', 'runs code from the file'],
  },
  'tensors-no-gpu': {
    messages: [{ ...report, report: withoutGpu }, show('tensors')],
    expected: ['none was found on this machine', 'Load Anyway'],
  },
  'tensors-restricted': {
    messages: [{ ...report, trusted: false }, show('tensors')],
    expected: ['Restricted Mode', 'Manage Workspace Trust'],
  },
  'tensors-running': {
    messages: [report, running, show('tensors')],
    expected: ['Loading detector.engine, 4.2 of 14.2 MiB', 'so far', 'Cancel'],
  },
  'tensors-failed': {
    messages: [report, failed, show('tensors')],
    expected: ['refused to load detector.engine', 'Rebuild it from its model', 'Try Again'],
  },
  'tensors-done': {
    messages: [report, done(), given(det), show('tensors')],
    expected: [
      gpuName,
      '1x3x1280x1280',
      'Profile 1',
      'holds a shape',
      'kHWC8',
      '114.5 MiB',
      'Scratch',
      'quarter of what it saves',
    ],
  },
  'tensors-hostile': {
    messages: [
      report,
      done(
        madeInspection({
          profileCount: 1,
          budgets: [],
          streamable: 0,
          defaultBudget: null,
          automaticBudget: null,
          layerCount: null,
          tensors: [
            tensor({ name: hostileText }),
            tensor({ name: 'name'.repeat(500), format: hostileText, type: 'unknown (99)' }),
          ],
        }),
      ),
      show('tensors'),
    ],
    expected: ['<img src=x onerror=alert(1)>\\u202e', 'unknown (99)', 'It has no outputs.'],
  },
  'layers-none': {
    messages: [report, show('layers')],
    expected: ['Load Engine', 'without loading anything'],
  },
  'layers-running': { messages: [report, running, show('layers')], expected: ['Cancel'] },
  'layers-done': {
    messages: [report, done(), given(net), onnx, show('layers')],
    expected: ['6 layers', 'node_of_9_myl0_1', 'correlation', 'By precision of outputs'],
  },
  'layers-real': {
    messages: [
      report,
      done(),
      given(det, { profile: { fileName: 'profile.json', bytes: madeProfile } }),
      {
        type: 'onnx',
        onnx: { state: 'none', sentence: 'The recipe beside this engine names no model.' },
      },
      show('layers'),
    ],
    expected: [
      '95 layers',
      'runtime_fusion',
      'profile.json',
      'One time belongs'.replace('One', '1'),
    ],
  },
  'layers-many': {
    messages: [
      report,
      done(madeInspection({ layerCount: 2000 })),
      given(manyLayers(2000)),
      show('layers'),
    ],
    expected: ['2,000 layers', 'Stream'],
  },
  'layers-names-only': {
    messages: [
      report,
      done(madeInspection({ profilingVerbosity: 'layer-names-only' })),
      given(layersFixture('super-resolution-names-only')),
      show('layers'),
    ],
    expected: [
      'Rebuild with Detailed Layers…',
      'Only the names of the layers',
      'node_of_15_myl0_4',
    ],
  },
  'layers-not-told': {
    messages: [
      report,
      done(madeInspection({ profilingVerbosity: 'none' })),
      { type: 'layers', layers: { state: 'none' } },
      show('layers'),
    ],
    expected: ['No layer information', 'Rebuild with Detailed Layers…'],
  },
  'layers-imported': {
    messages: [
      report,
      given(madeProfile, { source: 'file', fileName: 'times.json' }),
      show('layers'),
    ],
    expected: ['From times.json, not from this engine.', 'Back to the Engine', '96 layers'],
  },
  'layers-broken': {
    messages: [
      report,
      given(bytesOf('{"Layers": [\n  oops'), { source: 'file', fileName: 'broken.json' }),
      show('layers'),
    ],
    expected: ['could not be read', 'line 2, column 3'],
  },
  'layers-hostile': {
    messages: [
      report,
      done(),
      given(
        bytesOf({
          Layers: [
            {
              Name: hostileText,
              LayerType: hostileText,
              Metadata: `[ONNX Layer: ${hostileText}]`,
              TacticName: 'tactic'.repeat(300),
              Outputs: [{ Name: 'x'.repeat(3000), Dimensions: [1, -1], Datatype: hostileText }],
            },
            'n'.repeat(5000),
          ],
        }),
      ),
      show('layers'),
    ],
    expected: ['<img src=x onerror=alert(1)>\\u202e'],
  },
} satisfies Record<string, InspectCase>;
export type InspectCaseName = keyof typeof inspectCases;
export const inspectCaseNames = Object.keys(inspectCases) as InspectCaseName[];

// ---- two engines --------------------------------------------------------------------------------------------------

const halved = bytesOf(
  new TextDecoder()
    .decode(det)
    .replaceAll('"Datatype": "Float"', '"Datatype": "Half"')
    .replaceAll('p2o.Conv.1]', 'p2o.Conv.1b]'),
);

const noGpu = {
  code: 'no-driver',
  sentence: 'Loading needs an NVIDIA GPU, and none was found on this machine.',
  nextStep: '',
  detail: '',
};

export interface CompareCase {
  messages: ToComparePage[];
  expected: string[];
}

export const compareCases = {
  'compare-waiting': {
    messages: [{ type: 'waiting', sentence: 'Loading detector.engine…' }],
    expected: ['Loading detector.engine…', 'Cancel'],
  },
  'compare-engines': {
    messages: [
      {
        type: 'comparison',
        first: {
          report: pageReports.valid,
          inspection: madeInspection(),
          layers: det,
          failure: null,
        },
        second: {
          report: pageReports.suboptimal,
          inspection: madeInspection({
            tensors: madeInspection().facts.tensors.slice(0, 2),
            deviceMemory: 60 * MiB,
          }),
          layers: halved,
          failure: null,
        },
      },
    ],
    expected: ['Layers by precision', 'precision: float32 → float16', 'only in the first', 'less'],
  },
  'compare-same': {
    messages: [
      {
        type: 'comparison',
        first: {
          report: pageReports.valid,
          inspection: madeInspection(),
          layers: net,
          failure: null,
        },
        second: {
          report: pageReports.valid,
          inspection: madeInspection(),
          layers: net,
          failure: null,
        },
      },
    ],
    expected: ['Nothing that is compared differs.', 'All 6 layers are the same'.toLowerCase()],
  },
  'compare-failed': {
    messages: [
      {
        type: 'comparison',
        first: {
          report: pageReports.valid,
          inspection: madeInspection(),
          layers: bytesOf('{"Layers": ['),
          failure: null,
        },
        second: {
          report: pageReports.hostile,
          inspection: null,
          layers: null,
          failure: failed.inspect.failure,
        },
      },
    ],
    expected: ['It was not loaded', 'refused to load', 'could not be read'],
  },
  'compare-no-gpu': {
    messages: [
      {
        type: 'comparison',
        first: { report: pageReports.valid, inspection: null, layers: null, failure: noGpu },
        second: { report: pageReports.suboptimal, inspection: null, layers: null, failure: noGpu },
      },
    ],
    expected: ['Neither engine was loaded', noGpu.sentence],
  },
} satisfies Record<string, CompareCase>;
export type CompareCaseName = keyof typeof compareCases;
export const compareCaseNames = Object.keys(compareCases) as CompareCaseName[];
