import assert from 'node:assert/strict';
import * as path from 'node:path';
import { fileKey, keyPrefix } from './fileKey';

const address = (scheme: string, fsPath: string, query = '', fragment = '') => {
  const text = `${scheme}://${fsPath}?${query}#${fragment}`;
  return { scheme, fsPath, query, fragment, toString: () => text };
};

describe('what a file is known by', () => {
  it('is its path, so that the text of its address is never made', () => {
    const file = address('file', '/models/net.engine');
    file.toString = () => assert.fail('VS Code keeps the text from then on');
    assert.equal(fileKey(file), '/models/net.engine');
    assert.equal(keyPrefix(file), `/models/net.engine${path.sep}`);
  });

  it('tells apart what differs in more than the path', () => {
    const addresses = [
      address('file', '/net.engine'),
      address('file', '/net.engine', 'HEAD'),
      address('file', '/net.engine', '', 'HEAD'),
      address('git', '/net.engine'),
    ];
    assert.equal(new Set(addresses.map(fileKey)).size, addresses.length);
    assert.equal(keyPrefix(address('git', '/models')), 'git:///models?#/');
  });
});
