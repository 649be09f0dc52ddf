import assert from 'node:assert/strict';
import { epContextModel, rtxProvider } from '../../../test/support/epContextModels';
import { realHeader } from '../../../test/support/engines';
import { headerOfCompatibilityInfo } from './compatibilityInfo';
import { readEpContextModel, type EpContextModel } from './epContext';

interface Read {
  model: EpContextModel | null;
  /** Bytes that were read. */
  bytes: number;
}

async function read(file: Uint8Array, size = file.length): Promise<Read> {
  let bytes = 0;
  const model = await readEpContextModel({
    size,
    read: (offset, length) => {
      const part = file.subarray(offset, offset + length);
      bytes += part.length;
      return Promise.resolve(part);
    },
  });
  return { model, bytes };
}

describe('readEpContextModel', () => {
  const engine = Buffer.alloc(8 * 1024 * 1024, 0xa5);
  realHeader('1.6.1.120').copy(engine);

  it('finds what is embedded without reading it', async () => {
    const file = epContextModel(
      [
        { context: engine, model: 'net.onnx', partition: 'p0' },
        { name: 'second', context: engine },
        { name: 'shares', mainContext: 0, partition: 'p0' },
      ],
      { [`ep_compatibility_info.${rtxProvider}`]: realHeader('1.6.1.120').toString('hex') },
    );
    const { model, bytes } = await read(file);
    assert.ok(model);
    assert.ok(bytes < 512 * 1024, `${bytes} bytes were read`);
    assert.deepEqual(
      model.nodes.map(({ name, isMain, source }) => [name, isMain, source]),
      [
        [`${rtxProvider}_node_0`, true, rtxProvider],
        ['second', true, rtxProvider],
        ['shares', false, rtxProvider],
      ],
    );
    for (const { embedded } of model.nodes.slice(0, 2)) {
      assert.equal(embedded?.length, engine.length);
      const head = file.subarray(embedded.offset, embedded.offset + 64);
      assert.deepEqual(Buffer.from(head), realHeader('1.6.1.120'));
    }
    assert.equal(model.nodes[0]?.model, 'net.onnx');
    assert.equal(model.otherNodes, 1);
    assert.equal(model.isWhole, true);
    assert.ok(headerOfCompatibilityInfo(model.compatibility[0]?.info ?? ''));
  });

  it('reads a path where nothing is embedded, and tells other models apart', async () => {
    const beside = await read(epContextModel([{ embedMode: 0, context: 'engines/a.engine' }]));
    assert.deepEqual(
      beside.model?.nodes.map(({ path, embedded }) => [path, embedded]),
      [['engines/a.engine', null]],
    );
    assert.equal((await read(epContextModel([]))).model, null);
  });

  it('ends for every cut and every changed byte', async () => {
    const file = epContextModel([
      { context: engine.subarray(0, 200) },
      { embedMode: 0, context: 'x' },
    ]);
    for (let at = 0; at < file.length; at++) {
      await read(file.subarray(0, at));
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      const { model } = await read(changed);
      for (const { embedded } of model?.nodes ?? []) {
        assert.ok(embedded === null || embedded.offset + embedded.length <= file.length);
      }
    }
    const cut = await read(file.subarray(0, 300), 300);
    assert.equal(cut.model?.isWhole ?? false, false);
  });
});
