import assert from 'node:assert/strict';
import { answerOf, editHeader, factsOf, inputOf, realHeader } from '../../../test/support/engines';
import type { CodeAnswer } from '../report/codeFacts';
import { makeEngineReport } from '../report/makeEngineReport';
import type { TrialFacts } from '../trial/recipeEvidence';
import { engineNeeds } from '../pages/targetsView';
import { cellFor } from './cell';
import { defaultTargets, suggestedBoards } from './commonBoards';
import { engineOnTargets } from './engineOnTargets';
import { factsOfReport } from './reportFacts';
import { boardTarget, type BoardTargetOptions, type Target } from './targets';

const engine17 = realHeader('1.7.1.116');
const reportOf = (header: Uint8Array, size?: number) =>
  makeEngineReport(
    inputOf(factsOf(header, size === undefined ? {} : { size }), { answer: answerOf(0, 0) }),
  );
const target = (board: string, options: BoardTargetOptions = {}): Target => {
  const made = boardTarget(board, options);
  if (!('target' in made)) throw new Error(made.problem.sentence);
  return made.target;
};
const own = [
  target('rtx-4060-laptop'),
  target('rtx-3050-6gb', { name: 'Minimum spec' }),
  target('gtx-1660-ti', { required: false }),
];

describe('engineOnTargets', () => {
  it('counts the targets and names those that can not run it, each with its reason', () => {
    const gib7 = BigInt(7 * 2 ** 30);
    const { title, summary, runs, rows } = engineOnTargets(
      reportOf(editHeader(engine17, { weightBytes: gib7 })),
      own,
      { own: true },
    );
    assert.equal(title, 'Runs on 1 of your 3 targets');
    assert.equal(runs, 1);
    assert.match(summary, /^It doesn't fit on Minimum spec/);
    const [, minimum, old] = rows;
    assert.equal(minimum?.remedy?.action, 'weight-streaming');
    assert.equal(minimum.field, 'weightBytes');
    assert.equal(minimum.weights.state, 'bad');
    assert.equal(minimum.weights.note, '1.0 GiB short');
    // Wrong on an optional target: told, and quiet.
    assert.equal(old?.severity, 'information');
    assert.equal(old.gpu.note, 'not built for Turing');
  });

  const evidence = (kind: 'compiler' | 'engine-text'): CodeAnswer => ({
    ...{ evidence: kind, without: ['8.6'], holds: ['8.9'], what: 'FP8 values (MatMul /fc)' },
  });
  const trialOf = (stale: string): TrialFacts => ({
    ...{ sentence: '', stale, tensorrtRtx: '1.7.1.116', finishedAt: '' },
    answers: (['7.5', '8.6'] as const).map((computeCapability) => ({
      ...{ computeCapability, answer: 'refused', node: '', operator: '', sentence: '' },
      ...{ why: '', nextStep: '', warning: '' },
    })),
  });
  const tried = (code: CodeAnswer, trial: TrialFacts | null) => {
    const options = { flags: [], computeCapabilities: [] };
    const recipe = { file: 'e.engine.json', model: 'm.onnx', options, trial };
    const input = inputOf(factsOf(engine17), { answer: answerOf(0, 0), code: [code], recipe });
    return engineOnTargets(makeEngineReport(input), own, { own: true }).rows;
  };

  it('knows of GPUs that it holds no code for, and offers a trial before anything is proved', () => {
    const [runs, minimum, old] = tried(evidence('engine-text'), null);
    assert.equal(runs?.cell, 'runs');
    assert.equal(minimum?.cell, 'no-code');
    assert.equal(minimum.howKnown, 'Read from the engine');
    assert.equal(minimum.remedy?.action, 'trial');
    assert.equal(old?.remedy?.action, 'chosen-gpus');
  });

  it('offers no rebuild from a model that NVIDIA’s compiler refuses for that GPU', () => {
    const [, minimum, old] = tried(evidence('compiler'), trialOf(''));
    assert.equal(minimum?.howKnown, 'Tried with the compiler');
    assert.equal(minimum.remedy?.action, 'other-model');
    // Not in the header either: naming it would be refused.
    assert.equal(old?.cell, 'rebuild');
    assert.equal(old.remedy?.action, 'other-model');
    const [, , stale] = tried(evidence('engine-text'), trialOf('It is not used here.'));
    assert.equal(stale?.remedy?.action, 'chosen-gpus');
  });

  it('says so when it runs on all, and on none', () => {
    const all = engineOnTargets(reportOf(engine17), own.slice(0, 2), { own: true });
    assert.deepEqual([all.title, all.summary, all.severity], ['Runs on all 2 targets', '', 'ok']);
    const none = engineOnTargets(
      reportOf(engine17),
      [target('rtx-5090', { tensorrtRtx: '1.6.1' }), target('rtx-4090', { tensorrtRtx: '1.6.1' })],
      { own: true },
    );
    assert.equal(none.title, 'Runs on none of your 2 targets');
    assert.equal(
      none.summary,
      'It was built by another TensorRT-RTX version than that of RTX 5090 and RTX 4090.',
    );
    assert.equal(none.rows[0]?.remedy?.title, 'Rebuild…');
  });

  it('offers the remedies of the file where the file is wrong', () => {
    const { rows } = engineOnTargets(reportOf(engine17, 99), own, { own: true });
    assert.deepEqual([...new Set(rows.map(({ remedy }) => remedy?.action))], ['fix']);
  });

  it('has a set to begin with', () => {
    assert.equal(defaultTargets.length, 6);
    assert.ok(defaultTargets.every(({ required }) => !required));
    assert.equal(suggestedBoards.length, 3);
    const { title } = engineOnTargets(reportOf(engine17), defaultTargets, { own: false });
    assert.equal(title, 'Runs on 5 of 6 common boards');
  });
});

describe('factsOfReport', () => {
  it('makes the same cells as the file itself', () => {
    for (const facts of [
      factsOf(engine17),
      factsOf(engine17, { size: 99 }),
      factsOf(Buffer.from('not an engine')),
      factsOf(Buffer.alloc(0)),
    ]) {
      const report = makeEngineReport(inputOf(facts, { answer: answerOf(2, 32) }));
      for (const one of own) {
        assert.deepEqual(cellFor(factsOfReport(report), one), cellFor(facts, one));
      }
    }
  });
});

describe('engineNeeds', () => {
  it('is what the header asks of any machine', () => {
    const values = engineNeeds(reportOf(engine17)).map(({ value }) => value);
    assert.equal(values[0], 'exactly 1.7.1.116');
    assert.match(values[1] ?? '', /RTX 30, 40 and 50 series/);
    assert.match(values[2] ?? '', /^at least 4\.5 MiB$/);
  });
});
