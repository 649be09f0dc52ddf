import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { itUnless, onWindows } from '../../../test/support/leaveOut';
import { budgetCode, type MeasuredBudget } from './budgetCode';

const gib = 1024 ** 3;
const measured: MeasuredBudget = {
  engine: 'a\nb??/\\ */ "x".engine',
  budget: 3 * gib,
  streamable: 8 * gib,
  gpu: 'RTX\u2028 5090',
  runtimeVersion: '1.7.1.116',
};
/** What the code is called with, the library aside. */
const cases = [
  { free: 16 * gib, budget: 3 * gib },
  { free: 2 * gib, budget: gib },
];

describe('the code of a budget', () => {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'budget-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  };

  itUnless(
    onWindows('there is no c++ by that name'),
    'is C++ that takes the measured budget or NVIDIA’s rule',
    () => {
      write(
        'NvInfer.h',
        `#include <cstdint>
       namespace nvinfer1 { struct ICudaEngine { int64_t taken{-1};
       int64_t getStreamableWeightsSize() const { return ${8 * gib}; }
       bool setWeightStreamingBudgetV2(int64_t bytes) { taken = bytes; return true; } }; }`,
      );
      const calls = cases.map(
        ({ free, budget }) =>
          `if (!setWeightBudget(engine, ${free}) || engine.taken != ${budget}) return 1;`,
      );
      const file = write(
        'budget.cpp',
        `${budgetCode('cpp', measured)}int main() { nvinfer1::ICudaEngine engine; ${calls.join(' ')} }`,
      );
      const program = path.join(folder, 'budget');
      execFileSync('c++', [
        '-std=c++17',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-I',
        folder,
        file,
        '-o',
        program,
      ]);
      execFileSync(program);
    },
  );

  itUnless(onWindows('there is no python3 by that name'), 'is Python that does the same', () => {
    write('tensorrt_rtx.py', 'class ICudaEngine: pass\n');
    const calls = cases.map(
      ({ free, budget }) =>
        `set_weight_budget(engine, ${free})\nassert engine.weight_streaming_budget_v2 == ${budget}\n`,
    );
    const file = write(
      'budget.py',
      `${budgetCode('python', measured)}engine = trt.ICudaEngine()\nengine.streamable_weights_size = ${8 * gib}\n${calls.join('')}`,
    );
    execFileSync('python3', [file], { cwd: folder });
  });
});
