import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import { zipSync, type Zippable } from 'fflate';
import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';

import type { TensorFacts } from '../../../core/inspect/inspection';
import { npyHeader } from '../../../core/run/npy';
import type { InputChoice, InputSource } from '../../../core/run/runReport';
import { decodeValues, encodeValues } from '../../../core/run/tensorTypes';
import { Failure } from '../../../core/wire/failure';
import { listArrays, loadInput } from './loadInput';

let folder: string;
before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-inputs-'))));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => path.join(folder, name);
const write = (name: string, ...parts: Uint8Array[]): string => {
  fs.writeFileSync(inFolder(name), Buffer.concat(parts));
  return inFolder(name);
};
const floats = (...values: number[]): Uint8Array => encodeValues('float32', values);

const tensor = (facts: Partial<TensorFacts> = {}): TensorFacts => ({
  name: 'x',
  mode: 'input',
  type: 'float32',
  shape: [2, 3],
  format: 'linear',
  linear: true,
  location: 'device',
  shapeTensor: false,
  profiles: [null],
  profileValues: [null],
  ...facts,
});
const dynamic = tensor({
  shape: [-1, 3],
  profiles: [{ min: [1, 3], opt: [2, 3], max: [4, 3] }],
});
const dataPath = (): string => inFolder('input-0.bin');
const load = (
  source: InputSource,
  facts: TensorFacts = tensor(),
  choice: Partial<InputChoice> = {},
  signal?: AbortSignal,
) =>
  loadInput({ name: 'x', shape: null, source, ...choice }, facts, 0, {
    dataPath: dataPath(),
    signal,
  });
const file = (
  name: string,
  more: Partial<Extract<InputSource, { kind: 'file' }>> = {},
): InputSource => ({
  kind: 'file',
  path: inFolder(name),
  ...more,
});
const written = (): Buffer => fs.readFileSync(dataPath());
const valuesOf = (count: number): number[] => Array.from(decodeValues('float32', written(), count));

