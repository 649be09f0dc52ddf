/**
 * One million hostile headers through triage, reader, rule and report: none throws, none takes the promises of the
 * report away. Seeded: a failure names the seed and the bytes. FUZZ_SEED takes another seed, FUZZ_HEADERS another number.
 */
import assert from 'node:assert/strict';
import { type EngineReport } from '../../src/core/report/engineReport';
import { headerFields } from '../../src/core/file/engineHeader';
import { makeTriagedFacts } from '../../src/core/file/fileFacts';
import { fileKinds } from '../../src/core/file/fileKind';
import { makeEngineReport } from '../../src/core/report/makeEngineReport';
import { plainText } from '../../src/core/text/plainText';
import { predictVerdict } from '../../src/core/report/verdictRule';
import { answerOf, machineOf, noDriver, realHeaders, rtx4060, runtimeOf } from '../support/engines';
import { type Random, randomNumbers } from '../support/random';

const seed = Number(process.env['FUZZ_SEED'] ?? 20261122);
const total = Number(process.env['FUZZ_HEADERS'] ?? 1_000_000);

const real = realHeaders.map((h) => Buffer.from(h.header, 'hex'));
const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)] as T;
const randomBytes = (random: Random, length: number) =>
  Buffer.from(Uint8Array.from({ length }, () => random(256)));
