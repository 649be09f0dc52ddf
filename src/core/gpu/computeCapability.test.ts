import assert from 'node:assert/strict';
import {
  compareComputeCapabilities,
  familyLabel,
  parseComputeCapability,
  runsOnSentence,
  supportOf,
  targetSet,
} from './computeCapability';

describe('computeCapability', () => {
  it('parses what NVIDIA writes and nothing else', () => {
    assert.equal(parseComputeCapability('8.9'), '8.9');
    assert.equal(parseComputeCapability('12.1'), '12.1');
    for (const text of [
      '',
      '8',
      '8.',
      '.9',
      '8.9.1',
      'sm_89',
      '8,9',
      '-8.9',
      ' 8.9',
      '8.9e1',
      '8888.9',
    ]) {
      assert.equal(parseComputeCapability(text), null, text);
    }
  });

  it('orders by number, not by text', () => {
    assert.ok(compareComputeCapabilities('12.0', '8.9') > 0);
    assert.ok(compareComputeCapabilities('12.0', '12.1') < 0);
    assert.equal(compareComputeCapabilities('8.6', '8.6'), 0);
  });

  it('knows what each release runs on', () => {
    for (const version of [
      '1.4.0.76',
      '1.5.0.114',
      '1.6.1.120',
      '1.7.1.116',
      '1.9.0.1',
      '2.0.0.0',
    ]) {
      for (const never of ['6.1', '7.0', '8.7', '9.0', '10.0', '11.0'] as const) {
        assert.equal(supportOf(never, version), 'never', `${never} in ${version}`);
      }
      for (const native of ['7.5', '8.0', '8.6', '8.9', '12.0'] as const) {
        assert.equal(supportOf(native, version), 'native', `${native} in ${version}`);
      }
      assert.equal(supportOf('13.0', version), 'ptx');
    }
    assert.equal(supportOf('12.1', '1.4.0.76'), 'ptx');
    assert.equal(supportOf('12.1', '1.5.0.114'), 'native');
  });

  it('reads bit 5 by the release', () => {
    assert.equal(targetSet('1.4.0.76').newerBit, 0x20);
    assert.equal(targetSet('1.5.0.114').newerBit, 0x40);
    assert.equal(targetSet('0.9.0.0').newerBit, 0x20);
    assert.equal(targetSet('1.8.0.0').newerBit, 0x40);
    assert.equal(targetSet('2.0.0.0').newerBit, 0x40);
  });

  it('names families', () => {
    assert.equal(familyLabel('8.9'), 'RTX 40 series (Ada)');
    assert.equal(familyLabel('13.0'), 'compute capability 13.0');
  });

  it('says for whom an engine was built', () => {
    const all = ['8.0', '8.6', '8.9', '12.0', '12.1'] as const;
    assert.equal(
      runsOnSentence(all, true),
      'RTX 30, 40 and 50 series, A100 class and GB10 (DGX Spark); newer ones by PTX',
    );
    assert.equal(
      runsOnSentence(['8.6', '8.9', '12.0'], true),
      'RTX 30, 40 and 50 series; newer ones by PTX',
    );
    assert.equal(runsOnSentence(['8.6'], false), 'RTX 30 series');
    assert.equal(runsOnSentence(['7.5'], false), 'GTX 16 and RTX 20 series');
    assert.equal(runsOnSentence(['7.5', '8.6'], false), 'GTX 16 and RTX 20 and 30 series');
    assert.equal(runsOnSentence(['8.0'], false), 'A100 class');
    assert.equal(runsOnSentence([], true), 'only GPUs newer than the known ones, by PTX');
    assert.equal(runsOnSentence([], false), 'no GPU that is known');
  });
});
