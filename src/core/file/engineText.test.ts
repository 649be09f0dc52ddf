import assert from 'node:assert/strict';

import { engineStarts } from '../../../test/support/compilerAnswers';
import { readEngineHeader } from './engineHeader';
import { EngineTextScanner, familiesWithoutCode } from './engineText';

const setting = (list: string): string => `\n  version_compatible=0\n  accelerators={${list}}\n}\n`;

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function scan(...pieces: (string | Uint8Array)[]): string[] | null {
  const scanner = new EngineTextScanner();
  for (const piece of pieces) {
    scanner.push(typeof piece === 'string' ? piece : latin1(piece));
  }
  return scanner.found?.compiledFor ?? null;
}

describe('the text of an engine', () => {
  it('agrees with the compiler for every engine whose mask lists more than it builds', () => {
    const engines = engineStarts();
    assert.equal(engines.length, 61);
    for (const { file, start, refusedAlone, buildsAlone, compiledFor } of engines) {
      const scanner = new EngineTextScanner();
      scanner.push(latin1(start));
      const text = scanner.found;
      const header = readEngineHeader(start);
      assert.ok(text && header, file);
      assert.deepEqual(
        text.compiledFor.map((cc) => `sm${cc.replace('.', '')}`),
        [compiledFor],
        file,
      );
      assert.deepEqual(familiesWithoutCode(header, text), refusedAlone, file);
      for (const family of buildsAlone) {
        assert.ok(!familiesWithoutCode(header, text).includes(family as never), file);
      }
    }
    assert.equal(engines.filter((engine) => engine.refusedAlone.length > 0).length, 51);
  });

  it('is found wherever the pieces end', () => {
    const { start = Buffer.alloc(0) } = engineStarts()[0] ?? {};
    for (const size of [1, 7, 64, 1000]) {
      const scanner = new EngineTextScanner();
      for (let at = 0; at < start.length; at += size)
        scanner.push(latin1(start.subarray(at, at + size)));
      assert.deepEqual(scanner.found?.compiledFor, ['8.9'], `pieces of ${size}`);
    }
  });

  it('lists all families that were named, of all profiles', () => {
    assert.deepEqual(scan(setting('sm89 sm120 sm121 ')), ['8.9', '12.0', '12.1']);
    assert.deepEqual(scan(setting('sm120 '), setting('sm89 ')), ['8.9', '12.0']);
  });

  it('leaves out what prepares weights, and what is no list of GPUs', () => {
    assert.equal(scan(setting('*')), null);
    assert.deepEqual(scan(setting('*'), setting('sm80 '), setting('*')), ['8.0']);
    for (const list of ['', 'sm', 'sm8x', 'sm89 \u0007', 'sm89 rm', 'sm99999', 'x'.repeat(300)]) {
      assert.equal(scan(setting(list)), null, JSON.stringify(list));
    }
  });

  it('takes no name of a tensor or layer for it', () => {
    assert.equal(scan('\n  inputs={ "accelerators={sm75 }" }\n'), null);
    assert.equal(scan('\n  name="x"accelerators={sm75 }\n'), null);
    assert.equal(scan('\n  accelerators={sm75 } more\n'), null);
  });

  it('takes any bytes', () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 256);
    assert.equal(scan(bytes, bytes.subarray(3), new Uint8Array(0)), null);
    const open = Buffer.from('\n  accelerators={'.repeat(5000), 'latin1');
    const begin = performance.now();
    assert.equal(scan(open, open, open), null);
    assert.ok(performance.now() - begin < 1000, 'in no time');
  });
});
