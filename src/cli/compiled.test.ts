import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../../test/harness';
import { itUnless, onWindows } from '../../test/support/leaveOut';
import { loadCompiled } from './compiled';

describe('loading a file with what was compiled before', () => {
  let folder: TemporaryFolder;
  const variable = process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME';
  const before = process.env[variable];
  beforeEach(() => {
    folder = temporaryFolder();
    process.env[variable] = path.join(folder.path, 'cache');
  });
  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, variable);
    else process.env[variable] = before;
    folder.remove();
  });

  const kept = (): string => path.join(folder.path, 'cache/engine-inspector');
  const source = (): string => path.join(folder.path, 'program-AAAAAAAA.js');
  const write = (word: string): void =>
    fs.writeFileSync(source(), `exports.word = () => '${word}'; exports.name = __filename;`);
  const word = (compiled: { exports: unknown }): string =>
    (compiled.exports as { word: () => string }).word();
  let texts = 100;
  /**
   * V8 looks at the source's length alone: another text of that length tells whether the cache was taken. Each is new,
   * because V8 also remembers what it compiled in this process.
   */
  const load = () => {
    write(`w${++texts}`);
    const compiled = loadCompiled(source());
    return { ...compiled, isFromCache: word(compiled) !== `w${texts}` };
  };

  it('takes it the next time', () => {
    const first = load();
    assert.equal(first.isFromCache, false);
    first.keep();
    const second = load();
    assert.equal(second.isFromCache, true);
    assert.equal((second.exports as { name: string }).name, source());
  });

  itUnless(onWindows('rights are not bits'), 'does not take it where others may write', () => {
    load().keep();
    const [name = ''] = fs.readdirSync(kept());
    const file = path.join(kept(), name);
    fs.chmodSync(file, 0o666);
    assert.equal(load().isFromCache, false);
    fs.chmodSync(file, 0o600);
    fs.chmodSync(kept(), 0o777);
    assert.equal(load().isFromCache, false);
    fs.chmodSync(kept(), 0o700);
    assert.equal(load().isFromCache, true);
    // A link leads to somebody else's.
    fs.renameSync(file, path.join(folder.path, name));
    fs.symlinkSync(path.join(folder.path, name), file);
    assert.equal(load().isFromCache, false);
  });

  it('does without it where it is damaged, and writes it anew', () => {
    load().keep();
    const [name = ''] = fs.readdirSync(kept());
    const file = path.join(kept(), name);
    fs.writeFileSync(file, fs.readFileSync(file).fill(7, 0, 200));
    const compiled = load();
    assert.equal(compiled.isFromCache, false);
    compiled.keep();
    assert.equal(load().isFromCache, true);
  });

  it('works where nothing can be written, and keeps nothing where Node is told so', () => {
    fs.writeFileSync(path.join(folder.path, 'cache'), '');
    write('old');
    const compiled = loadCompiled(source());
    compiled.keep();
    assert.equal(word(compiled), 'old');
    fs.rmSync(path.join(folder.path, 'cache'));
    process.env['NODE_DISABLE_COMPILE_CACHE'] = '1';
    try {
      loadCompiled(source()).keep();
    } finally {
      delete process.env['NODE_DISABLE_COMPILE_CACHE'];
    }
    assert.equal(fs.existsSync(kept()), false);
  });
});
