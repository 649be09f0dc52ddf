/**
 * A TensorRT-RTX newer than any that there are shims for: NVIDIA's real 1.7 asked through the shim of 1.6, and a stand-in that
 * answers as no version so far.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { diagnosticBit, engineValidity, hasBit } from '../../src/core/report/validity';
import { Failure } from '../../src/core/wire/failure';
import { CheckRecords } from '../../src/host/check/checkRecords';
import { EngineHostClient } from '../../src/host/engineHost/client';
import { shimFolderOf } from '../../src/host/runtimes/shims';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { builtEngine, cliMain, libraryOf } from '../support/builtEngines';
import { standInMachine, type StandInComputer } from '../standIns/standIns';

const dist = path.dirname(cliMain);

describe('a TensorRT-RTX newer than the shims', () => {
  let folder: TemporaryFolder;
  let machine: StandInComputer;
  const clients: EngineHostClient[] = [];
  before(() => {
    folder = temporaryFolder();
    machine = standInMachine();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
  });
  after(() => {
    machine.dispose();
    folder.remove();
  });

  /** Only the shim of one version: every later one is newer. */
  const onlyShim = (minor: string): string => {
    const own = path.join(folder.path, minor);
    fs.mkdirSync(own, { recursive: true });
    const name = fs
      .readdirSync(shimFolderOf(dist))
      .find((file) => file.includes(`engine_shim_${minor.replace('.', '_')}.`));
    assert.ok(name !== undefined);
    fs.copyFileSync(path.join(shimFolderOf(dist), name), path.join(own, name));
    return own;
  };
  const host = (minor: string, environment: Record<string, string> = {}): EngineHostClient => {
    const client = new EngineHostClient({
      hostMain: path.join(dist, 'engineHost.js'),
      shimFolder: onlyShim(minor),
      environment,
      onLog: () => undefined,
    });
    clients.push(client);
    return client;
  };
  const refusal = async (work: Promise<unknown>): Promise<Failure> => {
    try {
      await work;
    } catch (error) {
      assert.ok(error instanceof Failure);
      return error;
    }
    return assert.fail('it was not refused');
  };
  const real17 = { libraryPath: libraryOf('1.7.1.116') };

  for (const minor of ['1.5', '1.6']) {
    it(`checks headers with the real library, through the shim of ${minor}`, async () => {
      const client = host(minor);
      const info = await client.request('load', real17);
      assert.equal(info.version, '1.7.1.116');
      assert.equal(info.untested, true);
      const headers = Buffer.alloc(128);
      fs.readFileSync(await builtEngine('1.7.1.116')).copy(headers, 0, 0, 64);
      const answers = new CheckRecords(
        await client.request('checkHeaders', { headers, stride: 64, lengths: [64, 64] }),
      );
      assert.equal(answers.validity(1), engineValidity.kINVALID);
      assert.ok(hasBit(answers.diagnostics(1), diagnosticBit.kMALFORMED_ENGINE));
      assert.notEqual(answers.validity(0), null);
      assert.ok(!hasBit(answers.diagnostics(0), diagnosticBit.kMALFORMED_ENGINE));
    });
  }

  it('builds and loads nothing with it', async () => {
    const client = host('1.6');
    await client.request('load', real17);
    const engine = await builtEngine('1.7.1.116');
    const refused = await refusal(
      client.request('inspect', { token: 'a', engine, layers: false, budgets: [] }),
    );
    assert.equal(refused.code, 'unsupported-version');
    assert.match(refused.message, /only checks headers/);
  });

  it('asks nothing of it through the shim of 1.4, whose functions lie elsewhere', async () => {
    const { code, message } = await refusal(host('1.4').request('load', real17));
    assert.equal(code, 'unsupported-version');
    assert.match(message, /it knows 1\.4/);
  });

  const future = (what: string): Promise<unknown> =>
    host('1.6', { ...machine.environment, STAND_IN_FUTURE: what }).request('load', {
      libraryPath: machine.runtime,
    });
  it('asks one that answers as every version so far', async () => {
    assert.equal(((await future('')) as { untested?: boolean }).untested, true);
  });
  for (const [what, why] of [
    ['size', /an engine's header has 128 bytes/],
    ['zeros', /does not refuse 64 zeros/],
  ] as const) {
    it(`does not ask one that answers otherwise: ${what}`, async () => {
      const { code, message, nextStep } = await refusal(future(what));
      assert.equal(code, 'unsupported-version');
      assert.match(message, why);
      assert.match(nextStep, /Update Engine Inspector/);
    });
  }

  it('loses one process where it ends it', async () => {
    assert.equal((await refusal(future('crash'))).code, 'host-exited');
  });
});
