import assert from 'node:assert/strict';

import { factsOf, realHeader } from '../../../test/support/engines';
import type { FileFacts } from '../report/engineReport';
import { defaultEngineOptions } from '../rebuild/rebuildOptions';
import { cellFor } from './cell';
import { targetFixes, type TargetFixSurroundings } from './targetFixes';
import { boardTarget, type Target } from './targets';

function board(id: string, more: Partial<Target> = {}): Target {
  const choice = boardTarget(id);
  assert.ok('target' in choice);
  return { ...choice.target, ...more };
}

function fixes(
  facts: FileFacts,
  targets: readonly Target[],
  more: Partial<TargetFixSurroundings> = {},
): [string, string | null][] {
  const around: TargetFixSurroundings = {
    ...{ code: null, recipe: null, model: null, shell: 'sh' as const },
    ...more,
  };
  const wrong = targets.map((target) => ({ target, cell: cellFor(facts, target) }));
  return targetFixes(facts, wrong, around).map(({ title, command }) => [title, command]);
}

describe('what helps on targets', () => {
  const only86 = factsOf(realHeader('1.7.1.116', '8.6 only'), { file: 'm/det.engine' });
  const old = factsOf(realHeader('1.6.1.120'), { file: 'm/det.engine' });

  it('is one build for all GPUs that it is missing for', () => {
    assert.deepEqual(fixes(only86, [board('rtx-4060'), board('rtx-5090')]), [
      [
        'Rebuild for RTX 4060 and RTX 5090',
        'engine-inspector build MODEL.onnx -o m/det.engine --compute-capability 8.6 8.9 12.0',
      ],
    ]);
    const recipe = {
      ...{ file: 'det.engine.json', model: 'det.onnx', options: defaultEngineOptions() },
    };
    assert.deepEqual(
      fixes(only86, [board('rtx-2080')], { recipe })[0]?.[1],
      ['engine-inspector build --recipe m/det.engine.json --compute-capability 7.5 8.6'][0],
    );
  });

  it('is built by the version of the targets, and by none where they differ', () => {
    const [a, b] = [board('rtx-4060', { tensorrtRtx: '1.7.1' }), board('rtx-5090')];
    assert.match(fixes(old, [a])[0]?.[1] ?? '', / --runtime 1\.7\.1$/);
    const turing = board('rtx-2080', { tensorrtRtx: '1.7.1' });
    assert.match(fixes(old, [a, turing])[0]?.[1] ?? '', /1\.7\.1 --compute-capability 7\.5 8\.0 /);
    const other = { ...b, tensorrtRtx: '1.5.0' };
    assert.deepEqual(fixes(old, [a, other]), [['Rebuild for RTX 4060 and RTX 5090', null]]);
  });

  it('is what helps the file where that is damaged', () => {
    const cut = factsOf(realHeader('1.7.1.116'), { file: 'a b.engine', size: 100 });
    assert.deepEqual(fixes(cut, [board('rtx-4060'), board('rtx-2080')]), [
      ['Get the File Again', null],
      [
        'Rebuild for RTX 4060 and RTX 2080',
        "engine-inspector build MODEL.onnx -o 'a b.engine' --compute-capability 7.5 8.0 8.6 8.9 12.0 12.1",
      ],
    ]);
  });

  it('is no build for a driver that is too old, and nothing where it never runs', () => {
    const late = board('rtx-5090', { driverVersion: 12000 });
    assert.deepEqual(fixes(factsOf(realHeader('1.7.1.116')), [late]), [
      ['Update the NVIDIA Driver of RTX 5090', null],
    ]);
    assert.deepEqual(fixes(only86, [board('gtx-1080-ti')]), []);
  });
});
