/** Hosts that are killed, hang or crash: one clear error each, a new process, and none left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Checker } from '../../src/host/check/checker';
import { packPaths } from '../../src/host/check/checkRecords';
import { EngineHostClient } from '../../src/host/engineHost/client';
import { Failure } from '../../src/core/wire/failure';
import { chooseRuntime, findRuntimes } from '../../src/host/runtimes/runtimes';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  hostMain,
  isRunning,
  libraryOf,
  repository,
  shimFolder,
  startSupervisor,
  type TestSupervisor,
  until,
} from '../support/builtEngines';
import { itUnless, onWindows, underWine } from '../support/leaveOut';

const library = () => libraryOf('1.7.1.116');

async function failure(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  assert.notEqual(error.nextStep, '');
  return error;
}

const noStop = onWindows('no signal stops a process');

describe('restarts of the engine host', function () {
  // Wine starts no process in the moment after one was killed, now and then ("spawn UNKNOWN").
  if (underWine('') !== null) this.retries(2);
  const supervisors: TestSupervisor[] = [];
  let folder: TemporaryFolder;
  before(() => (folder = temporaryFolder()));
  after(() => folder.remove());
  const wallClock = Date.now;
  afterEach(async () => {
    Date.now = wallClock;
    const pids = supervisors.flatMap((supervisor) => supervisor.pids);
    await Promise.all(supervisors.splice(0).map((supervisor) => supervisor.dispose()));
    assert.deepEqual(pids.filter(isRunning), [], 'processes are left');
  });
  const start = (...options: Parameters<typeof startSupervisor>) => {
    const supervisor = startSupervisor(...options);
    supervisors.push(supervisor);
    return supervisor;
  };
  const onlyPid = (supervisor: TestSupervisor) => {
    const [pid] = supervisor.pids;
    assert.ok(pid !== undefined);
    return pid;
  };

  itUnless(
    noStop,
    'survives kill -9 in the middle of a request and goes on with the next',
    async () => {
      const supervisor = start();
      await supervisor.load(library());
      const pid = onlyPid(supervisor);
      process.kill(pid, 'SIGSTOP');
      const engine = await builtEngine('1.7.1.116');
      const asked = supervisor.checkFiles(library(), packPaths([engine]), 1);
      process.kill(pid, 'SIGKILL');
      const { code, message } = await failure(asked);
      assert.equal(code, 'host-exited');
      assert.match(message, /SIGKILL/);
      assert.ok(!isRunning(pid));
      assert.equal((await supervisor.checkFiles(library(), packPaths([engine]), 1)).count, 1);
      assert.notEqual(onlyPid(supervisor), pid);
    },
  );

  it('keeps no answer that was given', async () => {
    const supervisor = start();
    const engine = await builtEngine('1.7.1.116');
    await supervisor.load(library());
    const answered = async () =>
      new WeakRef((await supervisor.checkFiles(library(), packPaths([engine]), 1)).records);
    const answer = await answered();
    v8.setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await until('an answer to be forgotten', () => {
      collect();
      return answer.deref() === undefined;
    });
    assert.ok(isRunning(onlyPid(supervisor)));
  });

  itUnless(noStop, 'kills a host that hangs, says so, and goes on', async () => {
    const supervisor = start({ timeouts: { checkFiles: 400 } });
    await supervisor.load(library());
    const pid = onlyPid(supervisor);
    process.kill(pid, 'SIGSTOP');
    const engine = await builtEngine('1.7.1.116');
    const { code, message } = await failure(
      supervisor.checkFiles(library(), packPaths([engine]), 1),
    );
    assert.equal(code, 'host-timeout');
    assert.match(message, /did not answer within 400 ms while checking engines/);
    await until('the process to be gone', () => !isRunning(pid));
    const again = supervisor.checkFiles(library(), packPaths([engine]), 1, { timeoutMs: 20_000 });
    assert.equal((await again).count, 1);
  });

  itUnless(noStop, 'asks again by itself what was lost because another request hung', async () => {
    const supervisor = start();
    await supervisor.load(library());
    const engine = await builtEngine('1.7.1.116');
    process.kill(onlyPid(supervisor), 'SIGSTOP');
    const innocent = supervisor.checkFiles(library(), packPaths([engine]), 1);
    const hangs = failure(supervisor.request(library(), 'gpus', {}, { timeoutMs: 300 }));
    assert.equal((await hangs).code, 'host-timeout');
    assert.equal((await innocent).count, 1);
  });

  itUnless(noStop, 'ends a request that is cancelled but does not stop', async () => {
    const supervisor = start();
    await supervisor.load(library());
    const pid = onlyPid(supervisor);
    process.kill(pid, 'SIGSTOP');
    const abort = new AbortController();
    const engine = await builtEngine('1.7.1.116');
    const asked = supervisor.checkFiles(library(), packPaths([engine]), 1, {
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 50);
    const started = Date.now();
    assert.equal((await failure(asked)).code, 'cancelled');
    assert.ok(Date.now() - started < 5_000);
    assert.ok(!isRunning(pid));
    // A kill on purpose is no crash.
    assert.equal(supervisor.state(library()), 'absent');
  });

  it('gives up after the fifth crash with one message, until the user asks again', async () => {
    const messages: Failure[] = [];
    const supervisor = start({ onGaveUp: (_, error) => messages.push(error) });
    for (let crash = 0; crash < 5; crash++) {
      // A laptop that wakes up sets its clock: that is no hour without a crash.
      Date.now = () => wallClock() + crash * 3_600_000;
      await supervisor.load(library());
      const pid = onlyPid(supervisor);
      process.kill(pid, 'SIGKILL');
      await until('the crash to be noticed', () => !supervisor.pids.includes(pid));
    }
    assert.equal(messages.length, 1);
    assert.equal(messages[0]?.code, 'host-crash-budget');
    assert.match(messages[0].message, /5 times within 3 minutes/);
    assert.ok(messages[0].message.includes(library()));
    assert.equal((await failure(supervisor.load(library()))).code, 'host-crash-budget');
    assert.equal(messages.length, 1);
    supervisor.askAgain(library());
    assert.equal((await supervisor.load(library())).version, '1.7.1.116');
  });

  it('closes a host that is idle and starts it again when it is needed', async () => {
    const supervisor = start({ idleMs: 100 });
    await supervisor.load(library());
    const pid = onlyPid(supervisor);
    await until('the idle host to end', () => !isRunning(pid));
    await until('the end to be noticed', () => supervisor.state(library()) === 'absent');
    assert.equal((await supervisor.load(library())).version, '1.7.1.116');
  });

  itUnless(underWine('tsx does not start'), 'ends with a parent that is killed', async () => {
    const script = path.join(folder.path, 'parent.ts');
    fs.writeFileSync(
      script,
      `import { EngineHostSupervisor } from ${JSON.stringify(path.join(repository, 'src/host/engineHost/supervisor'))};
       const supervisor = new EngineHostSupervisor({ hostMain: process.argv[2]!, shimFolder: process.argv[3]!, onLog: () => undefined });
       void supervisor.load(process.argv[4]!).then(() => console.log(supervisor.pids.join()));
       setInterval(() => undefined, 1000);`,
    );
    const parent = spawn(
      process.execPath,
      ['--import', 'tsx', script, hostMain, shimFolder, library()],
      { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text.toString().trim()))),
    );
    assert.ok(isRunning(pid));
    parent.kill('SIGKILL');
    await until('the host to follow its parent', () => !isRunning(pid));
  });

  it('says what could not be started', async () => {
    const client = new EngineHostClient({
      hostMain,
      nodePath: path.join(folder.path, 'no-such-node'),
      onLog: () => undefined,
    });
    const { code, detail } = await failure(client.request('gpus', {}));
    assert.equal(code, 'host-start-failed');
    assert.match(detail, /ENOENT/);
  });

  it('tells the exit code and the last words of a host that ends by itself', async () => {
    const main = path.join(folder.path, 'endsAtOnce.js');
    fs.writeFileSync(main, "console.error('the very last words'); process.exit(3);");
    const client = new EngineHostClient({ hostMain: main, onLog: () => undefined });
    const { code, message, detail } = await failure(client.request('gpus', {}));
    assert.equal(code, 'host-exited');
    assert.match(message, /exit code 3/);
    assert.match(detail, /the very last words/);
  });

  it('refuses answers that are none', async () => {
    const main = path.join(folder.path, 'answersNonsense.js');
    fs.writeFileSync(
      main,
      `process.on('message', ({ id }) => {
         process.send({ jsonrpc: '2.0', method: 'log', params: { severity: 'loud' } });
         process.send({ jsonrpc: '2.0', id, result: { gpus: 'many' } });
       });
       process.on('disconnect', () => process.exit());`,
    );
    const lines: string[] = [];
    const client = new EngineHostClient({ hostMain: main, onLog: ({ text }) => lines.push(text) });
    assert.equal((await failure(client.request('gpus', {}))).code, 'bad-message');
    assert.match(lines.join('\n'), /"log" message that could not be read/);
    await client.dispose();
  });

  it('passes on what native code prints, as text, however hostile', async () => {
    const main = path.join(folder.path, 'printsMuch.js');
    const hostile = '</script>\x1b[31m\u202e';
    fs.writeFileSync(
      main,
      `process.stdout.write(${JSON.stringify(hostile)} + '\\n');
       process.stderr.write(Buffer.from([0xff, 0xfe, 10]));
       process.stdout.write('x'.repeat(5_000_000));
       process.on('message', () => undefined);
       process.on('disconnect', () => process.exit());`,
    );
    const lines: { source: string; text: string }[] = [];
    const client = new EngineHostClient({ hostMain: main, onLog: (line) => lines.push(line) });
    await until('three lines', () => lines.some(({ source }) => source === 'stderr'));
    await client.dispose();
    assert.ok(lines.some(({ source, text }) => source === 'stdout' && text === hostile));
    assert.ok(lines.some(({ source, text }) => source === 'stderr' && text === '\ufffd\ufffd'));
    assert.ok(lines.every(({ text }) => text.length <= 8192));
  });

  it('finds the one file that hangs the host, and answers for the others', async () => {
    // A host that answers for all paths, but stops at one name: stands in for a disk or a library that does not answer.
    const main = path.join(folder.path, 'hangsAtOneFile.js');
    fs.writeFileSync(
      main,
      `process.on('message', ({ id, method, params }) => {
         const answer = (result) => process.send({ jsonrpc: '2.0', id, result });
         if (method === 'load') answer({ version: '1.7.1.116', path: params.libraryPath, headerSize: 64, cudaRuntimeVersion: null });
         if (method === 'gpus') answer({ cudaDriverVersion: null, driverVersion: null, message: '', gpus: [] });
         if (method !== 'checkFiles' || Buffer.from(params.paths).includes('hangs.engine')) return;
         const records = Buffer.alloc(176 * params.count);
         for (let at = 0; at < records.length; at += 176) records.writeUInt32LE(1, at + 132);
         answer({ count: params.count, records, text: Buffer.alloc(0) });
       });
       process.on('disconnect', () => process.exit());`,
    );
    const supervisor = start({ hostMain: main, timeouts: { checkFiles: 1_000 } });
    const found = await findRuntimes({
      setting: library(),
      env: {},
      installed: null,
      workspaceFolders: [],
      selectedPython: null,
      supported: ['1.7'],
      standardFolders: [],
    });
    const log: string[] = [];
    const checker = new Checker({
      oracle: supervisor,
      choose: (version) => Promise.resolve(chooseRuntime(found, { mode: 'newest' }, version)),
      knownRuntimes: () => Promise.resolve(found),
      singleFileLimitMs: 500,
      log: (line) => log.push(line),
    });
    const hanging = path.join(folder.path, 'hangs.engine');
    fs.copyFileSync(await builtEngine('1.7.1.116'), hanging);
    const paths = Array.from({ length: 700 }, (_, index) =>
      index === 37 ? hanging : path.join(folder.path, `${index}.engine`),
    );
    const checked = await checker.files(paths);
    assert.deepEqual(
      paths.map((_, index) => checked.validity(index)),
      paths.map((_, index) => (index === 37 ? null : 0)),
    );
    const report = await checked.report(37);
    assert.equal(report.verdict, 'unchecked');
    assert.equal(report.header?.version, '1.7.1.116');
    assert.match(JSON.stringify(report.reasons), /did not answer within 500 ms/);
    assert.ok(log.some((line) => /one by one/.test(line)));
  });

  it('counts the time of a check from when those before it were done', async () => {
    // A host that takes 400 ms for each request, one after the other: stands in for a slow disk.
    const main = path.join(folder.path, 'slow.js');
    fs.writeFileSync(
      main,
      `let free = 0;
       process.on('message', ({ id, params }) => {
         free = Math.max(free, Date.now()) + 400;
         const result = { count: params.count, records: Buffer.alloc(176 * params.count), text: Buffer.alloc(0) };
         setTimeout(() => process.send({ jsonrpc: '2.0', id, result }), free - Date.now());
       });
       process.on('disconnect', () => process.exit());`,
    );
    const client = new EngineHostClient({
      hostMain: main,
      onLog: () => undefined,
      timeouts: { checkFiles: 1_500 },
    });
    const paths = packPaths(['a.engine']);
    const asked = Array.from({ length: 8 }, () =>
      client.request('checkFiles', { paths, count: 1 }),
    );
    assert.deepEqual(
      (await Promise.all(asked)).map(({ count }) => count),
      [1, 1, 1, 1, 1, 1, 1, 1],
    );
    await client.dispose();
  });
});
