/**
 * Every sentence a person may read, in one file: test/fixtures/reportSentences.txt. After a change of words run
 * UPDATE_GOLDEN=1 npm test -- unit --grep=sentences, then read the difference as a person would.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  answerOf,
  editHeader,
  factsOf,
  fixturesFolder,
  inputOf,
  machineOf,
  noDriver,
  realHeader,
  realLines,
  rtx4060,
  ruleAnswer,
  runtimeOf,
} from '../../../test/support/engines';
import { unreadableFacts } from '../file/fileFacts';
import type { CodeAnswer } from './codeFacts';
import type { EngineReport } from './engineReport';
import { makeEngineReport, type ReportInput } from './makeEngineReport';
import { underHeadline } from './underHeadline';

const goldenFile = path.join(fixturesFolder, 'reportSentences.txt');

const engine17 = realHeader('1.7.1.116');
const engine16 = realHeader('1.6.1.120');
const engine14 = realHeader('1.4.0.76');
const hopper = machineOf('NVIDIA H200', '9.0', 150_109_880_320, 13000);
const turing = machineOf('NVIDIA GeForce RTX 2080', '7.5');
const big = editHeader(engine17, { weightBytes: 10_093_173_145n, fileSize: 10_102_583_296n });
const wddm = machineOf('NVIDIA RTX A4000', '8.6');
const inTcc = {
  ...wddm,
  ...(wddm.gpu ? { gpu: { ...wddm.gpu, driverModel: 'TCC' as const } } : {}),
};
const oldDriver = {
  ...noDriver,
  driverVersion: 12020,
  displayDriver: '535.104.05',
  whyNoGpu: 'The NVIDIA driver is too old. CUDA_ERROR_SYSTEM_DRIVER_MISMATCH.',
};
const noGpu = {
  ...noDriver,
  driverVersion: 13000,
  displayDriver: '580.159.04',
  whyNoGpu:
    'The CUDA driver shows no GPU; the environment variable CUDA_VISIBLE_DEVICES is "". CUDA_ERROR_NO_DEVICE.',
};
const unreadableAnswer = answerOf(2, 0, [[0, realLines.gpuNotReadable17]]);
const ampere = machineOf('NVIDIA GeForce RTX 3060', '8.6', 12 * 2 ** 30);
const byText: CodeAnswer = {
  evidence: 'engine-text',
  without: ['8.0', '8.6'],
  holds: [],
  what: '',
};
const byRecipe: CodeAnswer = {
  evidence: 'recipe',
  without: ['8.0', '8.6'],
  holds: [],
  what: 'FP8 values (QuantizeLinear /fc)',
};
const known16 = [{ version: '1.6.1.120', path: '/opt/rtx-1.6/libtensorrt_rtx.so.1' }];
const foreign = (bytes: Buffer | string, more: Partial<ReportInput> = {}) =>
  inputOf(factsOf(Buffer.from(bytes)), {
    answer: answerOf(2, 32, [[3, realLines.malformed]]),
    ...more,
  });
const asked = (input: ReportInput) => ({ ...input, answer: ruleAnswer(input) });
const hash = 'ab12cd34'.repeat(8);

const cases: Record<string, ReportInput> = {
  'valid on an RTX 4060': asked(inputOf(factsOf(engine17))),
  'valid, and the recorded SHA-256 matches': {
    ...asked(inputOf(factsOf(engine17))),
    recordedHash: { expected: hash, actual: hash.toUpperCase() },
  },
  'valid, but the recorded SHA-256 is another': {
    ...asked(inputOf(factsOf(engine17))),
    recordedHash: { expected: hash, actual: 'ff'.repeat(32) },
  },
  'valid, but longer than its header says': asked(inputOf(factsOf(engine17, { size: 9_338_808 }))),
  'valid by its header, but the file is cut short': asked(
    inputOf(factsOf(engine17, { size: 4_000_000 })),
  ),
  'suboptimal on a GPU newer than any release knows': inputOf(factsOf(engine17), {
    machine: machineOf('NVIDIA GeForce RTX 6090', '13.0'),
    answer: answerOf(1, 0, [[3, realLines.suboptimal]]),
  }),
  'suboptimal where a newer release builds for the GPU': asked(
    inputOf(factsOf(engine14), {
      runtime: runtimeOf('1.4.0.76'),
      machine: machineOf('NVIDIA GB10', '12.1'),
    }),
  ),
  'version mismatch': inputOf(factsOf(engine16), {
    answer: answerOf(2, 1, [[3, realLines.version16in17]]),
  }),
  'version mismatch, and the right runtime is installed': inputOf(factsOf(engine16), {
    answer: answerOf(2, 1, [[3, realLines.version16in17]]),
    knownRuntimes: known16,
  }),
  'version mismatch with a version that nobody published': asked(
    inputOf(factsOf(editHeader(engine16, { version: [1, 3, 0, 35] }))),
  ),
  'version mismatch and too little memory': inputOf(
    factsOf(editHeader(big, { version: [1, 6, 1, 120] })),
    {
      answer: answerOf(2, 17, [
        [3, realLines.version16in17],
        [3, realLines.memory],
      ]),
      knownRuntimes: known16,
    },
  ),
  'not built for this GPU': inputOf(factsOf(engine17), {
    machine: turing,
    answer: answerOf(2, 2, [[3, realLines.gpu75]]),
  }),
  'a GPU that TensorRT-RTX does not run on': inputOf(factsOf(engine17), {
    machine: hopper,
    answer: answerOf(2, 2, [[3, realLines.gpu90]]),
  }),
  'another version on a GPU that TensorRT-RTX does not run on': asked(
    inputOf(factsOf(engine16), { machine: hopper, knownRuntimes: known16 }),
  ),
  'old driver': asked(inputOf(factsOf(editHeader(engine17, { cudaDriver: 13020n })))),
  'old CUDA runtime': asked(
    inputOf(factsOf(editHeader(engine14, { cudaRuntime: 13040n })), {
      runtime: runtimeOf('1.4.0.76'),
    }),
  ),
  'too little memory': inputOf(factsOf(big), { answer: answerOf(2, 16, [[3, realLines.memory]]) }),
  'too little memory by one byte': asked(
    inputOf(factsOf(editHeader(big, { weightBytes: 8_589_934_593n }))),
  ),
  'everything at once': asked(
    inputOf(
      factsOf(
        editHeader(big, {
          version: [1, 6, 1, 120],
          targets: 1,
          cudaDriver: 14000n,
          cudaRuntime: 14000n,
        }),
      ),
    ),
  ),
  'no code for the GPU at hand, by its own text': asked(
    inputOf(factsOf(engine17), { machine: ampere, code: [byText] }),
  ),
  'no code for the GPU at hand, which the recipe explains': asked(
    inputOf(factsOf(engine17), { machine: ampere, code: [byRecipe, byText] }),
  ),
  'no code for the GPU at hand, by the recipe, and nobody was asked': inputOf(factsOf(engine17), {
    machine: ampere,
    runtime: null,
    code: [byRecipe],
  }),
  'no code for the GPU at hand, by the compiler, and another version': inputOf(factsOf(engine16), {
    machine: ampere,
    answer: answerOf(2, 1, [[3, realLines.version16in17]]),
    knownRuntimes: known16,
    code: [{ ...byRecipe, evidence: 'compiler' }],
  }),
  'no code for the GPU at hand, seen when it was loaded': asked(
    inputOf(factsOf(engine17), {
      machine: ampere,
      code: [{ evidence: 'inspection', without: ['8.6'], holds: [], what: '' }],
    }),
  ),
  'no code for other GPUs than the one at hand': asked(
    inputOf(factsOf(engine17), { code: [byText] }),
  ),
  'no code for other GPUs, and no GPU here': inputOf(factsOf(engine17), {
    machine: noDriver,
    answer: unreadableAnswer,
    code: [byRecipe],
  }),
  'malformed, though the header looks right': inputOf(factsOf(engine17), {
    answer: answerOf(2, 32, [[3, realLines.malformed]]),
  }),
  'CUDA error': inputOf(factsOf(engine17), {
    answer: answerOf(2, 64, [[1, 'CUDA error: (cudaError 803: system has unsupported ...)']]),
  }),
  'a GPU in TCC mode': inputOf(factsOf(engine17), {
    machine: inTcc,
    answer: answerOf(2, 0, [[0, realLines.gpuNotReadable14]]),
  }),
  'a GPU in TCC mode that answers': asked(inputOf(factsOf(engine17), { machine: inTcc })),
  'a GPU in TCC mode, CUDA error': inputOf(factsOf(engine17), {
    machine: inTcc,
    answer: answerOf(2, 64, [[1, 'CUDA error: (cudaError 801: operation not supported)']]),
  }),
  'CUDA error and version mismatch': inputOf(factsOf(engine16), { answer: answerOf(2, 65) }),
  'not checked: no driver': inputOf(factsOf(engine17), {
    machine: noDriver,
    answer: unreadableAnswer,
  }),
  'not checked: driver too old': inputOf(factsOf(engine17), {
    machine: oldDriver,
    answer: unreadableAnswer,
  }),
  'not checked: driver too old, told by 1.4 without a code': inputOf(factsOf(engine14), {
    machine: oldDriver,
    runtime: runtimeOf('1.4.0.76'),
    answer: answerOf(2, 0, [[0, realLines.gpuNotReadable14]]),
  }),
  'not checked: no GPU is visible': inputOf(factsOf(engine17), {
    machine: noGpu,
    answer: answerOf(2, 0, [[0, realLines.gpuNotReadable14]]),
  }),
  'not checked: CUDA does not start': inputOf(factsOf(engine17), {
    machine: { ...noGpu, whyNoGpu: '' },
    answer: answerOf(2, 0, [[0, 'Error reading CUDA GPU properties: (cudaError 999: unknown)']]),
  }),
  'not checked: nothing known of the machine': inputOf(factsOf(engine14), {
    machine: null,
    runtime: runtimeOf('1.4.0.76'),
    answer: answerOf(2, 0, [[0, realLines.gpuNotReadable14]]),
  }),
  'not checked, but its header shows another version': inputOf(factsOf(engine16), {
    machine: noDriver,
    answer: answerOf(2, 0, [
      [3, realLines.version16in17],
      [0, realLines.gpuNotReadable17],
    ]),
  }),
  'not checked, but cut short': inputOf(factsOf(engine17, { size: 4_000_000 }), {
    machine: noDriver,
    answer: unreadableAnswer,
  }),
  'no runtime': inputOf(factsOf(engine16), {
    runtime: null,
    runtimeProblem: {
      sentence: 'No TensorRT-RTX was found on this machine.',
      nextStep: 'Install TensorRT-RTX, or set the path of its library.',
    },
    machine: rtx4060,
  }),
  'no runtime, and the GPU is one that the engine was not built for': inputOf(factsOf(engine17), {
    runtime: null,
    machine: turing,
  }),
  'no runtime, and the file is cut short': inputOf(factsOf(engine17, { size: 100 }), {
    runtime: null,
    machine: null,
  }),
  'no runtime, and not an engine': foreign('<!DOCTYPE html><title>Sign in</title>', {
    runtime: null,
    answer: null,
  }),
  'the runtime failed': inputOf(factsOf(engine17), {
    runtime: null,
    knownRuntimes: known16,
    runtimeProblem: {
      sentence: 'The engine host ended while checking model.engine.',
      nextStep: 'Check the engine again.',
    },
  }),
  'an answer of a future release': inputOf(factsOf(engine17), { answer: answerOf(3, 0) }),
  'a reason of a future release': inputOf(factsOf(engine17), {
    answer: answerOf(2, 128, [[3, 'The engine wants a newer moon.']]),
  }),
  'rule and runtime disagree': inputOf(factsOf(engine17), { answer: answerOf(2, 2) }),
  'a header layout of a future release': inputOf(factsOf(editHeader(engine17, { layout: 3 })), {
    answer: answerOf(0, 0),
  }),
  'a header layout of a future release, no runtime': inputOf(
    factsOf(editHeader(engine17, { layout: 3 })),
    { runtime: null },
  ),
  'too short': inputOf(factsOf(engine17.subarray(0, 40), { size: 40 }), {
    answer: answerOf(2, 32, [[3, realLines.malformed]]),
  }),
  empty: foreign(''),
  unreadable: inputOf(
    unreadableFacts(
      'model.engine',
      'model.engine could not be read: permission denied. Ask its owner for access, then check it again.',
    ),
  ),
  'TensorRT engine': foreign(
    Buffer.concat([
      Buffer.from('ftrt'),
      Buffer.alloc(20),
      Buffer.from([10, 13, 0, 35]),
      Buffer.alloc(36),
    ]),
  ),
  'old TensorRT engine': foreign(
    Buffer.concat([Buffer.from('ptrt'), Buffer.from([0x57, 0, 0, 0]), Buffer.alloc(56)]),
  ),
  'Ultralytics export': foreign(
    wrapped({ task: 'detect', imgsz: [640, 640], names: { 0: 'person' } }, 'ftrt', [10, 3, 0, 26]),
  ),
  'Ultralytics export of a TensorRT-RTX engine': foreign(
    wrapped({ task: 'detect' }, 'vtrt', [1, 7, 1, 116]),
  ),
  'Torch container': foreign(Buffer.concat([Buffer.from('TR01'), Buffer.alloc(60)])),
  'ONNX model': foreign(
    Buffer.concat([
      Buffer.from([0x08, 8, 0x12, 7]),
      Buffer.from('pytorch'),
      Buffer.from([0x3a, 2, 0, 0]),
    ]),
  ),
  'zip archive': foreign(
    Buffer.concat([
      Buffer.from('PK\x03\x04'),
      Buffer.alloc(22),
      Buffer.from([9, 0, 0, 0]),
      Buffer.from('a.engine!'),
    ]),
  ),
  'Git LFS pointer': foreign(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${hash}\nsize 10102583296\n`,
  ),
  'web page': foreign('<!DOCTYPE html><html><title>404 Not Found</title></html>'),
  'text file': foreign('not found\n'),
  'nothing but zeros': foreign(Buffer.alloc(4096)),
  'gzip archive': foreign(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4])),
  'nothing known': foreign(Buffer.from([1, 2, 3, 0xff, 0xfe, 9])),
  'ONNX model on a GPU that TensorRT-RTX does not run on': foreign(
    Buffer.concat([
      Buffer.from([0x08, 8, 0x12, 7]),
      Buffer.from('pytorch'),
      Buffer.from([0x3a, 2, 0, 0]),
    ]),
    { machine: hopper },
  ),
};

function wrapped(metadata: object, tag: string, version: number[]): Buffer {
  const json = Buffer.from(JSON.stringify(metadata));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([
    length,
    json,
    Buffer.from(tag),
    Buffer.alloc(20),
    Buffer.from(version),
    Buffer.alloc(36),
  ]);
}

function written(name: string, report: EngineReport): string {
  const reasons = report.reasons.map((r) =>
    [
      `  - ${r.severity} ${r.id} (${[r.enumName, r.evidence].filter(Boolean).join(', ')})`,
      `    ${r.sentence}`,
      ...r.libraryLines.map((line) => `    | ${line}`),
    ].join('\n'),
  );
  const remedies = report.remedies.map(
    (r) => `  ${r.preferred ? '*' : '-'} ${r.title} [${r.id}]\n    ${r.detail}`,
  );
  return [
    `== ${name}`,
    `${report.verdict}, ${report.severity}, evidence ${report.evidence}`,
    `# ${report.headline}`,
    report.summary,
    `(${report.asked}) ${report.enumNames.join(', ')}`,
    ...(reasons.length > 0 ? ['Reasons', ...reasons] : []),
    ...(remedies.length > 0 ? ['Remedies', ...remedies] : []),
    ...report.rows.map(
      (row) => `  ${row.label}: ${row.engine} | ${row.machine} | ${row.state} ${row.note}`,
    ),
    ...report.fileRows.map((row) => `  ${row.label}: ${row.value}`),
    ...(report.runsOnSentence ? [`  Runs on: ${report.runsOnSentence}`] : []),
    '',
  ].join('\n');
}

describe('report sentences', () => {
  const text = Object.entries(cases)
    .map(([name, input]) => written(name, makeEngineReport(input)))
    .join('\n');

  it('are the ones that were read and judged', () => {
    if (process.env['UPDATE_GOLDEN'] === '1') {
      writeFileSync(goldenFile, text);
    }
    assert.equal(text, readFileSync(goldenFile, 'utf8'));
  });

  for (const [name, input] of Object.entries(cases)) {
    it(`stand once where reasons are listed: ${name}`, () => {
      const report = makeEngineReport(input);
      const { text: beside, list } = underHeadline(report);
      for (const reason of report.reasons) {
        const fact = reason.sentence.replace(/^(According to its header, the|The) engine /, '');
        const told = [beside, ...list.map(({ sentence }) => sentence)].join('\n').split(fact);
        // "This machine has no NVIDIA GPU." says why TensorRT-RTX found none.
        const isUnderstood = report.lead === 'targets' && list.length === 0;
        const times = told.length - 1;
        assert.ok(times === 1 || (isUnderstood && times === 0), `${times} x ${fact}\n${beside}`);
        assert.ok(!report.besides.includes(fact), report.besides);
      }
    });

    it(`are whole sentences: ${name}`, () => {
      const report = makeEngineReport(input);
      const sentences = [
        report.headline,
        report.summary,
        ...(report.besides === '' ? [] : [report.besides]),
        report.asked,
        ...report.reasons.map((r) => r.sentence),
        ...report.remedies.map((r) => r.detail),
      ];
      for (const sentence of sentences) {
        assert.match(sentence, /^[A-Za-z].*[.!?"]$/, sentence);
        assert.doesNotMatch(sentence, /undefined|null|NaN|\[object|\.\.|\s\s| ,|\s$/, sentence);
      }
    });
  }
});
