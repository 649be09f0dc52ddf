/**
 * What must not work, with the real libraries: each ends in one clear sentence, the old engine byte for byte as it was,
 * and nothing left beside it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { sampleProfile, writeSampleModel } from '../../scripts/makeSampleModel';
import type { EngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { Failure } from '../../src/core/wire/failure';
import type { RebuildRequest } from '../../src/host/build/rebuild';
import { itUnless, leaveOut, onWindows } from '../support/leaveOut';
import {
  dynamicModel,
  escapingModel,
  modelOfIrVersion,
  modelWithoutWeights,
  staticModel,
  twoInputModel,
  unsupportedOperatorModel,
  writeExternalDataModel,
  writeHugeModel,
} from '../support/onnxModels';
import {
  optionsWith,
  RebuildBench,
  requestFor,
  sampleOptions,
  removeFolder,
} from '../support/rebuilds';

for (const minor of ['1.4', '1.7']) {
  describe(`bad input, TensorRT-RTX ${minor}`, () => {
    const bench = new RebuildBench();
    let folder: string;
    let engine: string;
    const old = 'the engine that was there before';

    after(() => bench.dispose());
    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bad-input-'));
      engine = path.join(folder, 'm.engine');
      fs.writeFileSync(engine, old);
    });
    afterEach(async () => {
      fs.chmodSync(folder, 0o700);
      await removeFolder(folder);
    });

    function model(bytes: Uint8Array | string, name = 'm.onnx'): string {
      const file = path.join(folder, name);
      fs.writeFileSync(file, bytes);
      return file;
    }

    /** Builds, expects it to fail, and that nothing changed. Returns sentence and next step. */
    async function refused(
      modelFile: string,
      options: EngineOptions = optionsWith(),
      change: Partial<RebuildRequest> = {},
    ): Promise<string> {
      const before = fs.readdirSync(folder).sort();
      let error: unknown = null;
      try {
        await bench.rebuilder.build(requestFor(minor, modelFile, engine, { options, ...change }));
      } catch (thrown) {
        error = thrown;
      }
      assert(error instanceof Failure, `it was built, or failed oddly: ${String(error)}`);
      assert.equal(fs.readFileSync(engine, 'utf8'), old);
      assert.deepEqual(fs.readdirSync(folder).sort(), before);
      assert.ok(!error.message.includes('.tmp'), `names a temporary file: ${error.message}`);
      assert.ok(error.nextStep.length > 0);
      return `${error.message} ${error.nextStep}`;
    }

    it('what is no ONNX file', async () => {
      assert.match(
        await refused(model('<!doctype html><title>404</title>')),
        /is not an ONNX model/,
      );
      assert.match(await refused(model(new Uint8Array(5000))), /is not an ONNX model/);
      assert.match(await refused(model('')), /m\.onnx is empty/);
      assert.match(
        await refused(
          model('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n'),
        ),
        /not an ONNX model.*git lfs pull/,
      );
    });

    it('a model that is not there, or a folder', async () => {
      assert.match(await refused(path.join(folder, 'none.onnx')), /none\.onnx is not there/);
      assert.match(await refused(folder), /is a folder/);
    });

    it('a truncated model', async () => {
      const whole = dynamicModel();
      for (const length of [40, 1000, whole.length - 4000]) {
        const sentence = await refused(model(whole.subarray(0, length)), sampleOptions());
        assert.match(
          sentence,
          /m\.onnx is cut short: it ends at byte \d+.*download the model again/,
        );
      }
    });

    it('missing, short and escaping external data', async () => {
      const [file, data] = writeExternalDataModel(folder);
      const whole = fs.readFileSync(data);
      fs.writeFileSync(data, whole.subarray(0, 1000));
      assert.match(await refused(file), /external\.onnx\.data .* is cut short: it has 1000 bytes/);
      fs.rmSync(data);
      assert.match(
        await refused(file),
        /keeps its weights in external\.onnx\.data, which is not beside it/,
      );
      assert.match(await refused(model(escapingModel('../secret'))), /leads out of its folder/);
    });

    it('an unsupported operator, named with its node', async () => {
      const sentence = await refused(model(unsupportedOperatorModel()));
      assert.match(sentence, /NoSuchOperator/);
      assert.match(sentence, /the_bad_one/);
    });

    it('a dynamic input without a profile', async () => {
      assert.match(
        await refused(model(dynamicModel())),
        /input "image" \(batch x 3 x height x width\) has dynamic sizes: give each a range/,
      );
    });

    it('min above max, a wrong rank, an unknown input', async () => {
      const file = model(dynamicModel());
      const profile = (change: object): EngineOptions =>
        optionsWith({ profiles: [[{ ...sampleProfile, ...change }]] });
      assert.match(
        await refused(file, profile({ min: [1, 3, 256, 256] })),
        /min of "image" is above opt in dimension 2 \(height\): 256 > 64/,
      );
      assert.match(await refused(file, profile({ opt: [1, 3] })), /has 2 sizes/);
      assert.match(await refused(file, profile({ input: 'picture' })), /no input "picture"/);
    });

    it('ranges that contradict each other', async () => {
      const range = (input: string, batch: number): EngineOptions['profiles'][0][0] => ({
        input,
        min: [batch, 4],
        opt: [batch, 4],
        max: [batch, 4],
      });
      assert.match(
        await refused(
          model(twoInputModel()),
          optionsWith({ profiles: [[range('x', 1), range('z', 2)]] }),
        ),
        /"batch", so they must be equal, but their ranges 1 to 1 and 2 to 2 contradict/,
      );
    });

    it('flags that need a GPU, where there is none', async function () {
      const { gpus } = await bench.supervisor.gpus();
      // With a GPU they may work: nothing to refuse.
      leaveOut(this, gpus.length > 0 ? 'there is a GPU' : null);
      const file = model(staticModel());
      for (const flag of ['kREFIT', 'kREFIT_IDENTICAL', 'kSTRIP_PLAN']) {
        assert.match(
          await refused(file, optionsWith({ flags: [flag] })),
          new RegExp(`${flag} needs a GPU while building`),
        );
      }
      assert.match(
        await refused(file, optionsWith({ computeCapabilities: ['current'] })),
        /"current" means the GPU of this machine, and none can be used here/,
      );
    });

    it('a flag that needs another library of NVIDIA', async () => {
      assert.match(
        await refused(model(staticModel()), optionsWith({ flags: ['kVERSION_COMPATIBLE'] })),
        /Leave kVERSION_COMPATIBLE out/,
      );
    });

    it('options that this version does not know', async () => {
      const file = model(staticModel());
      assert.match(await refused(file, optionsWith({ flags: ['kFLY'] })), /no builder flag "kFLY"/);
      assert.match(
        await refused(file, optionsWith({ computeCapabilities: ['9.0'] })),
        /cannot build for 9\.0: it knows 7\.5, 8\.0/,
      );
      assert.match(
        await refused(file, optionsWith({ memoryPoolLimits: { kDLA_LOCAL_DRAM: 4096 } })),
        /no memory pool "kDLA_LOCAL_DRAM"/,
      );
    });

    it('a limit under which nothing can be computed', async () => {
      assert.match(
        await refused(
          model(staticModel()),
          optionsWith({ memoryPoolLimits: { kWORKSPACE: 1 << 20 } }),
        ),
        /workspace/i,
      );
    });

    it('the model itself as the output', async () => {
      const file = model(staticModel());
      const error = await bench.rebuilder
        .build(requestFor(minor, file, file))
        .catch((thrown: unknown) => thrown);
      assert(error instanceof Failure);
      assert.match(error.message, /would replace its own model/);
      assert.deepEqual(fs.readFileSync(file), Buffer.from(staticModel()));
    });

    it('a library that is not there', async () => {
      const sentence = await refused(model(staticModel()), optionsWith(), {
        runtime: path.join(folder, 'libtensorrt_rtx.so.1'),
      });
      assert.match(sentence, /libtensorrt_rtx\.so\.1/);
    });

    itUnless(onWindows('rights are not bits'), 'a folder that must not be written', async () => {
      const modelFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'bad-input-model-'));
      try {
        const file = path.join(modelFolder, 'm.onnx');
        fs.writeFileSync(file, staticModel());
        fs.chmodSync(folder, 0o500);
        // root may write everywhere: then the test runs as somebody else
        if (process.getuid?.() === 0) {
          const output = runAsNobody(folder, modelFolder, minor);
          assert.match(
            output,
            /m\.engine can't be written: permission to write to the folder is missing/,
          );
        } else {
          assert.match(await refused(file), /permission to write to the folder is missing/);
        }
      } finally {
        fs.rmSync(modelFolder, { recursive: true });
      }
    });

    it('a folder that vanishes while it is built', async () => {
      writeSampleModel(path.join(folder, 'm.onnx'));
      const output = fs.mkdtempSync(path.join(os.tmpdir(), 'bad-input-output-'));
      const gone = bench.rebuilder.build(
        requestFor(minor, path.join(folder, 'm.onnx'), path.join(output, 'm.engine'), {
          options: sampleOptions(),
        }),
        {
          onProgress: ({ stage }) => {
            if (stage === 'building') fs.rmSync(output, { recursive: true, force: true });
          },
        },
      );
      await assert.rejects(gone, (error: unknown) => {
        assert(error instanceof Failure);
        assert.match(error.message, /m\.engine/);
        assert.ok(!error.message.includes('.tmp'), error.message);
        return true;
      });
      assert.equal(fs.existsSync(output), false);
    });

    it('a model that changes while it is built', async () => {
      const file = path.join(folder, 'm.onnx');
      writeSampleModel(file);
      const building = bench.rebuilder.build(
        requestFor(minor, file, engine, { options: sampleOptions() }),
        {
          onProgress: ({ stage }) => {
            if (stage === 'checking') fs.appendFileSync(file, '\0');
          },
        },
      );
      await assert.rejects(building, /changed while the engine was built from it/);
      assert.equal(fs.readFileSync(engine, 'utf8'), old);
      assert.deepEqual(fs.readdirSync(folder).sort(), ['m.engine', 'm.onnx']);
    });

    it('the same output twice at once: one is built, one is told', async () => {
      writeSampleModel(path.join(folder, 'm.onnx'));
      const request = requestFor(minor, path.join(folder, 'm.onnx'), engine, {
        options: sampleOptions(),
      });
      const outcomes = await Promise.allSettled([
        bench.rebuilder.build(request),
        bench.rebuilder.build(request),
      ]);
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      assert.match(String(failed?.reason), /is being built already/);
      assert.equal(fs.readFileSync(`${engine}.bak`, 'utf8'), old);
    });
  });

  describe(`odd input that is good, TensorRT-RTX ${minor}`, () => {
    const bench = new RebuildBench();
    let folder: string;
    after(() => bench.dispose());
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'odd-input-'))));
    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    it('a version of ONNX that does not exist yet: the parser takes it', async () => {
      const file = path.join(folder, 'm.onnx');
      fs.writeFileSync(file, modelOfIrVersion(200));
      const engine = path.join(folder, 'm.engine');
      const result = await bench.rebuilder.build(requestFor(minor, file, engine));
      assert.equal(fs.statSync(engine).size, result.engineSize);
    });

    it('a model without weights', async () => {
      const file = path.join(folder, 'm.onnx');
      fs.writeFileSync(file, modelWithoutWeights());
      const result = await bench.rebuilder.build(
        requestFor(minor, file, path.join(folder, 'm.engine'), {
          options: optionsWith({ flags: ['kWEIGHT_STREAMING'] }),
        }),
      );
      assert.deepEqual(result.warnings, [
        'The model holds no weights, so there is nothing to stream.',
      ]);
    });

    it('weights beside the model', async () => {
      const [file] = writeExternalDataModel(folder);
      const engine = path.join(folder, 'm.engine');
      const result = await bench.rebuilder.build(requestFor(minor, file, engine));
      assert.ok(result.engineSize > 200_000);
      const recipe = JSON.parse(fs.readFileSync(result.recipe, 'utf8')) as {
        model: { externalData: { path: string; size: number }[] };
      };
      assert.deepEqual(
        recipe.model.externalData.map(({ path: name, size }) => [name, size]),
        [['external.onnx.data', 201_648]],
      );
    });

    it('more than 2 GB of weights', async () => {
      const file = writeHugeModel(folder, 2.25 * 1024 ** 3);
      const engine = path.join(folder, 'm.engine');
      // Whether there is memory for it is the machine's business: an engine, or a sentence and nothing left.
      try {
        const result = await bench.rebuilder.build(requestFor(minor, file, engine));
        assert.ok(result.engineSize > 2 * 1024 ** 3);
        assert.equal(fs.statSync(engine).size, result.engineSize);
      } catch (error) {
        assert(error instanceof Failure, String(error));
        assert.deepEqual(fs.readdirSync(folder).sort(), ['huge.onnx', 'huge.onnx.data']);
      }
    });
  });
}

/** Somebody without rights, with the repository's own Node: the command line from source. */
function runAsNobody(folder: string, modelFolder: string, minor: string): string {
  fs.chmodSync(modelFolder, 0o755);
  fs.chownSync(folder, 65534, 65534);
  const script = `
    process.setgid(65534); process.setuid(65534);
    const fs = require('node:fs');
    const { beginReplacement } = require(${JSON.stringify(path.resolve(__dirname, '../../src/host/build/replaceFile.ts'))});
    beginReplacement(${JSON.stringify(path.join(folder, 'm.engine'))}, { keepBackups: 1 })
      .then(() => console.log('taken'), (error) => console.log(error.message));`;
  return execFileSync(process.execPath, ['--import', 'tsx', '-e', script], {
    cwd: path.resolve(__dirname, '../..'),
    encoding: 'utf8',
    env: { ...process.env, MINOR: minor },
  });
}
