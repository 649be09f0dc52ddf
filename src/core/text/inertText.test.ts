import * as assert from 'node:assert/strict';
import { inertText } from './inertText';

/** As VS Code finds links in notifications (vs/base/common/linkedText.ts). */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

describe('inertText', () => {
  const hostile = [
    '[x](command:workbench.action.quit)',
    '[Rebuild](command:engineInspector.useRuntime?%5B%7B%7D%5D "Rebuild")',
    '[a](https://evil.example/)',
    '[a](HTTPS://evil.example/).engine',
    '[a](file:///etc/passwd)',
    'one [b and ](command:x) two',
    '[[a](command:x)](command:y)',
    'bare command:workbench.action.quit, file:///etc/passwd and https://evil.example/',
    'xcommand:run',
  ];
  for (const text of hostile) {
    it(`leaves no link in ${text}`, () => {
      const inert = inertText(text);
      assert.doesNotMatch(inert, link);
      assert.doesNotMatch(inert, /(command|https?|file):[^\s\u2060]/i);
      assert.equal(inert.replaceAll('\u2060', ''), text, 'it still looks the same');
      assert.equal(inertText(inert), inert, 'once is enough');
    });
  }

  it('makes no icons of names', () => {
    assert.equal(inertText('$(trash) a.engine'), '$\u2060(trash) a.engine');
  });

  it('keeps ordinary sentences and our own pages as they are', () => {
    for (const text of [
      'model.engine: TensorRT-RTX 1.7.1 (build 116) is needed: rebuild it.',
      'Install Python 3 from https://www.python.org or your package manager and try again.',
      'C:\\models\\a.engine could not be read: EACCES',
    ]) {
      assert.equal(inertText(text), text);
    }
  });

  it('takes no page for ours that only begins like it', () => {
    assert.match(inertText('https://www.python.org.evil.example/'), /^https:\u2060/);
  });
});
