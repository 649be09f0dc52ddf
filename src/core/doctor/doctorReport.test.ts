import * as assert from 'node:assert/strict';

import { type DoctorFacts, doctorText, makeDoctorReport } from './doctorReport';
import { type Called, makeTrial, trialIds, trialText } from './trial';

const library = '/opt/rtx/libtensorrt_rtx.so.1';
const good: DoctorFacts = {
  version: '0.1.0',
  system: 'linux x64, Node.js 20',
  shims: ['1.7', '1.6'],
  nativeProblem: null,
  runtimes: [{ version: '1.7.1.116', path: library, problem: null }],
  loaded: { version: '1.7.1.116', path: library, cudaRuntimeVersion: 13040 },
  loadProblem: null,
  driver: { cudaDriverVersion: 13000, driverVersion: '580.1', message: '' },
  gpus: [{ name: 'RTX 4090', computeCapability: '8.9', totalMemory: 24 * 2 ** 30 }],
  gpusProblem: null,
};
const statesOf = (facts: DoctorFacts) =>
  Object.fromEntries(makeDoctorReport(facts).checks.map(({ id, state }) => [id, state]));

describe('doctor', () => {
  it('finds nothing to do on a machine that has everything', () => {
    const report = makeDoctorReport(good);
    assert.deepEqual(statesOf(good), {
      'native-part': 'ok',
      runtime: 'ok',
      driver: 'ok',
      gpu: 'ok',
    });
    assert.equal(report.summary, 'Engines can be checked, built, inspected and run here.');
    assert.match(
      doctorText(report, (_, text) => text),
      /^ok +GPU: RTX 4090 .*8\.9, 24\.0 GiB/m,
    );
  });

  it('says how TensorRT-RTX is got where there is none', () => {
    const report = makeDoctorReport({ ...good, runtimes: [], loaded: null });
    assert.equal(report.checks[1]?.state, 'problem');
    assert.match(report.checks[1]?.nextStep ?? '', /pip install tensorrt-rtx/);
    assert.match(report.summary, /with a TensorRT-RTX/);
  });

  it('names a library that is there and can’t be used', () => {
    const problem = {
      sentence: 'libtensorrt_rtx.so.1 is cut short.',
      nextStep: 'Install it again.',
    };
    const broken = { version: '', path: library, problem };
    const [, runtime] = makeDoctorReport({ ...good, runtimes: [broken], loaded: null }).checks;
    assert.equal(runtime?.sentence, problem.sentence);
    assert.equal(runtime.nextStep, problem.nextStep);
  });

  it('takes a driver of an older CUDA major for too old, and one of the same for fine', () => {
    const withCuda = (cudaDriverVersion: number): DoctorFacts => ({
      ...good,
      driver: { cudaDriverVersion, driverVersion: '550.1', message: '' },
    });
    assert.equal(statesOf(withCuda(12080))['driver'], 'problem');
    assert.equal(statesOf(withCuda(13000))['driver'], 'ok');
    assert.equal(statesOf(withCuda(14000))['driver'], 'ok');
  });

  it('does not take a missing driver for a fault, and proposes to predict', () => {
    const facts: DoctorFacts = {
      ...good,
      driver: { cudaDriverVersion: null, driverVersion: null, message: 'No NVIDIA driver.' },
      gpus: [],
    };
    assert.deepEqual(statesOf(facts), {
      'native-part': 'ok',
      runtime: 'ok',
      driver: 'note',
      gpu: 'note',
    });
    assert.match(makeDoctorReport(facts).checks[3]?.nextStep ?? '', /--machine/);
  });

  it('names a GPU that TensorRT-RTX does not run on', () => {
    const gpus = [{ name: 'H200', computeCapability: '9.0', totalMemory: 2 ** 37 }];
    const { checks } = makeDoctorReport({ ...good, gpus });
    assert.equal(checks[3]?.state, 'problem');
    assert.match(checks[3]?.sentence ?? '', /does not run on H200/);
  });

  it('looks for nothing where there is no native part', () => {
    const facts: DoctorFacts = {
      ...good,
      shims: [],
      nativeProblem: { sentence: 'On macOS arm64 it can’t be asked.', nextStep: 'x' },
      runtimes: [],
      loaded: null,
      driver: null,
      gpus: [],
    };
    assert.deepEqual(statesOf(facts), {
      'native-part': 'problem',
      runtime: 'note',
      driver: 'note',
      gpu: 'note',
    });
  });
});

describe('what doctor --full tries', () => {
  const ended = (json: unknown, code = 0, words = ''): Called => ({
    kind: 'ended',
    code,
    ms: 1200,
    json,
    words,
  });
  const answers: Record<string, unknown> = {
    build: { engine: 'sample.engine', runtime: { version: '1.7.1.116' } },
    header: [{ header: { version: '1.7.1.116', weightBytes: 0 } }],
    verdict: [{ verdict: 'valid', gpu: { name: 'RTX 4090' } }],
    inspect: { tensors: [{}, {}] },
    'run-cold': { attempts: [{ latency: { median: 1.5 } }] },
    'run-warm': { cache: { state: 'loaded', warmMs: 2, coldMs: 9 } },
    sweep: { sweep: { points: [{}, {}], sentence: 'two budgets' } },
    compare: { attempts: [{ outputs: [{ comparison: { state: 'good', sentence: 'equal' } }] }] },
    reference: {},
  };
  const trialOf = (json: Record<string, unknown>) => makeTrial((id) => ended(json[id]));

  it('says of every claim that it held', () => {
    const trials = trialOf(answers);
    assert.deepEqual(
      trials.map(({ id, state }) => [id, state]),
      trialIds.map((id) => [id, 'held']),
    );
    assert.match(
      trialText(trials, (_, text) => text),
      /9 of 9 claims held/,
    );
  });

  it('says which one failed, and what was seen', () => {
    const wrong: Record<string, unknown> = {
      build: {},
      header: [{ header: { weightBytes: 5 } }],
      verdict: [{ verdict: 'invalid', headline: 'It can’t run.' }],
      inspect: { tensors: [] },
      'run-cold': { attempts: [] },
      'run-warm': { cache: { state: 'refused' } },
      sweep: { sweep: { points: [] } },
      compare: { attempts: [{ outputs: [{ comparison: { state: 'bad', sentence: 'far' } }] }] },
    };
    for (const trial of trialOf({ ...answers, ...wrong })) {
      assert.equal(trial.state, trial.id === 'reference' ? 'held' : 'failed', trial.id);
    }
    const seen = trialOf({ ...answers, ...wrong }).map((trial) => trial.seen);
    assert.ok(seen.includes('the runtime cache was refused'));
    assert.ok(seen.includes('far'));
  });

  it('tells failing from what could not be tried', () => {
    const states = (call: Called) => new Set(makeTrial(() => call).map(({ state }) => state));
    assert.deepEqual(states(ended(null, 2, 'no driver')), new Set(['not tried']));
    assert.deepEqual(states(ended(null, 1, 'it broke')), new Set(['failed']));
    assert.deepEqual(states({ kind: 'no-runtime' }), new Set(['not tried']));
    assert.deepEqual(states({ kind: 'skipped' }), new Set(['not tried']));
  });
});
