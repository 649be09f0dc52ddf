import assert from 'node:assert/strict';
import type { FromPage } from '../../core/pageMessages';
import { parseFromPage } from './fromPage';

/** One of each: a type that is added to the union fails to compile here until it is added. */
const all: { [T in FromPage['type']]: Extract<FromPage, { type: T }> } = {
  ready: { type: 'ready' },
  remedy: { type: 'remedy', id: 'rebuild' },
  fix: { type: 'fix' },
  check: { type: 'check' },
  copyReport: { type: 'copyReport' },
  showHeaderText: { type: 'showHeaderText' },
  showLog: { type: 'showLog' },
  chooseRuntime: { type: 'chooseRuntime' },
  manageTrust: { type: 'manageTrust' },
  computeHash: { type: 'computeHash' },
  cancelHash: { type: 'cancelHash' },
};

describe('parseFromPage', () => {
  for (const message of Object.values(all)) {
    it(`takes ${message.type}`, () => assert.deepEqual(parseFromPage(message), message));
  }

  it('takes nothing else', () => {
    for (const message of [
      undefined,
      null,
      'ready',
      {},
      { type: 'rebuild' },
      { type: 'remedy' },
      { type: 'remedy', id: 7 },
      { type: 'remedy', id: 'x'.repeat(101) },
    ]) {
      assert.equal(parseFromPage(message), undefined);
    }
  });
});
