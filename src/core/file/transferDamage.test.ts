import assert from 'node:assert/strict';
import { makeEngineReport } from '../report/makeEngineReport';
import { makePrediction } from '../report/prediction';
import { exitCode } from '../report/exitCode';
import { inputOf, realHeader } from '../../../test/support/engines';
import { randomNumbers } from '../../../test/support/random';
import { makeFileFacts } from './fileFacts';

/** An engine with a real header and a body that is no text; its length is what its header says. */
function engine(length = 20_000): Buffer {
  const random = randomNumbers(7);
  const bytes = Buffer.from(Array.from({ length }, () => random(256)));
  realHeader('1.7.1.116').copy(bytes);
  bytes.writeBigUInt64LE(BigInt(length), 16);
  return bytes;
}

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const facts = (bytes: Buffer) =>
  makeFileFacts({ file: 'a.engine', prefix: bytes, size: bytes.length, modified: null });
const machine = {
  computeCapability: '8.9',
  totalGpuMemory: 2 ** 33,
  driverVersion: 13000,
  tensorrtRtx: '1.7.1',
  cudaRuntimeVersion: 13040,
} as const;

/** What has to be true of every damaged file: an error, not whole, also on another machine, and no number of it. */
function sentenceOf(bytes: Buffer, answer = { validity: 0, diagnostics: 0, lines: [] }): string {
  const found = facts(bytes);
  const report = makeEngineReport(inputOf(found, { answer }));
  assert.equal(report.verdict, 'invalid');
  assert.equal(report.severity, 'error');
  const prediction = makePrediction(found, machine, 'laptop.json');
  assert.match(prediction.headline, /would not run/);
  assert.ok(prediction.reasons.length > 0);
  assert.equal(exitCode([{ report }]), 1);
  assert.equal(exitCode([{ report, predicted: prediction.predicted }]), 1);
  if (report.header === null) {
    assert.equal(report.runsOnSentence, '');
    assert.deepEqual(report.rows, []);
    assert.equal(report.fit, null);
    assert.deepEqual(
      report.reasons.map(({ id }) => id),
      ['damaged'],
    );
  }
  return report.reasons[0]?.sentence ?? '';
}

describe('transferDamage', () => {
  it('leaves a whole engine alone', () => {
    const report = makeEngineReport(inputOf(facts(engine())));
    assert.ok(!report.reasons.some(({ severity }) => severity === 'error'));
    assert.equal(facts(engine()).damage, null);
  });

  it('tells LF that became CR LF, also where it moved the header', () => {
    const toCrLf = (bytes: Buffer) => latin1(bytes.toString('latin1').replaceAll('\n', '\r\n'));
    assert.match(sentenceOf(toCrLf(engine())), /each LF in it became CR LF/);
    const moved = engine(0x0a0a);
    assert.match(sentenceOf(toCrLf(moved)), /each LF in it became CR LF/);
  });

  it('says that CR LF may have become LF where few bytes are missing', () => {
    const bytes = engine(60_000);
    bytes.write('\r\n', 500, 'latin1');
    const toLf = latin1(bytes.toString('latin1').replaceAll('\r\n', '\n'));
    assert.match(
      sentenceOf(toLf),
      /Bytes are missing: .* text mode turned each CR LF in it into LF/,
    );
    const withoutCr = latin1(bytes.toString('latin1').replaceAll('\r', ''));
    assert.match(sentenceOf(withoutCr), /takes each CR out of text/);
    assert.match(sentenceOf(bytes.subarray(0, 30_000)), /^Its end is missing/);
  });

  it('tells bytes that lost their highest bit, and a beginning that was written twice', () => {
    const seven = Buffer.from(engine(60_123).map((byte) => byte & 0x7f));
    assert.match(sentenceOf(seven), /keeps 7 bits of each byte/);
    const whole = engine();
    const twice = sentenceOf(Buffer.concat([whole.subarray(0, 64), whole]));
    assert.match(twice, /begins again at byte 64/);
    assert.match(sentenceOf(Buffer.concat([whole, whole])), /^The file is twice as long/);
    // What was only reserved and never written is no such thing.
    const reserved = Buffer.concat([engine().subarray(0, 64), Buffer.alloc(9000)]);
    assert.match(sentenceOf(reserved), /^Its end is missing/);
  });

  it('tells each way through a text codec, and shows no number of the header', () => {
    const replaced = Buffer.from(engine().toString('utf8'));
    assert.match(sentenceOf(replaced), /replaced by EF BF BD/);
    assert.match(sentenceOf(Buffer.from(engine().toString('latin1'))), /read as Latin-1/);
    const windows = engine().toString('latin1').replaceAll('\x80', '\u20ac');
    assert.match(sentenceOf(Buffer.from(windows)), /read in another encoding/);
    // 482,812: a length with a byte above 7F, as nearly all have.
    const ascii = engine(0x5dfc).map((byte) => (byte < 0x80 ? byte : 0x3f));
    assert.match(sentenceOf(Buffer.from(ascii)), /question mark/);
    for (const bytes of [replaced, Buffer.from(ascii)]) assert.equal(facts(bytes).header, null);
  });

  it('tells what was written twice, and what is longer', () => {
    const one = engine();
    assert.match(sentenceOf(Buffer.concat([one, one])), /twice as long as its header says/);
    assert.match(sentenceOf(Buffer.concat([one, one, one])), /3 times as long/);
    assert.match(sentenceOf(Buffer.concat([one, Buffer.alloc(7, 0xff)])), /7 bytes longer/);
  });

  it('shows no number where they cannot be', () => {
    const bytes = engine();
    bytes.writeUInt8(0, 24);
    assert.match(sentenceOf(bytes), /^Its header is damaged/);
    assert.doesNotMatch(JSON.stringify(makeEngineReport(inputOf(facts(bytes)))), /0\.7\.1/);
  });

  it('finds an engine behind a few bytes of something else', () => {
    const inside = (front: string | Buffer) => {
      const found = facts(Buffer.concat([Buffer.from(front as string), engine()]));
      assert.equal(found.header, null);
      assert.equal(found.ofOthers, false);
      return found.kindSentence;
    };
    assert.match(
      inside('\ufeff'),
      /behind 3 bytes of a UTF-8 byte order mark: it begins at byte 3,/,
    );
    assert.match(
      inside('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n'),
      /of transfer headers: it begins at byte 59/,
    );
    assert.match(inside('pulled by sync.sh\n'), /behind 18 bytes of text/);
    assert.match(inside(Buffer.from([0, 1, 2, 0xff])), /behind 4 bytes of something else/);
  });

  it('takes no four letters for an engine', () => {
    const text = facts(Buffer.from(`vvtrt and vtrt\n${'vtrt '.repeat(50)}`));
    assert.equal(text.kind, 'text');
    assert.equal(text.ofOthers, true);
  });
});
