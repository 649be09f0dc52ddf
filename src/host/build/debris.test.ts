import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { removeBuildDebris, temporaryFile } from './debris';
import { takeLock } from './nameLock';
import { workFolderName } from './workFolder';

const token = '0123456789abcdef01234567';
/** Of a machine start that is over, so of nobody who lives. */
const deadOwner = JSON.stringify({
  application: 'engine-inspector',
  file: 'm.engine',
  pid: 1,
  started: 'x',
  space: 'another start',
  host: os.hostname(),
  since: '2020-01-01T00:00:00Z',
});

describe('what a build leaves that died while it took the lock', () => {
  let parent: string;
  let work: string;
  beforeEach(() => {
    parent = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-debris-'));
    work = path.join(parent, workFolderName);
    fs.mkdirSync(work);
  });
  afterEach(() => fs.rmSync(parent, { recursive: true, force: true }));

  const claim = (owner: string | null, old = false): void => {
    const folder = path.join(work, `m.engine.${token}.claim`);
    fs.mkdirSync(folder);
    if (owner === null) return;
    const file = path.join(folder, `${token}.json`);
    fs.writeFileSync(file, owner);
    if (old) fs.utimesSync(file, 1e9, 1e9);
  };
  const ignore = (): void => fs.writeFileSync(path.join(work, '.gitignore'), '*\n');
  const left = async (): Promise<string[]> => {
    await removeBuildDebris(parent);
    return fs.readdirSync(parent);
  };

  it('is removed when it died at once', async () => assert.deepEqual(await left(), []));

  it('is removed when it had only made the folder', async () => {
    ignore();
    assert.deepEqual(await left(), []);
  });

  it('is removed when it had begun its claim', async () => {
    ignore();
    claim(null);
    assert.deepEqual(await left(), []);
  });

  it('is removed when its claim was whole', async () => {
    ignore();
    claim(deadOwner, true);
    assert.deepEqual(await left(), []);
  });

  it('stays while who has it lives: a claim, a lock and what is built', async () => {
    const lock = await takeLock(parent, 'm.engine');
    const [file] = fs.readdirSync(path.join(work, 'm.engine.lock'));
    claim(fs.readFileSync(path.join(work, 'm.engine.lock', file ?? ''), 'utf8'), true);
    const growing = temporaryFile(work, 'm.engine', lock.token);
    fs.writeFileSync(growing, 'growing');
    assert.deepEqual(await removeBuildDebris(parent), []);
    assert.deepEqual(
      fs.readdirSync(work).sort(),
      ['.gitignore', path.basename(growing), `m.engine.${token}.claim`, 'm.engine.lock'].sort(),
    );
    assert.equal(await lock.isHeld(), true);
    await lock.release();
  });

  it('stays where something else lies in the folder', async () => {
    ignore();
    fs.writeFileSync(path.join(work, 'notes.txt'), 'mine');
    assert.deepEqual(await left(), [workFolderName]);
    assert.deepEqual(fs.readdirSync(work).sort(), ['.gitignore', 'notes.txt']);
  });
});
