import assert from 'node:assert/strict';
import {
  answerOf,
  editHeader,
  factsOf,
  machineOf,
  noDriver,
  realHeaders,
  realLines,
  rtx4060,
  ruleAnswer,
  runtimeOf,
} from '../../../test/support/engines';
import { randomNumbers } from '../../../test/support/random';
import type { EngineReport } from './engineReport';
import { makeEngineReport, type ReportInput } from './makeEngineReport';
import { reportJson } from './reportJson';
import { inOne } from '../text/textInPieces';
import { jsonText, sharedJsonPieces } from './reportJsonText';
import { ownNumbers, sharedReportOf, SharedReports, type SharedReport } from './sharedReport';

const random = randomNumbers(16);
const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;

const machines = [rtx4060, noDriver, machineOf('NVIDIA H200', '9.0')];
const runtimes = [runtimeOf(), runtimeOf('1.4.0.76')];
const known = [{ version: '1.6.1.120', path: '/opt/1.6/libtensorrt_rtx.so.1' }];
const answers = ['rule', 'could not tell', 'with lines', 'unknown bits', 'none'] as const;

function randomInput(): ReportInput {
  const real = pick(realHeaders.slice(0, 6));
  const header = editHeader(Buffer.from(real.header, 'hex'), {
    fileSize: BigInt(64 + random(2 ** 32)),
    cudaDriver: pick([0n, 13020n]),
    // 4 and 12 GiB: below and above what the RTX 4060 has.
    weightBytes: pick([0n, BigInt(random(2 ** 32)), 12n * 2n ** 30n]),
    ...(random(3) === 0 ? { targets: 0x08 } : {}),
  });
  const size = random(8) === 0 ? { size: 1000 } : {};
  const file = pick(['a.engine', 'dir/ä"\u202e\\.engine', 'b\n.engine']);
  const machine = pick(machines);
  const input: ReportInput = {
    facts: { ...factsOf(header, { file, ...size }), modified: 1e12 + random(1e9) },
    answer: null,
    runtime: pick(runtimes),
    machine,
    knownRuntimes: pick([known, []]),
    now: 1e12 + random(1e6),
    ...(random(8) === 0
      ? {
          recipe: {
            file: 'a.engine.json',
            model: 'm.onnx',
            options: { flags: [], computeCapabilities: [] },
          },
        }
      : {}),
  };
  const lines = pick([realLines.gpuNotReadable17, realLines.version16in17]);
  switch (pick(answers)) {
    case 'rule':
      return { ...input, answer: machine?.gpu ? ruleAnswer(input) : answerOf(2, 0) };
    case 'could not tell':
      return { ...input, answer: answerOf(2, 0) };
    case 'with lines':
      return { ...input, answer: answerOf(2, pick([0, 1, 16]), [[2, lines]]) };
    case 'unknown bits':
      return { ...input, answer: answerOf(2, 1024) };
    case 'none':
      return input;
  }
}

describe('shared reports', () => {
  const inputs = Array.from({ length: 1500 }, randomInput);

  it('say of each engine what its own report says', () => {
    const shared = new SharedReports();
    const examples = new Set<EngineReport>();
    let count = 0;
    for (const input of inputs) {
      const same = shared.of(input);
      if (!same) continue;
      count++;
      examples.add(same.example);
      const own = { ...ownNumbers(input.facts), file: input.facts.file, checkedAt: input.now };
      assert.deepEqual(sharedReportOf(same, own), makeEngineReport(input));
    }
    // Otherwise nothing was compared.
    assert.ok(examples.size + 100 < count, `${count} of ${examples.size}`);
  });

  it('make what is said of one file with the first look at it, and hold all else once', () => {
    const shared = new SharedReports();
    const seen = new Map<SharedReport, ReportInput>();
    const pair = inputs.flatMap((input) => {
      const same = shared.of(input);
      const before = same && seen.get(same);
      if (same && !before) seen.set(same, input);
      return same && before ? [{ same, inputs: [before, input] as const }] : [];
    })[0];
    assert.ok(pair);
    const [one, other] = pair.inputs.map((input) => ({ input, same: pair.same }));
    assert.ok(one && other);
    const reportOf = ({ input }: typeof one) =>
      sharedReportOf(one.same, {
        ...{ ...ownNumbers(input.facts), file: input.facts.file, checkedAt: input.now },
      });
    const [first, second] = [reportOf(one), reportOf(other)];
    const isMade = (report: EngineReport, name: string) =>
      Object.getOwnPropertyDescriptor(report, name)?.get === undefined;
    const unseen = ['header', 'rows', 'fileRows', 'fit', 'headerFields', 'headerHex'];
    const ofFile = [...unseen, 'file', 'size', 'modified', 'checkedAt'];
    for (const [name, value] of Object.entries(one.same.example)) {
      if (ofFile.includes(name)) continue;
      assert.equal(first[name as keyof EngineReport], value, name);
      assert.ok(!isMade(first, name), `${name} takes a place in each report`);
    }
    assert.deepEqual(
      unseen.filter((name) => isMade(first, name)),
      [],
    );
    assert.ok(first.rows.length > 0);
    assert.equal(first.rows, first.rows);
    const left = () => unseen.filter((name) => !isMade(first, name));
    assert.deepEqual(left(), ['header', 'fileRows', 'fit']);
    assert.equal(first.header, first.header);
    assert.deepEqual(left(), []);
    assert.deepEqual(
      unseen.filter((name) => isMade(second, name)),
      [],
    );
    // As it goes to a page, and into a copy.
    const own = makeEngineReport({ ...other.input, answer: one.input.answer });
    assert.match(JSON.stringify(second), new RegExp(`"headerHex":"${own.headerHex}"`));
    assert.equal(structuredClone(reportOf(other)).fileRows.length, own.fileRows.length);
    assert.deepEqual({ ...reportOf(other) }.header, own.header);
  });

  it('are printed as JSON like the own report, on one line and on many', () => {
    const shared = new SharedReports();
    for (const input of inputs) {
      const same = shared.of(input);
      if (!same) continue;
      const json = reportJson(makeEngineReport(input));
      const { file } = input.facts;
      const own = ownNumbers(input.facts);
      for (const style of ['line', 'lines'] as const) {
        assert.equal(inOne(sharedJsonPieces(same, file, own, style)), jsonText(json, style));
        const more = { recipe: null, known: [] };
        const text = inOne(sharedJsonPieces(same, file, own, style, more));
        assert.equal(text, jsonText({ ...json, ...more }, style));
      }
    }
  });

  it('are not made of an engine that is cut short, too large for the GPU, or has a recipe', () => {
    const shared = new SharedReports();
    const [real] = realHeaders;
    const header = Buffer.from(real?.header ?? '', 'hex');
    const base: ReportInput = {
      facts: factsOf(header),
      answer: null,
      runtime: runtimeOf(),
      machine: rtx4060,
      knownRuntimes: [],
      now: 0,
    };
    assert.ok(shared.of(base));
    assert.equal(shared.of({ ...base, facts: factsOf(header, { size: 100 }) }), null);
    const large = editHeader(header, { weightBytes: 12n * 2n ** 30n });
    assert.equal(shared.of({ ...base, facts: factsOf(large) }), null);
    const options = { flags: [], computeCapabilities: [] };
    assert.equal(shared.of({ ...base, recipe: { file: 'r', model: 'm', options } }), null);
    assert.equal(shared.of({ ...base, elsewhere: 'the machine of rtx4060.json' }), null);
    assert.equal(shared.of({ ...base, recordedHash: { expected: 'a', actual: 'b' } }), null);
  });
});
