import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '../../../test/harness/workspace';
import { writeEngine } from '../../../test/support/engineFiles';
import { readEngineFile, refuseOtherVersion, refuseTooLarge } from './engineFile';
import { Failure } from '../../core/wire/failure';

const gib = 2 ** 30;

describe('an engine before it is deserialized', () => {
  let folder: TemporaryFolder;
  before(() => (folder = temporaryFolder()));
  after(() => folder.remove());
  const at = (name: string) => path.join(folder.path, name);

  const refused = (work: () => unknown): Failure => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof Failure);
      assert.notEqual(error.nextStep, '');
      assert.equal(error.at?.stage, 'check');
      return error;
    }
    return assert.fail('it was not refused');
  };
  const refusedFile = async (name: string): Promise<Failure> => {
    const error: unknown = await readEngineFile(at(name)).then(
      () => assert.fail('it was not refused'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Failure);
    assert.notEqual(error.nextStep, '');
    return error;
  };

  it('is read where it is whole', async () => {
    writeEngine(at('good.engine'), { version: '1.7.1.116', fileSize: 9000, weightBytes: 100 });
    const engine = await readEngineFile(at('good.engine'));
    assert.equal(engine.size, 9000);
    assert.equal(engine.header?.version, '1.7.1.116');
    refuseOtherVersion(engine, { version: '1.7.1.200' });
    refuseTooLarge(engine, 8 * gib, 16 * gib);
    refuseTooLarge(engine, null, 16 * gib);
  });

  it('is refused where it is not there, no engine, or cut short', async () => {
    assert.equal((await refusedFile('missing.engine')).code, 'file-error');
    fs.writeFileSync(at('model.engine'), 'PK\u0003\u0004'.padEnd(200, '\0'));
    const foreign = await refusedFile('model.engine');
    assert.equal(foreign.code, 'invalid-argument');
    assert.match(foreign.message, /model\.engine is not a TensorRT-RTX engine/);
    writeEngine(at('short.engine'), { version: '1.7.1.116', fileSize: 9000, length: 8000 });
    const short = await refusedFile('short.engine');
    assert.match(short.message, /short\.engine is cut short: it has 8,000 bytes, .* 9,000 bytes/);
  });

  it('is refused by another version, with both names and the remedy', async () => {
    writeEngine(at('old.engine'), { version: '1.5.0.114' });
    const engine = await readEngineFile(at('old.engine'));
    const error = refused(() => refuseOtherVersion(engine, { version: '1.7.1.116' }));
    assert.equal(error.code, 'unsupported-version');
    assert.match(error.message, /1\.5\.0\.114 .* 1\.7\.1\.116/);
    assert.match(error.nextStep, /install TensorRT-RTX 1\.5\.0, or rebuild .* 1\.7\.1/);
  });

  it('is refused where it cannot fit, on the GPU or in memory', async () => {
    writeEngine(at('large.engine'), { version: '1.7.1.116', weightBytes: 9 * gib });
    const large = await readEngineFile(at('large.engine'));
    const gpu = refused(() => refuseTooLarge(large, 8 * gib, 16 * gib));
    assert.equal(gpu.code, 'gpu-out-of-memory');
    assert.match(gpu.message, /need 9\.0 GiB of GPU memory, the GPU has 8\.0 GiB/);
    assert.match(gpu.nextStep, /weight streaming/);
    // As the library has it: weights may fill the memory to its last byte.
    refuseTooLarge(large, 9 * gib, 16 * gib);
    refuseTooLarge(large, 10 * gib, 16 * gib);

    writeEngine(at('streams.engine'), { version: '1.7.1.116', fileSize: 5 * gib });
    const streams = await readEngineFile(at('streams.engine'));
    refuseTooLarge(streams, 1 * gib, 16 * gib);
    assert.equal(refused(() => refuseTooLarge(streams, 1 * gib, 4 * gib)).code, 'out-of-memory');
  });
});
