import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import type { TensorType } from '../../../core/inspect/inspection';
import { npyHeaderLength, parseNpyHeader } from '../../../core/run/npy';
import type { RawOutput } from '../../../core/wire/shimReports';
import { decodeValues, encodeValues } from '../../../core/run/tensorTypes';
import { Failure } from '../../../core/wire/failure';
import { loadInput } from './loadInput';
import { compareOutputs, npyNames, readOutput, readOutputs, saveNpy } from './outputs';

let folder: string;
before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-outputs-'))));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, type: TensorType, values: ArrayLike<number>): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, encodeValues(type, values));
  return file;
}
const raw = (change: Partial<RawOutput>): RawOutput => ({
  name: 'y',
  type: 0,
  shape: [2],
  bytes: 8,
  linear: true,
  aliasOf: '',
  file: 'y.bin',
  ...change,
});

describe('outputs of a run', () => {
  it('are read with their numbers and a preview', async () => {
    write('y.bin', 'float32', [1, 2]);
    write('image.bin', 'float16', new Float32Array(3 * 16 * 16).fill(0.5));
    const { outputs, sentences } = await readOutputs(
      [raw({}), raw({ name: 'image', type: 1, shape: [1, 3, 16, 16], file: 'image.bin' })],
      folder,
    );
    assert.deepEqual(sentences, []);
    assert.equal(outputs[0]?.mean, 1.5);
    assert.equal(outputs[0]?.preview, null);
    assert.equal(outputs[1]?.preview?.width, 16);
    assert.equal(outputs[1]?.type, 'float16');
  });

  it('that cannot be read are told about', async () => {
    const { outputs, sentences } = await readOutputs(
      [raw({ type: 77 }), raw({ linear: false }), raw({ file: null })],
      folder,
    );
    assert.deepEqual(outputs, []);
    assert.match(sentences.join('\n'), /unknown \(77\).*\n.*not row major linear.*\n.*not kept/);
  });

  it('never leave their folder', async () => {
    write('y.bin', 'float32', [1, 2]);
    const { outputs } = await readOutputs([raw({ file: '../../../y.bin' })], folder);
    assert.equal(outputs[0]?.dataPath, path.join(folder, 'y.bin'));
  });

  it('of another size are refused', async () => {
    const file = write('short.bin', 'float32', [1]);
    await assert.rejects(
      readOutput('y', 'float32', [2], file),
      (error) =>
        error instanceof Failure && /has 4 bytes, but float32 2 takes 8 bytes/.test(error.message),
    );
  });

  it('are compared by name, over pieces, in different types', async () => {
    const count = 150_000;
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i));
    const own = await readOutput('y', 'float16', [count], write('own.bin', 'float16', values));
    const other = await readOutput('y', 'float32', [count], write('ref.bin', 'float32', values));
    const [compared] = await compareOutputs([own], [other]);
    assert.equal(compared?.comparison?.state, 'good');
    assert.ok((compared?.comparison?.maxAbsolute ?? 1) < 5e-4);
    const [renamed] = await compareOutputs([own], [{ ...other, name: 'z' }]);
    assert.equal(renamed?.comparison?.state, 'good');
    const two = await compareOutputs([own, { ...own, name: 'w' }], [other]);
    assert.match(two[1]?.comparison?.sentence ?? '', /no output of this name/);
    const flat = { ...other, shape: [1, count] };
    const [shaped] = await compareOutputs([own], [flat]);
    assert.match(
      shaped?.comparison?.sentence ?? '',
      /shape is 150000, ONNX Runtime's is 1 x 150000/,
    );
  });
});

describe('saving outputs', () => {
  it('writes what comes back the same', async () => {
    const values = Float32Array.from({ length: 70_000 }, (_, i) => i / 3);
    const output = await readOutput('y', 'float32', [7, 10_000], write('s.bin', 'float32', values));
    const target = path.join(folder, 's.npy');
    fs.writeFileSync(target, 'an old file');
    assert.deepEqual(await saveNpy(output, target), { path: target, told: '' });
    const loaded = await loadInput(
      { name: 'x', shape: null, source: { kind: 'file', path: target } },
      {
        ...{ name: 'x', mode: 'input', type: 'float32', shape: [7, 10_000], format: '' },
        ...{
          linear: true,
          location: 'device',
          shapeTensor: false,
          profiles: [],
          profileValues: [],
        },
      },
      0,
      { dataPath: path.join(folder, 'back.bin') },
    );
    assert.equal(loaded.summary.count, 70_000);
    assert.deepEqual(
      fs.readFileSync(path.join(folder, 'back.bin')),
      fs.readFileSync(path.join(folder, 's.bin')),
    );
  });

  it('writes types that NumPy does not know as those it does', async () => {
    const values = [1, -0.5, 3];
    const output = await readOutput('y', 'bfloat16', [3], write('b.bin', 'bfloat16', values));
    const target = path.join(folder, 'b.npy');
    assert.match((await saveNpy(output, target)).told, /float32, because NumPy knows no bfloat16/);
    const bytes = fs.readFileSync(target);
    const header = parseNpyHeader(bytes.subarray(0, npyHeaderLength(bytes)));
    assert.equal(header.type, 'float32');
    assert.deepEqual(
      Array.from(decodeValues('float32', bytes.subarray(header.dataOffset), 3)),
      values,
    );
  });

  it('says why it cannot', async () => {
    const output = { name: 'y', type: 'float32' as const, shape: [1], dataPath: null };
    await assert.rejects(saveNpy(output, path.join(folder, 'n.npy')), /were not kept/);
    const good = await readOutput('y', 'float32', [1], write('g.bin', 'float32', [1]));
    await assert.rejects(saveNpy(good, path.join(folder, 'no/such/g.npy')), (error) => {
      return error instanceof Failure && /g\.npy could not be written/.test(error.message);
    });
  });

  it('has names that every file system takes', () => {
    const names = ['out', 'a/b:c', '..', 'Out', 'con', '', '漢字'].map((name) => ({ name }));
    const files = npyNames(names);
    assert.deepEqual(files.slice(0, 2), ['out.npy', 'a_b_c.npy']);
    assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length);
    assert.ok(
      files.every((file) => /^[\w-][\w.-]*\.npy$/.test(file)),
      files.join(),
    );
    assert.ok(!files.includes('con.npy'));
  });
});
