import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';

import { itUnless, onWindows, underWine } from '../../../test/support/leaveOut';
import { Replacer } from '../../../test/support/replacementProcess';
import { defaultEngineOptions } from '../../core/rebuild/rebuildOptions';
import { optionsFingerprint, recipePathOf, writeRecipe } from '../../core/rebuild/recipe';
import { Failure } from '../../core/wire/failure';
import { removeBuildDebris } from './debris';
import { beginReplacement } from './replaceFile';
import { workFolderName } from './workFolder';

/** The module that others import: steps of it are watched, and made to fail. */
const fsModule = createRequire(__filename)('node:fs/promises') as typeof fsp;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const nobody = { uid: 65534, gid: 65534 };

function recipeOf(engine: string, contents: string): string {
  const options = defaultEngineOptions();
  return writeRecipe({
    model: { path: 'm.onnx', sha256: sha256('m'), size: 1, externalData: [] },
    options,
    built: {
      tensorrtRtx: '1.7.1.116',
      gpu: null,
      driver: null,
      finishedAt: '2026-11-22T17:35:00.000Z',
      durationMs: 1,
      optionsFingerprint: optionsFingerprint(options),
    },
    engine: {
      file: path.basename(engine),
      sha256: sha256(contents),
      size: Buffer.byteLength(contents),
    },
  });
}

async function failure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof Failure, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

