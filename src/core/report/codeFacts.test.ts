import assert from 'node:assert/strict';
import { engineStarts } from '../../../test/support/compilerAnswers';
import { factsOf, inputOf, machineOf, realHeader } from '../../../test/support/engines';
import { readEngineHeader } from '../file/engineHeader';
import { EngineTextScanner } from '../file/engineText';
import { answerOfText, codeFacts, textMayDiffer, type CodeAnswer } from './codeFacts';
import { makeEngineReport } from './makeEngineReport';

const header = readEngineHeader(realHeader('1.7.1.116'));
const answer = (more: Partial<CodeAnswer>): CodeAnswer => ({
  evidence: 'recipe',
  without: [],
  holds: [],
  what: '',
  ...more,
});

describe('which GPUs an engine holds code for', () => {
  it('is known where somebody says so of a family in the header', () => {
    assert.equal(codeFacts(header, []), null);
    assert.equal(codeFacts(null, [answer({ without: ['8.6'] })]), null);
    assert.equal(codeFacts(header, [answer({ without: ['7.5'] })]), null, 'not in the header');
    assert.deepEqual(codeFacts(header, [answer({ without: ['8.6', '8.0'], what: 'FP8 values' })]), {
      evidence: 'recipe',
      without: ['8.0', '8.6'],
      least: '8.9',
      what: 'FP8 values',
    });
  });

  it('goes by the strongest of several, family by family', () => {
    const recipe = answer({ without: ['8.0', '8.6'], what: 'FP8 values' });
    const compiler = answer({ evidence: 'compiler', without: ['8.6'], holds: ['8.0'] });
    assert.deepEqual(codeFacts(header, [recipe, compiler]), {
      evidence: 'compiler',
      without: ['8.6'],
      least: '8.0',
      what: 'FP8 values',
    });
    const builds = answer({ evidence: 'compiler', holds: ['8.0', '8.6', '8.9'] });
    assert.equal(codeFacts(header, [recipe, builds]), null);
  });

  it('leaves none where nothing is left', () => {
    const all = header?.computeCapabilities ?? [];
    assert.equal(codeFacts(header, [answer({ without: all })])?.least, null);
  });

  it('agrees with the compiler for every recorded engine', () => {
    for (const { file, start, refusedAlone } of engineStarts()) {
      const own = readEngineHeader(start);
      const scanner = new EngineTextScanner();
      scanner.push(start.toString('latin1'));
      assert.ok(textMayDiffer(own) && scanner.found, file);
      const facts = codeFacts(own, [answerOfText(own, scanner.found)]);
      assert.deepEqual(facts?.without ?? [], refusedAlone, file);
    }
  });

  it('needs no look inside an engine that was built for named GPUs', () => {
    assert.equal(textMayDiffer(readEngineHeader(realHeader('1.7.1.116', '8.6 only'))), false);
    assert.equal(textMayDiffer(header), true);
    assert.equal(textMayDiffer(null), false);
  });
});

describe('a report of an engine without code for listed GPUs', () => {
  const code = [answer({ evidence: 'engine-text', without: ['8.0', '8.6'] })];
  const reportOn = (computeCapability: `${number}.${number}`) =>
    makeEngineReport(
      inputOf(factsOf(realHeader('1.7.1.116')), {
        machine: machineOf('NVIDIA GeForce RTX', computeCapability),
        answer: { validity: 0, diagnostics: 0, lines: [] },
        code,
      }),
    );

  it('is an error where the GPU at hand is one of them, whatever the runtime answered', () => {
    const report = reportOn('8.6');
    assert.deepEqual([report.verdict, report.severity], ['valid', 'error']);
    assert.deepEqual(
      report.reasons.map(({ id, evidence }) => [id, evidence]),
      [['no-code-for-gpu', 'engine-text']],
    );
    // No rebuild of the same model helps.
    assert.deepEqual(
      report.remedies.map(({ id }) => id),
      ['build-from-other-model'],
    );
    assert.equal(report.rows.find(({ id }) => id === 'gpu')?.state, 'bad');
  });

  it('is information where it is another one, and strikes the family out', () => {
    const report = reportOn('8.9');
    assert.deepEqual([report.verdict, report.severity], ['valid', 'information']);
    assert.equal(report.headline, 'This machine can run this engine.');
    assert.deepEqual(
      report.runsOn.filter(({ state }) => state === 'no-code').map((row) => row.computeCapability),
      ['8.0', '8.6'],
    );
    assert.doesNotMatch(report.runsOnSentence, /30|A100/);
  });
});
