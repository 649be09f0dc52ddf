import assert from 'node:assert/strict';
import { rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import { visibleGpus } from './gpuMemoryChoice';
import { gpuMemoryJson, jsonText } from './gpuMemoryJson';

describe('gpuMemoryJson', () => {
  it('keeps every digit beyond 2^53', () => {
    const snapshot = snapshotOf([rawGpu({ total: 2n ** 60n + 1n, used: null })]);
    const text = jsonText(gpuMemoryJson(snapshot, visibleGpus(snapshot.gpus, {})), 2);
    assert.match(text, /"total": 1152921504606846977,/);
    assert.match(text, /"used": null,/);
    const parsed = JSON.parse(text) as { gpus: { uuid: string; visible: boolean }[] };
    assert.equal(parsed.gpus[0]?.uuid, snapshot.gpus[0]?.id);
    assert.equal(parsed.gpus[0]?.visible, true);
  });

  it('jsonText gives back any text as it was', () => {
    const value = {
      n0: ['n0', 's', '', 'a"b\\"c', '"n1": 5', 'n1\\', '{"x":"n0"}', '\u2028'],
      'k"e:y': 'x',
      number: 5,
      nothing: null,
    };
    for (const indent of [0, 2]) assert.deepEqual(JSON.parse(jsonText(value, indent)), value);
    assert.equal(jsonText([5n, 'n0', -7n], 0), '[5,"n0",-7]');
  });
});
