import * as assert from 'node:assert/strict';

import { failureCodes } from '../wire/failure';
import { cudaNumberIn, makeRunFailure, type FailureFacts } from './runFailures';

const base: FailureFacts = {
  file: '/models/up.engine',
  stage: 'first-run',
  code: 'cuda-failed',
  cuda: 0,
  sentence: 'enqueueV3 failed',
  lines: [],
  gpu: { name: 'NVIDIA RTX 4090', computeCapability: '8.9' },
};
const words = (change: Partial<FailureFacts>): string => {
  const { sentence, nextStep } = makeRunFailure({ ...base, ...change });
  return `${sentence} > ${nextStep}`;
};

describe('failures of a run', () => {
  it('name the file, the cause and the next step, whatever happened', () => {
    const stages = [
      'read',
      'deserialize',
      'inspect',
      'budget',
      'context',
      'inputs',
      'buffers',
      'first-run',
      'warm-up',
      'measure',
      'profile',
      'outputs',
      'other',
    ];
    const numbers = [
      0, 1, 2, 3, 35, 46, 100, 101, 200, 209, 214, 218, 222, 700, 702, 719, 803, 999, 12345,
    ];
    for (const stage of stages) {
      for (const code of failureCodes) {
        for (const cuda of numbers) {
          const { sentence, nextStep } = makeRunFailure({ ...base, stage, code, cuda });
          assert.match(sentence, /up\.engine.*[.]$/, `${stage} ${code} ${cuda}`);
          assert.match(nextStep, /^[A-Z].*[.]$/, `${stage} ${code} ${cuda}: ${nextStep}`);
          assert.doesNotMatch(`${sentence}${nextStep}`, / {2}|undefined|null|\.\./);
        }
      }
    }
  });

  it('tell of a GPU that the engine has no code for', () => {
    const text = words({ cuda: 209 });
    assert.match(text, /has no code that NVIDIA RTX 4090 \(compute capability 8\.9\) can run/);
    assert.match(text, /CUDA error 209.*Rebuild the engine for the compute capability/);
  });

  it('tell what memory was needed for, and what is left to try', () => {
    const memory = { code: 'gpu-out-of-memory', cuda: 2 } as const;
    assert.match(
      words({ ...memory, stage: 'deserialize', streamable: 0 }),
      /for the weights of .* on NVIDIA RTX 4090\. > Rebuild the engine with weight streaming, or free GPU memory/,
    );
    assert.match(
      words({ ...memory, stage: 'context', streamable: 100, budget: 50 }),
      /for the execution context .* > Lower the weight streaming budget, use a smaller shape/,
    );
    assert.match(
      words({ ...memory, stage: 'buffers', streamable: 100, budget: 0 }),
      /for the inputs and outputs .* > Use a smaller shape/,
    );
    assert.match(words({ ...memory, stage: 'measure' }), /for a run of /);
    assert.match(words({ code: 'cuda-failed', cuda: 2 }), /not enough GPU memory/);
  });

  it('tell of the driver, of a lost GPU and of a GPU that is taken', () => {
    assert.match(words({ cuda: 35 }), /driver is too old.*Update the NVIDIA driver/);
    assert.match(words({ cuda: 100 }), /no NVIDIA GPU.*ONNX Runtime on the CPU/);
    assert.match(words({ cuda: 999 }), /could not be used.*Restart/);
    assert.match(
      words({ cuda: 700, stage: 'measure' }),
      /failed or was lost while measuring .*Xid/,
    );
    assert.match(words({ cuda: 719 }), /failed or was lost during the first run/);
    assert.match(words({ cuda: 46 }), /not available/);
    const sentence = 'No NVIDIA driver was found: libcuda.so.1: cannot open shared object file.';
    const none = makeRunFailure({ ...base, code: 'no-driver', cuda: 0, sentence });
    assert.match(
      none.sentence,
      /engine needs an NVIDIA driver to run\. No NVIDIA driver was found\.$/,
    );
    assert.deepEqual(none.lines, [sentence]);
    assert.match(
      words({ code: 'no-driver', sentence: 'nvcuda.dll is not a CUDA driver.' }),
      /nvcuda\.dll is not/,
    );
  });

  it('find the number in the library’s own lines', () => {
    assert.equal(
      cudaNumberIn(['Cuda Runtime (no kernel image is available for execution on the device)']),
      209,
    );
    assert.equal(cudaNumberIn(['IExecutionContext: CUDA error 700 launching kernel']), 700);
    assert.equal(
      cudaNumberIn([
        'Error reading CUDA GPU properties: … (cudaError 35: CUDA driver version is insufficient)',
      ]),
      35,
    );
    assert.equal(cudaNumberIn(['x: CUDA_ERROR_ILLEGAL_ADDRESS']), 700);
    assert.equal(cudaNumberIn(['GPU is out of memory']), 2);
    assert.equal(cudaNumberIn(['nothing of that kind 209']), 0);
    // A line of the library's source, not an error of CUDA.
    assert.equal(cudaNumberIn(['[checkMacros.cpp::catchCudaError::229] Error Code 1']), 0);
    const found = makeRunFailure({
      ...base,
      code: 'runtime-failed',
      lines: [
        { severity: 1, text: 'Cuda failure: 209' },
        { severity: 3, text: 'an information' },
      ],
    });
    assert.deepEqual(
      [found.cuda, found.code, found.lines],
      [209, 'cuda-failed', ['Cuda failure: 209']],
    );
  });

  it('quote the library where it refused', () => {
    const refused = (stage: string, text: string) =>
      words({ stage, code: 'runtime-failed', lines: [{ severity: 1, text }] });
    assert.match(
      refused('deserialize', 'The engine was created with TensorRT-RTX version 1.6'),
      /another version .* > Choose the TensorRT-RTX that built it/,
    );
    assert.match(
      refused('deserialize', 'Assertion failed\u001b[31m'),
      /could not load .*Assertion failed\. > The file may be damaged/,
    );
    assert.match(
      refused('inputs', 'Static dimension mismatch'),
      /refused the inputs .*Static dimension mismatch/,
    );
    assert.match(refused('budget', 'must be positive'), /refused the weight streaming budget/);
  });

  it('tell of a host that ended or hung', () => {
    assert.match(
      words({ code: 'host-exited', sentence: 'SIGSEGV', stage: 'deserialize' }),
      /ended while loading .*SIGSEGV\. > A damaged engine/,
    );
    assert.match(
      words({ code: 'host-timeout', sentence: 'after 120 s', stage: 'deserialize' }),
      /took too long while loading/,
    );
    assert.match(words({ code: 'cancelled' }), /was cancelled/);
  });

  it('offer no rebuild for a GPU that TensorRT-RTX does not run on', () => {
    const line =
      'Error Code 6: API Usage Error (The engine cannot run on this GPU, which has compute capability 9.0. ' +
      'TensorRT-RTX does not support this compute capability, so the engine cannot be rebuilt for it.)';
    const text = words({
      stage: 'deserialize',
      code: 'runtime-failed',
      lines: [{ severity: 1, text: line }],
    });
    assert.match(text, /TensorRT-RTX does not run on NVIDIA RTX 4090/);
    assert.match(text, /a rebuild does not help/);
  });

  it('advise a larger budget where the budget is too small', () => {
    const text = words({
      code: 'gpu-out-of-memory',
      cuda: 2,
      streamable: 1000,
      budget: 10,
      lines: [{ severity: 1, text: 'the weight streaming budget of 10 bytes is too small' }],
    });
    assert.match(text, /budget is too small.*Raise the weight streaming budget\./s);
  });

  it('say what CUDA said before a host ended', () => {
    const text = words({
      code: 'host-exited',
      stage: 'context',
      sentence: 'It ended with SIGSEGV.',
      lines: [{ severity: 1, text: 'Error Code 1: Myelin (CUDA error 209 loading a module.)' }],
    });
    assert.match(text, /SIGSEGV\. Before that, CUDA failed \(CUDA error 209/);
    assert.match(text, /Rebuild the engine for the compute capability/);
  });

  it('do not take damage inside the file for another version', () => {
    // As TensorRT-RTX 1.7.1 said of an engine with one bit changed.
    const line =
      'IRuntime::deserializeCudaEngineV2: Error Code 1: Serialization (Serialization assertion StdArchiveInfo::versions[type] == version failed.invalid version for standard type)';
    const text = words({
      stage: 'deserialize',
      code: 'runtime-failed',
      lines: [{ severity: 1, text: line }],
    });
    assert.match(text, /TensorRT-RTX could not load/);
    assert.match(text, /may be damaged: compare its SHA-256/);
  });
});
