/** The real libraries on a machine without a GPU: a clear end for each version, and nothing before its time. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { defaultRunChoices } from '../../src/core/run/runReport';
import { EngineRunner } from '../../src/host/run/engineRunner';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  hostMain,
  libraryOf,
  libraryVersions,
  shimFolder,
} from '../support/builtEngines';
import { leaveOut } from '../support/leaveOut';
import { engineHosts, failure } from './support';

describe('inspecting and running engines with the real libraries, without a GPU', () => {
  let folder: TemporaryFolder;
  let runner: EngineRunner;
  before(() => {
    folder = temporaryFolder();
    runner = new EngineRunner({
      hostMain,
      shimFolder,
      cacheFolder: path.join(folder.path, 'caches'),
      // Where there is a GPU, it is hidden.
      environment: () => ({ CUDA_VISIBLE_DEVICES: '' }),
      onLog: () => undefined,
    });
  });
  afterEach(() => assert.deepEqual(engineHosts(), [], 'engine hosts are left'));
  after(async () => {
    await runner.dispose();
    folder.remove();
  });

  for (const version of libraryVersions) {
    it(`ends clearly with ${version}`, async () => {
      const engine = await builtEngine(version);
      const runtime = libraryOf(version);
      const refused = await failure(runner.inspect({ engine, runtime, layers: true }));
      assert.equal(refused.code, 'no-driver', refused.message);
      assert.ok(refused.message.includes(engine), refused.message);
      assert.match(refused.message, /NVIDIA (driver|GPU)/);
      assert.match(refused.nextStep, /driver|GPU/);

      const id = `run-${version}`;
      fs.mkdirSync(path.join(folder.path, id));
      const report = await runner.run({
        engine,
        runtime,
        choices: { ...defaultRunChoices, inputs: [] },
        kind: 'run',
        budgets: [],
        folder: path.join(folder.path, id),
        id,
        reference: null,
      });
      assert.equal(report.failure?.code, 'no-driver');
      assert.equal(report.headline, report.failure.sentence);
      assert.deepEqual(report.attempts, []);
    });
  }

  it('looks for a driver before a library is loaded', async function () {
    const seeing = new EngineRunner({
      ...{ hostMain, shimFolder, cacheFolder: path.join(folder.path, 'caches') },
      ...{ environment: () => ({}), onLog: () => undefined },
    });
    const { total } = await seeing.freeMemory();
    await seeing.dispose();
    leaveOut(this, total === null ? null : 'there is a driver');
    const engine = await builtEngine('1.7.1.116');
    const runtime = libraryOf('1.7.1.116');
    const loaded: string[] = [];
    const careful = new EngineRunner({
      ...{ hostMain, shimFolder, cacheFolder: path.join(folder.path, 'caches') },
      environment: () => ({ CUDA_VISIBLE_DEVICES: '' }),
      onLog: () => undefined,
      mayLoad: (file) => Promise.resolve(void loaded.push(file)),
    });
    const refused = await failure(careful.inspect({ engine, runtime, layers: true }));
    await careful.dispose();
    assert.equal(refused.code, 'no-driver');
    assert.deepEqual(loaded, []);
  });

  it('names both versions where the engine is of another one', async () => {
    const engine = await builtEngine('1.4.0.76');
    const runtime = libraryOf('1.7.1.116');
    const refused = await failure(runner.inspect({ engine, runtime, layers: true }));
    assert.equal(refused.code, 'unsupported-version');
    assert.match(refused.message, /1\.4\.0\.76 .* 1\.7\.1\.116/);
  });
});