async function refused(
  loading: Promise<unknown>,
  code: Failure['code'],
  sentence: RegExp,
  nextStep = /\.$/,
): Promise<void> {
  const error = await loading.then(
    () => assert.fail('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
  assert.match(error.nextStep, nextStep);
  const left = fs.readdirSync(folder).filter((name) => name.endsWith('.tmp'));
  assert.deepEqual(left, [], 'something unfinished was left');
}

describe('made-up inputs', () => {
  it('are written at the profile’s opt shape', async () => {
    const loaded = await load({ kind: 'random', seed: 0 }, dynamic);
    assert.deepEqual(loaded.shape, [2, 3]);
    assert.equal(written().length, 24);
    assert.equal(loaded.source, 'random values, seed 0');
    assert.equal(loaded.summary.count, 6);
    assert.deepEqual(loaded.summary.first, valuesOf(6));
  });

  it('at another shape', async () => {
    await load({ kind: 'ones' }, dynamic, { shape: [4, 3] });
    assert.deepEqual(valuesOf(12), Array<number>(12).fill(1));
    await refused(
      load({ kind: 'ones' }, dynamic, { shape: [5, 3] }),
      'invalid-argument',
      /profile 0 allows 1 to 4/,
    );
  });

  it('of shapes are the profile’s own values', async () => {
    const shapes = tensor({
      type: 'int64',
      shape: [2],
      shapeTensor: true,
      profileValues: [{ min: [1, 1], opt: [48, 320], max: [48, 640] }],
    });
    const { summary, source } = await load({ kind: 'random', seed: 0 }, shapes);
    assert.deepEqual(summary.first, [48, 320]);
    assert.match(source, /profile’s|profile's own values 48, 320/);
  });

  it('of many pieces are whole', async () => {
    const large = tensor({ type: 'int4', shape: [3, 100_001] });
    const { summary } = await load({ kind: 'ones' }, large);
    assert.equal(summary.count, 300_003);
    assert.equal(summary.mean, 1);
    assert.equal(written().length, 150_002);
  });

  it('can only be looked at', async () => {
    fs.rmSync(dataPath(), { force: true });
    const choice = { name: 'x', shape: null, source: { kind: 'zeros' as const } };
    const loaded = await loadInput(choice, tensor(), 0, { dataPath: null });
    assert.equal(loaded.dataPath, null);
    assert.equal(loaded.summary.zeros, 6);
    assert.equal(fs.existsSync(dataPath()), false);
  });

  it('are refused for types and formats that nobody here knows', async () => {
    await refused(
      load({ kind: 'zeros' }, tensor({ type: 'unknown (40)' })),
      'invalid-argument',
      /type unknown \(40\)/,
    );
    await refused(
      load({ kind: 'zeros' }, tensor({ linear: false, format: 'CHW32' })),
      'invalid-argument',
      /CHW32/,
    );
    await refused(
      load({ kind: 'zeros' }, tensor({ shape: [-1] })),
      'invalid-argument',
      /gives no shape/,
    );
  });
});

describe('raw files', () => {
  it('are taken as they are', async () => {
    write('a.bin', floats(1, 2, 3, 4, 5, 6));
    const { source, shape } = await load(file('a.bin'));
    assert.deepEqual(valuesOf(6), [1, 2, 3, 4, 5, 6]);
    assert.equal(source, 'a.bin: raw float32 2 x 3');
    assert.deepEqual(shape, [2, 3]);
  });

  it('tell one open dimension by their size', async () => {
    write('one.bin', floats(1, 2, 3));
    assert.deepEqual((await load(file('one.bin'), dynamic)).shape, [1, 3]);
    write('five.bin', new Uint8Array(60));
    await refused(
      load(file('five.bin'), dynamic),
      'invalid-argument',
      /60 bytes, but float32 2 x 3 .* takes 24 bytes/,
    );
  });

  it('must have exactly the bytes', async () => {
    write('short.bin', floats(1, 2, 3, 4, 5));
    await refused(
      load(file('short.bin')),
      'invalid-argument',
      /short\.bin has 20 bytes, but float32 2 x 3 for the input "x" takes 24 bytes/,
      /\.npy/,
    );
    write('empty.bin', new Uint8Array(0));
    await refused(load(file('empty.bin')), 'invalid-argument', /has 0 bytes/);
  });

  it('must be there and be files', async () => {
    await refused(load(file('nowhere.bin')), 'file-error', /nowhere\.bin is not there/);
    await refused(load({ kind: 'file', path: folder }), 'file-error', /is a folder/);
    await refused(load(file('a.bin/deeper')), 'file-error', /not there/);
  });

  it('stop when they are cancelled', async () => {
    await refused(load(file('a.bin'), tensor(), {}, AbortSignal.abort()), 'cancelled', /cancelled/);
    const abort = new AbortController();
    const large = tensor({ shape: [4096, 4096] });
    const loading = load({ kind: 'random', seed: 0 }, large, {}, abort.signal);
    setTimeout(() => abort.abort(), 20);
    await refused(loading, 'cancelled', /cancelled/);
  });
});

describe('.npy files', () => {
  const values = floats(1, 2, 3, 4, 5, 6);

  it('bring their shape', async () => {
    write('b.npy', npyHeader('<f4', [2, 3]), values);
    const loaded = await load(file('b.npy'), dynamic);
    assert.deepEqual(valuesOf(6), [1, 2, 3, 4, 5, 6]);
    assert.equal(loaded.source, 'b.npy: float32 2 x 3');
    assert.deepEqual(loaded.shape, [2, 3]);
  });

  it('are told by their beginning, whatever their name', async () => {
    write('b.dat', npyHeader('<f4', [2, 3]), values);
    assert.match((await load(file('b.dat'))).source, /^b\.dat: float32 2 x 3$/);
    write('not.npy', values);
    await refused(load(file('not.npy')), 'invalid-argument', /is no \.npy file/);
  });

  it('are converted where nothing but digits is lost, and say so', async () => {
    const doubles = new Uint8Array(Float64Array.of(0.1, 2, 3, 4, 5, 6).buffer);
    write('d.npy', npyHeader('<f8', [2, 3]), doubles);
    assert.match((await load(file('d.npy'))).source, /float64 2 x 3, rounded to float32/);
    assert.equal(valuesOf(6)[0], Math.fround(0.1));
    const longs = new Uint8Array(BigInt64Array.of(1n, 2n).buffer);
    write('l.npy', npyHeader('<i8', [2]), longs);
    const ints = tensor({ type: 'int32', shape: [2] });
    assert.match((await load(file('l.npy'), ints)).source, /int64 2, as int32/);
    const large = new Uint8Array(BigInt64Array.of(1n, 2n ** 33n).buffer);
    write('m.npy', npyHeader('<i8', [2]), large);
    await refused(
      load(file('m.npy'), ints),
      'invalid-argument',
      /m\.npy holds 8589934592, which int32 cannot hold/,
    );
  });

  it('in big endian and Fortran order are turned round', async () => {
    const big = values.slice();
    for (let at = 0; at < 24; at += 4) big.subarray(at, at + 4).reverse();
    write('e.npy', npyHeader('>f4', [2, 3]), big);
    await load(file('e.npy'));
    assert.deepEqual(valuesOf(6), [1, 2, 3, 4, 5, 6]);
    const header = Buffer.from(npyHeader('<f4', [2, 3]))
      .toString('latin1')
      .replace('False', 'True ');
    write('f.npy', Buffer.from(header, 'latin1'), floats(1, 4, 2, 5, 3, 6));
    assert.match((await load(file('f.npy'))).source, /from Fortran order/);
    assert.deepEqual(valuesOf(6), [1, 2, 3, 4, 5, 6]);
  });

  it('of many pieces are whole', async () => {
    const count = 700_001;
    const many = Float64Array.from({ length: count }, (_, i) => i % 1000);
    write('many.npy', npyHeader('<f8', [count]), new Uint8Array(many.buffer));
    const { summary } = await load(file('many.npy'), tensor({ shape: [count] }));
    assert.equal(summary.count, count);
    assert.deepEqual(Array.from(decodeValues('float32', written(), count)), Array.from(many));
  });

  it('may lack or add dimensions of 1 where a shape is chosen, nothing else', async () => {
    write('g.npy', npyHeader('<f4', [6]), values);
    const row = tensor({ shape: [1, 6] });
    assert.deepEqual((await load(file('g.npy'), row, { shape: [1, 6] })).shape, [1, 6]);
    await refused(load(file('g.npy'), row), 'invalid-argument', /has 2 dimensions .*6 has 1/);
    await refused(
      load(file('g.npy'), tensor(), { shape: [2, 3] }),
      'invalid-argument',
      /has the shape 6, not 2 x 3/,
    );
  });

  it('are refused when they do not fit', async () => {
    write('h.npy', npyHeader('<f4', [3, 2]), values);
    await refused(load(file('h.npy')), 'invalid-argument', /Dimension 0 .* is 2, not 3.*h\.npy/);
    write('i.npy', npyHeader('|u1', [2, 3]), new Uint8Array(6));
    await refused(
      load(file('i.npy')),
      'invalid-argument',
      /i\.npy holds uint8, but the input takes float32/,
      /astype\("float32"\)/,
    );
  });

  it('are refused when they are damaged', async () => {
    const header = npyHeader('<f4', [2, 3]);
    write('cut.npy', header, values.subarray(0, 20));
    await refused(
      load(file('cut.npy')),
      'file-error',
      /cut\.npy is cut short: its shape 2 x 3 takes 24 bytes, but there are 20 bytes/,
    );
    write('cutHeader.npy', header.subarray(0, 30));
    await refused(load(file('cutHeader.npy')), 'invalid-argument', /cut short: its header/);
    write('tiny.npy', header.subarray(0, 7));
    await refused(load(file('tiny.npy')), 'invalid-argument', /cut short/);
    write('zero.npy', new Uint8Array(0));
    await refused(load(file('zero.npy')), 'invalid-argument', /no \.npy file/);
    write('huge.npy', npyHeader('<f4', [2 ** 31, 2 ** 31]), values);
    await refused(load(file('huge.npy')), 'invalid-argument', /more than any file can hold/);
    write('large.npy', npyHeader('<f4', [2 ** 31, 1000]), values);
    await refused(load(file('large.npy')), 'file-error', /is cut short/);
    write('objects.npy', npyHeader('|O', [1]), values);
    await refused(load(file('objects.npy')), 'invalid-argument', /Python objects/);
  });
});

describe('.npz files', () => {
  const array = (...values: number[]): Uint8Array =>
    Buffer.concat([npyHeader('<f4', [2, 3]), floats(...values)]);
  const zip = (name: string, entries: Zippable): Buffer => {
    const bytes = Buffer.from(zipSync(entries));
    write(name, bytes);
    return bytes;
  };

  it('give the array of the input’s name, the only one, or the one that is asked for', async () => {
    zip('a.npz', { 'y.npy': array(0, 0, 0, 0, 0, 0), 'x.npy': array(1, 2, 3, 4, 5, 6) });
    assert.equal((await load(file('a.npz'))).source, 'a.npz, "x": float32 2 x 3');
    assert.deepEqual(valuesOf(6), [1, 2, 3, 4, 5, 6]);
    assert.equal((await load(file('a.npz', { entry: 'y' }))).summary.zeros, 6);
    assert.equal((await load(file('a.npz', { entry: 'y.npy' }))).summary.zeros, 6);
    zip('b.npz', { 'other.npy': [array(1, 2, 3, 4, 5, 6), { level: 0 }] });
    assert.match((await load(file('b.npz'))).source, /"other"/);
    assert.deepEqual(await listArrays(inFolder('a.npz')), ['y', 'x']);
  });

  it('say what they have', async () => {
    zip('c.npz', { 'one.npy': array(1), 'two.npy': array(2) });
    await refused(
      load(file('c.npz')),
      'file-error',
      /2 arrays, none of them named like the input "x"/,
      /"one", "two"/,
    );
    await refused(
      load(file('c.npz', { entry: 'x' })),
      'file-error',
      /no array "x"/,
      /"one", "two"/,
    );
    zip('d.npz', { 'readme.txt': new Uint8Array(3) });
    await refused(load(file('d.npz')), 'file-error', /0 arrays/, /numpy\.savez/);
  });

  it('are refused when they are damaged anywhere', async () => {
    const bytes = zip('e.npz', { 'x.npy': [array(1, 2, 3, 4, 5, 6), { level: 0 }] });
    let refusals = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const broken = Buffer.from(bytes);
      broken[at] = (broken[at] ?? 0) ^ 0x55;
      write('broken.npz', broken);
      const error = await load(file('broken.npz')).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error === null) continue;
      assert.ok(error instanceof Failure, `byte ${at}`);
      refusals += 1;
    }
    // What is left are dates, attributes and a second copy of the sizes, which nothing here uses.
    assert.ok(refusals > bytes.length / 2, `${refusals} of ${bytes.length}`);
    for (const length of [0, 1, 21, 40, bytes.length - 1]) {
      write('cut.npz', bytes.subarray(0, length));
      await refused(load(file('cut.npz')), 'file-error', /cut\.npz/);
    }
    write('no.npz', Buffer.from('this is no archive at all, but long enough'));
    await refused(load(file('no.npz')), 'file-error', /damaged or cut short/);
  });

  it('are refused when one bit of a value was changed', async () => {
    const data = array(1, 2, 3, 4, 5, 6);
    const bytes = zip('f.npz', { 'x.npy': [data, { level: 0 }] });
    const at = bytes.indexOf(data);
    for (let index = at + data.length - 24; index < at + data.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      write('changed.npz', changed);
      await refused(load(file('changed.npz')), 'file-error', /damaged or cut short/);
    }
  });

  it('may have sizes of 64 bits, as those of more than 4 GB do', async () => {
    const data = array(1, 2, 3, 4, 5, 6);
    const small = Buffer.from(zipSync({ 'x.npy': [data, { level: 0 }] }));
    const end = small.length - 22;
    const directory = small.readUInt32LE(end + 16);
    const entry = Buffer.from(small.subarray(directory, end));
    const long = (...values: number[]) => {
      const made = Buffer.alloc(8 * values.length);
      values.forEach((value, place) => made.writeBigUInt64LE(BigInt(value), 8 * place));
      return made;
    };
    const archive = (sizes: Buffer) => {
      const extra = Buffer.concat([Buffer.from([1, 0, sizes.length, 0]), sizes]);
      const large = Buffer.from(entry);
      for (const place of [20, 24, 42]) large.writeUInt32LE(0xffffffff, place);
      large.writeUInt16LE(extra.length, 30);
      const listed = Buffer.concat([large, extra]);
      const end64 = Buffer.alloc(56);
      end64.writeUInt32LE(0x06064b50, 0);
      long(listed.length, directory).copy(end64, 40);
      const locator = Buffer.alloc(20);
      locator.writeUInt32LE(0x07064b50, 0);
      long(directory + listed.length).copy(locator, 8);
      const last = Buffer.from(small.subarray(end));
      last.writeUInt32LE(0xffffffff, 12);
      last.writeUInt32LE(0xffffffff, 16);
      return Buffer.concat([small.subarray(0, directory), listed, end64, locator, last]);
    };
    write('g.npz', archive(long(data.length, data.length, 0)));
    assert.match((await load(file('g.npz'))).source, /"x": float32 2 x 3/);
    assert.deepEqual(valuesOf(6), [1, 2, 3, 4, 5, 6]);
    write('h.npz', archive(long(data.length + 2 ** 33, data.length, 0)));
    await refused(load(file('h.npz')), 'file-error', /damaged or cut short/);
    write('i.npz', archive(long(data.length, data.length, 2 ** 33)));
    await refused(load(file('i.npz')), 'file-error', /damaged or cut short/);
  });

  it('stop at their own size, however much they unpack to', async () => {
    const bytes = Buffer.from(
      zipSync({
        'x.npy': Buffer.concat([array(1, 2, 3, 4, 5, 6), Buffer.alloc(64 * 1024 * 1024)]),
      }),
    );
    const entry = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    bytes.writeUInt32LE(152, entry + 24); // claims the size of the array alone
    write('bomb.npz', bytes);
    const before = process.memoryUsage().rss;
    await refused(load(file('bomb.npz')), 'file-error', /damaged/);
    assert.ok(process.memoryUsage().rss - before < 48 * 1024 * 1024);
    const encrypted = Buffer.from(zipSync({ 'x.npy': array(1, 2, 3, 4, 5, 6) }));
    const at = encrypted.lastIndexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    encrypted.writeUInt16LE(1, at + 8);
    write('secret.npz', encrypted);
    await refused(load(file('secret.npz')), 'file-error', /with a password/);
    encrypted.writeUInt16LE(0, at + 8);
    encrypted.writeUInt16LE(14, at + 10);
    write('lzma.npz', encrypted);
    await refused(load(file('lzma.npz')), 'file-error', /a compression that NumPy does not use/);
  });
});

describe('pictures', () => {
  const picture = tensor({ name: 'image', shape: [1, 3, 2, 2] });
  const pixels = Buffer.from([
    ...[255, 0, 0, 255],
    ...[0, 255, 0, 255],
    ...[0, 0, 255, 255],
    ...[51, 51, 51, 255],
  ]);
  const png = (width = 2, height = 2, data = pixels): Buffer => {
    const image = new PNG({ width, height });
    data.copy(image.data);
    return PNG.sync.write(image);
  };

  it('become the input, as guessed or as told', async () => {
    write('a.png', png());
    const { source } = await load(file('a.png'), picture);
    const expected = [1, 0, 0, 0.2, 0, 1, 0, 0.2, 0, 0, 1, 0.2].map(Math.fround);
    assert.deepEqual(valuesOf(12), expected);
    assert.match(source, /^a\.png: 2 x 2, RGB as NCHW, value \* 0\.00392157 \+ 0$/);
    const image = { layout: 'nchw' as const, colors: 'bgr' as const, scale: [1], offset: [-1] };
    await load(file('a.png', { image }), picture);
    assert.deepEqual(valuesOf(4), [-1, -1, 254, 50]);
  });

  it('may be JPEG', async () => {
    const data = Buffer.alloc(16 * 16 * 4, 128);
    write('a.jpg', encodeJpeg({ width: 16, height: 16, data }, 90).data);
    const { summary, source } = await load(file('a.jpg'), picture);
    assert.match(source, /scaled from 16 x 16 to 2 x 2/);
    assert.ok(Math.abs((summary.mean ?? 0) - 128 / 255) < 0.02);
  });

  it('are refused where the input is none', async () => {
    write('a.png', png());
    await refused(
      load(file('a.png')),
      'invalid-argument',
      /"x" does not look like a picture \(2 x 3\)/,
    );
    const gray = { layout: 'nchw' as const, colors: 'gray' as const, scale: [1], offset: [0] };
    await refused(
      load(file('a.png', { image: gray }), picture),
      'invalid-argument',
      /needs 1 channel;/,
    );
  });

  it('are refused when they are damaged, cut or none at all', async () => {
    const good = png();
    write('text.png', Buffer.from('this is only text'));
    await refused(load(file('text.png'), picture), 'file-error', /text\.png is not a picture/);
    for (const length of [9, 20, 40, good.length - 20]) {
      write('cut.png', good.subarray(0, length));
      await refused(load(file('cut.png'), picture), 'file-error', /not a valid PNG file/);
    }
    const jpeg = encodeJpeg({ width: 8, height: 8, data: Buffer.alloc(256) }, 50).data;
    for (const length of [4, 40, 200]) {
      write('cut.jpg', jpeg.subarray(0, length));
      await refused(load(file('cut.jpg'), picture), 'file-error', /not a valid JPEG file/);
    }
    for (let at = 33; at < good.length; at++) {
      const broken = Buffer.from(good);
      broken[at] = (broken[at] ?? 0) ^ 0xff;
      write('broken.png', broken);
      const error = await load(file('broken.png'), picture).catch((thrown: unknown) => thrown);
      if (error instanceof Error) assert.ok(error instanceof Failure, `byte ${at}: ${error.stack}`);
    }
  });

  it('that unpack to more than they are, interlaced too, are stopped', async () => {
    const chunk = (type: string, data: Buffer): Buffer => {
      const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
      const framed = Buffer.alloc(body.length + 8);
      framed.writeUInt32BE(data.length, 0);
      body.copy(framed, 4);
      framed.writeUInt32BE(crc32(body), body.length + 4);
      return framed;
    };
    for (const interlace of [0, 1]) {
      const head = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 6, 0, 0, interlace]);
      const data = deflateSync(Buffer.alloc(64 * 1024 * 1024));
      const parts = [chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))];
      write('bomb.png', png().subarray(0, 8), ...parts);
      const before = process.memoryUsage().rss;
      await load(file('bomb.png'), picture).catch((error: unknown) => {
        assert.ok(error instanceof Failure && error.code === 'file-error');
      });
      assert.ok(process.memoryUsage().rss - before < 48 * 1024 * 1024);
    }
  });

  it('that want a pass over all pixels again and again are not decoded', async () => {
    const jpeg = encodeJpeg({ width: 8, height: 8, data: Buffer.alloc(256) }, 50).data;
    const scan = jpeg.subarray(jpeg.indexOf(Buffer.from([0xff, 0xda])), -2);
    const withScans = (count: number): Buffer =>
      Buffer.concat([
        jpeg.subarray(0, -2),
        ...Array.from({ length: count - 1 }, () => scan),
        jpeg.subarray(-2),
      ]);
    write('scans.jpg', withScans(10));
    await load(file('scans.jpg'), picture);
    write('scans.jpg', withScans(100_000));
    await refused(load(file('scans.jpg'), picture), 'file-error', /more than 256 scans/);
  });

  it('that claim to be enormous are not decoded', async () => {
    const huge = png();
    huge.writeUInt32BE(100_000, 16);
    huge.writeUInt32BE(100_000, 20);
    write('huge.png', huge);
    await refused(load(file('huge.png'), picture), 'file-error', /100,000 x 100,000 pixels/);
  });
});
