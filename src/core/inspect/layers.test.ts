import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';

import {
  exactName,
  layerDetail,
  LayersError,
  layerTensorNames,
  parseLayers,
  type LayersErrorCode,
} from './layers';

const sample = (name: string): Uint8Array =>
  readFileSync(path.resolve(__dirname, `../../../test/fixtures/inspector/${name}.json`));

const layersOf = (...layers: unknown[]) => parseLayers(JSON.stringify({ Layers: layers }));

function codeOf(input: string): LayersErrorCode | 'none' {
  try {
    parseLayers(input);
    return 'none';
  } catch (error) {
    assert(error instanceof LayersError, String(error));
    return error.code;
  }
}

describe('layers', () => {
  it('are read as PowerShell writes them, in UTF-16 with its mark, and with a zero at the end', () => {
    const text = JSON.stringify({ Layers: [{ Name: 'größe', LayerType: 'kgen' }] });
    const wide = Buffer.from(`\ufeff${text}\0`, 'utf16le');
    const [row] = parseLayers(wide).rows;
    assert.equal(row?.name, 'größe');
    // The other order of bytes.
    assert.equal(parseLayers(Buffer.from(wide).swap16()).rows[0]?.name, 'größe');
  });

  it('reads the detailed layers of the super-resolution net', () => {
    const document = parseLayers(sample('super-resolution-detailed'));
    assert.equal(document.detail, 'detailed');
    assert.deepEqual(document.notes, []);
    assert.equal(document.rows.length, 6);
    assert.deepEqual(document.rows[1], {
      index: 1,
      name: 'node_of_9_myl0_1',
      type: 'correlation',
      tactic: '__myelin_CASK_STUB',
      precision: 'float32',
      outputShapes: '1x64x224x224',
      weightBytes: (64 * 1 * 5 * 5 + 1 + 1 + 64) * 4,
      activationBytes: 64 * 224 * 224 * 4,
      onnx: ['node_of_9', 'node_of_10'],
      stream: 0,
    });
    // The two scalars are constants of four layers: once in the sum.
    const each = document.rows.reduce((sum, row) => sum + (row.weightBytes ?? 0), 0);
    assert.equal(document.weightBytes, each - 3 * 8);
    assert.equal(document.unknownWeights, 0);
  });

  it('reads the 95 layers of PP-OCRv4 det with its dynamic shapes', () => {
    const { rows } = parseLayers(sample('ppocrv4-det-detailed'));
    assert.equal(rows.length, 95);
    assert.deepEqual(rows[0]?.onnx, []);
    assert.equal(rows[0]?.weightBytes, 0);
    assert.equal(rows[3]?.onnx.length, 9);
    assert.equal(rows[3]?.onnx[0], 'p2o.Div.0');
    assert.equal(rows[3]?.outputShapes, '1x16x?x?');
    assert.equal(rows[3]?.activationBytes, null);
    assert.equal(rows.filter((row) => row.type === 'runtime_fusion').length, 29);
  });

  it('tells that only names are there', () => {
    const document = parseLayers(sample('super-resolution-names-only'));
    assert.equal(document.detail, 'names-only');
    assert.equal(document.rows[1]?.name, 'node_of_9_myl0_1');
    assert.equal(document.rows[1]?.weightBytes, null);
    assert.equal(document.weightBytes, null);
    assert.equal(document.unknownWeights, 6);
    assert.deepEqual(layerDetail(document, 1).inputs, []);
  });

  it('gives the tensors of one layer', () => {
    const document = parseLayers(sample('super-resolution-detailed'));
    const { inputs, constants, outputs, metadata } = layerDetail(document, 5);
    assert.deepEqual(inputs[0], {
      name: '15.1_myl0',
      shape: [1, 1, 3, 3, 224, 224],
      strides: [451584, 9, 3, 1, 2016, 9],
      type: 'float32',
      format: '(NHWC) Channel major format',
      bytes: 9 * 224 * 224 * 4,
    });
    assert.deepEqual(constants, []);
    assert.equal(outputs[0]?.name, 'output');
    assert.deepEqual(metadata, []);
    assert.deepEqual(layerTensorNames(document, 5), { inputs: ['15.1_myl0'], outputs: ['output'] });
  });

  it('reads what TensorRT’s trtexec --exportLayerInfo writes', () => {
    const document = parseLayers(
      JSON.stringify({
        Layers: [
          {
            Name: 'conv1',
            LayerType: 'CaskConvolution',
            Inputs: [{ Name: 'x', Dimensions: [1, 3, 4, 4], 'Format/Datatype': 'Row major FP16' }],
            Outputs: [
              {
                Name: 'y',
                Dimensions: [1, 8, 4, 4],
                'Format/Datatype': 'Channel major INT8 format',
              },
            ],
            Weights: { Type: 'Half', Count: 216 },
            Bias: { Type: 'Float', Count: 8 },
            TacticName: 'sm80_xmma',
            TacticValue: '0x1',
            Metadata: '[ONNX Layer: a]\u001e[ONNX Layer: b[0]]\u001ekept words',
            HasRelu: 1,
          },
        ],
        Bindings: ['x', 'y'],
      }),
    );
    const row = document.rows[0]!;
    assert.equal(row.weightBytes, 216 * 2 + 8 * 4);
    assert.equal(row.precision, 'int8');
    assert.equal(row.activationBytes, 128);
    assert.deepEqual(row.onnx, ['a', 'b[0]']);
    const detail = layerDetail(document, 0);
    assert.deepEqual(detail.metadata, ['kept words']);
    assert.deepEqual(
      detail.constants.map((constant) => [constant.name, constant.bytes]),
      [
        ['conv1 weights', 432],
        ['conv1 bias', 32],
      ],
    );
    assert.ok(detail.others.some(({ key, value }) => key === 'HasRelu' && value === '1'));
  });

  it('reads a profile as names with times', () => {
    const document = parseLayers(
      '[{"count": 10}, {"name": "a", "timeMs": 30, "averageMs": 3}, {"name": "b", "averageMs": 1}]',
    );
    assert.equal(document.detail, 'names-only');
    assert.deepEqual(document.times, [
      { name: 'a', mean: 3, share: 0.75 },
      { name: 'b', mean: 1, share: 0.25 },
    ]);
    assert.deepEqual(
      document.rows.map((row) => row.name),
      ['a', 'b'],
    );
  });

  it('shows what it can of broken layers', () => {
    const document = layersOf(
      { Name: 7, LayerType: 'kgen' },
      { LayerType: 'kgen' },
      { Name: 'twice', LayerType: 3, Outputs: [{ Name: 'x' }, 'y', 4] },
      { Name: 'twice', LayerType: null, Inputs: 'no list', Constants: [{}], StreamId: 'x' },
      null,
      [],
      12,
      { Name: 'half', LayerType: 'x', Constants: [{ Dimensions: [3], Datatype: 'Int4' }] },
      { Name: 'odd', Outputs: [{ Dimensions: [1e300, 1e300], Datatype: 'Float' }] },
      { Name: 'new', Outputs: [{ Dimensions: [2], Datatype: '__proto__' }] },
    );
    assert.deepEqual(
      document.rows.map(({ name, type, weightBytes }) => [name, type, weightBytes]),
      [
        ['7', 'kgen', null],
        ['', 'kgen', null],
        ['twice', '3', null],
        ['twice', '', null],
        ['12', '', null],
        ['half', 'x', 2],
        ['odd', '', null],
        ['new', '', null],
      ],
    );
    assert.deepEqual(document.notes, ['2 entries are neither layers nor names and were left out.']);
    assert.equal(document.rows[6]?.activationBytes, null);
    assert.equal(document.rows[7]?.activationBytes, null);
    assert.equal(document.rows[7]?.index, 7);
    assert.equal(layerDetail(document, 7).outputs[0]?.type, '__proto__');
    assert.deepEqual(layerTensorNames(document, 2).outputs, ['x', 'y']);
  });

  it('makes every text printable and keeps exact names for joining', () => {
    const document = layersOf(
      { Name: 'a\u202eb\n', LayerType: '\u001b[31mred' },
      'x'.repeat(100_000),
    );
    assert.equal(document.rows[0]?.name, 'a\\u202eb\\n');
    assert.equal(document.rows[0]?.type, 'red');
    const odd = layersOf({ Name: 'x', Outputs: [{ Dimensions: [1], Datatype: 'a\u202eb' }] });
    assert.equal(odd.rows[0]?.precision, 'a\\u202eb');
    assert.equal(exactName(document, 0), 'a\u202eb\n');
    assert.ok(document.rows[1]!.name.length < 600);
  });

  it('reads ONNX names however they are joined', () => {
    const onnx = (metadata: unknown) => layersOf({ Name: 'x', Metadata: metadata }).rows[0]?.onnx;
    assert.deepEqual(onnx('[ONNX Layer: a]\u001f[ONNX Layer: a]\u001f[ONNX Layer: ]'), ['a', '']);
    assert.deepEqual(onnx('[ONNX Layer: a][ONNX Layer: b]'), ['a', 'b']);
    assert.deepEqual(onnx(7), []);
  });

  it('says clearly what is no list of layers', () => {
    assert.equal(codeOf(''), 'empty');
    assert.equal(codeOf('{"Layers": 3}'), 'not-layers');
    assert.equal(codeOf('[]'), 'not-layers');
    assert.equal(codeOf('"text"'), 'not-layers');
    assert.throws(() => parseLayers('[{"startComputeMs": 1}]'), /exportTimes/);
    assert.equal(codeOf('{"Layers": []}'), 'none');
    assert.equal(layersOf().detail, 'none');
    assert.throws(() => parseLayers('{\n"Layers": [x]}'), {
      code: 'not-json',
      message: 'It is not valid JSON: at line 2, column 12 there is no value here.',
    });
  });

  it('reads raw control characters, the zero at the end and bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"Layers": [{"Name": "a', 'latin1'),
      Buffer.from([0xff]),
      Buffer.from('", "Metadata": "[ONNX Layer: a]\u001f[ONNX Layer: b]"}]}\0'),
    ]);
    const document = parseLayers(bytes);
    assert.equal(document.rows[0]?.name, 'a\ufffd');
    assert.deepEqual(document.rows[0]?.onnx, ['a', 'b']);
    assert.equal(document.notes.length, 1);
  });

  it('bounds how much is listed', () => {
    const many = parseLayers(`[${'"a",'.repeat(200_001)}"b"]`);
    assert.equal(many.rows.length, 200_000);
    assert.match(many.notes[0]!, /lists 200,002 layers; the first 200,000/);
  });

  it('takes any JSON without dying', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (a, b) => {
        for (const value of [
          a,
          { Layers: a },
          { Layers: [{ Name: 'x', Inputs: a, Outputs: b }] },
        ]) {
          try {
            const document = parseLayers(JSON.stringify(value));
            document.rows.forEach((row) => layerDetail(document, row.index));
          } catch (error) {
            assert(error instanceof LayersError, String(error));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
