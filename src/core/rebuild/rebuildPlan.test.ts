import assert from 'node:assert/strict';

import { dynamicModel, modelWithoutWeights, staticModel } from '../../../test/support/onnxModels';
import type { EngineReport } from '../report/engineReport';
import { readOnnxFactsOfBytes } from './onnxFacts';
import type { Recipe } from './recipe';
import {
  builderFlags,
  checkOptions,
  computeCapabilitiesFor,
  defaultEngineOptions,
  isFlagOn,
  withFlag,
  type EngineOptions,
} from './rebuildOptions';
import { planRebuild, planSummary, targetRows, type PlanInput } from './rebuildPlan';

const surroundings = { runtimeVersion: '1.7.1.116', hasGpu: true };

function plan(change: Partial<PlanInput>): ReturnType<typeof planRebuild> {
  return planRebuild({
    choice: 'this-machine',
    report: null,
    recipe: null,
    facts: readOnnxFactsOfBytes(staticModel()),
    gpu: '8.9',
    surroundings,
    ...change,
  });
}

/** A report of an engine with these targets, as far as plans look at it. */
function reportOf(
  computeCapabilities: string[],
  ptxForNewer: boolean,
  weightBytes = 1000,
): EngineReport {
  return { header: { computeCapabilities, ptxForNewer, weightBytes } } as unknown as EngineReport;
}

function recipeWith(options: Partial<Recipe['options']>): Recipe {
  return {
    model: { path: 'm.onnx', sha256: null, size: null, externalData: [] },
    options: { ...defaultEngineOptions(), ...options },
    built: null,
    engine: null,
  };
}

