import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeEngine } from '../../../test/support/engineFiles';
import { readFactsAndStart, readFileFacts, readHead } from './fileFacts';
import { fileProblem, fileProblemOfNumber } from './fileProblem';
import { itUnless, onWindows } from '../../../test/support/leaveOut';

describe('file facts', () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fileFacts-'))));
  // Not rmSync: the read that was given up closes its file when it is this process's turn, and Windows waits for that.
  after(() => fs.promises.rm(folder, { recursive: true, maxRetries: 10, retryDelay: 200 }));
  const at = (name: string) => path.join(folder, name);
  const unreadable = async (file: string | Buffer, sentence: RegExp) => {
    const facts = await readFileFacts(file);
    assert.equal(facts.kind, 'unreadable');
    assert.match(facts.kindSentence, sentence);
    assert.equal(facts.size, null);
    // Cause, then next step.
    assert.match(facts.kindSentence, /\. [A-Z].*\.$/);
  };

  it('reads no more than 64 bytes of an engine, however large', async () => {
    const file = at('large.engine');
    writeEngine(file, { version: '1.7.1.116', fileSize: 20 * 1024 ** 3 });
    const facts = await readFileFacts(file);
    assert.equal(facts.kind, 'tensorrt-rtx');
    assert.equal(facts.header?.version, '1.7.1.116');
    assert.equal(facts.size, 20 * 1024 ** 3);
    assert.equal(facts.headerBytes.length, 64);
    assert.equal(facts.modified, fs.statSync(file).mtimeMs);
  });

  it('keeps the header alone of an engine of which more was read', async () => {
    const file = at('started.engine');
    writeEngine(file, { version: '1.7.1.116', fileSize: 100_000 });
    const { facts, start } = await readFactsAndStart(file, 4096);
    assert.deepEqual(facts, await readFileFacts(file));
    assert.equal(facts.headerBytes.buffer.byteLength, 64);
    assert.deepEqual([start.length, start.subarray(0, 64)], [4096, Buffer.from(facts.headerBytes)]);
  });

  it('reads more of what is no engine, to tell what it is', async () => {
    const file = at('wrapped.engine');
    const json = JSON.stringify({ description: 'x'.repeat(500), names: { 0: '</script>' } });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    fs.writeFileSync(file, Buffer.concat([length, Buffer.from(json), Buffer.from('ftrt\0\0\0\0')]));
    const facts = await readFileFacts(file);
    assert.equal(facts.kind, 'ultralytics');
    assert.ok(facts.kindDetails.some(({ label }) => label === 'names'));
    assert.equal(facts.headerBytes.length, 64);
  });

  it('takes short and empty files as they are', async () => {
    fs.writeFileSync(at('empty.engine'), '');
    assert.equal((await readFileFacts(at('empty.engine'))).kind, 'empty');
    fs.writeFileSync(at('short.engine'), 'vtrt');
    const facts = await readFileFacts(at('short.engine'));
    assert.deepEqual([facts.kind, facts.size, facts.headerBytes.length], ['tensorrt-rtx', 4, 4]);
  });

  itUnless(
    onWindows('links in circles, too long names and devices are other things'),
    'says why a file cannot be read',
    async () => {
      await unreadable(folder, /is a folder/);
      await unreadable(at('missing.engine'), /missing\.engine is not there/);
      await unreadable(at('missing/in/folder.engine'), /is not there/);
      fs.symlinkSync(at('nowhere'), at('broken.engine'));
      await unreadable(at('broken.engine'), /is a link to a file that is not there/);
      fs.symlinkSync(at('loop.engine'), at('loop.engine'));
      await unreadable(at('loop.engine'), /leads in circles/);
      await unreadable(at(`${'x'.repeat(300)}.engine`), /too long/);
      await unreadable('', /is not there/);
      await unreadable('a\0b', /is not there/);
      await unreadable('/dev/zero', /a pipe, a socket or a device/);
    },
  );

  itUnless(onWindows('pipes are no files'), 'does not wait for the writer of a pipe', async () => {
    execFileSync('mkfifo', [at('pipe.engine')]);
    await unreadable(at('pipe.engine'), /a pipe/);
  });

  itUnless(onWindows('sockets are no files'), 'does not talk to a socket', async () => {
    const server = net.createServer().listen(at('socket.engine'));
    await new Promise((resolve) => server.once('listening', resolve));
    await unreadable(at('socket.engine'), /a socket/);
    server.close();
  });

  itUnless(
    onWindows('paths are UTF-16'),
    'reads a path that is not UTF-8, and shows its bytes',
    async () => {
      const file = Buffer.concat([
        Buffer.from(at('caf')),
        Buffer.from([0xe9]),
        Buffer.from('.engine'),
      ]);
      fs.writeFileSync(file, 'vtrt');
      const facts = await readFileFacts(file);
      assert.equal(facts.size, 4);
      assert.ok(facts.file.endsWith('caf\\xe9.engine'));
    },
  );

  itUnless(onWindows('errors have other numbers'), 'names a missing permission', async () => {
    // The tests may run as root, whom nothing is denied: by number, as the shim reports it, and by code.
    const { message, nextStep } = await fileProblemOfNumber(
      '/x/a.engine',
      os.constants.errno.EACCES,
    );
    assert.equal(message, 'a.engine could not be read: this user has no permission.');
    assert.match(nextStep, /read access/);
    const eio = await fileProblemOfNumber('/x/a.engine', os.constants.errno.EIO);
    assert.match(eio.message, /a\.engine could not be read: EIO/);
    assert.match((await fileProblemOfNumber('/x/a.engine', 99_999)).message, /system error 99999/);
  });

  it('gives up on a disk that does not answer', async () => {
    const { message, nextStep } = fileProblem('/net/a.engine', { timeoutMs: 10_000 });
    assert.equal(message, 'a.engine could not be read: the disk did not answer within 10 s.');
    assert.match(nextStep, /network/);
    // A millisecond for what takes a hundred.
    const length = 256 * 1024 * 1024;
    writeEngine(at('slow.engine'), { version: '1.7.1.116', fileSize: length });
    await assert.rejects(readHead(at('slow.engine'), length, 1), /did not answer within/);
  });
});