describe('replaceFile', () => {
  let folder: string;
  let engine: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'replace-'));
    engine = path.join(folder, 'm.engine');
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const read = (file: string): string => fs.readFileSync(file, 'utf8');
  const names = (): string[] => fs.readdirSync(folder).sort();

  async function replace(
    contents: string,
    keepBackups = 1,
    place: { workspace?: string[]; confirmed?: string } = {},
  ): Promise<void> {
    const replacement = await beginReplacement(engine, { keepBackups, ...place });
    fs.writeFileSync(replacement.temporaryPath, contents, { flag: 'wx' });
    await replacement.commit((file) => recipeOf(file, contents));
  }

  it('puts a first engine in place', async () => {
    await replace('first');
    assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    assert.equal(read(engine), 'first');
    assert.equal(read(recipePathOf(engine)), recipeOf(engine, 'first'));
  });

  it('keeps as many old engines as it is told, each with its recipe', async () => {
    for (const contents of ['one', 'two', 'three', 'four']) await replace(contents, 2);
    assert.deepEqual(names(), [
      'm.engine',
      'm.engine.bak',
      'm.engine.bak.json',
      'm.engine.bak2',
      'm.engine.bak2.json',
      'm.engine.json',
    ]);
    assert.deepEqual(
      ['', '.bak', '.bak2'].map((suffix) => read(engine + suffix)),
      ['four', 'three', 'two'],
    );
    assert.equal(read(`${engine}.bak2.json`), recipeOf(engine, 'two'));
    await replace('five', 0);
    assert.equal(read(`${engine}.bak`), 'three');
  });

  it('gives an old engine without a recipe none of an older one', async () => {
    await replace('one', 2);
    await replace('two', 2);
    fs.rmSync(recipePathOf(engine));
    await replace('three', 2);
    assert.equal(fs.existsSync(`${engine}.bak.json`), false);
    assert.equal(read(`${engine}.bak2.json`), recipeOf(engine, 'one'));
    await replace('four', 2);
    assert.equal(read(`${engine}.bak.json`), recipeOf(engine, 'three'));
    assert.equal(fs.existsSync(`${engine}.bak2.json`), false);
  });

  it('leaves everything as it was when it is given up', async () => {
    await replace('old');
    const before = names();
    const replacement = await beginReplacement(engine, { keepBackups: 1 });
    fs.writeFileSync(replacement.temporaryPath, 'half');
    await replacement.abort();
    assert.deepEqual(names(), before);
    assert.equal(read(engine), 'old');
  });

  it('leaves everything as it was when the new file is not there', async () => {
    await replace('old');
    const before = names();
    const replacement = await beginReplacement(engine, { keepBackups: 1 });
    await failure(replacement.commit(() => '{}'));
    assert.deepEqual(names(), before);
    assert.equal(read(engine), 'old');
  });

  itUnless(
    onWindows('rights are not bits'),
    'keeps rights, owner and group of the old files, also as root',
    async () => {
      await replace('old');
      for (const file of [engine, recipePathOf(engine)]) {
        fs.chownSync(file, nobody.uid, 12345);
        fs.chmodSync(file, 0o640);
      }
      await replace('new');
      for (const file of [engine, recipePathOf(engine), `${engine}.bak`]) {
        const { mode, uid, gid } = fs.statSync(file);
        assert.deepEqual([mode & 0o777, uid, gid], [0o640, nobody.uid, 12345], file);
      }
    },
  );

  itUnless(
    onWindows('rights are not bits'),
    'does not show to its own group what the old group alone could read',
    async () => {
      fs.chmodSync(folder, 0o777 | 0o1000);
      fs.chownSync(folder, nobody.uid, nobody.gid);
      fs.chmodSync(folder, 0o755);
      fs.writeFileSync(engine, 'old');
      fs.chownSync(engine, 12345, 12345);
      fs.chmodSync(engine, 0o640);
      const other = await Replacer.start(nobody);
      try {
        for (const step of ['begin', 'write', 'commit'] as const) {
          assert.equal((await other.ask(step, engine)).ok, true, step);
        }
      } finally {
        await other.kill();
      }
      const { mode, uid, gid } = fs.statSync(engine);
      assert.deepEqual([mode & 0o777, uid, gid], [0o600, nobody.uid, nobody.gid]);
    },
  );

  itUnless(
    onWindows('links need a privilege, and identity is compared alone'),
    'replaces what a link leads to, not the link, where a person agreed to that path',
    async () => {
      const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'replace-real-'));
      try {
        const real = path.join(elsewhere, 'real.engine');
        fs.writeFileSync(real, 'old');
        fs.symlinkSync(real, engine);
        await replace('new', 1, { confirmed: fs.realpathSync(real) });
        assert.equal(fs.lstatSync(engine).isSymbolicLink(), true);
        assert.equal(read(real), 'new');
        assert.equal(read(`${real}.bak`), 'old');
        assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
        assert.deepEqual(fs.readdirSync(elsewhere).sort(), ['real.engine', 'real.engine.bak']);
      } finally {
        fs.rmSync(elsewhere, { recursive: true });
      }
    },
  );

  describe('links that leave', () => {
    const noLinks = onWindows('links need a privilege');
    let elsewhere: string;
    beforeEach(() => {
      elsewhere = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'replace-elsewhere-')));
      fs.writeFileSync(path.join(elsewhere, 'm.engine'), 'theirs');
    });
    afterEach(() => fs.rmSync(elsewhere, { recursive: true }));

    const assertRefused = async (place: { workspace?: string[]; confirmed?: string } = {}) => {
      const error = await failure(replace('new', 1, place));
      assert.equal(error.code, 'wrong-use');
      assert.ok(error.message.includes(path.join(elsewhere, 'm.engine')), error.message);
      assert.equal(read(path.join(elsewhere, 'm.engine')), 'theirs');
      assert.deepEqual(fs.readdirSync(elsewhere), ['m.engine']);
    };

    itUnless(noLinks, 'write nothing outside of the folder that nobody agreed to', async () => {
      fs.symlinkSync(path.join(elsewhere, 'm.engine'), engine);
      await assertRefused();
      await assertRefused({ workspace: [folder] });
      // Agreed to another file, which the link led to when it was asked.
      await assertRefused({ confirmed: path.join(elsewhere, 'other.engine') });
      assert.deepEqual(names(), ['m.engine']);
    });

    itUnless(noLinks, 'and never arrive are told as such', async () => {
      fs.rmSync(engine, { force: true });
      fs.symlinkSync('m.engine', engine);
      const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
      assert.match(
        error.message,
        /m\.engine can't be written: its path has a link that leads in circles\.$/,
      );
      assert.match(error.nextStep, /^Replace the link/);
    });

    itUnless(noLinks, 'are seen among the folders of a workspace', async () => {
      fs.symlinkSync(elsewhere, path.join(folder, 'engines'));
      engine = path.join(folder, 'engines', 'm.engine');
      await assertRefused({ workspace: [folder] });
      await replace('new', 1, { workspace: [folder, elsewhere] });
      assert.equal(read(path.join(elsewhere, 'm.engine')), 'new');
    });

    itUnless(noLinks, 'may lead from one folder of a workspace to another', async () => {
      fs.mkdirSync(path.join(folder, 'store'));
      fs.mkdirSync(path.join(folder, 'links'));
      fs.writeFileSync(path.join(folder, 'store', 'm.engine'), 'old');
      engine = path.join(folder, 'links', 'm.engine');
      fs.symlinkSync('../store/m.engine', engine);
      assert.equal((await failure(replace('new'))).code, 'wrong-use');
      // Whoever opens their home folder, or /, has no project there.
      for (const workspace of [os.homedir(), path.parse(folder).root]) {
        assert.equal(
          (await failure(replace('new', 1, { workspace: [workspace] }))).code,
          'wrong-use',
        );
      }
      await replace('new', 1, { workspace: [folder] });
      assert.equal(read(path.join(folder, 'store', 'm.engine')), 'new');
    });

    itUnless(noLinks, 'in the names beside the engine are replaced, not followed', async () => {
      fs.writeFileSync(engine, 'old');
      for (const name of ['m.engine.json', 'm.engine.bak', 'm.engine.bak.json']) {
        fs.symlinkSync(path.join(elsewhere, 'm.engine'), path.join(folder, name));
      }
      await replace('new');
      assert.equal(read(path.join(elsewhere, 'm.engine')), 'theirs');
      assert.equal(read(`${engine}.bak`), 'old');
      assert.equal(fs.lstatSync(recipePathOf(engine)).isFile(), true);
    });

    itUnless(noLinks, 'that come while an engine is built are not followed', async () => {
      const inner = path.join(folder, 'inner');
      fs.mkdirSync(inner);
      engine = path.join(inner, 'm.engine');
      const replacement = await beginReplacement(engine, { keepBackups: 1 });
      fs.writeFileSync(replacement.temporaryPath, 'new', { flag: 'wx' });
      await replacement.adopt();
      // With the lock and the new engine in it, as somebody would who may rename folders here.
      fs.cpSync(path.join(inner, workFolderName), path.join(elsewhere, workFolderName), {
        recursive: true,
      });
      const twin = path.join(elsewhere, path.relative(inner, replacement.temporaryPath));
      fs.rmSync(twin);
      fs.linkSync(replacement.temporaryPath, twin);
      fs.renameSync(inner, path.join(folder, 'away'));
      fs.symlinkSync(elsewhere, inner);
      const error = await failure(replacement.commit((file) => recipeOf(file, 'new')));
      assert.match(error.message, /was not replaced/);
      assert.equal(read(path.join(elsewhere, 'm.engine')), 'theirs');
    });
  });

  itUnless(
    underWine('there is no Git for Windows'),
    'shows nothing in the folder but its own, which Git ignores',
    async () => {
      execFileSync('git', ['init', '-q', folder]);
      const replacement = await beginReplacement(engine, { keepBackups: 1 });
      fs.writeFileSync(replacement.temporaryPath, 'growing');
      assert.deepEqual(names(), ['.engine-inspector', '.git']);
      const status = execFileSync('git', ['-C', folder, 'status', '--porcelain'], {
        encoding: 'utf8',
      });
      assert.equal(status, '');
      await replacement.commit((file) => recipeOf(file, 'growing'));
      assert.deepEqual(names(), ['.git', 'm.engine', 'm.engine.json']);
    },
  );

  itUnless(
    onWindows('rights are not bits'),
    'keeps the right of a group to build in its folder',
    async () => {
      fs.chownSync(folder, 0, 12345);
      fs.chmodSync(folder, 0o2775);
      const replacement = await beginReplacement(engine, { keepBackups: 1 });
      const { mode, gid } = fs.statSync(path.join(folder, workFolderName));
      assert.deepEqual([mode & 0o7777, gid], [0o2775, 12345]);
      await replacement.abort();
    },
  );

  itUnless(
    process.platform === 'linux'
      ? null
      : 'only Linux has /proc, which says of a new folder that it is gone',
    'says that its folder takes no folder, not that somebody builds there',
    async () => {
      const error = await failure(beginReplacement('/proc/m.engine', { keepBackups: 1 }));
      assert.match(
        error.message,
        /^\/proc\/m\.engine can't be written: no folder can be made in \/proc,/,
      );
      assert.match(error.nextStep, /another folder/);
    },
  );

  describe('one owner at a time', () => {
    it('does not build the same engine twice at once', async () => {
      const first = await beginReplacement(engine, { keepBackups: 1 });
      const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
      assert.match(error.message, /m\.engine is being built already, by process \d+ since /);
      assert.match(error.nextStep, /remove .*m\.engine\.lock/);
      await first.abort();
      await (await beginReplacement(engine, { keepBackups: 1 })).abort();
      assert.deepEqual(names(), []);
    });

    it('lets one of many win', async () => {
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, () => beginReplacement(engine, { keepBackups: 1 })),
      );
      const winners = all.filter((outcome) => outcome.status === 'fulfilled');
      assert.equal(winners.length, 1);
      await winners[0]?.value.abort();
      assert.deepEqual(names(), []);
    });

    it('also of six processes that find the lock of a killed one', async () => {
      const processes = await Promise.all(Array.from({ length: 6 }, () => Replacer.start()));
      try {
        for (let round = 0; round < 40; round++) {
          const dead = await crash();
          const answers = await Promise.all(processes.map((one) => one.ask('begin', engine)));
          const owners = answers.filter((answer) => answer.ok);
          assert.equal(owners.length, 1, `round ${round}: ${JSON.stringify(answers)}`);
          assert.equal(fs.existsSync(dead), false);
          for (const [i, answer] of answers.entries()) {
            if (answer.ok) await processes[i]?.ask('abort', engine);
            else assert.match(answer.message, /is being built already/);
          }
          assert.deepEqual(names(), []);
        }
      } finally {
        await Promise.all(processes.map((one) => one.kill()));
      }
    });

    it('a build whose lock was taken away does not replace anything', async () => {
      await replace('old');
      const replacement = await beginReplacement(engine, { keepBackups: 1 });
      fs.writeFileSync(replacement.temporaryPath, 'new');
      editLock((lock) => fs.rmSync(lock));
      const error = await failure(replacement.commit((file) => recipeOf(file, 'new')));
      assert.match(error.message, /another build started/);
      assert.equal(read(engine), 'old');
    });
  });

  let killed: { token: string; owner: string } | null = null;

  /**
   * What a build that was really killed leaves: its lock and its temporary file, whose path is returned. One process is
   * killed for all tests.
   */
  async function crash(): Promise<string> {
    if (killed === null) {
      const builder = await Replacer.start();
      const begun = await builder.ask('begin', engine);
      assert(begun.ok);
      await builder.ask('write', engine, 'half');
      await builder.kill();
      editLock((file, owner) => (killed = { token: path.basename(file, '.json'), owner }));
      assert.equal(read(begun.temporary), 'half');
      return begun.temporary;
    }
    const { token, owner } = killed;
    const lock = path.join(folder, workFolderName, 'm.engine.lock');
    fs.mkdirSync(lock, { recursive: true });
    fs.writeFileSync(path.join(lock, `${token}.json`), owner);
    const temporary = path.join(folder, workFolderName, `m.engine.${token}.tmp`);
    fs.writeFileSync(temporary, 'half');
    return temporary;
  }

  function editLock(edit: (file: string, text: string) => void): void {
    const locks = path.join(folder, workFolderName, 'm.engine.lock');
    for (const name of fs.readdirSync(locks)) {
      edit(path.join(locks, name), read(path.join(locks, name)));
    }
  }
  function changeOwner(change: Record<string, unknown>, age = 0): void {
    editLock((file, text) => {
      fs.writeFileSync(file, JSON.stringify({ ...(JSON.parse(text) as object), ...change }));
      const time = new Date(Date.now() - age);
      fs.utimesSync(file, time, time);
    });
  }

  describe('after a crash', () => {
    it('the next build of the engine removes what is left', async () => {
      await crash();
      await replace('new');
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    });

    it('so does the build of another engine beside it, and nothing of a build that runs', async () => {
      const left = await crash();
      const running = await beginReplacement(path.join(folder, 'other.engine'), { keepBackups: 1 });
      fs.writeFileSync(running.temporaryPath, 'growing');
      const notOurs = path.join(folder, workFolderName, 'm.engine.foo.tmp');
      fs.writeFileSync(notOurs, 'not ours');
      fs.writeFileSync(path.join(folder, '.m.engine.1-0123456789ab.tmp'), 'not ours');
      fs.writeFileSync(path.join(folder, 'yarn.lock'), 'not ours');
      assert.equal(fs.existsSync(left), false);
      assert.deepEqual(await removeBuildDebris(folder), []);
      assert.equal(fs.existsSync(running.temporaryPath), true);
      await running.abort();
      assert.equal(read(notOurs), 'not ours');
      assert.deepEqual(names(), ['.engine-inspector', '.m.engine.1-0123456789ab.tmp', 'yarn.lock']);
    });

    itUnless(
      onWindows('no signal stops a process'),
      'a process that stands still keeps what is its own',
      async () => {
        const builder = await Replacer.start();
        const begun = await builder.ask('begin', engine);
        assert(begun.ok);
        await builder.ask('write', engine, 'growing');
        builder.signal('SIGSTOP');
        try {
          assert.deepEqual(await removeBuildDebris(folder), []);
          assert.equal(read(begun.temporary), 'growing');
          assert.match(
            (await failure(beginReplacement(engine, { keepBackups: 1 }))).message,
            /being built/,
          );
        } finally {
          await builder.kill();
        }
      },
    );

    itUnless(
      onWindows('links need a privilege, and identity is compared alone'),
      'removes regular files only',
      async () => {
        const temporary = await crash();
        const victim = path.join(folder, 'victim');
        fs.writeFileSync(victim, 'keep');
        fs.rmSync(temporary);
        fs.mkdirSync(temporary);
        const link = temporary.replace(/\.tmp$/, '.bak.tmp');
        fs.symlinkSync(victim, link);
        await replace('new');
        assert.equal(read(victim), 'keep');
        assert.equal(fs.lstatSync(link).isSymbolicLink(), true);
        assert.equal(fs.lstatSync(temporary).isDirectory(), true);
      },
    );

    it('a process id that was used again is no owner', async () => {
      await crash();
      changeOwner({ pid: process.pid });
      await replace('new');
      assert.equal(read(engine), 'new');
    });

    it('nor is a living process that a foreign lock names', async () => {
      await crash();
      changeOwner({ pid: 1, space: 'made up', started: '' }, 10 * 60_000);
      await replace('new');
    });

    it('an owner on another machine counts while it gives signs of life, whatever the host is called', async () => {
      await crash();
      changeOwner({ host: 'elsewhere', space: 'another boot' });
      const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
      assert.match(error.message, /being built already, by elsewhere/);
      changeOwner({ host: 'elsewhere', space: 'another boot' }, 3 * 60_000);
      await replace('new');
    });

    it('a host that is called otherwise now is the same machine', async () => {
      await crash();
      changeOwner({ host: 'my-former-name' });
      await replace('new');
    });

    itUnless(
      onWindows('there are no named pipes in folders'),
      'a lock that cannot be read does not last, and a pipe holds nobody up',
      async () => {
        await crash();
        editLock((file) => {
          fs.writeFileSync(file, '');
          fs.utimesSync(file, new Date(0), new Date(0));
        });
        await replace('new');
        await crash();
        editLock((file) => {
          fs.rmSync(file);
          execFileSync('mkfifo', [file]);
        });
        await replace('newer');
        assert.equal(read(engine), 'newer');
      },
    );

    it('a recipe that lost its turn is completed', async () => {
      const temporary = await crash();
      fs.writeFileSync(engine, 'new');
      fs.writeFileSync(recipePathOf(engine), recipeOf(engine, 'old'));
      fs.writeFileSync(temporary.replace(/\.tmp$/, '.json.tmp'), recipeOf(engine, 'new'));
      await removeBuildDebris(folder);
      assert.equal(read(recipePathOf(engine)), recipeOf(engine, 'new'));
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    });

    it('a recipe of an engine that never came is removed', async () => {
      const temporary = await crash();
      fs.writeFileSync(engine, 'old');
      fs.writeFileSync(recipePathOf(engine), recipeOf(engine, 'old'));
      fs.writeFileSync(temporary.replace(/\.tmp$/, '.json.tmp'), recipeOf(engine, 'new'));
      await removeBuildDebris(folder);
      assert.equal(read(recipePathOf(engine)), recipeOf(engine, 'old'));
      assert.deepEqual(names(), ['m.engine', 'm.engine.json']);
    });

    it('an engine and a backup that are one file are no obstacle', async () => {
      await replace('oldest');
      await replace('old');
      // Cut off between the backup and the rename.
      fs.rmSync(`${engine}.bak`);
      fs.linkSync(engine, `${engine}.bak`);
      fs.rmSync(`${engine}.bak.json`);
      fs.linkSync(`${engine}.json`, `${engine}.bak.json`);
      await replace('new');
      await replace('newer');
      assert.equal(read(engine), 'newer');
      assert.equal(read(`${engine}.bak`), 'new');
      assert.equal(read(`${engine}.bak.json`), recipeOf(engine, 'new'));
    });

    it('at every step of the replacement: an engine is there, whole, and the next build goes on', async () => {
      await replace('oldest');
      const steps = await countSteps();
      assert.ok(steps.length >= 8, steps.join());
      for (let at = 0; at < steps.length; at++) {
        fs.rmSync(folder, { recursive: true });
        fs.mkdirSync(folder);
        await replace('oldest');
        await replace('old');
        const replacement = await beginReplacement(engine, { keepBackups: 1 });
        fs.writeFileSync(replacement.temporaryPath, 'new');
        await withSteps(
          (_, i) => {
            if (i >= at) throw new Error('crash');
          },
          () => replacement.commit((file) => recipeOf(file, 'new')).catch(() => undefined),
        );
        const now = read(engine);
        assert.match(now, /^(old|new)$/, `step ${at}`);
        if (now === 'new') assert.equal(read(`${engine}.bak`), 'old');
        if (fs.existsSync(path.join(folder, workFolderName, 'm.engine.lock'))) {
          changeOwner({ started: 'of the process that crashed' });
        }
        await removeBuildDebris(folder);
        assert.equal(read(engine), now);
        assert.equal(read(recipePathOf(engine)), recipeOf(engine, now), `step ${at}: ${steps[at]}`);
        await replace('next');
        assert.equal(read(engine), 'next');
        assert.equal(read(`${engine}.bak`), now);
        assert.equal(names().includes(workFolderName), false, `step ${at}: ${steps[at]}`);
      }
    });

    it('writes in this order: engine and recipe on disk, backup, engine, recipe, folder on disk', async () => {
      await replace('oldest');
      assert.deepEqual(await countSteps(), [
        'sync T.tmp',
        'sync T.json.tmp',
        'link m.engine',
        'rename T.bak.tmp m.engine.bak',
        'link m.engine.json',
        'rename T.bak.tmp m.engine.bak.json',
        'rename T.tmp m.engine',
        'rename T.json.tmp m.engine.json',
        'sync folder',
      ]);
    });

    itUnless(
      onWindows('links need a privilege'),
      'through a link: both folders on disk, for the recipe has its name beside the link',
      async () => {
        const real = path.join(folder, 'real');
        fs.mkdirSync(real);
        fs.writeFileSync(path.join(real, 'm.engine'), 'oldest');
        fs.symlinkSync('real/m.engine', engine);
        const steps = await countSteps({ workspace: [folder] });
        assert.deepEqual(steps.slice(-2), ['sync real', 'sync folder'], steps.join());
      },
    );

    itUnless(
      onWindows('a file that is open has one name there'),
      'a backup that could only be copied is on disk before the engine goes',
      async () => {
        await replace('oldest');
        const { copyFile } = fsModule;
        const copied: string[] = [];
        fsModule.copyFile = (from, to, mode) => {
          copied.push(String(to));
          return copyFile(from, to, mode);
        };
        try {
          const steps = await countSteps({}, true);
          assert.equal(copied.length, 2, copied.join());
          const written = steps.indexOf('sync T.bak.tmp');
          assert.ok(written > 0 && written < steps.indexOf('rename T.tmp m.engine'), steps.join());
        } finally {
          fsModule.copyFile = copyFile;
          syncBuiltinESMExports();
        }
      },
    );

    /** What a commit does that another sees, in order. noLinks: a file system without second names. */
    async function countSteps(
      place: { workspace?: string[] } = {},
      noLinks = false,
    ): Promise<string[]> {
      const replacement = await beginReplacement(engine, { keepBackups: 1, ...place });
      fs.writeFileSync(replacement.temporaryPath, 'new');
      const steps: string[] = [];
      await withSteps(
        (step) => steps.push(step),
        () => replacement.commit((file) => recipeOf(file, 'new')),
        noLinks,
      );
      return steps;
    }

    /** A step that throws stands for a process that ended: nothing that follows happens either. */
    async function withSteps<T>(
      onStep: (step: string, index: number) => void,
      work: () => Promise<T>,
      noLinks = false,
    ): Promise<T> {
      const module = fsModule;
      const handle = await fsp.open(__filename);
      const prototype = Object.getPrototypeOf(handle) as fsp.FileHandle;
      await handle.close();
      const { rename, link, unlink, rmdir } = module;
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own handle below
      const { sync } = prototype;
      let count = 0;
      const short = (file: unknown): string =>
        path.basename(String(file)).replace(/^m\.engine\.[0-9a-f]{24}/, 'T');
      const step = (text: string): void => onStep(text, count++);
      let crashed = false;
      const guarded = (text: string): void => {
        if (crashed) throw new Error('dead');
        try {
          step(text);
        } catch (error) {
          crashed = true;
          throw error;
        }
      };
      module.rename = (from, to) => {
        guarded(`rename ${short(from)} ${short(to)}`);
        return rename(from, to);
      };
      module.link = (from, to) => {
        guarded(`link ${short(from)}`);
        if (noLinks) throw Object.assign(new Error('no second names'), { code: 'EPERM' });
        return link(from, to);
      };
      module.unlink = async (file) => {
        if (!crashed) await unlink(file);
      };
      module.rmdir = async (file) => {
        if (!crashed) await rmdir(file);
      };
      prototype.sync = async function (this: fsp.FileHandle) {
        const { ino } = await this.stat();
        guarded(`sync ${nameOfInode(ino)}`);
        return sync.call(this);
      };
      syncBuiltinESMExports();
      try {
        return await work();
      } finally {
        Object.assign(module, { rename, link, unlink, rmdir });
        prototype.sync = sync;
        syncBuiltinESMExports();
      }
    }

    function nameOfInode(ino: number): string {
      if (fs.statSync(folder).ino === ino) return 'folder';
      const real = path.join(folder, 'real');
      if (fs.existsSync(real) && fs.statSync(real).ino === ino) return 'real';
      const work = path.join(folder, workFolderName);
      if (!fs.existsSync(work)) return '?';
      const found = fs
        .readdirSync(work)
        .find((name) => fs.lstatSync(path.join(work, name)).ino === ino);
      return found?.replace(/^m\.engine\.[0-9a-f]{24}/, 'T') ?? '?';
    }
  });

  describe('in a folder where others write', () => {
    itUnless(
      onWindows('links need a privilege, and identity is compared alone'),
      'changes no file that is put in the place of the new one',
      async () => {
        fs.writeFileSync(engine, 'old');
        fs.chmodSync(engine, 0o666);
        const secret = path.join(folder, 'secret.key');
        for (const swap of [fs.symlinkSync, fs.linkSync]) {
          fs.writeFileSync(secret, 'secret');
          fs.chmodSync(secret, 0o600);
          const replacement = await beginReplacement(engine, { keepBackups: 1 });
          fs.writeFileSync(replacement.temporaryPath, 'new');
          await replacement.adopt();
          fs.rmSync(replacement.temporaryPath);
          swap(secret, replacement.temporaryPath);
          const error = await failure(replacement.commit((file) => recipeOf(file, 'new')));
          assert.match(error.message, /was not replaced: another program replaced/);
          assert.equal(fs.statSync(secret).mode & 0o777, 0o600);
          assert.equal(read(secret), 'secret');
          assert.equal(read(engine), 'old');
          fs.rmSync(secret);
        }
      },
    );

    itUnless(
      onWindows('links need a privilege, and identity is compared alone'),
      'nor one that was there before it was looked at',
      async () => {
        fs.writeFileSync(engine, 'old');
        const secret = path.join(folder, 'secret.key');
        fs.writeFileSync(secret, 'secret', { mode: 0o600 });
        const replacement = await beginReplacement(engine, { keepBackups: 1 });
        fs.linkSync(secret, replacement.temporaryPath);
        await failure(replacement.commit((file) => recipeOf(file, 'new')));
        assert.equal(fs.statSync(secret).mode & 0o777, 0o600);
      },
    );

    itUnless(
      onWindows('rights are not bits'),
      'refuses a folder in which everybody may rename, and takes one like /tmp',
      async () => {
        fs.chmodSync(folder, 0o777);
        const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
        assert.match(error.message, /Every user of this machine may rename files in the folder/);
        assert.match(error.nextStep, /chmod o-w/);
        assert.deepEqual(names(), []);
        fs.chmodSync(folder, 0o1777);
        const mine = await beginReplacement(engine, { keepBackups: 1 });
        assert.equal(fs.statSync(path.dirname(mine.temporaryPath)).mode & 0o777, 0o700);
        const other = await Replacer.start(nobody);
        try {
          const theirs = path.join(folder, 'theirs.engine');
          for (const step of ['begin', 'write', 'commit'] as const) {
            const answer = await other.ask(step, theirs);
            assert.equal(answer.ok, true, JSON.stringify(answer));
          }
          fs.writeFileSync(engine, 'of root');
          const refused = await other.ask('begin', engine);
          assert(!refused.ok);
          assert.match(refused.message, /belongs to another user/);
        } finally {
          await other.kill();
          await mine.abort();
        }
        assert.deepEqual(names(), ['m.engine', 'theirs.engine', 'theirs.engine.json']);
      },
    );

    itUnless(
      onWindows('rights are not bits'),
      'refuses it also where a folder of that name is there already, whoever made it',
      async () => {
        const work = path.join(folder, workFolderName);
        fs.mkdirSync(work);
        // So that it is not removed as an empty one.
        fs.writeFileSync(path.join(work, 'theirs'), '');
        fs.chmodSync(folder, 0o777);
        assert.match(
          (await failure(replace('new'))).message,
          /Every user of this machine may rename/,
        );
        fs.chownSync(work, 65533, 65533);
        assert.match((await failure(replace('new'))).message, /belongs to another user/);
        assert.deepEqual([names(), fs.readdirSync(work)], [[workFolderName], ['theirs']]);
      },
    );

    itUnless(
      onWindows('rights are not bits'),
      'takes no folder that another user made in its name, in a place like /tmp',
      async () => {
        fs.chmodSync(folder, 0o1777);
        const mine = path.join(folder, `${workFolderName}-${nobody.uid}`);
        fs.mkdirSync(mine);
        fs.chownSync(mine, 65533, 65533);
        fs.chmodSync(mine, 0o777);
        const other = await Replacer.start(nobody);
        try {
          const answer = await other.ask('begin', engine);
          assert.ok(!answer.ok);
          assert.match(answer.message, /belongs to another user of this machine/);
          assert.deepEqual(fs.readdirSync(mine), []);
          // Its own is its own.
          fs.chownSync(mine, nobody.uid, nobody.gid);
          assert.equal((await other.ask('begin', engine)).ok, true);
          await other.ask('abort', engine);
        } finally {
          await other.kill();
        }
      },
    );

    itUnless(
      onWindows('rights are not bits'),
      'takes from everybody else what a copied folder gave them',
      async () => {
        const work = path.join(folder, workFolderName);
        fs.mkdirSync(work);
        fs.writeFileSync(path.join(work, 'theirs'), '');
        fs.chmodSync(work, 0o777);
        const replacement = await beginReplacement(engine, { keepBackups: 1 });
        assert.equal(fs.statSync(work).mode & 0o002, 0);
        await replacement.abort();
      },
    );

    itUnless(
      onWindows('links need a privilege, and identity is compared alone'),
      'does not follow a link that has the name of its own folder',
      async () => {
        const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'elsewhere-'));
        fs.symlinkSync(elsewhere, path.join(folder, workFolderName));
        const error = await failure(beginReplacement(engine, { keepBackups: 1 }));
        assert.match(error.message, /\.engine-inspector is a link/);
        assert.deepEqual(fs.readdirSync(elsewhere), []);
        fs.rmSync(elsewhere, { recursive: true });
      },
    );
  });

  describe('an engine that is in use', () => {
    let mounted: string[] = [];
    afterEach(() => {
      for (const file of mounted) execFileSync('umount', [file]);
      mounted = [];
    });

    itUnless(
      onWindows('no file is mounted'),
      'that cannot be replaced stays, and the new one is kept beside it with its recipe',
      async () => {
        await replace('old');
        // A file that is mounted, as in a container, is held as firmly as one on Windows.
        execFileSync('mount', ['--bind', engine, engine]);
        mounted.push(engine);
        const error = await failure(replace('new'));
        assert.match(
          error.message,
          /m\.engine is in use by another program .* The new engine is .*m\.new\.engine\./,
        );
        assert.match(error.nextStep, /^Close the program that uses it, then rename m\.new\.engine/);
        assert.equal(read(engine), 'old');
        const beside = path.join(folder, 'm.new.engine');
        assert.equal(read(beside), 'new');
        assert.equal(read(recipePathOf(beside)), recipeOf(beside, 'new'));
        assert.equal(names().includes(workFolderName), false);
      },
    );

    itUnless(
      onWindows('no file is mounted'),
      'is told with the programs that use it, where the system names them',
      async () => {
        await replace('old');
        execFileSync('mount', ['--bind', engine, engine]);
        mounted.push(engine);
        const asked: string[] = [];
        const replacement = await beginReplacement(engine, {
          keepBackups: 1,
          usersOf: (file) => {
            asked.push(file);
            return Promise.resolve('Player\u202e (process 42)');
          },
        });
        fs.writeFileSync(replacement.temporaryPath, 'new');
        const error = await failure(replacement.commit((file) => recipeOf(file, 'new')));
        assert.deepEqual(asked, [engine]);
        assert.match(error.message, /is in use by Player\S* \(process 42\) and could not/);
        assert.doesNotMatch(error.message, /\u202e/);
        assert.match(error.nextStep, /^Close it there, then rename/);
      },
    );

    it('that may be renamed only becomes the backup', async () => {
      await replace('old');
      const module = fsModule;
      const { rename } = module;
      let held = fs.statSync(engine).ino;
      // As Windows answers for a file that is open with FILE_SHARE_DELETE.
      module.rename = async (from, to) => {
        if (fs.existsSync(to) && fs.statSync(to).ino === held) {
          throw Object.assign(new Error('EBUSY'), { code: 'EBUSY' });
        }
        return rename(from, to);
      };
      syncBuiltinESMExports();
      try {
        await replace('new');
      } finally {
        module.rename = rename;
        syncBuiltinESMExports();
      }
      held = 0;
      assert.equal(read(engine), 'new');
      assert.equal(read(`${engine}.bak`), 'old');
      assert.deepEqual(names(), [
        ...['m.engine', 'm.engine.bak', 'm.engine.bak.json', 'm.engine.json'],
      ]);
    });

    it('that a crash left aside is put back', async () => {
      const temporary = await crash();
      fs.writeFileSync(temporary.replace(/\.tmp$/, '.bak.tmp'), 'old');
      await removeBuildDebris(folder);
      assert.equal(read(engine), 'old');
      assert.deepEqual(names(), ['m.engine']);
    });
  });

  describe('says before the build what is wrong with', () => {
    const refused = (): Promise<Failure> => failure(beginReplacement(engine, { keepBackups: 1 }));

    it('a folder that is not there', async () => {
      engine = path.join(folder, 'gone', 'm.engine');
      assert.match(
        (await refused()).message,
        /gone[\\/]m\.engine can't be written: its folder does not exist/,
      );
    });

    it('a name that a folder has', async () => {
      fs.mkdirSync(engine);
      assert.match((await refused()).message, /m\.engine is a folder/);
    });

    itUnless(
      onWindows('rights are not bits'),
      'an engine that is read-only, for another user as for root',
      async () => {
        fs.writeFileSync(engine, 'old', { mode: 0o444 });
        assert.match((await refused()).message, /m\.engine is read-only, so it is not replaced\.$/);
        fs.chownSync(folder, nobody.uid, nobody.gid);
        fs.chownSync(engine, nobody.uid, nobody.gid);
        const other = await Replacer.start(nobody);
        try {
          const answer = await other.ask('begin', engine);
          assert(!answer.ok);
          assert.match(answer.message, /is read-only/);
          assert.match(answer.nextStep, /chmod u\+w/);
        } finally {
          await other.kill();
        }
        assert.deepEqual(names(), ['m.engine']);
      },
    );

    itUnless(
      onWindows('rights are not bits'),
      'a folder that another user must not write',
      async () => {
        fs.chmodSync(folder, 0o755);
        const other = await Replacer.start(nobody);
        try {
          const answer = await other.ask('begin', engine);
          assert(!answer.ok);
          assert.match(
            answer.message,
            /m\.engine can't be written: permission to write to the folder is missing/,
          );
        } finally {
          await other.kill();
        }
      },
    );

    itUnless(
      onWindows('there are no named pipes in folders'),
      'a recipe or backup that is a folder or a pipe',
      async () => {
        execFileSync('mkfifo', [`${engine}.json`]);
        assert.match((await refused()).message, /m\.engine\.json is not a regular file/);
        fs.rmSync(`${engine}.json`);
        fs.writeFileSync(engine, 'old');
        fs.mkdirSync(`${engine}.bak`);
        assert.match((await refused()).message, /m\.engine\.bak is a folder/);
      },
    );

    itUnless(
      onWindows('names are counted otherwise'),
      'every name that is too long for the files beside it, and builds all others',
      async () => {
        for (let length = 240; length <= 255; length++) {
          const name = `${'n'.repeat(length - 7)}.engine`;
          engine = path.join(folder, name);
          const fits = length + '.json'.length <= 255;
          if (!fits) {
            assert.match((await refused()).message, /is too long for its recipe/);
            assert.deepEqual(names(), []);
            continue;
          }
          await replace('old');
          const before = names();
          if (length + '.bak.json'.length <= 255) {
            await replace('new');
            assert.equal(names().length, 4);
          } else {
            assert.match((await refused()).message, /is too long to keep the old engine as \.bak/);
            assert.deepEqual(names(), before);
            await replace('new', 0);
          }
          for (const file of names()) fs.rmSync(path.join(folder, file));
        }
      },
    );

    it('a folder that vanishes meanwhile', async () => {
      const replacement = await beginReplacement(engine, { keepBackups: 1 });
      fs.rmSync(folder, { recursive: true });
      const error = await failure(replacement.commit(() => '{}'));
      assert.match(error.message, /could not be replaced: its folder does not exist/);
    });
  });
});
