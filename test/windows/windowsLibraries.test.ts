/**
 * On Windows, with NVIDIA's own Windows libraries and no GPU: what is built there is what Linux builds, wherever the model
 * lies; and without a driver nothing ends but with its sentence.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { writeSampleModel } from '../../scripts/makeSampleModel';
import type { ReportJson } from '../../src/core/report/reportJson';
import type { Failure } from '../../src/core/wire/failure';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
  libraryVersions,
  repository,
  shimFolder,
  startSupervisor,
} from '../support/builtEngines';
import { staticModel, writeExternalDataModel } from '../support/onnxModels';
import { optionsWith, RebuildBench, requestFor } from '../support/rebuilds';
import { holdOpen } from './standIns';

/** By version, the headers of the engines that Linux built of the same model; the suite writes them. */
const linuxHeaders = (): Record<string, string> =>
  JSON.parse(
    fs.readFileSync(path.join(repository, 'test-results/linuxHeaders.json'), 'utf8'),
  ) as Record<string, string>;

/** NVIDIA's 1.6 for Windows writes no CUDA runtime (bytes 48 to 55) where the one for Linux writes 13.4. */
const namesNoCudaRuntime = '1.6.1.120';

const headerOf = (engine: string): string =>
  fs.readFileSync(engine).subarray(0, 64).toString('hex');

