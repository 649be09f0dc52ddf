import assert from 'node:assert/strict';
import { answerOf, factsOf, inputOf, realHeader, rtx4060 } from '../../../test/support/engines';
import { defaultBudget, engineFit, type FitNeeds, fitOf } from './fit';
import { makeEngineReport } from '../report/makeEngineReport';
import { reportJson } from '../report/reportJson';
import { reportText } from '../report/reportText';

const GiB = 1024 ** 3;
const name = 'NVIDIA GeForce RTX 4060';
const gpu = (total: number | null, free: number | null) => ({ name, total, free });
const needs = (change: Partial<FitNeeds>): FitNeeds => ({
  weightBytes: 4 * GiB,
  fileSize: 5 * GiB,
  streamableBytes: null,
  deviceMemoryBytes: null,
  ...change,
});

describe('fitOf', () => {
  it('fits', () => {
    const fit = fitOf(needs({}), gpu(8 * GiB, 6 * GiB));
    assert.equal(fit.state, 'fits');
    assert.equal(
      fit.sentence,
      `Fits: its weights need 4.0 GiB, and 6.0 GiB of 8.0 GiB are free on ${name}.`,
    );
    assert.equal(fitOf(needs({}), gpu(8 * GiB, 4 * GiB)).state, 'fits', 'to the byte');
  });

  it('does not fit now, when others hold the memory', () => {
    const fit = fitOf(needs({}), gpu(8 * GiB, 4 * GiB - 1));
    assert.equal(fit.state, 'does-not-fit-now');
    assert.match(fit.sentence, /4,294,967,296 bytes.*4,294,967,295 bytes/);
  });

  it('does not fit at all above the total, as TensorRT-RTX compares', () => {
    assert.equal(fitOf(needs({ weightBytes: 8 * GiB }), gpu(8 * GiB, 8 * GiB)).state, 'fits');
    const fit = fitOf(needs({ weightBytes: 8 * GiB + 1 }), gpu(8 * GiB, 8 * GiB));
    assert.equal(fit.state, 'does-not-fit');
    assert.match(fit.sentence, /rebuilt with weight streaming/);
    assert.equal(fitOf(needs({ weightBytes: 9 * GiB }), gpu(8 * GiB, null)).state, 'does-not-fit');
  });

  it('counts activations where they are known', () => {
    const fit = fitOf(needs({ deviceMemoryBytes: 3 * GiB }), gpu(8 * GiB, 6 * GiB));
    assert.equal(fit.state, 'does-not-fit-now');
    assert.match(fit.sentence, /weights and activations need 7\.0 GiB/);
  });

  it('streams at NVIDIA’s default budget what does not find room whole', () => {
    const fit = fitOf(needs({ weightBytes: 0, streamableBytes: 10 * GiB }), gpu(8 * GiB, 6 * GiB));
    assert.equal(fit.state, 'fits-with-streaming');
    assert.equal(fit.budget, 3 * GiB);
    assert.equal(fit.short, 'streams at 3.0 GiB');
    assert.match(
      fit.sentence,
      /^Fits with weight streaming at 3\.0 GiB: its weights take 10\.0 GiB,/,
    );
  });

  it('leaves room for activations beside the budget', () => {
    const streaming = { weightBytes: 0, streamableBytes: 10 * GiB };
    const tight = fitOf(needs({ ...streaming, deviceMemoryBytes: 5 * GiB }), gpu(8 * GiB, 6 * GiB));
    assert.deepEqual([tight.state, tight.budget], ['fits-with-streaming', GiB]);
    const now = fitOf(needs({ ...streaming, deviceMemoryBytes: 7 * GiB }), gpu(8 * GiB, 6 * GiB));
    assert.equal(now.state, 'does-not-fit-now');
    const never = fitOf(needs({ ...streaming, deviceMemoryBytes: 9 * GiB }), gpu(8 * GiB, 6 * GiB));
    assert.equal(never.state, 'does-not-fit');
  });

  it('takes the file’s length as the bound while streamable is unknown', () => {
    assert.equal(fitOf(needs({ weightBytes: 0 }), gpu(8 * GiB, 6 * GiB)).state, 'fits');
    const fit = fitOf(needs({ weightBytes: 0, fileSize: 20 * GiB }), gpu(8 * GiB, 6 * GiB));
    assert.equal(fit.state, 'fits-with-streaming');
    assert.match(fit.sentence, /at most 20\.0 GiB/);
    assert.equal(
      fitOf(needs({ weightBytes: 0, fileSize: null }), gpu(8 * GiB, 6 * GiB)).state,
      'unknown',
    );
  });

  it('says what is not known instead of guessing', () => {
    assert.equal(fitOf(needs({}), null).state, 'unknown');
    assert.match(fitOf(needs({}), gpu(8 * GiB, null)).sentence, /^Fits if enough is free/);
    assert.equal(fitOf(needs({}), gpu(8 * GiB, null)).state, 'unknown');
    assert.match(fitOf(needs({ weightBytes: -5 }), gpu(8 * GiB, 1)).sentence, /no plausible size/);
    assert.equal(fitOf(needs({ weightBytes: NaN }), gpu(8 * GiB, 1)).state, 'unknown');
    assert.equal(fitOf(needs({ weightBytes: 0 }), null).state, 'unknown');
  });

  it('holds for sizes beyond 2^53', () => {
    const fit = fitOf(needs({ weightBytes: 2 ** 62 }), gpu(2 ** 63, 2 ** 62.5));
    assert.equal(fit.state, 'fits');
    assert.match(fit.sentence, /4\.0 EiB/);
  });

  it('default budget is min(free / 2, streamable / 2)', () => {
    assert.equal(defaultBudget(6, 10), 3);
    assert.equal(defaultBudget(10, 6), 3);
    assert.equal(defaultBudget(5, 100), 2);
  });
});

describe('the report', () => {
  it('says the same sentence on every surface, for the GPU that was asked on', () => {
    const facts = factsOf(realHeader('1.7.1.116'));
    const report = makeEngineReport(inputOf(facts, { answer: answerOf(0, 0), machine: rtx4060 }));
    assert.match(report.fit?.sentence ?? '', /^Fits: its weights need .* free on NVIDIA/);
    assert.equal(reportJson(report).fit?.sentence, report.fit?.sentence);
    assert.ok(reportText(report).includes(report.fit?.sentence ?? 'nothing'));
  });

  it('says nothing without a GPU or without an engine', () => {
    const facts = factsOf(realHeader('1.7.1.116'));
    const withoutGpu = { ...rtx4060, gpu: null, gpus: [] };
    assert.equal(makeEngineReport(inputOf(facts, { machine: withoutGpu })).fit, null);
    assert.equal(engineFit({ header: null, size: 5 }, gpu(8, 8)), null);
  });
});
