import assert from 'node:assert/strict';
import { decideReveal, quietMs } from './reveal';

const crash = { code: 'host-exited', sentence: 'The engine host ended.', asked: false } as const;

describe('decideReveal', () => {
  it('says nothing about what the user cancelled', () => {
    assert.equal(
      decideReveal({ ...crash, code: 'cancelled', asked: true }, new Map(), 0),
      'nothing',
    );
  });

  it('answers whoever asked, every time', () => {
    const shown = new Map([['The file is gone.', 1000]]);
    const failure = { code: 'file-error', sentence: 'The file is gone.', asked: true } as const;
    assert.equal(decideReveal(failure, shown, 1001), 'message');
  });

  it('keeps background failures of one file in the log', () => {
    const failure = { code: 'file-error', sentence: 'The file is gone.', asked: false } as const;
    assert.equal(decideReveal(failure, new Map(), 0), 'log');
  });

  it('speaks up once for a dead engine host, and again only after a while', () => {
    const shown = new Map<string, number>();
    assert.equal(decideReveal(crash, shown, 5000), 'message');
    shown.set(crash.sentence, 5000);
    assert.equal(decideReveal(crash, shown, 5000 + quietMs - 1), 'log');
    assert.equal(decideReveal(crash, shown, 5000 + quietMs), 'message');
  });
});
