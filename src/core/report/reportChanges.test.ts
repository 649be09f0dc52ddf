import assert from 'node:assert/strict';

import { factsOf, inputOf, realHeader, ruleAnswer } from '../../../test/support/engines';
import type { EngineReport, FileFacts } from './engineReport';
import { makeEngineReport } from './makeEngineReport';
import { ChangesSeen } from './reportChanges';

function reportOf(version: string, change: Partial<FileFacts> = {}) {
  const input = inputOf({ ...factsOf(realHeader(version)), ...change });
  return makeEngineReport({ ...input, answer: ruleAnswer(input) });
}

function reportChanges(before: EngineReport, after: EngineReport): string {
  const seen = new ChangesSeen();
  assert.equal(seen.seen(before), null);
  return seen.seen(after)?.sentence ?? '';
}

describe('what changed since the last check', () => {
  it('is nothing where the file and the answer are the same', () => {
    assert.equal(reportChanges(reportOf('1.7.1.116'), reportOf('1.7.1.116')), '');
  });

  it('names version, GPUs and the answer of before, after a rebuild', () => {
    const [before, after] = [reportOf('1.4.0.76'), reportOf('1.7.1.116')];
    const said = reportChanges(before, after);
    assert.match(said, /^Built by TensorRT-RTX 1\.7\.1\.116, was 1\.4\.0\.76; for .*, was .*; /);
    assert.ok(said.endsWith('before: “This machine cannot run this engine”.'), said);
  });

  it('names sizes, as exactly as it takes to tell them apart', () => {
    const sized = (size: number) => reportOf('1.7.1.116', { size });
    const said = reportChanges(sized(5_000_000), sized(5_000_001));
    assert.match(said, /Size 5,000,001 bytes, was 5,000,000 bytes/);
  });

  it('says that a file was written again where all numbers are the same', () => {
    const at = (modified: number) => reportOf('1.7.1.116', { modified });
    assert.equal(reportChanges(at(1000), at(2000)), 'The file was written again.');
  });

  it('quotes the answer of before where only that is another one', () => {
    const input = inputOf(factsOf(realHeader('1.7.1.116')));
    const unasked = makeEngineReport({ ...input, machine: null });
    const asked = makeEngineReport({ ...input, answer: ruleAnswer(input) });
    assert.match(reportChanges(unasked, asked), /^It was: “.+”\.$/);
  });

  it('stays said when nothing more has changed', () => {
    const seen = new ChangesSeen();
    const [before, after] = [reportOf('1.4.0.76'), reportOf('1.7.1.116')];
    seen.seen(before);
    const changes = seen.seen(after);
    assert.equal(changes?.since, before.checkedAt);
    assert.equal(seen.seen(after), changes);
  });
});
