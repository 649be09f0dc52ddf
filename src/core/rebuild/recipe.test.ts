import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { recipeSchemaFile, recipeSchemaText } from '../../../scripts/makeRecipeSchema';
import {
  optionsFingerprint,
  parseRecipe,
  rebuildDue,
  writeRecipe,
  type Recipe,
  type RecipeSurroundings,
} from './recipe';
import { recipeDiagnostics } from './recipeDiagnostics';
import { defaultEngineOptions } from './rebuildOptions';

const hash = (digit: string): string => digit.repeat(64);

function builtRecipe(): Recipe {
  const options = {
    ...defaultEngineOptions(),
    flags: ['kWEIGHT_STREAMING'],
    computeCapabilities: ['8.6', '8.9'],
    profiles: [
      [{ input: 'image', min: [1, 3, 32, 32], opt: [1, 3, 64, 64], max: [2, 3, 128, 128] }],
    ],
    memoryPoolLimits: { kWORKSPACE: 1_048_576 },
  };
  return {
    model: {
      path: '../models/sample.onnx',
      sha256: hash('a'),
      size: 100,
      externalData: [{ path: 'sample.onnx.data', sha256: hash('b'), size: 200 }],
    },
    options,
    built: {
      tensorrtRtx: '1.7.1.116',
      gpu: { name: 'NVIDIA GeForce RTX 4060', computeCapability: '8.9' },
      driver: '580.159.04',
      finishedAt: '2026-11-22T17:35:00.000Z',
      durationMs: 1234.5,
      optionsFingerprint: optionsFingerprint(options),
    },
    engine: { file: 'sample.engine', sha256: hash('c'), size: 300 },
  };
}

const asBuilt: RecipeSurroundings = {
  engine: { size: 300, sha256: hash('c') },
  model: {
    size: 100,
    sha256: hash('a'),
    externalData: [{ path: 'sample.onnx.data', sha256: hash('b'), size: 200 }],
  },
  runtimeVersion: '1.7.1.116',
};

function reasonIds(recipe: Recipe, now: RecipeSurroundings): string[] {
  return rebuildDue(recipe, now).reasons.map((reason) => reason.id);
}

