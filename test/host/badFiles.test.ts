/** Files that are no engines, or cannot be read, through the real host: a sentence each, and nothing crashes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { EngineReport } from '../../src/core/report/engineReport';
import { Checker } from '../../src/host/check/checker';
import type { FilePath } from '../../src/host/check/checkRecords';
import { chooseRuntime, findRuntimes, type FoundRuntime } from '../../src/host/runtimes/runtimes';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  libraryOf,
  startSupervisor,
  type TestSupervisor,
} from '../support/builtEngines';
import { writeEngine } from '../support/engineFiles';
import { itUnless, onWindows, type Reason, underWine } from '../support/leaveOut';

/** With a runtime that is asked, and without one: what a file is does not depend on it. */
for (const withRuntime of [true, false]) {
  describe(`bad files, ${withRuntime ? 'with' : 'without'} a runtime`, () => {
    let supervisor: TestSupervisor;
    let folder: TemporaryFolder;
    let checker: Checker;
    let crashed = false;

    before(async () => {
      folder = temporaryFolder();
      supervisor = startSupervisor({ onCrash: () => (crashed = true) });
      const found: FoundRuntime[] = withRuntime
        ? await findRuntimes({
            setting: libraryOf('1.7.1.116'),
            env: {},
            installed: null,
            workspaceFolders: [],
            selectedPython: null,
            supported: ['1.7'],
            standardFolders: [],
          })
        : [];
      checker = new Checker({
        oracle: supervisor,
        choose: (version) => Promise.resolve(chooseRuntime(found, { mode: 'newest' }, version)),
        knownRuntimes: () => Promise.resolve(found),
      });
    });
    after(async () => {
      await supervisor.dispose();
      folder.remove();
    });
    afterEach(() => assert.equal(crashed, false, 'the host crashed'));

    const inFolder = (name: string) => path.join(folder.path, name);
    const write = (name: string, bytes: string | Buffer) => {
      fs.writeFileSync(inFolder(name), bytes);
      return inFolder(name);
    };
    const report = async (file: FilePath): Promise<EngineReport> => {
      const made = await checker.file(file);
      assert.notEqual(made.headline, '');
      // Text from files stays one printable line.
      assert.doesNotMatch(JSON.stringify(made.reasons), /\\u001b|\\u0007|\\n/);
      return made;
    };
    const sentences = (made: EngineReport) =>
      made.reasons.map(({ sentence }) => sentence).join(' ');

    it('says where the verdict comes from', async () => {
      const made = await report(await builtEngine('1.7.1.116'));
      assert.equal(made.kind, 'tensorrt-rtx');
      assert.equal(made.runtime?.version ?? null, withRuntime ? '1.7.1.116' : null);
      assert.equal(made.validity !== null, withRuntime);
      if (!withRuntime) {
        assert.ok(made.reasons.some(({ id }) => id === 'no-runtime'));
        assert.equal(made.evidence, 'header');
      }
    });

    const cannotBeRead: [string, () => FilePath, RegExp, Reason?][] = [
      ['a folder', () => folder.path, /is a folder/],
      ['a missing file', () => inFolder('missing.engine'), /missing\.engine is not there/],
      [
        'a broken link',
        () => {
          fs.symlinkSync(inFolder('nowhere'), inFolder('broken.engine'));
          return inFolder('broken.engine');
        },
        /is a link to a file that is not there/,
        underWine('Node makes no symbolic links'),
      ],
      [
        'a link in circles',
        () => {
          fs.symlinkSync(inFolder('loop.engine'), inFolder('loop.engine'));
          return inFolder('loop.engine');
        },
        /leads in circles/,
        underWine('Node makes no symbolic links'),
      ],
      [
        'a pipe',
        () => {
          execFileSync('mkfifo', [inFolder('pipe.engine')]);
          return inFolder('pipe.engine');
        },
        /is a pipe/,
        onWindows('pipes are no files'),
      ],
      ['a device', () => '/dev/zero', /is a pipe, a socket or a device/],
      [
        'a path that is too long',
        () => inFolder('x'.repeat(300)),
        process.platform === 'win32' ? /is not there/ : /too long/,
      ],
      ['a path with a NUL', () => 'a\0b.engine', /is not there/],
      ['an empty path', () => '', /is not there/],
      [
        'a missing file whose name is not UTF-8',
        () => Buffer.concat([Buffer.from(inFolder('caf')), Buffer.from([0xe9])]),
        /caf\\xe9 is not there/,
        onWindows('paths are UTF-16'),
      ],
    ];
    for (const [name, make, sentence, reason = null] of cannotBeRead) {
      itUnless(reason, name, async () => {
        const made = await report(make());
        assert.equal(made.kind, 'unreadable');
        assert.equal(made.verdict, 'unchecked');
        assert.match(sentences(made), sentence);
      });
    }

    it('shorter than a header', async () => {
      const engine = fs.readFileSync(await builtEngine('1.7.1.116'));
      for (const length of [4, 5, 23, 63]) {
        const made = await report(write('short.engine', engine.subarray(0, length)));
        assert.equal(made.verdict, 'invalid');
        assert.match(sentences(made), new RegExp(`has ${length} bytes`));
        if (withRuntime) assert.equal(made.diagnostics, 32);
      }
    });

    it('cut short, and longer than its header says', async () => {
      const engine = fs.readFileSync(await builtEngine('1.7.1.116'));
      const cut = await report(write('cut.engine', engine.subarray(0, 1000)));
      assert.equal(cut.verdict, 'invalid');
      assert.ok(cut.reasons.some(({ id }) => id === 'truncated'));
      const long = await report(write('long.engine', Buffer.concat([engine, Buffer.alloc(9)])));
      assert.ok(long.reasons.some(({ id }) => id === 'longer-than-header'));
    });

    it('foreign kinds', async () => {
      const kinds: [string, string | Buffer][] = [
        ['empty', ''],
        ['zeros', Buffer.alloc(5000)],
        ['tensorrt', Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(100)])],
        ['torch-tr01', Buffer.concat([Buffer.from('TR01'), Buffer.alloc(100, 1)])],
        ['zip', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100)])],
        ['html', '<!DOCTYPE html><html><title>404 </title><script>alert(1)</script></html>'],
        [
          'git-lfs-pointer',
          `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 1234\n`,
        ],
        ['text', 'hello \x1b[31mworld\x1b[0m\n'],
        ['unknown', Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 77 + 5) % 256))],
      ];
      for (const [kind, bytes] of kinds) {
        const made = await report(write(`${kind}.engine`, bytes));
        assert.equal(made.kind, kind);
        assert.equal(made.verdict, 'invalid');
      }
    });

    it('an Ultralytics wrapper with hostile metadata', async () => {
      const json = JSON.stringify({
        author: '</script><img src=x onerror=alert(1)>\x1b[2J',
        task: 'detect',
      });
      const length = Buffer.alloc(4);
      length.writeUInt32LE(json.length);
      const wrapped = Buffer.concat([
        length,
        Buffer.from(json),
        Buffer.from('ftrt'),
        Buffer.alloc(64),
      ]);
      const made = await report(write('wrapped.engine', wrapped));
      assert.equal(made.kind, 'ultralytics');
      assert.doesNotMatch(JSON.stringify(made.fileRows), /\\u001b/);
    });

    it('20 GB that are nearly all holes', async () => {
      writeEngine(inFolder('large.engine'), { version: '1.7.1.116', fileSize: 20 * 1024 ** 3 });
      const made = await report(inFolder('large.engine'));
      assert.equal(made.kind, 'tensorrt-rtx');
      assert.equal(made.size, 20 * 1024 ** 3);
    });

    itUnless(onWindows('paths are UTF-16'), 'a name that is not UTF-8', async () => {
      const name = Buffer.concat([Buffer.from(inFolder('caf')), Buffer.from([0xe9])]);
      fs.copyFileSync(await builtEngine('1.7.1.116'), name);
      const made = await report(name);
      assert.equal(made.kind, 'tensorrt-rtx');
      assert.ok(made.file.endsWith('caf\\xe9'));
    });

    itUnless(onWindows('no file can have such a name'), 'a name that is an attack', async () => {
      const name = inFolder('\x1b[31m<b>\n\u202e.engine');
      fs.copyFileSync(await builtEngine('1.7.1.116'), name);
      const made = await report(name);

      assert.doesNotMatch(made.file, /[\x00-\x1f\u202e]/);
    });

    it('a file that vanishes and comes back while it is asked about', async () => {
      const engine = await builtEngine('1.7.1.116');
      const file = inFolder('flickering.engine');
      let stop = false;
      const flicker = (async () => {
        while (!stop) {
          fs.copyFileSync(engine, file);
          await new Promise((resolve) => setImmediate(resolve));
          fs.rmSync(file, { force: true }); // on Windows it stays until its last reader has closed it
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      try {
        for (let round = 0; round < 200; round++) {
          const { kind } = await report(file);
          assert.ok(['tensorrt-rtx', 'unreadable', 'empty'].includes(kind), kind);
        }
      } finally {
        stop = true;
        await flicker;
      }
    });
  });
}
