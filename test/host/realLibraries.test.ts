/** The engine host with the real TensorRT-RTX of all four versions: load, check, ask for GPUs, build. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CheckRecords, packPaths } from '../../src/host/check/checkRecords';
import { Checker } from '../../src/host/check/checker';
import { chooseRuntime, findRuntimes } from '../../src/host/runtimes/runtimes';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  isRunning,
  libraryOf,
  libraryVersions,
  repository,
  startSupervisor,
  type TestSupervisor,
} from '../support/builtEngines';
import { minors } from '../support/releases';

describe('engine host with the real libraries', () => {
  let supervisor: TestSupervisor;
  let folder: TemporaryFolder;
  before(() => {
    supervisor = startSupervisor();
    folder = temporaryFolder();
  });
  after(async () => {
    const pids = supervisor.pids;
    await supervisor.dispose();
    folder.remove();
    assert.deepEqual(pids.filter(isRunning), []);
  });

  for (const version of libraryVersions) {
    it(`loads ${version} and has its engine's header checked`, async () => {
      const library = libraryOf(version);
      const info = await supervisor.load(library);
      assert.equal(info.version, version);
      assert.equal(info.path, library);
      assert.equal(info.headerSize, 64);
      const engine = await builtEngine(version);
      const records = new CheckRecords(
        await supervisor.checkFiles(library, packPaths([engine]), 1),
      );
      const bytes = fs.readFileSync(engine);
      assert.deepEqual(Buffer.from(records.header(0)), bytes.subarray(0, 64));
      assert.equal(records.fileSize(0), bytes.length);
      assert.equal(records.fileType(0), 'regular');
      assert.equal(records.systemError(0), 0);
      assert.equal(records.versionBytes(0), bytes.readUInt32LE(24));
      assert.equal(records.modified(0), Math.trunc(fs.statSync(engine).mtimeMs));
      // Without a GPU: invalid without a reason, and a line that says why. With one, whatever it says is a known answer.
      assert.ok([0, 1, 2].includes(records.validity(0) ?? -1));
      const { gpus } = await supervisor.gpus();
      if (gpus.length === 0) {
        assert.equal(records.validity(0), 2);
        assert.equal(records.diagnostics(0), 0);
        // On Windows the driver is asked first, and the library only where there is one.
        if (process.platform === 'win32') return;
        const [line] = records.lines(0);
        assert.match(
          Buffer.from(line?.bytes ?? '').toString(),
          /Error reading CUDA GPU properties/,
        );
        assert.equal(line?.severity, 0);
      }
    });
  }

  it('keeps one process for each runtime', async () => {
    await Promise.all(libraryVersions.map((version) => supervisor.load(libraryOf(version))));
    const { pids } = supervisor;
    assert.equal(new Set(pids).size, libraryVersions.length);
    await Promise.all(libraryVersions.map((version) => supervisor.load(libraryOf(version))));
    assert.deepEqual(supervisor.pids, pids);
  });

  it('answers for headers that only the caller can read', async () => {
    const engine = fs.readFileSync(await builtEngine('1.7.1.116'));
    const headers = new Uint8Array(3 * 64);
    headers.set(engine.subarray(0, 64), 0);
    headers.set(engine.subarray(0, 20), 64);
    headers.set(Buffer.from('<!doctype html>'), 128);
    const result = await supervisor.checkHeaders(libraryOf('1.7.1.116'), headers, 64, [64, 20, 15]);
    const records = new CheckRecords(result);
    assert.equal(records.count, 3);
    // kMALFORMED_ENGINE, told before the GPU is looked at.
    assert.deepEqual([records.validity(1), records.diagnostics(1)], [2, 32]);
    assert.deepEqual([records.validity(2), records.diagnostics(2)], [2, 32]);
    assert.match(
      Buffer.from(records.lines(2)[0]?.bytes ?? '').toString(),
      /does not conform to the expected format/,
    );
  });

  it('answers thousands of paths in order', async () => {
    const engine = await builtEngine('1.7.1.116');
    // Wine takes 10 ms to write a file.
    const count = process.env['ENGINE_INSPECTOR_WINE'] === '1' ? 2_000 : 10_000;
    const paths = Array.from({ length: count }, (_, index) => {
      const file = path.join(folder.path, `${index}.engine`);
      fs.writeFileSync(file, Buffer.alloc(index % 97));
      return index % 2 === 0 ? engine : file;
    });
    const found = await findRuntimes({
      setting: libraryOf('1.7.1.116'),
      env: {},
      installed: null,
      workspaceFolders: [],
      selectedPython: null,
      supported: ['1.7'],
      standardFolders: [],
    });
    const checker = new Checker({
      oracle: supervisor,
      choose: (version) => Promise.resolve(chooseRuntime(found, { mode: 'newest' }, version)),
      knownRuntimes: () => Promise.resolve(found),
    });
    const checked = await checker.files(paths);
    const size = fs.statSync(engine).size;
    let index = 0;
    for await (const report of checked.reports()) {
      assert.equal(report.file, paths[index]);
      assert.equal(report.size, index % 2 === 0 ? size : index % 97);
      index++;
    }
    assert.equal(index, count);
  });

  it("matches each engine's own version", async () => {
    const engines = await Promise.all(libraryVersions.map(builtEngine));
    const found = await findRuntimes({
      setting: null,
      env: {},
      installed: path.join(repository, '.deps/tensorrt-rtx'),
      workspaceFolders: [],
      selectedPython: null,
      supported: minors,
      standardFolders: [],
    });
    const checker = (mode: 'newest' | 'match-engine') =>
      new Checker({
        oracle: supervisor,
        choose: (version) => Promise.resolve(chooseRuntime(found, { mode }, version)),
        knownRuntimes: () => Promise.resolve(found),
      });
    const matched = await (await checker('match-engine').files(engines)).all();
    assert.deepEqual(
      matched.map(({ runtime }) => runtime?.version),
      [...libraryVersions],
    );
    assert.ok(matched.every(({ reasons }) => reasons.every(({ id }) => id !== 'version-mismatch')));
    const newest = await (await checker('newest').files(engines)).all();
    assert.ok(newest.every(({ runtime }) => runtime?.version === '1.7.1.116'));
    assert.deepEqual(
      newest.map(({ reasons }) => reasons.some(({ id }) => id === 'version-mismatch')),
      [true, true, true, false],
    );
  });
});
