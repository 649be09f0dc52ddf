import assert from 'node:assert/strict';
import {
  answerOf,
  factsOf,
  inputOf,
  machineOf,
  realHeader,
  runtimeOf,
} from '../../../test/support/engines';
import { makeEngineReport } from '../report/makeEngineReport';
import type { TrialFacts } from './recipeEvidence';
import type { FamilyAnswer } from './recipeTrial';

const answer = (
  computeCapability: FamilyAnswer['computeCapability'],
  kind: FamilyAnswer['answer'],
): FamilyAnswer => ({
  ...{ computeCapability, answer: kind, node: '', operator: '', sentence: '' },
  ...{ why: '', nextStep: '', warning: '' },
});

/** On a GPU that is not in the header: 7.5. */
function remediesOn(trial: TrialFacts | null): string[] {
  const options = { flags: [], computeCapabilities: [] };
  return makeEngineReport(
    inputOf(factsOf(realHeader('1.7.1.116')), {
      machine: machineOf('NVIDIA GeForce RTX 2060', '7.5'),
      runtime: runtimeOf(),
      answer: answerOf(2, 2),
      recipe: { file: 'e.engine.json', model: 'm.onnx', options, trial },
    }),
  ).remedies.map(({ action }) => action.kind);
}
const trialOf = (kind: FamilyAnswer['answer'], stale = ''): TrialFacts => ({
  ...{ sentence: '', stale, tensorrtRtx: '1.7.1.116', finishedAt: '' },
  answers: [answer('7.5', kind), answer('8.9', 'builds')],
});

describe('a GPU that the header does not list', () => {
  it('is offered a rebuild as long as nothing speaks against it', () => {
    for (const trial of [
      null,
      trialOf('builds'),
      trialOf('failed'),
      trialOf('refused', 'It is not used here.'),
    ]) {
      assert.equal(remediesOn(trial)[0], 'rebuild', JSON.stringify(trial));
    }
  });

  it('is offered none from a model that NVIDIA’s compiler refuses for it', () => {
    const offered = remediesOn(trialOf('refused'));
    assert.equal(offered[0], 'buildFromOtherModel');
    assert.ok(!offered.includes('rebuild'), offered.join());
  });
});
