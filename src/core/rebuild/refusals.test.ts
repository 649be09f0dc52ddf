import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { explainRefusal, parserRefusals, type RefusalKind } from './refusals';

interface Recorded {
  node: number;
  name: string;
  operator: string;
  code: string;
  reason: string;
  supported: boolean;
}
const recorded = (
  JSON.parse(readFileSync(join(__dirname, '../../../test/fixtures/refusals.json'), 'utf8')) as {
    refusals: Recorded[];
  }
).refusals;

/** As the shim writes it (builder.cpp, describe). */
function line({ node, name, operator, reason, code }: Omit<Recorded, 'supported'>): string {
  const where =
    node < 0
      ? ''
      : `Node ${node}${name === '' ? '' : ` "${name}"`}${operator === '' ? '' : ` (${operator})`}: `;
  return `${where}${reason} [${code}]`;
}

const unknown: readonly RefusalKind[] = [
  'unknown-operator',
  'integer-operator',
  'optimizer-operator',
  'custom-operator',
];

const noModel = { inputs: [], outputs: [], operators: [] };
const one = (text: string, operators: { domain: string; op: string; count: number }[] = []) => {
  const found = explainRefusal([text], { ...noModel, operators });
  assert.ok(found, text);
  return found;
};

describe('refusals of the ONNX parser', () => {
  it('calls an operator unknown exactly where supportsOperator says no', () => {
    assert.ok(recorded.length > 50);
    for (const row of recorded) {
      const kinds = one(line(row)).kinds;
      assert.equal(
        kinds.some((kind) => unknown.includes(kind)),
        !row.supported,
        line(row),
      );
    }
  });

  it('gives each a reason and a next step without code of the library', () => {
    for (const row of recorded) {
      const { what, nextStep } = one(line(row));
      assert.match(what, /\w/, line(row));
      assert.match(nextStep, /[.)]$/, line(row));
      assert.doesNotMatch(
        `${what} ${nextStep}`,
        /Assertion failed|\.cpp|undefined|without :/,
        line(row),
      );
    }
  });

  it('reads names with quotes, brackets and line ends, and the functions around a node', () => {
    const [refusal] = parserRefusals([
      'Node 7 "a "b" (c): d" (Grid) in function acme.Outer > acme.Inner: false [kUNSUPPORTED_NODE]',
    ]);
    assert.deepEqual(refusal, {
      node: 7,
      name: 'a "b" (c): d',
      operator: 'Grid',
      functions: ['acme.Outer', 'acme.Inner'],
      reason: 'false',
      code: 'kUNSUPPORTED_NODE',
    });
  });

  it('groups many nodes and names every operator', () => {
    const operators = ['GridX', 'RoiY', 'PoolZ'];
    const lines = Array.from(
      { length: 40 },
      (_, i) =>
        `Node ${i} "n${i}" (${operators[i % 3] ?? ''}): creator && "Plugin not found, are the plugin name, version, and namespace correct?" [kINVALID_NODE]`,
    );
    const found = explainRefusal(lines, {
      ...noModel,
      operators: operators.map((op) => ({ domain: 'acme', op, count: 13 })),
    });
    assert.equal(
      found?.what,
      'GridX ×14, RoiY ×13, PoolZ ×13: not implemented in TensorRT-RTX, which has no plugin for the domain acme either',
    );
    assert.deepEqual(
      found.operators.map(({ operator, count, domain }) => [operator, count, domain]),
      [
        ['GridX', 14, 'acme'],
        ['RoiY', 13, 'acme'],
        ['PoolZ', 13, 'acme'],
      ],
    );
  });

  const plugin =
    'creator && "Plugin not found, are the plugin name, version, and namespace correct?"';
  const cases: [
    string,
    string,
    RegExp,
    RegExp,
    { domain: string; op: string; count: number }[]?,
  ][] = [
    [
      "an operator of ONNX Runtime's optimizer",
      `Node 0 "FastGelu_3" (FastGelu): ${plugin} [kINVALID_NODE]`,
      /FastGelu "FastGelu_3": fused by ONNX Runtime's optimizer/,
      /model from before ONNX Runtime's optimization/,
      [{ domain: 'com.microsoft', op: 'FastGelu', count: 1 }],
    ],
    [
      'integer quantization',
      'Node 1 "c" (QLinearConv): false [kUNSUPPORTED_NODE]',
      /integer quantization/,
      /QDQ format, symmetric, with int8/,
    ],
    [
      'an input that must be FP16',
      'Node 0 "q" (MatMulNBits): Assertion failed: a->getType() == nvinfer1::DataType::kHALF: input tensor A must be FP16. [kUNSUPPORTED_NODE]',
      /its input A must be FP16$/,
      /Convert the model to FP16/,
    ],
    [
      'an old opset',
      'Assertion failed: ctx->getOpsetVersion() >= 7: Pre-opset 7 broadcasting is unsupported in this version of the ONNX parser [kUNSUPPORTED_NODE]',
      /opset is older than 7/,
      /opset 13 or newer/,
    ],
    [
      'mixed types',
      'Node 1 "/fc/Add" (Add): Invalid Node - /fc/Add\\nITensor::getDimensions: Error Code 4: API Usage Error (/fc/Add: ElementWiseOperation SUM must have same input types. But they are of types Half and Float. In validateTypes at x.cpp:40) [kINVALID_NODE]',
      /different types, FP16 and FP32/,
      /Cast before \/fc\/Add, or convert the whole model/,
    ],
    [
      'weights of a type that is not taken',
      'Failed to import initializer: In node -1 with name:  and operator:  (importInitializers): UNSUPPORTED_NODE: Assertion failed: ctx->getWeightsContext().convertOnnxWeights(initializer, &weights): Failed to import initializer: Wq [kINVALID_GRAPH]',
      /the weights Wq have a type/,
      /INT8, INT4, FLOAT8E4M3FN or FLOAT4E2M1/,
    ],
  ];
  for (const [title, text, what, nextStep, operators] of cases) {
    it(title, () => {
      const found = one(text, operators);
      assert.match(found.what, what);
      assert.match(found.nextStep, nextStep);
    });
  }

  it('names the type of weights that are not taken, where the model tells', () => {
    const failed =
      'Failed to import initializer: In node -1 with name:  and operator:  (importInitializers): UNSUPPORTED_NODE: Assertion failed: ctx->getWeightsContext().convertOnnxWeights(initializer, &weights): Failed to import initializer: Wq [kINVALID_GRAPH]';
    const what = (strangeWeights: { name: string; type: string }[]) =>
      explainRefusal([failed], { ...noModel, strangeWeights })?.what;
    const uint4 = { name: 'Wq', type: 'uint4' };
    assert.equal(what([uint4]), "the weights Wq are UINT4, which TensorRT-RTX can't take");
    assert.equal(
      what([{ name: 'b', type: 'float8e5m2' }, uint4, { ...uint4, name: 'Wk' }]),
      "the weights Wq (and 1 more) are UINT4, which TensorRT-RTX can't take",
    );
    assert.match(what([{ ...uint4, name: 'other' }]) ?? '', /have a type/);
  });

  it('names the inputs whose type TensorRT-RTX does not have', () => {
    const found = explainRefusal(
      [
        'Assertion failed: convertDtype(onnxDtype.elem_type(), &trtDtype) && "Failed to convert ONNX date type to TensorRT data type." [kUNSUPPORTED_NODE]',
      ],
      {
        ...noModel,
        inputs: [
          { name: 'ids', type: 'uint16', shape: [1] },
          { name: 'x', type: 'float32', shape: [1] },
        ],
      },
    );
    assert.equal(found?.what, 'TensorRT-RTX doesn\'t have the type of "ids" (uint16)');
  });
});

