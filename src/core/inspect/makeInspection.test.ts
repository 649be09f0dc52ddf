import assert from 'node:assert/strict';

import type { RawInspection } from '../wire/shimReports';
import { makeInspection, type InspectionInput } from './makeInspection';
import { inspectionText } from './inspectionText';

const mib = 2 ** 20;

function report(change: Partial<RawInspection> = {}): RawInspection {
  const image = { min: [1, 3, 8, 8], opt: [1, 3, 64, 64], max: [4, 3, 256, 256] };
  return {
    name: 'net',
    profileCount: 1,
    tensors: [
      {
        name: 'image',
        mode: 1,
        type: 0,
        shape: [-1, 3, -1, -1],
        format: 'Row major linear FP32 format (kLINEAR)',
        linear: true,
        profileFormats: [],
        aliasOf: '',
        location: 0,
        shapeTensor: false,
        profiles: [image],
        profileValues: [null],
      },
      {
        name: 'size',
        mode: 1,
        type: 8,
        shape: [2],
        format: 'Row major linear INT64 format (kLINEAR)',
        linear: true,
        profileFormats: [],
        aliasOf: '',
        location: 1,
        shapeTensor: true,
        profiles: [null],
        profileValues: [{ min: [1, 1], opt: [32, 32], max: [64, 64] }],
      },
      {
        name: 'picture\u001b[31m',
        mode: 2,
        type: 99,
        shape: [-1, 3, -1, -1],
        format: 'Channel major (kCHW32)',
        linear: false,
        profileFormats: [],
        aliasOf: '',
        location: 0,
        shapeTensor: false,
        profiles: [null],
        profileValues: [null],
      },
    ],
    deviceMemory: 25 * mib,
    deviceMemoryPerProfile: [25 * mib],
    auxStreams: 1,
    layerCount: 12,
    profilingVerbosity: 2,
    weightsDeferred: false,
    refittable: false,
    streamable: 10 * mib,
    defaultBudget: 10 * mib,
    automaticBudget: 5 * mib,
    budgets: [
      { asked: 0, taken: 0, scratch: 1 * mib, deviceMemory: 26 * mib },
      { asked: 5 * mib, taken: 5 * mib, scratch: 1 * mib, deviceMemory: 26 * mib },
      { asked: 2 ** 53 - 1, taken: 10 * mib, scratch: 0, deviceMemory: 25 * mib },
      { asked: 20 * mib, taken: 10 * mib, scratch: 0, deviceMemory: 25 * mib },
    ],
    gpu: {
      name: 'RTX 4060',
      computeCapability: '8.9',
      total: 8192 * mib,
      freeBefore: 7000 * mib,
      freeAfter: 6980 * mib,
    },
    loadNs: 12_500_000,
    ...change,
  };
}

function inspect(change: Partial<RawInspection> = {}, more: Partial<InspectionInput> = {}) {
  return makeInspection({
    file: 'model.engine',
    report: report(change),
    layers: new TextEncoder().encode('{"Layers": [{"Name": "a"}]}'),
    layersAsked: true,
    runtime: { version: '1.7.1.116', path: '/opt/libtensorrt_rtx.so.1' },
    hashRecorded: true,
    libraryLines: [],
    now: Date.UTC(2026, 10, 22),
    ...more,
  });
}

const ids = (...args: Parameters<typeof inspect>) => inspect(...args).notes.map(({ id }) => id);

