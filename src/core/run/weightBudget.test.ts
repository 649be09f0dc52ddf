import * as assert from 'node:assert/strict';

import {
  budgetSentence,
  budgetToAsk,
  clampBudget,
  ruleBudget,
  savingOf,
  scratchAt,
  scratchSentence,
  sweepBudgets,
} from './weightBudget';

const mib = 1024 * 1024;

describe('weight streaming budget', () => {
  it("follows NVIDIA's rule", () => {
    assert.equal(ruleBudget(1000, 5000), 500);
    assert.equal(ruleBudget(1001, 301), 150);
    assert.equal(ruleBudget(1000, null), null);
  });

  it('stays within nothing and everything', () => {
    assert.equal(clampBudget(-5, 100), 0);
    assert.equal(clampBudget(1e9, 100), 100);
    assert.equal(clampBudget(NaN, 100), 100);
    assert.equal(clampBudget(49.6, 100), 50);
  });

  it('asks the shim for a number', () => {
    assert.equal(budgetToAsk('default', 1000, 5000), -1);
    assert.equal(budgetToAsk('automatic', 1000, 5000), -2);
    assert.equal(budgetToAsk('automatic', 0, 5000), -1);
    assert.equal(budgetToAsk('rule', 1000, 5000), 500);
    assert.equal(budgetToAsk('rule', 1000, null), 500);
    assert.equal(budgetToAsk('rule', null, 600), 300);
    assert.equal(budgetToAsk('rule', null, null), -1);
    assert.equal(budgetToAsk(700, 1000, null), 700);
    assert.equal(budgetToAsk(7000, 1000, null), 1000);
    assert.equal(budgetToAsk(7000, null, null), 7000);
    assert.equal(budgetToAsk(700, 0, null), -1);
  });

  it('sweeps nothing, quarters, everything, the rule and the automatic budget, each once', () => {
    assert.deepEqual(sweepBudgets(1000, 800, 600), [1000, 800, 750, 500, 300, 250, 0]);
    assert.deepEqual(sweepBudgets(1000, 755, 5000), [1000, 755, 500, 250, 0]);
    assert.deepEqual(sweepBudgets(1000, null, null), [1000, 750, 500, 250, 0]);
    assert.deepEqual(sweepBudgets(0, null, 5000), []);
    assert.deepEqual(sweepBudgets(3, 3, null), [3, 2, 1, 0]);
  });

  it('says when scratch eats what streaming saves', () => {
    // PP-OCRv4 det, measured: 4.5 MiB streamable, 1.1 MiB of scratch at any lower budget
    assert.equal(scratchSentence(4_691_776, 0, 4_691_776), null);
    assert.equal(scratchSentence(0, 1_182_720, 4_691_776), null);
    assert.match(scratchSentence(4_691_775, 1_182_720, 4_691_776) ?? '', /saves no memory/);
    assert.match(scratchSentence(2_700_000, 1_182_720, 4_691_776) ?? '', /it saves .* only\.$/);
    assert.deepEqual(savingOf(0, 222_208, 238_976), {
      saved: 238_976,
      scratch: 222_208,
      net: 16_768,
    });
    assert.equal(savingOf(null, null, 0), null);
  });

  it('says what a budget means', () => {
    assert.match(budgetSentence(0, 0, null), /without weight streaming/);
    assert.match(budgetSentence(10 * mib, 10 * mib, 0), /nothing is streamed/);
    assert.equal(
      budgetSentence(5 * mib, 10 * mib, mib, true),
      '5.0 MiB of 10.0 MiB of weights stay on the GPU. Streaming needs 1.0 MiB of scratch. CUDA graphs are off while weights are streamed.',
    );
  });

  it('knows the scratch of budgets that were tried', () => {
    const tried = [
      { asked: 100, taken: 100, scratch: 0, deviceMemory: 0 },
      { asked: 50, taken: 50, scratch: 20, deviceMemory: 0 },
      { asked: 0, taken: 0, scratch: 30, deviceMemory: 0 },
    ];
    assert.equal(scratchAt(100, 100, tried), 0);
    assert.equal(scratchAt(60, 100, tried), 20);
    assert.equal(scratchAt(10, 100, tried), 30);
    assert.equal(scratchAt(10, 100, []), null);
  });
});
