import assert from 'node:assert/strict';
import {
  answerOf,
  factsOf,
  inputOf,
  noDriver,
  realHeader,
  realLines,
  ruleAnswer,
} from '../../../test/support/engines';
import { makeEngineReport } from './makeEngineReport';
import { reportText } from './reportText';

describe('reportText', () => {
  it('says everything that the report says, in plain text', () => {
    const report = makeEngineReport(
      inputOf(factsOf(realHeader('1.6.1.120')), {
        answer: answerOf(2, 1, [[3, realLines.version16in17]]),
      }),
    );
    assert.equal(
      reportText(report),
      `model.engine: invalid
This machine cannot run this engine.
Asked TensorRT-RTX 1.7.1.116 on NVIDIA GeForce RTX 4060 (8.9). kINVALID, kVERSION_MISMATCH

Reasons
  error: The engine was built by TensorRT-RTX 1.6.1.120; the runtime here is 1.7.1.116, and an engine only runs with the version that built it. (kVERSION_MISMATCH, reported by TensorRT-RTX)

What helps
  1. Rebuild for This Machine: Builds a new engine from the ONNX model with TensorRT-RTX 1.7.1.116. The old file is kept until the new one is checked.
  2. Install Runtime 1.6.1.120: Downloads TensorRT-RTX 1.6.1.120 from PyPI into the extension's own storage and uses it. The engine stays as it is.
  3. Rebuild for Chosen GPUs…: Asks which GPU families the new engine should run on. The old file is kept until the new one is checked.
  4. Copy Rebuild Command: Copies how to build such an engine: for the terminal, NVIDIA's tensorrt_rtx tool, Python or C++. Nothing is run.

Engine and machine
                      Engine                                        This machine
  TensorRT-RTX        1.6.1.120                                     1.7.1.116               no: versions must match
  GPU                 8.0 · 8.6 · 8.9 · 12.0 · 12.1 · newer by PTX  RTX 4060, 8.9           ok: built for it
  Weights on the GPU  4.5 MiB                                       8.0 GiB (7.0 GiB free)  ok: fits
  CUDA driver         not recorded                                  13.1 (580.159.04)
  CUDA runtime        13.4 at build                                 13.4 (in the library)   ok: not older

GPU memory
  Fits: its weights need 4.5 MiB, and 7.0 GiB of 8.0 GiB are free on NVIDIA GeForce RTX 4060.

Runs on
  RTX 30, 40 and 50 series, A100 class and GB10 (DGX Spark); newer ones by PTX

File
  Length: 9,469,428 bytes, as its header says
  Changed: 2026-11-20 09:30 UTC

First bytes
   0  76 74 72 74 00 00 00 00 02 00 00 00 00 00 00 00
  16  f4 7d 90 00 00 00 00 00 01 06 01 78 76 74 72 74
  32  7e 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  48  f0 32 00 00 00 00 00 00 c0 97 47 00 00 00 00 00

What TensorRT-RTX said
  The engine has been created with TensorRT-RTX version 1.6.1, but the current runtime is TensorRT-RTX version 1.7.1. Rebuild the engine with the same version of TensorRT-RTX as the current runtime.

Checked 2026-11-22 17:35 UTC. What is read from the header goes by observed offsets, which NVIDIA does not document.`,
    );
  });

  it('marks what was only read from the header', () => {
    const report = makeEngineReport(
      inputOf(factsOf(realHeader('1.6.1.120')), { answer: answerOf(2, 0), machine: noDriver }),
    );
    assert.match(reportText(report), /^ {2}warning: .* \(read from the header\)$/m);
  });

  it('leaves out what there is not', () => {
    const input = inputOf(factsOf(realHeader('1.7.1.116')));
    const valid = reportText(makeEngineReport({ ...input, answer: ruleAnswer(input) }));
    assert.doesNotMatch(valid, /Reasons|What helps|What TensorRT-RTX said/);
    const foreign = reportText(makeEngineReport(inputOf(factsOf(Buffer.from('x')))));
    assert.doesNotMatch(foreign, /Engine and machine|Runs on/);
    assert.match(foreign, /First bytes\n {3}0 {2}78\n/);
  });
});
