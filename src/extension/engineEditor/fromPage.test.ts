import assert from 'node:assert/strict';
import type { FromPage } from '../../core/pages/pageMessages';
import { defaultRunChoices, type InputSource, type RunChoices } from '../../core/run/runReport';
import { parseFromPage } from './fromPage';

const choices: RunChoices = {
  ...defaultRunChoices,
  inputs: [{ name: 'image', shape: [1, 3, 32, 32], source: { kind: 'random', seed: 1 } }],
};
const run = '20251122T204501-ab12cd';

/** One of each: a type that is added to the union fails to compile here until it is added. */
const all: { [T in FromPage['type']]: Extract<FromPage, { type: T }> } = {
  ready: { type: 'ready' },
  inspect: { type: 'inspect' },
  cancelInspect: { type: 'cancelInspect' },
  exportLayers: { type: 'exportLayers', format: 'csv', text: 'Name\r\n' },
  exportInspection: { type: 'exportInspection' },
  importLayers: { type: 'importLayers' },
  importProfile: { type: 'importProfile' },
  forgetImported: { type: 'forgetImported' },
  compareEngine: { type: 'compareEngine' },
  rebuildDetailed: { type: 'rebuildDetailed' },
  rebuildStreaming: { type: 'rebuildStreaming' },
  copyText: { type: 'copyText', text: 'image' },
  run: { type: 'run', choices },
  sweep: { type: 'sweep', choices, budgets: [4096, 0] },
  search: { type: 'search', choices, goal: { kind: 'memory', bytes: 4096 } },
  reference: { type: 'reference', choices },
  compareRun: { type: 'compareRun', run },
  cancelRun: { type: 'cancelRun' },
  readFreeMemory: { type: 'readFreeMemory' },
  pickInput: { type: 'pickInput', name: 'image' },
  dropInput: {
    type: 'dropInput',
    name: 'image',
    fileName: 'cat.png',
    bytes: new Uint8Array([1, 2, 3]),
  },
  saveOutput: { type: 'saveOutput', run, output: 'scores' },
  saveOutputs: { type: 'saveOutputs', run },
  importRuns: { type: 'importRuns' },
  exportRun: { type: 'exportRun', run },
  forgetRun: { type: 'forgetRun', run },
  addTargets: { type: 'addTargets', boards: ['rtx-5090'] },
  fixForTarget: { type: 'fixForTarget', target: 'rtx-5090' },
  chooseTargets: { type: 'chooseTargets' },
  importTarget: { type: 'importTarget' },
  editTargets: { type: 'editTargets' },
  showMatrix: { type: 'showMatrix' },
  copyTargetCommand: { type: 'copyTargetCommand' },
  checkAll: { type: 'checkAll' },
  rebuildEngine: { type: 'rebuildEngine' },
  tryOnOtherGpus: { type: 'tryOnOtherGpus' },
  remedy: { type: 'remedy', id: 'rebuild' },
  fix: { type: 'fix' },
  check: { type: 'check' },
  copyReport: { type: 'copyReport' },
  showHeaderText: { type: 'showHeaderText' },
  showLog: { type: 'showLog' },
  chooseRuntime: { type: 'chooseRuntime' },
  manageTrust: { type: 'manageTrust' },
  computeHash: { type: 'computeHash' },
  cancelHash: { type: 'cancelHash' },
};

const sources: InputSource[] = [
  { kind: 'zeros' },
  { kind: 'ones' },
  { kind: 'range', from: -1.5, to: 4, seed: 0 },
  { kind: 'file', path: '/data/in.npy' },
  { kind: 'file', path: '/data/in.npz', entry: 'image' },
  {
    kind: 'file',
    path: '/data/cat.png',
    image: { layout: 'nchw', colors: 'rgb', scale: [1 / 255], offset: [0] },
  },
];

const withChoice = (change: object) => ({ type: 'run', choices: { ...choices, ...change } });
const withSource = (source: unknown) =>
  withChoice({ inputs: [{ name: 'image', shape: null, source }] });

describe('parseFromPage', () => {
  for (const message of Object.values(all)) {
    it(`takes ${message.type}`, () => assert.deepEqual(parseFromPage(message), message));
  }

  it('takes both forms of exported layers', () => {
    const message = { type: 'exportLayers', format: 'json' };
    assert.deepEqual(parseFromPage(message), message);
  });

  it('takes every source of an input and every budget', () => {
    for (const source of sources)
      assert.deepEqual(parseFromPage(withSource(source)), withSource(source));
    for (const budget of [0, 4096, 'default', 'automatic', 'rule']) {
      assert.deepEqual(parseFromPage(withChoice({ budget })), withChoice({ budget }));
    }
    assert.ok(parseFromPage(withChoice({ iterations: 0, seconds: 0.5 })));
  });

  it('takes nothing else', () => {
    for (const message of [
      undefined,
      null,
      'ready',
      {},
      { type: 'rebuild' },
      { type: 'remedy' },
      { type: 'remedy', id: 7 },
      { type: 'remedy', id: 'x'.repeat(101) },
      { type: 'exportLayers' },
      { type: 'exportLayers', format: 'csv' },
      { type: 'exportLayers', format: 'xml', text: '' },
      { type: 'dropInput', name: 'image', fileName: 'cat.png', bytes: [1, 2, 3] },
      { type: 'dropInput', name: 'image', fileName: '', bytes: new Uint8Array(1) },
    ]) {
      assert.equal(parseFromPage(message), undefined);
    }
  });

  it('takes no run whose name leads out of its folder', () => {
    for (const name of ['', '..', '../x', 'a/b', 'a\\b', '.hidden', 'x'.repeat(101), 7]) {
      assert.equal(parseFromPage({ type: 'forgetRun', run: name }), undefined);
    }
  });

  it('takes no choice without bounds', () => {
    for (const message of [
      withChoice({ iterations: 1.5 }),
      withChoice({ iterations: Infinity }),
      withChoice({ seconds: NaN }),
      withChoice({ seconds: 86_401 }),
      withChoice({ streams: -1 }),
      withChoice({ streams: 1001 }),
      withChoice({ warmUp: -1 }),
      withChoice({ profile: -1 }),
      withChoice({ budget: -2 }),
      withChoice({ budget: 'all' }),
      withChoice({ inputs: [{ name: 'image', shape: [-1], source: { kind: 'ones' } }] }),
      withChoice({
        inputs: [{ name: 'image', shape: Array(9).fill(1), source: { kind: 'ones' } }],
      }),
      withSource({ kind: 'random', seed: -1 }),
      withSource({ kind: 'range', from: 0, to: Infinity, seed: 1 }),
      withSource({ kind: 'file', path: '' }),
      withSource({ kind: 'url', path: 'https://example.com/in.npy' }),
      { type: 'sweep', choices, budgets: [] },
      { type: 'search', choices, goal: { kind: 'memory', bytes: 0 } },
      { type: 'search', choices, goal: { kind: 'latency', ms: Infinity } },
      { type: 'sweep', choices, budgets: [1, -1] },
      { type: 'sweep', choices, budgets: Array(65).fill(1) },
    ]) {
      assert.equal(parseFromPage(message), undefined, JSON.stringify(message));
    }
  });
});