for (const version of libraryVersions) {
  const minor = version.split('.').slice(0, 2).join('.');
  describe(`NVIDIA's Windows library ${version}`, () => {
    const bench = new RebuildBench();
    let folder: TemporaryFolder;
    before(() => (folder = temporaryFolder()));
    after(async () => {
      await bench.dispose();
      folder.remove();
    });

    const expected = (): string => {
      const header = Buffer.from(linuxHeaders()[version] ?? '', 'hex');
      if (version === namesNoCudaRuntime) {
        assert.equal(header.readBigInt64LE(48), 13_040n);
        header.writeBigInt64LE(0n, 48);
      }
      return header.toString('hex');
    };

    const build = async (model: string, engine: string): Promise<string> => {
      await bench.rebuilder.build(requestFor(minor, model, engine, { options: optionsWith() }));
      return engine;
    };

    it('is loaded by the shim of its version', async () => {
      const { version: loaded } = await bench.supervisor.load(libraryOf(version));
      assert.equal(loaded, version);
    });

    it('builds an engine whose header is that of Linux', async () => {
      const model = path.join(folder.path, 'm.onnx');
      writeSampleModel(model, { fixedShape: true });
      const engine = await build(model, path.join(folder.path, 'm.engine'));
      assert.equal(headerOf(engine), expected());
    });

    it('checks it without an NVIDIA driver, and says that there is none', async () => {
      const engine = path.join(folder.path, 'm.engine');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [cliMain, 'check', '--json', engine],
        {
          env: {
            ...environmentWithoutRuntimes(),
            [libraryPathVariable]: path.dirname(libraryOf(version)),
          },
        },
      ).catch((error: { stdout: string; code: number }) => {
        assert.equal(error.code, 2);
        return error;
      });
      const [report] = JSON.parse(stdout) as ReportJson[];
      assert.equal(report?.verdict, 'unchecked');
      assert.deepEqual(
        report.reasons.map(({ id }) => id),
        ['gpu-not-readable'],
      );
      assert.match(JSON.stringify(report.reasons), /no NVIDIA driver was found/);
    });

    it('keeps the one host for a hundred checks without a driver', async () => {
      const supervisor = startSupervisor({ shimFolder });
      try {
        const header = fs.readFileSync(path.join(folder.path, 'm.engine')).subarray(0, 64);
        for (let i = 0; i < 100; i++) {
          const { count } = await supervisor.checkHeaders(libraryOf(version), header, 64, [64]);
          assert.equal(count, 1);
        }
      } finally {
        await supervisor.dispose();
      }
    });

    for (const [what, name] of [
      ['letters of the code page', 'Modèle é'],
      ['letters of no code page', '模型 Ω ж'],
    ] as const) {
      it(`builds a model below a folder of ${what}`, async () => {
        const below = path.join(folder.path, name);
        fs.mkdirSync(below);
        const model = path.join(below, `${name}.onnx`);
        fs.writeFileSync(model, staticModel());
        const engine = await build(model, path.join(below, `${name}.engine`));
        assert.equal(headerOf(engine), expected());
      });

      it(`finds the data beside such a model, ${what}`, async () => {
        const below = path.join(folder.path, `${name} data`);
        fs.mkdirSync(below);
        const [model] = writeExternalDataModel(below);
        const engine = await build(model, path.join(below, 'm.engine'));
        assert.equal(headerOf(engine), expected());
      });
    }

    it('builds a model whose path has 300 characters', async () => {
      let below = folder.path;
      while (below.length < 280) below = path.join(below, 'a-folder-with-a-long-name');
      fs.mkdirSync(below, { recursive: true });
      const model = path.join(below, 'model-with-data.onnx');
      writeExternalDataModel(below, path.basename(model));
      assert.ok(model.length >= 300, `${model.length}`);
      // Not the whole rebuild: Node's realpath() finds no such path under Wine 8.
      const output = path.join(below, 'm.engine');
      await bench.supervisor.request(libraryOf(version), 'build', {
        ...{ model, output, flags: [], clearedFlags: [], computeCapabilities: [], profiles: [] },
        ...{ profilingVerbosity: 'layer-names-only', memoryPoolLimits: {} },
      });
      assert.equal(headerOf(output), expected());
    });

    if (version === libraryVersions.at(-1)) {
      it('keeps the new engine beside one that a program holds open', async () => {
        const model = path.join(folder.path, 'm.onnx');
        writeSampleModel(model, { fixedShape: true });
        const engine = path.join(folder.path, 'held.engine');
        await build(model, engine);
        const before = fs.readFileSync(engine);
        const holder = spawn(path.join(repository, holdOpen), [engine], {
          cwd: folder.path,
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        const ended = once(holder, 'exit');
        try {
          const [text] = (await once(holder.stdout, 'data')) as [Buffer];
          assert.match(text.toString(), /^held/);
          await assert.rejects(build(model, engine), (error: Failure) => {
            assert.match(error.message, /held\.engine is in use by .* and could not be replaced/);
            assert.match(error.message, /The new engine is .*held\.new\.engine\.$/);
            assert.match(error.nextStep, /^Close .*, then rename held\.new\.engine/);
            return true;
          });
        } finally {
          holder.stdin.end();
          await ended;
        }
        assert.deepEqual(fs.readFileSync(engine), before);
        assert.equal(headerOf(path.join(folder.path, 'held.new.engine')), expected());
        await build(model, engine);
        assert.equal(headerOf(engine), expected());
      });

      it('refuses an engine with the read-only attribute before it builds', async () => {
        const engine = path.join(folder.path, 'read-only.engine');
        fs.writeFileSync(engine, 'old');
        fs.chmodSync(engine, 0o444);
        const model = path.join(folder.path, 'm.onnx');
        writeSampleModel(model, { fixedShape: true });
        await assert.rejects(build(model, engine), (error: Failure) => {
          assert.match(error.message, /read-only\.engine is read-only, so it is not replaced\./);
          assert.match(error.nextStep, /^Clear its read-only attribute/);
          return true;
        });
        assert.equal(fs.readFileSync(engine, 'utf8'), 'old');
        fs.chmodSync(engine, 0o644);
      });
    }

    if (version === '1.6.1.120') {
      it('asks the driver why a build ended the host, and says so', async () => {
        const model = path.join(folder.path, 'streamed.onnx');
        fs.writeFileSync(model, staticModel());
        const engine = path.join(folder.path, 'streamed.engine');
        const options = optionsWith({ computeCapabilities: ['7.5'], flags: ['kWEIGHT_STREAMING'] });
        const building = bench.rebuilder.build(requestFor(minor, model, engine, { options }));
        await assert.rejects(building, (error: Failure) => {
          assert.equal(error.code, 'host-exited');
          assert.match(error.message, /ended unexpectedly while building .*streamed\.engine/);
          const asked = `${error.message}\n${error.detail}`;
          assert.match(asked, /The old engine was kept\. No NVIDIA driver was found/);
          assert.match(error.nextStep, /need an NVIDIA driver/);
          assert.match(error.detail, /0xc0000005: it accessed memory that is not its own/);
          return true;
        });
      });
    }

    it('says which data is missing beside such a model', async () => {
      const below = path.join(folder.path, 'без данных');
      fs.mkdirSync(below);
      const [model, data] = writeExternalDataModel(below);
      fs.rmSync(data);
      await assert.rejects(build(model, path.join(below, 'm.engine')), (error: Error) => {
        assert.match(error.message, /external\.onnx|\.data/);
        return true;
      });
    });
  });
}
