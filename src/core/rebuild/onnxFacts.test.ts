import assert from 'node:assert/strict';

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';

import { makeSampleModel } from '../sample/sampleModel';
import { onnxType, writeOnnx } from '../sample/onnxWriter';
import {
  dynamicModel,
  escapingModel,
  modelWithInitializerAsInput,
  modelWithoutWeights,
  nestedModel,
  reshapeModel,
  staticModel,
} from '../../../test/support/onnxModels';
import {
  isDynamic,
  OnnxError,
  readOnnxFacts,
  readOnnxFactsOfBytes,
  shapeText,
  type ByteSource,
} from './onnxFacts';

function codeOf(bytes: Uint8Array): string {
  try {
    readOnnxFactsOfBytes(bytes);
    return 'none';
  } catch (error) {
    assert(error instanceof OnnxError, String(error));
    return error.code;
  }
}

describe('onnxFacts', () => {
  it('reads what the sample model says about itself', () => {
    const facts = readOnnxFactsOfBytes(dynamicModel());
    assert.deepEqual(facts.inputs, [
      { name: 'image', type: 'float32', shape: ['batch', 3, 'height', 'width'] },
    ]);
    assert.deepEqual(facts.outputs, [
      { name: 'upscaled', type: 'float32', shape: ['batch', 3, 'out_height', 'out_width'] },
    ]);
    assert.deepEqual(facts.opsets, [{ domain: '', version: 18 }]);
    assert.equal(facts.irVersion, 8);
    assert.equal(facts.producer, 'engine-inspector-sample');
    assert.equal(facts.nodeCount, 8);
    assert.equal(facts.initializerCount, 8);
    assert.equal(facts.weightBytes, 201_648);
    assert.deepEqual(facts.operators[0], { domain: '', op: 'Conv', count: 4 });
    assert.deepEqual(facts.metadata[1], { key: 'scale', value: '2' });
    assert.deepEqual(facts.externalFiles, []);
    assert.equal(facts.inputs.every(isDynamic), true);
    assert.equal(readOnnxFactsOfBytes(staticModel()).inputs.some(isDynamic), false);
  });

  it('names weights of types that TensorRT-RTX does not take', () => {
    const tensor = (name: string, type: number) => ({
      ...{ name, type, dims: [2] },
      data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    });
    const graph = { name: 'g', inputs: [], outputs: [], nodes: [] };
    const facts = readOnnxFactsOfBytes(
      writeOnnx({
        graph: {
          ...graph,
          initializers: [
            tensor('fine', onnxType.float),
            tensor('Wq', 21), // UINT4
            tensor('new', 99),
            tensor('i4', 22),
          ],
        },
      }),
    );
    assert.deepEqual(facts.strangeWeights, [
      { name: 'Wq', type: 'uint4' },
      { name: 'new', type: 'type 99' },
    ]);
  });

  it('sums external data by file', () => {
    const { onnx, externalData } = makeSampleModel({ externalData: 'weights/all.bin' });
    const facts = readOnnxFactsOfBytes(onnx);
    assert.equal(facts.weightBytes, 201_648);
    assert.deepEqual(facts.externalFiles, [
      {
        location: 'weights/all.bin',
        inside: true,
        tensors: 8,
        bytes: 201_648,
        extent: externalData?.length,
      },
    ]);
  });

  it('marks external data that leads out of the model’s folder', () => {
    const outside = [
      '/etc/passwd',
      '../up',
      'a/../../b',
      'a\\..\\..\\b',
      'C:\\x',
      '\\\\host\\x',
      '',
    ];
    for (const location of outside) {
      const [file] = readOnnxFactsOfBytes(escapingModel(location)).externalFiles;
      assert.equal(file?.inside, false, JSON.stringify(location));
    }
    for (const location of ['a.bin', 'a/b.bin', '..a', 'a..b/c']) {
      const [file] = readOnnxFactsOfBytes(escapingModel(location)).externalFiles;
      assert.equal(file?.inside, true, JSON.stringify(location));
    }
  });

  it('does not take initializers for inputs', () => {
    const facts = readOnnxFactsOfBytes(modelWithInitializerAsInput());
    assert.deepEqual(
      facts.inputs.map((input) => input.name),
      ['x'],
    );
  });

  it('counts the nodes of sub-graphs', () => {
    const facts = readOnnxFactsOfBytes(nestedModel(5));
    assert.equal(facts.nodeCount, 6);
    assert.deepEqual(facts.operators[0], { domain: '', op: 'If', count: 5 });
    assert.equal(codeOf(nestedModel(40)), 'too-complex');
  });

  it('knows a model without weights and one with integer weights', () => {
    assert.equal(readOnnxFactsOfBytes(modelWithoutWeights()).weightBytes, 0);
    assert.equal(readOnnxFactsOfBytes(reshapeModel()).weightBytes, 16);
  });

  it('says what is wrong with what is no model', () => {
    assert.equal(codeOf(new Uint8Array(0)), 'empty');
    assert.equal(codeOf(new TextEncoder().encode('<!doctype html><html>')), 'not-onnx');
    assert.equal(codeOf(new TextEncoder().encode('PK\x03\x04 zip')), 'not-onnx');
    assert.equal(
      codeOf(new TextEncoder().encode('version https://git-lfs.github.com/')),
      'not-onnx',
    );
    assert.equal(codeOf(new Uint8Array(4096)), 'not-onnx');
    assert.equal(codeOf(Uint8Array.of(8, 8)), 'not-onnx');
  });

  it('does not read on where nothing of a model comes', async () => {
    // A space is a field of its own kind, so that a file of spaces could be read to its end.
    const spaces = new Uint8Array(65_536).fill(0x20);
    let read = 0;
    const facts = readOnnxFacts({
      size: 10e9,
      read: (_, length) => {
        read += length;
        return Promise.resolve(spaces.subarray(0, length));
      },
    });
    await assert.rejects(facts, (error) => error instanceof OnnxError && error.code === 'not-onnx');
    assert.ok(read < 1e6, `${read} bytes were read`);
  });

  it('says where a truncated model ends', () => {
    const whole = dynamicModel();
    for (const length of [100, 1000, 100_000, whole.length - 300]) {
      assert.equal(codeOf(whole.subarray(0, length)), 'truncated', String(length));
    }
    assert.throws(
      () => readOnnxFactsOfBytes(whole.subarray(0, 1000)),
      /is cut short: it ends at byte 1000, but its contents go on to byte \d+/,
    );
  });

  it('refuses a file that is two copies of a model', () => {
    const whole = dynamicModel();
    const twice = Buffer.concat([whole, whole]);
    assert.equal(codeOf(twice), 'malformed');
    assert.throws(() => readOnnxFactsOfBytes(twice), /holds two graphs .* written twice/);
  });

  it('does not believe sizes that the file cannot hold', () => {
    const w = new BinaryWriter();
    w.tag(1, WireType.Varint).int64(8);
    w.tag(7, WireType.LengthDelimited).fork();
    w.tag(5, WireType.LengthDelimited).fork();
    for (let i = 0; i < 4; i++) w.tag(1, WireType.Varint).int64(1_000_000_000_000);
    w.tag(2, WireType.Varint).int32(1);
    w.tag(4, WireType.LengthDelimited).bytes(new Uint8Array(8));
    w.join();
    w.join();
    assert.ok(readOnnxFactsOfBytes(w.finish()).weightBytes <= 64);
  });

  it('refuses names of megabytes and keeps long descriptions short', () => {
    const long = 'n'.repeat(3 * 1024 * 1024);
    const named = writeOnnx({
      graph: {
        name: 'g',
        inputs: [{ name: long, type: onnxType.float, shape: [1] }],
        outputs: [],
        nodes: [],
        initializers: [],
      },
    });
    assert.equal(codeOf(named), 'too-complex');
    const described = writeOnnx({
      docString: long,
      graph: { name: 'g', inputs: [], outputs: [], nodes: [], initializers: [] },
    });
    assert.ok(readOnnxFactsOfBytes(described).docString.length < 70_000);
  });

  it('reads a few kilobytes of a model of gigabytes', async () => {
    // A tensor of 3 GB in the middle, as far as lengths go; its bytes are never asked for.
    const tensorHead = new BinaryWriter();
    tensorHead.tag(2, WireType.Varint).int32(1);
    tensorHead.tag(9, WireType.LengthDelimited).uint32(3_000_000_000);
    const inner = tensorHead.finish();
    const graph = new BinaryWriter();
    graph
      .tag(5, WireType.LengthDelimited)
      .uint32(inner.length + 3_000_000_000)
      .raw(inner);
    const graphHead = graph.finish();
    const model = new BinaryWriter();
    model.tag(1, WireType.Varint).int64(8);
    model
      .tag(7, WireType.LengthDelimited)
      .uint32(graphHead.length + 3_000_000_000)
      .raw(graphHead);
    const bytes = model.finish();
    const tail = new BinaryWriter();
    tail.tag(2, WireType.LengthDelimited).string('after the weights');
    const tailBytes = tail.finish();
    let read = 0;
    const source: ByteSource = {
      size: bytes.length + 3_000_000_000 + tailBytes.length,
      read: (offset, length) => {
        read += length;
        const all = new Uint8Array(length);
        if (offset < bytes.length) all.set(bytes.subarray(offset, offset + length));
        const tailAt = bytes.length + 3_000_000_000 - offset;
        if (tailAt >= 0 && tailAt < length) all.set(tailBytes.subarray(0, length - tailAt), tailAt);
        return Promise.resolve(all);
      },
    };
    const facts = await readOnnxFacts(source);
    assert.equal(facts.producer, 'after the weights');
    assert.equal(facts.weightBytes, 3_000_000_000);
    assert.ok(read < 256 * 1024, `${read} bytes read`);
  });

  it('says so when the file becomes shorter while it is read', async () => {
    const bytes = dynamicModel();
    const source: ByteSource = {
      size: bytes.length,
      read: (offset, length) =>
        Promise.resolve(bytes.subarray(offset, Math.min(offset + length, 50))),
    };
    await assert.rejects(readOnnxFacts(source), /became shorter while it was read/);
  });

  it('answers the same however the bytes arrive', async () => {
    const bytes = nestedModel(3);
    const source: ByteSource = {
      size: bytes.length,
      read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
    };
    assert.deepEqual(await readOnnxFacts(source), readOnnxFactsOfBytes(bytes));
  });

  it('survives any bytes: facts or an OnnxError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        codeOf(bytes);
      }),
      { numRuns: 5000 },
    );
  });

  it('survives damage anywhere in a real model', () => {
    const whole = nestedModel(4);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(whole.length),
        (damage, length) => {
          const bytes = whole.slice();
          for (const [at, value] of damage) bytes[at] = value;
          codeOf(bytes.subarray(0, length));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('reads back every shape the writer writes', () => {
    const dimension = fc.oneof(fc.nat(1_000_000), fc.string({ minLength: 1 }));
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.array(dimension, { maxLength: 8 }),
        (name, shape) => {
          const facts = readOnnxFactsOfBytes(
            writeOnnx({
              graph: {
                name: 'g',
                inputs: [{ name, type: onnxType.int64, shape }],
                outputs: [],
                nodes: [],
                initializers: [],
              },
            }),
          );
          // Lone surrogates and the like do not survive UTF-8, in the writer already.
          const asUtf8 = (text: string): string => Buffer.from(text).toString();
          assert.deepEqual(facts.inputs, [
            {
              name: asUtf8(name),
              type: 'int64',
              shape: shape.map((d) => (typeof d === 'string' ? asUtf8(d) : d)),
            },
          ]);
        },
      ),
    );
  });

  it('writes shapes for people', () => {
    assert.equal(shapeText([1, 'height', '']), '1 x height x ?');
    assert.equal(shapeText([]), 'scalar');
    assert.equal(shapeText(null), 'unknown rank');
  });
});
