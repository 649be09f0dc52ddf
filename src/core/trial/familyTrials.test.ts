import assert from 'node:assert/strict';
import { libraryWords } from './familyTrials';

describe("NVIDIA's sentence", () => {
  const sentence =
    "Cannot compile operation 'matmul_0' for Turing (SM75): FP32 GEMM is not supported.";
  for (const place of [
    'In compileGraph at /_src/optimizer/myelin/codeGenerator.cpp:2012',
    // Of the library for Windows.
    'In nvinfer1::builder::MyelinGraphTranslatorBase::compileGraph at C:\\_src\\optimizer\\codeGenerator.cpp:2012',
  ]) {
    it(`stands without its place: ${place.slice(0, 40)}`, () => {
      assert.equal(libraryWords(`${sentence} ${place}`), sentence);
      assert.equal(
        libraryWords(`IBuilder::x: Error Code 9: Internal Error (${sentence} ${place})`),
        sentence,
      );
    });
  }
});