describe('refusals of the builder', () => {
  it('asks for the values of an input that shapes are computed with, with an option to paste', () => {
    const found = one(
      'The model\'s input "sizes" has the shape [4], holds values that shapes are computed with and needs an optimization profile with its min, opt and max values.',
    );
    assert.match(found.nextStep, /--profile sizes:1x3x32x32:1x3x64x64:1x3x128x128$/);
    const scalar = one(
      'The model\'s input "k" has the shape [], holds values that shapes are computed with',
    );
    assert.match(scalar.nextStep, /--profile k:1:4:16$/);
  });

  it('names type and GPUs that do not go together', () => {
    const found = one(
      'IBuilder::buildSerializedNetwork: Error Code 9: API Usage Error (Cannot compile for target(s) sm86, because the model contains HW-specific datatypes: fp8_e4m3)',
    );
    assert.match(found.nextStep, /fp8_e4m3 values do not exist on sm86/);
  });

  it('knows a library that asked for a GPU, behind every other reason', () => {
    const asked = 'IBuilder::buildSerializedNetwork: Error Code 1: Cuda Runtime (In x at y.cpp:1)';
    assert.deepEqual(one(asked).kinds, ['driver']);
    const both = explainRefusal([asked, 'Cannot compile: FP32 GEMM is not supported.'], null);
    assert.deepEqual(both?.kinds, ['target']);
  });

  it('says nothing of lines that it does not know', () => {
    assert.equal(explainRefusal(['something new'], null), null);
  });
});