describe('recipe', () => {
  it('reads back what it wrote', () => {
    const parsed = parseRecipe(writeRecipe(builtRecipe()));
    assert(parsed.ok);
    assert.deepEqual(parsed.recipe, builtRecipe());
  });

  it('writes a shape on one line', () => {
    assert.match(writeRecipe(builtRecipe()), /"min": \[1, 3, 32, 32\],\n/);
  });

  it('takes what a person writes: little, with comments and a trailing comma', () => {
    const parsed = parseRecipe(
      '{\n  // mine\n  "schemaVersion": 1,\n  "model": { "path": "a.onnx" },\n}\n',
    );
    assert(parsed.ok);
    assert.deepEqual(parsed.recipe.options, defaultEngineOptions());
    assert.equal(parsed.recipe.built, null);
  });

  it('says where a recipe is wrong', () => {
    const source =
      '{"schemaVersion": 1, "model": {"path": "a.onnx"}, "options": {"flags": [1], "colour": 2}}';
    const parsed = parseRecipe(source);
    assert(!parsed.ok);
    const shown = parsed.problems.map(({ range, sentence }) => [
      source.slice(range.offset, range.offset + range.length),
      sentence,
    ]);
    assert.equal(shown.length, 2, JSON.stringify(shown));
    assert.deepEqual(shown[0]?.[0], '1');
    assert.match(String(shown[0]?.[1]), /"options\.flags\.0"/);
    assert.match(String(shown[1]?.[1]), /"options\.colour"/);
  });

  it('says where it is no JSON at all', () => {
    const parsed = parseRecipe('{"schemaVersion": 1 "model": {}}');
    assert(!parsed.ok);
    assert.equal(parsed.problems[0]?.id, 'syntax');
    assert.equal(parsed.problems[0]?.sentence, 'This is not JSON: comma expected.');
    assert.equal(parsed.problems[0]?.range.offset, 20);
    assert(!parseRecipe('').ok);
  });

  it('knows a recipe of the future', () => {
    const parsed = parseRecipe('{"schemaVersion": 2, "anything": true}');
    assert(!parsed.ok);
    assert.equal(parsed.problems[0]?.id, 'newer-schema');
  });

  it('never throws and keeps ranges inside the text', () => {
    const piece = fc.constantFrom(
      '{', '}', '[', ']', ':', ',', '"', '1', 'null', '"schemaVersion"', '"model"', '"path"',
      '"options"', '"flags"', '"__proto__"', '\\u0000', '//', '\n',
    ); // prettier-ignore
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((p) => p.join('')),
        ),
        (source) => {
          for (const { range } of recipeDiagnostics(source, {})) {
            assert.ok(
              range.offset >= 0 && range.offset + range.length <= source.length + 1,
              source,
            );
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('keeps the fingerprint of options that mean the same', () => {
    const options = builtRecipe().options;
    const reordered = {
      ...options,
      computeCapabilities: [...options.computeCapabilities].reverse(),
    };
    assert.equal(optionsFingerprint(options), optionsFingerprint(reordered));
    assert.notEqual(optionsFingerprint(options), optionsFingerprint({ ...options, flags: [] }));
    const exact = { ...options, clearedFlags: ['kTF32'] };
    assert.notEqual(optionsFingerprint(options), optionsFingerprint(exact));
    // As recipes that know no cleared flags have it.
    assert.equal(optionsFingerprint(defaultEngineOptions()), '20e16be3aef3959c');
  });

  it('keeps flags that are switched off, and writes none where there are none', () => {
    const recipe = builtRecipe();
    assert.doesNotMatch(writeRecipe(recipe), /clearedFlags/);
    recipe.options.clearedFlags = ['kTF32'];
    const parsed = parseRecipe(writeRecipe(recipe));
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.recipe.options.clearedFlags, ['kTF32']);
  });

  describe('rebuildDue', () => {
    it('is not due when all is as recorded', () => {
      assert.deepEqual(rebuildDue(builtRecipe(), asBuilt), { due: false, reasons: [] });
    });

    it('names each thing that changed', () => {
      const recipe = builtRecipe();
      const now = (change: RecipeSurroundings): RecipeSurroundings => ({ ...asBuilt, ...change });
      assert.deepEqual(reasonIds(recipe, now({ model: { size: 101 } })), ['model-changed']);
      assert.deepEqual(reasonIds(recipe, now({ model: { size: 100, sha256: hash('d') } })), [
        'model-changed',
      ]);
      assert.deepEqual(
        reasonIds(recipe, now({ model: { size: 100, sha256: hash('a'), externalData: [null] } })),
        ['model-changed'],
      );
      assert.deepEqual(reasonIds(recipe, now({ engine: null })), ['engine-missing']);
      assert.deepEqual(reasonIds(recipe, now({ engine: { size: 299 } })), ['engine-changed']);
      assert.deepEqual(reasonIds(recipe, now({ engine: { size: 300, sha256: hash('e') } })), [
        'engine-changed',
      ]);
      assert.deepEqual(reasonIds(recipe, now({ runtimeVersion: '1.6.1.120' })), [
        'runtime-changed',
      ]);
      assert.deepEqual(reasonIds(recipe, now({ runtimeVersion: '1.7.1.200' })), []);
      recipe.options.flags = [];
      assert.deepEqual(reasonIds(recipe, asBuilt), ['options-changed']);
    });

    it('is due for a recipe never built, not when the model is gone', () => {
      const recipe = { ...builtRecipe(), built: null, engine: null };
      assert.equal(rebuildDue(recipe, asBuilt).due, true);
      assert.equal(rebuildDue(recipe, { ...asBuilt, model: null }).due, false);
    });
  });

  describe('diagnostics', () => {
    it('point at what they are about', () => {
      const source = writeRecipe(builtRecipe());
      const found = recipeDiagnostics(source, {
        engine: { size: 299 },
        model: { size: 100, sha256: hash('d') },
        runtimeVersion: '1.7.1.116',
      }).map(({ id, range }) => [id, source.slice(range.offset, range.offset + range.length)]);
      assert.deepEqual(found, [
        ['model-changed', `"${hash('a')}"`],
        ['engine-changed', '300'],
      ]);
    });

    it('name options that this version does not know', () => {
      const recipe = builtRecipe();
      recipe.options.flags = ['kWEIGHT_STREAMING', 'kFLY'];
      recipe.options.clearedFlags = ['kFLOAT'];
      recipe.options.computeCapabilities = ['12.1'];
      const source = writeRecipe(recipe);
      const found = recipeDiagnostics(source, { runtimeVersion: '1.4.0.76' })
        .filter(({ id }) => id === 'unknown-option')
        .map(({ sentence, range }) => [
          source.slice(range.offset, range.offset + range.length),
          sentence,
        ]);
      assert.deepEqual(found, [
        ['"kFLY"', 'TensorRT-RTX 1.4.0.76 has no builder flag "kFLY".'],
        ['"kFLOAT"', 'TensorRT-RTX 1.4.0.76 has no builder flag "kFLOAT".'],
        [
          '"12.1"',
          'TensorRT-RTX 1.4.0.76 cannot build for 12.1: it knows 7.5, 8.0, 8.6, 8.9 and 12.0.',
        ],
      ]);
    });
  });

  it('has a JSON schema equal to the parser', () => {
    const file = join(__dirname, '../../..', recipeSchemaFile);
    assert.equal(
      readFileSync(file, 'utf8'),
      recipeSchemaText(),
      'run npx tsx scripts/makeRecipeSchema.ts',
    );
  });
});