describe('an inspection from what the engine host reports', () => {
  it("names what NVIDIA's enums number", () => {
    const { facts } = inspect();
    assert.deepEqual(
      facts.tensors.map(({ name, mode, type, location }) => [name, mode, type, location]),
      [
        ['image', 'input', 'float32', 'device'],
        ['size', 'input', 'int64', 'host'],
        // The exact name is the tensor's identity; surfaces make it printable.
        ['picture\u001b[31m', 'output', 'unknown (99)', 'device'],
      ],
    );
    assert.equal(facts.profilingVerbosity, 'detailed');
    assert.equal(inspect({ profilingVerbosity: 0 }).facts.profilingVerbosity, 'layer-names-only');
    assert.equal(inspect({ profilingVerbosity: null }).facts.profilingVerbosity, 'unknown');
    assert.equal(facts.loadMs, 12.5);
    assert.equal(facts.loadedMemory, 20 * mib);
    assert.equal(facts.gpu.free, 7000 * mib);
  });

  it('keeps one of the budgets that came to the same, ascending', () => {
    assert.deepEqual(
      inspect().facts.budgets.map(({ taken, asked }) => [taken, asked]),
      [
        [0, 0],
        [5 * mib, 5 * mib],
        [10 * mib, 2 ** 53 - 1],
      ],
    );
  });

  it('says nothing where there is nothing to say', () => {
    assert.deepEqual(ids(), []);
  });

  it('tells an engine without streaming, whose getters answer -1', () => {
    const { facts, notes } = inspect({
      streamable: 0,
      defaultBudget: -1,
      automaticBudget: -1,
      budgets: [],
    });
    assert.deepEqual([facts.defaultBudget, facts.automaticBudget], [null, null]);
    assert.deepEqual(
      notes.map(({ id }) => id),
      ['not-streaming'],
    );
  });

  it('tells names only from none and from details, by verbosity or by the bytes', () => {
    const bytes = (text: string) => ({ layers: new TextEncoder().encode(text) });
    assert.deepEqual(ids({ profilingVerbosity: 0 }), ['names-only']);
    assert.deepEqual(ids({ profilingVerbosity: null }, bytes('{"Layers": ["a", "b"]}')), [
      'names-only',
    ]);
    assert.deepEqual(ids({ profilingVerbosity: 1 }), ['no-layers']);
    assert.deepEqual(ids({}, bytes('')), ['no-layers']);
    assert.deepEqual(ids({}, bytes('{"Layers":[]}')), ['no-layers']);
    assert.deepEqual(ids({}, { ...bytes(''), layersAsked: false }), []);
  });

  it('warns with the numbers when scratch eats what streaming saves', () => {
    const eaten = inspect({
      budgets: [{ asked: 0, taken: 0, scratch: 9 * mib, deviceMemory: 34 * mib }],
    }).notes;
    assert.deepEqual(
      eaten.map(({ id, severity }) => [id, severity]),
      [['scratch-eats-saving', 'warning']],
    );
    assert.match(eaten[0]?.sentence ?? '', /10\.0 MiB .* 9\.0 MiB of scratch.* 1\.0 MiB only/);
  });

  it('warns of weights beyond the memory, all of it or what is free', () => {
    const never = inspect({ streamable: 9000 * mib }).notes[0];
    assert.equal(never?.id, 'weights-do-not-fit');
    assert.match(never?.sentence ?? '', /8\.8 GiB of weights .* more than the 8\.0 GiB/);
    const notNow = inspect({ streamable: 7500 * mib }).notes[0];
    assert.equal(notNow?.id, 'weights-do-not-fit');
    assert.match(notNow?.sentence ?? '', /6\.8 GiB of 8\.0 GiB are free now/);
  });

  it('says when no hash is recorded', () => {
    assert.deepEqual(ids({}, { hashRecorded: false }), ['hash-unknown']);
  });
});

describe('an inspection as text', () => {
  it('has everything, printable, one line each', () => {
    const text = inspectionText(inspect({ profilingVerbosity: 0 }));
    assert.equal(
      text,
      [
        'model.engine ("net"): 2 inputs and 1 output, 1 profile, 12 layers.',
        '',
        'Inputs',
        '  image  float32  ? x 3 x ? x ?',
        '    profile 0: 1 x 3 x 8 x 8 to 4 x 3 x 256 x 256, typically 1 x 3 x 64 x 64',
        '  size   int64    2              in host memory, its values are a shape',
        '    profile 0: values 1 x 1 to 64 x 64, typically 32 x 32',
        '',
        'Outputs',
        '  picture  unknown (99)  ? x 3 x ? x ?  Channel major (kCHW32)',
        '',
        'Engine',
        '  GPU memory to work in: 25.0 MiB',
        '  GPU memory taken by loading: 20.0 MiB of 6.8 GiB free',
        '  Auxiliary streams: 1',
        '  Profiling verbosity: layer names only',
        '  Refittable: no',
        '',
        'Weight streaming',
        '  Streamable weights: 10.0 MiB (10,485,760 bytes)',
        '  Default budget: 10.0 MiB (10,485,760 bytes)',
        '  Automatic budget: 5.0 MiB (5,242,880 bytes)',
        '  At 0 bytes: 1.0 MiB of scratch, 26.0 MiB to work in',
        '  At 5.0 MiB: 1.0 MiB of scratch, 26.0 MiB to work in',
        '  At 10.0 MiB: 0 bytes of scratch, 25.0 MiB to work in',
        '',
        'Worth knowing',
        '  This engine has only the names of its layers, not their types, tensors and tactics. Rebuild it with detailed profiling verbosity to see them.',
        '',
        'Loaded by TensorRT-RTX 1.7.1.116 on RTX 4060 (compute capability 8.9) in 12.5 ms, 2026-11-22 00:00 UTC.',
      ].join('\n'),
    );
  });
});