describe('rebuildPlan', () => {
  it('needs nothing asked for a static model', () => {
    const { options, complete, summary } = plan({});
    assert.deepEqual(options, defaultEngineOptions());
    assert.equal(complete, true);
    assert.equal(
      summary,
      'for RTX 30, 40 and 50 series, A100 class and GB10 (DGX Spark); newer ones by PTX',
    );
  });

  it('promises no GPU that the model’s types have no code for, and says which', () => {
    const fp8 = {
      ...readOnnxFactsOfBytes(staticModel()),
      traits: [{ id: 'fp8' as const, node: 'q', operator: 'QuantizeLinear' }],
    };
    const { summary, problems, complete } = plan({ facts: fp8 });
    assert.equal(summary, 'for RTX 40 and 50 series and GB10 (DGX Spark); newer ones by PTX');
    const [problem] = problems;
    assert.equal(problem?.severity, 'warning');
    assert.match(problem.sentence, /FP8 values \(QuantizeLinear q\).* 8\.9 or newer/);
    assert.match(problem.sentence, /list 8\.0 and 8\.6 all the same/);
    // The library decides: it can be built.
    assert.equal(complete, true);
  });

  it('guesses profiles of a dynamic model and says so', () => {
    const { options, complete, profilesAreGuessed } = plan({
      facts: readOnnxFactsOfBytes(dynamicModel()),
    });
    assert.equal(profilesAreGuessed, true);
    assert.equal(complete, false);
    assert.deepEqual(options.profiles[0]?.[0]?.max, [4, 3, 1024, 1024]);
  });

  it('is complete when the recipe says all', () => {
    const profiles = [
      [{ input: 'image', min: [1, 3, 8, 8], opt: [1, 3, 8, 8], max: [1, 3, 8, 8] }],
    ];
    const { options, complete } = plan({
      choice: 'from-recipe',
      recipe: recipeWith({ profiles, flags: ['kSPARSE_WEIGHTS'] }),
      facts: readOnnxFactsOfBytes(dynamicModel()),
    });
    assert.equal(complete, true);
    assert.deepEqual(options.profiles, profiles);
    assert.deepEqual(options.flags, ['kSPARSE_WEIGHTS']);
  });

  it('keeps the targets of the old engine as long as they serve this machine', () => {
    const targets = (report: EngineReport, gpu: PlanInput['gpu']): string[] =>
      plan({ report, gpu }).options.computeCapabilities;
    assert.deepEqual(targets(reportOf(['8.6', '8.9'], false), '8.9'), ['8.6', '8.9']);
    assert.deepEqual(targets(reportOf(['8.6'], false), '8.9'), []);
    assert.deepEqual(targets(reportOf(['8.6'], false), '7.5'), ['7.5', '8.6']);
    assert.deepEqual(targets(reportOf(['8.6'], false), null), ['8.6']);
    assert.deepEqual(targets(reportOf(['8.0', '8.6', '8.9', '12.0'], true), '12.1'), []);
  });

  it('drops targets that this version cannot build for', () => {
    assert.deepEqual(computeCapabilitiesFor('8.9', ['8.9', '12.1'], '1.4.0.76'), ['8.9']);
  });

  it('adds weight streaming once', () => {
    const streaming = plan({
      choice: 'weight-streaming',
      recipe: recipeWith({ flags: ['kWEIGHT_STREAMING'] }),
    });
    assert.deepEqual(streaming.options.flags, ['kWEIGHT_STREAMING']);
    assert.match(streaming.summary, /with weight streaming$/);
  });

  it('keeps weight streaming of an engine that has it', () => {
    assert.deepEqual(plan({ report: reportOf(['8.9'], false, 0) }).options.flags, [
      'kWEIGHT_STREAMING',
    ]);
    const nothing = readOnnxFactsOfBytes(modelWithoutWeights());
    assert.deepEqual(
      plan({ report: reportOf(['8.9'], false, 0), facts: nothing }).options.flags,
      [],
    );
  });

  it('warns where there is nothing to stream', () => {
    const facts = readOnnxFactsOfBytes(modelWithoutWeights());
    const { problems, complete } = plan({ choice: 'weight-streaming', facts });
    assert.deepEqual(
      problems.map(({ severity, sentence }) => [severity, sentence]),
      [['warning', 'The model holds no weights, so there is nothing to stream.']],
    );
    assert.equal(complete, true);
  });

  it('builds for the chosen GPUs', () => {
    const { options, summary } = plan({ choice: 'chosen-gpus', gpus: ['7.5', '12.0'] });
    assert.deepEqual(options.computeCapabilities, ['7.5', '12.0']);
    assert.equal(summary, 'for GTX 16 and RTX 20 and 50 series');
  });

  it('offers the GPUs of the version, the right ones picked', () => {
    const picked = (version: string, before: string[], gpu: PlanInput['gpu']): string[] =>
      targetRows(version, before, gpu)
        .filter((row) => row.picked)
        .map((row) => row.computeCapability);
    assert.deepEqual(picked('1.4.0.76', [], null), ['8.0', '8.6', '8.9', '12.0']);
    assert.deepEqual(picked('1.7.1.116', ['8.6'], '7.5'), ['7.5', '8.6']);
  });

  it('finds flags and GPUs that exclude each other', () => {
    const sentences = (change: Partial<Recipe['options']>): string =>
      checkOptions({ ...defaultEngineOptions(), ...change }, surroundings)
        .map(({ sentence }) => sentence)
        .join(' ');
    assert.match(sentences({ flags: ['kREFIT', 'kREFIT_INDIVIDUAL'] }), /cannot be used together/);
    assert.match(sentences({ flags: ['kEXCLUDE_LEAN_RUNTIME'] }), /means nothing without/);
    assert.match(sentences({ flags: ['kFP16'] }), /1\.7\.1\.116 has no builder flag "kFP16"/);
    assert.match(sentences({ flags: ['constructor'] }), /no builder flag "constructor"/);
    assert.match(sentences({ computeCapabilities: ['current', '8.6'] }), /must be the only/);
    assert.match(sentences({ computeCapabilities: ['sm86'] }), /is not a compute capability/);
    assert.equal(sentences({ flags: ['kREFIT'] }), '');
    assert.equal(sentences({ clearedFlags: ['kTF32'] }), '');
    assert.match(sentences({ clearedFlags: ['kFLY'] }), /1\.7\.1\.116 has no builder flag "kFLY"/);
    assert.match(sentences({ clearedFlags: ['kDEBUG'] }), /off by default/);
    assert.match(
      sentences({ flags: ['kTF32'], clearedFlags: ['kTF32'] }),
      /both set and switched off/,
    );
  });

  it('knows which flags are on by themselves, and switches each on and off', () => {
    const defaults = defaultEngineOptions();
    const on = (options: EngineOptions): string[] =>
      Object.keys(builderFlags).filter((flag) => isFlagOn(options, flag));
    assert.deepEqual(on(defaults), ['kTF32']);
    const exact = withFlag(defaults, 'kTF32', false);
    assert.deepEqual([exact.flags, exact.clearedFlags], [[], ['kTF32']]);
    assert.deepEqual(on(exact), []);
    assert.deepEqual(withFlag(exact, 'kTF32', true), defaults);
    assert.equal(withFlag(exact, 'kTF32', false), exact);
    const asked = { ...defaults, flags: ['kTF32'] };
    assert.equal(withFlag(asked, 'kTF32', true), asked);
    assert.deepEqual(withFlag(asked, 'kTF32', false), exact);
    const sparse = withFlag(defaults, 'kSPARSE_WEIGHTS', true);
    assert.deepEqual([sparse.flags, sparse.clearedFlags], [['kSPARSE_WEIGHTS'], []]);
    assert.deepEqual(withFlag(sparse, 'kSPARSE_WEIGHTS', false), defaults);
    assert.match(planSummary(exact, '1.7.1.116'), /, without TF32$/);
  });
});