const interesting = [
  0n,
  1n,
  -1n,
  2n,
  63n,
  64n,
  13000n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const marks = [
  'vtrt',
  'ftrt',
  'ptrt',
  'TR01',
  'PK\x03\x04',
  '\x08\x07\x12\x03abc',
  '<!DOCTYPE html>',
  '\x10\0\0\0{"a":[',
  'version https://git-lfs.github.com/spec/v1\nsize ',
  '\x1f\x8b',
  '\ufeff',
  '{',
  '\x3a\xff\xff\xff\xff\x7f',
];

/** How headers are made hostile; each takes its share of the million. */
const strategies: Record<string, (random: Random) => Buffer> = {
  'random bytes of random length': (random) => randomBytes(random, random(160)),
  'real headers with flipped bits': (random) => {
    const bytes = Buffer.from(pick(random, real));
    for (let flips = 1 + random(8); flips > 0; flips--) {
      const at = random(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    }
    return bytes;
  },
  'real headers with random fields': (random) => {
    const bytes = Buffer.from(pick(random, real));
    const at = pick(random, [0, 4, 8, 12, 16, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60]);
    randomBytes(random, Math.min(8, 64 - at)).copy(bytes, at);
    return bytes;
  },
  'real headers with extreme numbers': (random) => {
    const bytes = Buffer.from(pick(random, real));
    for (const at of [16, 40, 48, 56]) {
      if (random(2) === 0) {
        bytes.writeBigUInt64LE(BigInt.asUintN(64, pick(random, interesting)), at);
      }
    }
    return bytes;
  },
  'real headers cut or grown': (random) => {
    const bytes = pick(random, real);
    return random(2) === 0
      ? Buffer.from(bytes.subarray(0, random(64)))
      : Buffer.concat([bytes, randomBytes(random, random(64))]);
  },
  'the right tag and layout, then anything': (random) =>
    Buffer.concat([Buffer.from('vtrt\0\0\0\0\x02\0\0\0'), randomBytes(random, 52)]),
  'two real headers spliced': (random) => {
    const at = random(64);
    return Buffer.concat([pick(random, real).subarray(0, at), pick(random, real).subarray(at)]);
  },
  'marks of other files, then anything': (random) =>
    Buffer.concat([Buffer.from(pick(random, marks), 'latin1'), randomBytes(random, random(100))]),
  'marks of other files, then text': (random) =>
    Buffer.from(
      pick(random, marks) +
        String.fromCodePoint(
          ...Array.from({ length: random(60) }, () => 32 + random(random(4) === 0 ? 0xd000 : 95)),
        ),
    ),
  'wrappers with any length and any engine in them': (random) => {
    const json = Buffer.from(
      pick(random, ['{}', '{"a":1}', '{"names":{"0":"\\u202e"}}', '{', '{{{{', '{"a":"\x1b[31m"}']),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(random(4) === 0 ? random(2 ** 32) : json.length);
    return Buffer.concat([length, json, pick(random, real), randomBytes(random, random(8))]);
  },
};

const machines = [
  rtx4060,
  noDriver,
  null,
  machineOf('NVIDIA H200', '9.0'),
  machineOf('NVIDIA GB10', '12.1'),
  machineOf('NVIDIA \u202eNext\n', '13.0'),
];
const runtimes = [runtimeOf(), runtimeOf('1.4.0.76'), runtimeOf('1.5.0.114'), null];
const sentence = /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+$/u;

function check(bytes: Buffer, random: Random): void {
  // Sizes: as long as it is, as long as the header says, a little off, or anything.
  const said = bytes.length >= 24 ? Number(bytes.readBigUInt64LE(16)) : 0;
  const size = Math.max(
    bytes.length,
    pick(random, [bytes.length, said, said - 1, said + 1, random(2 ** 31), 20e9]),
  );
  const { facts, wants } = makeTriagedFacts({ file: 'a.engine', prefix: bytes, size, modified: 0 });
  assert.ok(fileKinds.includes(facts.kind));
  assert.ok(wants === 0 || (wants > bytes.length && wants <= size));
  assert.equal(facts.kind === 'tensorrt-rtx', facts.kindSentence === '');

  const machine = pick(random, machines);
  const runtime = pick(random, runtimes);
  const predicted = predictVerdict(facts.headerBytes, {
    computeCapability: machine?.gpu?.computeCapability ?? '8.9',
    totalGpuMemory: 2 ** 33,
    driverVersion: 13000,
    tensorrtRtx: runtime?.version ?? '1.7.1',
    cudaRuntimeVersion: 13040,
  });
  assert.equal(predicted.validity === 2, predicted.diagnostics !== 0);
  const answers = [
    null,
    answerOf(2, 0),
    { ...predicted, lines: [] },
    answerOf(random(4), random(256)),
    answerOf(random(4), random(2) * 2 ** random(64)),
  ];
  const report = makeEngineReport({
    facts,
    answer: runtime ? pick(random, answers) : null,
    runtime,
    machine,
    knownRuntimes: random(2) === 0 ? [] : [{ version: '1.6.1.120', path: '/a' }],
    recordedHash: random(8) === 0 ? { expected: 'a', actual: pick(random, ['a', 'b']) } : null,
    now: 0,
  });
  checkReport(report);
  for (const field of headerFields(facts.headerBytes)) {
    assert.ok(field.offset + field.length <= facts.headerBytes.length);
  }
}

function checkReport(report: EngineReport): void {
  for (const text of [report.headline, report.summary, report.asked]) {
    assert.match(text, sentence);
  }
  for (const reason of report.reasons) {
    assert.match(reason.sentence, sentence);
  }
  for (const row of [...report.fileRows, ...report.headerFields]) {
    assert.match(row.value, sentence);
  }
  assert.equal(report.severity, report.reasons[0]?.severity ?? 'ok');
  assert.equal(report.headerHex, plainText(report.headerHex));
  if (report.verdict === 'invalid') {
    assert.equal(report.severity, 'error');
  }
  if (report.gpu?.computeCapability === '9.0') {
    assert.ok(!report.remedies.some((r) => r.id.includes('build')), 'nothing is built for a 9.0');
  }
}

describe(`hostile headers through core, seed ${seed}`, () => {
  const share = Math.ceil(total / Object.keys(strategies).length);
  for (const [index, [name, make]] of Object.entries(strategies).entries()) {
    it(`${share} headers: ${name}`, () => {
      const random = randomNumbers(seed + index);
      for (let i = 0; i < share; i++) {
        const bytes = make(random);
        try {
          check(bytes, random);
        } catch (error) {
          const where = `seed ${seed}, header ${i}, bytes ${bytes.toString('hex')}`;
          throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
      }
    });
  }
});
