import assert from 'node:assert/strict';
import { mixedMachine, rawGpu, snapshotOf } from '../../../test/support/gpuReadings';
import { chooseGpu, visibleGpus, whyNotUsable } from './gpuMemoryChoice';

const { gpus } = snapshotOf([rawGpu(), rawGpu({ index: 1 }), rawGpu({ index: 2 })]);
const [a, b, c] = gpus.map((gpu) => gpu.id);
const different = snapshotOf([
  rawGpu(),
  rawGpu({ index: 1, name: 'NVIDIA GeForce RTX 5090' }),
]).gpus;
const ids = (value: string | undefined, list = gpus, order?: string) =>
  visibleGpus(list, { CUDA_VISIBLE_DEVICES: value, CUDA_DEVICE_ORDER: order }).ids;

describe('CUDA_VISIBLE_DEVICES', () => {
  it('unset shows all, empty none', () => {
    assert.deepEqual(ids(undefined), [a, b, c]);
    assert.deepEqual(ids(''), []);
    assert.deepEqual(ids('-1'), []);
    assert.deepEqual(ids('NoDevFiles'), []);
  });

  it('lists indexes and UUIDs in its own order and ends at the first that names nothing', () => {
    assert.deepEqual(ids('2,0'), [c, a]);
    assert.deepEqual(ids('1,7,0'), [b]);
    assert.deepEqual(ids(' 1 , 0'), [b, a]);
    assert.deepEqual(ids('0,0'), [a]);
    assert.deepEqual(ids(`${b},GPU-00000000`), [b, a]);
    assert.deepEqual(ids('GPU-0'), [], 'a beginning that fits several names none');
  });

  it('does not guess which of different GPUs an index means', () => {
    assert.equal(ids('0', different), null);
    assert.deepEqual(ids('1', different, 'PCI_BUS_ID'), [different[1]?.id]);
    assert.match(visibleGpus(different, { CUDA_VISIBLE_DEVICES: '0' }).sentence, /PCI_BUS_ID/);
  });

  it('is explained, its text made printable', () => {
    assert.equal(visibleGpus(gpus, {}).sentence, '');
    assert.match(
      visibleGpus(gpus, { CUDA_VISIBLE_DEVICES: '1' }).sentence,
      /programs see GPU 1 only\.$/,
    );
    const hostile = visibleGpus(gpus, { CUDA_VISIBLE_DEVICES: '\u202e' }).sentence;
    assert.match(hostile, /"\\u202e".*programs see no GPU/);
  });
});

describe('chooseGpu', () => {
  const choose = (setting: string, value?: string) =>
    chooseGpu(gpus, setting, visibleGpus(gpus, { CUDA_VISIBLE_DEVICES: value }));

  it('takes the chosen one, else the first that CUDA shows', () => {
    assert.equal(choose('').gpu?.id, a);
    assert.equal(choose('', '2,1').gpu?.id, c);
    assert.equal(choose('', '').gpu, null);
    assert.deepEqual(choose(b!), { gpu: gpus[1], how: 'setting', problem: '' });
  });

  it('says why it takes another', () => {
    assert.match(
      choose(b!, '0').problem,
      /GPU 1 is hidden by CUDA_VISIBLE_DEVICES\. GPU 0 is used/,
    );
    assert.match(choose('GPU-gone').problem, /GPU-gone is not here now; GPU 0 is used instead/);
    assert.match(choose(b!, '').problem, /No GPU is used/);
  });

  it('of a divided GPU only the instances', () => {
    const mixed = snapshotOf(mixedMachine()).gpus;
    const visible = visibleGpus(mixed, {});
    assert.match(whyNotUsable(mixed[2]!, mixed, visible), /divided into MIG instances/);
    assert.equal(chooseGpu(mixed, 'MIG-2', visible).gpu?.migInstance, 1);
  });
});
