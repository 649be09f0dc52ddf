import assert from 'node:assert/strict';

import { answeredModels, compilerAnswers } from '../../../test/support/compilerAnswers';
import { parseComputeCapability } from '../gpu/computeCapability';
import { readOnnxFactsOfBytes } from './onnxFacts';
import type { ModelTrait } from './onnxTraits';
import { defaultEngineOptions } from './rebuildOptions';
import {
  builderAnswer,
  expectedRefusal,
  requirementProblems,
  requirementsOf,
} from './requirements';

/** Refused for reasons of their own, which have nothing to do with GPUs: as the recording found them. */
const others = new Set([
  'nonzero.fp32',
  'nms.fp32',
  'arithmetic.int8',
  'input_cast.int8',
  'border.fp8_input',
  'input_cast.fp8',
  'cast_fp8.mixed',
  'randomnormallike.fp16',
  'op.range',
]);
const letters = { builds: '+', refused: 'b', 'needs-gpu': 'g' } as const;

const fp8 = { id: 'fp8', node: '/fc/Quantize', operator: 'QuantizeLinear' } as const;
const product = { id: 'fp32-product', node: '/fc', operator: 'MatMul' } as const;
const quantized = { id: 'quantized', node: 'q', operator: 'QuantizeLinear' } as const;

describe('what is said before building', () => {
  const said = (
    traits: readonly ModelTrait[],
    runtimeVersion: string,
    computeCapabilities: string[] = [],
    hasGpu: boolean | null = false,
  ): string[] =>
    requirementProblems({ ...defaultEngineOptions(), computeCapabilities }, traits, {
      runtimeVersion,
      hasGpu,
    }).map(({ severity, sentence }) => {
      assert.equal(severity, 'warning');
      return sentence;
    });

  it('names what the default set promises without code', () => {
    assert.deepEqual(said([fp8], '1.7.1.116'), [
      "The model has FP8 values (QuantizeLinear /fc/Quantize). They need a GPU of compute capability 8.9 or newer. The engine's header will list 8.0 and 8.6 all the same, but it will hold no code for them.",
    ]);
  });

  it('names what will be refused', () => {
    assert.deepEqual(said([fp8], '1.7.1.116', ['8.6', '8.9']), [
      'The model has FP8 values (QuantizeLinear /fc/Quantize), which TensorRT-RTX 1.7.1 refuses for 8.6. Leave these GPUs out, or convert the model to FP16 for them.',
    ]);
    assert.deepEqual(said([product], '1.7.1.116', ['7.5']), [
      'The model has matrix products in FP32 (MatMul /fc), which TensorRT-RTX 1.7.1 refuses for 7.5. Convert the model to FP16, or leave 7.5 out.',
    ]);
  });

  it('explains a failure that was to be expected, and no other', () => {
    const why = (
      traits: readonly ModelTrait[],
      runtimeVersion: string,
      computeCapabilities: string[] = [],
      hasGpu: boolean | null = false,
    ) =>
      expectedRefusal({ ...defaultEngineOptions(), computeCapabilities }, traits, {
        runtimeVersion,
        hasGpu,
      });
    assert.deepEqual(why([quantized], '1.4.0.76'), {
      why: 'TensorRT-RTX 1.4.0 needs a GPU to build quantized models',
      help: 'Use TensorRT-RTX 1.5 or newer, which needs none, or build on a machine with a GPU.',
    });
    assert.equal(why([quantized], '1.4.0.76', [], true), null);
    assert.equal(why([quantized], '1.5.0.114'), null);
    assert.match(why([fp8], '1.7.1.116', ['8.6'])?.why ?? '', /FP8 values, .* refuses for 8\.6$/);
    assert.equal(why([fp8], '1.7.1.116', ['8.9']), null);
    assert.equal(why([fp8], '1.7.1.116'), null);
    assert.equal(why([product], '1.6.1.120', ['7.5']), null);
  });

  it('doubts what an older version builds for 7.5', () => {
    assert.match(said([product], '1.6.1.120', ['7.5', '8.6'])[0] ?? '', /report.*zeros/);
    assert.deepEqual(said([product], '1.6.1.120', ['8.6']), []);
    assert.deepEqual(said([product], '1.6.1.120'), []);
  });

  it('asks for a GPU where 1.4 does', () => {
    assert.match(said([quantized], '1.4.0.76')[0] ?? '', /needs a GPU to build quantized models/);
    assert.deepEqual(said([quantized], '1.4.0.76', [], true), []);
    assert.deepEqual(said([quantized], '1.5.0.114'), []);
  });

  it('is silent where all is well', () => {
    assert.deepEqual(said([fp8], '1.7.1.116', ['8.9', '12.0']), []);
    assert.deepEqual(said([], '1.7.1.116'), []);
  });
});

describe('the rules of the compiler', () => {
  const { targets, versions } = compilerAnswers();

  it('agree with every recorded answer that is not the parser’s', () => {
    const wrong: string[] = [];
    let agreeing = 0;
    for (const { name, bytes, answers } of answeredModels()) {
      const { traits } = readOnnxFactsOfBytes(bytes);
      assert.ok(traits, name);
      for (const version of versions) {
        targets.forEach((target, index) => {
          const recorded = answers[version]?.[index] ?? '-';
          if (recorded === '-' || recorded === 'p') return;
          const answer = builderAnswer(traits, version, parseComputeCapability(target));
          if (letters[answer] === recorded) agreeing += 1;
          else if (!others.has(name) && !/^roialign/.test(name)) {
            wrong.push(`${name} ${version} ${target}: ${recorded}, by rule ${letters[answer]}`);
          }
        });
      }
    }
    assert.deepEqual(wrong.slice(0, 40), []);
    assert.equal(agreeing, 8909);
  });

  it('explain as many rows each as were recorded', () => {
    const rows = new Map<string, number>();
    for (const { name, bytes, answers } of answeredModels()) {
      const { traits } = readOnnxFactsOfBytes(bytes);
      assert.ok(traits, name);
      for (const version of versions) {
        const requirements = requirementsOf(traits, version).filter((r) => r.kind !== 'doubtful');
        targets.forEach((target, index) => {
          const recorded = answers[version]?.[index] ?? '-';
          if ((recorded !== 'b' && recorded !== 'g') || others.has(name)) return;
          const named = parseComputeCapability(target);
          const first = requirements.find(
            (r) => r.everywhere || (named !== null && r.families.includes(named)),
          );
          const key = first?.trait ?? 'none';
          rows.set(key, (rows.get(key) ?? 0) + 1);
        });
      }
    }
    assert.deepEqual(Object.fromEntries(rows), {
      'attention-without-kernel': 108,
      'bf16-deconvolution': 135,
      'int8-convolution': 320,
      'fp32-product': 22,
      'fp32-conv3d': 9,
      quantized: 271,
      fp8: 492,
      fp4: 144,
      bf16: 167,
      int4: 20,
      // RoiAlign, whose plugin asks for a driver.
      none: 21,
    });
  });
});
