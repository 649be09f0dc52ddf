import assert from 'node:assert/strict';
import { editHeader, factsOf, realHeader } from '../../../test/support/engines';
import type { CodeFacts } from './codeFacts';
import { makePrediction } from './prediction';
import { driverStartsLibrary, type MachineProfile } from './verdictRule';

const machine: MachineProfile = {
  computeCapability: '8.9',
  totalGpuMemory: 8 * 2 ** 30,
  driverVersion: 13000,
  tensorrtRtx: '1.7.1',
  cudaRuntimeVersion: 13040,
};
const engine = realHeader('1.7.1.116');

describe('prediction', () => {
  it('says that it would run, and on what', () => {
    const made = makePrediction(factsOf(engine), machine, 'desk\n.json');
    assert.deepEqual(made.predicted, { validity: 0, diagnostics: 0 });
    assert.equal(made.headline, 'On the machine of desk\\n.json it would run.');
    assert.equal(
      made.machineText,
      'compute capability 8.9, 8.0 GiB, CUDA driver 13.0, TensorRT-RTX 1.7.1 (CUDA runtime 13.4)',
    );
    assert.deepEqual(made.reasons, []);
  });

  it('says every reason with the numbers of both sides', () => {
    const header = editHeader(engine, {
      version: [1, 6, 1, 120],
      targets: 1,
      cudaDriver: 13020n,
      cudaRuntime: 14000n,
      weightBytes: 10_093_173_145n,
    });
    const made = makePrediction(factsOf(header), machine, 'desk.json');
    assert.deepEqual(made.predicted, { validity: 2, diagnostics: 31 });
    assert.deepEqual(
      made.reasons.map((r) => r.sentence),
      [
        'Built by TensorRT-RTX 1.6.1.120, that machine has 1.7.1.',
        'Not built for compute capability 8.9, only for 7.5.',
        'Built with a newer CUDA driver (13.2) than 13.0.',
        'Built with a newer CUDA runtime (14.0) than 13.4.',
        'Its weights need 9.4 GiB, that GPU has 8.0 GiB.',
      ],
    );
  });

  it('says that there is no code for a GPU that the header lists', () => {
    const code: CodeFacts = {
      evidence: 'engine-text',
      without: ['8.0', '8.6'],
      least: '8.9',
      what: '',
    };
    const ampere = { ...machine, computeCapability: '8.6' } as const;
    const made = makePrediction(factsOf(engine), ampere, 'a.json', code);
    // What NVIDIA's check answers there stays what it is.
    assert.deepEqual(made.predicted, { validity: 0, diagnostics: 0 });
    assert.equal(made.noCode, true);
    assert.equal(made.headline, 'On the machine of a.json it would not run.');
    assert.deepEqual(made.reasons, [
      {
        id: 'no-code-for-gpu',
        enumName: '',
        sentence:
          'It holds no code for compute capability 8.6, though its header lists it: its own text names 8.9 as the first that it was compiled for.',
      },
    ]);
    const ada = makePrediction(factsOf(engine), machine, 'a.json', code);
    assert.deepEqual([ada.noCode, ada.reasons], [false, []]);
    // Refused by its list anyway: one reason is enough.
    const turing = { ...machine, computeCapability: '7.5' } as const;
    const without75 = { ...code, without: ['7.5' as const] };
    assert.equal(makePrediction(factsOf(engine), turing, 'a.json', without75).noCode, false);
  });

  it('says where no rebuild would help', () => {
    const made = makePrediction(factsOf(engine), { ...machine, computeCapability: '9.0' }, 'a');
    assert.deepEqual(
      made.reasons.map((r) => [r.id, r.enumName, r.sentence]),
      [
        [
          'unsupported-compute-capability',
          'kUNSUPPORTED_CC',
          'TensorRT-RTX 1.7.1 does not run on compute capability 9.0.',
        ],
      ],
    );
  });

  it('says that it would be slow', () => {
    const made = makePrediction(factsOf(engine), { ...machine, computeCapability: '13.0' }, 'a');
    assert.equal(made.headline, 'On the machine of a it would run, but slower than it could.');
  });

  it('says what a foreign file is', () => {
    const made = makePrediction(factsOf(Buffer.from('<html>')), machine, 'a');
    assert.deepEqual(made.predicted, { validity: 2, diagnostics: 32 });
    assert.match(made.reasons[0]?.sentence ?? '', /^This is a web page/);
  });

  it('goes by the first 64 bytes alone', () => {
    const made = makePrediction(factsOf(engine, { size: 100 }), machine, 'a');
    assert.deepEqual(made.predicted, { validity: 0, diagnostics: 0 });
  });

  it('has words for an unknown layout too', () => {
    const header = editHeader(engine, {
      layout: 3,
      version: [1, 6, 0, 0],
      cudaDriver: 99999n,
      weightBytes: 2n ** 60n,
      targets: 0,
    });
    const made = makePrediction(factsOf(header), machine, 'a');
    assert.equal(made.reasons.length, 4);
    for (const { sentence } of made.reasons) {
      assert.doesNotMatch(sentence, /undefined|null|NaN/);
    }
  });
});

describe('CUDA’s own rule', () => {
  const versions = (driverVersion: number, cudaRuntimeVersion: number) => ({
    driverVersion,
    cudaRuntimeVersion,
  });

  it('stops a library whose CUDA runtime has a newer major than the driver', () => {
    assert.equal(driverStartsLibrary(versions(12080, 13040)), false);
    assert.equal(driverStartsLibrary(versions(12990, 13000)), false);
  });

  it('starts it with the same major, an older minor included, and with a newer one', () => {
    assert.equal(driverStartsLibrary(versions(13000, 13040)), true);
    assert.equal(driverStartsLibrary(versions(14000, 13040)), true);
  });

  it('is part of the prediction, and keeps NVIDIA’s answer as it would be', () => {
    const made = makePrediction(factsOf(engine), { ...machine, driverVersion: 12080 }, 'old.json');
    assert.equal(made.headline, 'On the machine of old.json it would not run.');
    assert.equal(made.libraryStops, true);
    assert.deepEqual(made.predicted, { validity: 0, diagnostics: 0 });
    assert.deepEqual(made.reasons, [
      {
        id: 'old-cuda-driver',
        enumName: '',
        sentence:
          'TensorRT-RTX 1.7.1 has CUDA runtime 13.4 inside, which needs a driver for CUDA 13.0 or newer; there it is for 12.8.',
      },
    ]);
  });

  it('stops nothing where a version is not known', () => {
    assert.equal(driverStartsLibrary(versions(Number.MAX_SAFE_INTEGER, 13040)), true);
    assert.equal(driverStartsLibrary(versions(12080, Number.MAX_SAFE_INTEGER)), true);
  });
});
