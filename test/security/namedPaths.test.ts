/**
 * Paths that a recipe or a model names: what is on another machine or a device is not looked at, what lies outside of the
 * model's folder is no weights of it, whatever the name looks like.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import type * as fsp from 'node:fs/promises';
import * as path from 'node:path';

import { writeSampleModel } from '../../scripts/makeSampleModel';
import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { rebuildDue, writeRecipe, type Recipe } from '../../src/core/rebuild/recipe';
import { Failure } from '../../src/core/wire/failure';
import { readOnnxFile } from '../../src/host/build/onnxFile';
import { modelPathOf } from '../../src/host/build/recipeFile';
import { lookAround } from '../../src/host/build/recipeSurroundings';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { itUnless, onWindows } from '../support/leaveOut';
import { runCli } from './support/runCli';

/** The module that others import: what it is asked is seen. */
const fsModule = createRequire(__filename)('node:fs/promises') as typeof fsp;

const noDevices = onWindows('it has no devices among files');
const foreign = [
  '\\\\server\\share\\m.onnx',
  '//server/share/m.onnx',
  '\\\\?\\C:\\m.onnx',
  '\\\\.\\pipe\\m',
  '/dev/watchdog',
  '../../../../../../../../dev/zero',
  '/proc/self/environ',
];

const recipeOf = (model: string, externalData: Recipe['model']['externalData'] = []): Recipe => ({
  model: { path: model, sha256: '0'.repeat(64), size: 1, externalData },
  options: defaultEngineOptions(),
  built: null,
  engine: null,
});

describe('paths that a recipe names', () => {
  let folder: TemporaryFolder;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => folder.remove());
  const inFolder = (name: string): string => path.join(folder.path, name);

  for (const model of foreign) {
    const reason = model.startsWith('\\\\') || model.startsWith('//') ? null : noDevices;
    itUnless(reason, `are not looked at where they lead elsewhere: ${model}`, async () => {
      const recipe = recipeOf(model);
      const asked: string[] = [];
      const { stat, open, realpath, lstat } = fsModule;
      const watch =
        <F extends (...args: never[]) => unknown>(real: F) =>
        (...args: Parameters<F>) => {
          asked.push(String(args[0]));
          return real(...args);
        };
      Object.assign(fsModule, {
        stat: watch(stat as never),
        open: watch(open as never),
        realpath: watch(realpath as never),
        lstat: watch(lstat as never),
      });
      try {
        const around = await lookAround(recipe, inFolder('m.engine.json'));
        assert.ok(around.foreignModel);
        assert.equal(around.model, undefined);
        const { due, reasons } = rebuildDue(recipe, around);
        assert.equal(due, false);
        assert.equal(reasons[0]?.id, 'model-foreign');
        assert.throws(() => modelPathOf(recipe, inFolder('m.engine.json')), /is not looked at/);
      } finally {
        Object.assign(fsModule, { stat, open, realpath, lstat });
      }
      assert.deepEqual(asked, [inFolder('m.engine')]);
      fs.writeFileSync(inFolder('m.engine.json'), writeRecipe(recipe));
      const { code, stderr } = await runCli(['build', '--recipe', 'm.engine.json', '--check'], {
        cwd: folder.path,
      });
      assert.equal(code, 2);
      assert.match(stderr, /is not looked at/);
    });
  }

  itUnless(noDevices, 'are not opened where a link makes them a device', async () => {
    const opened: string[] = [];
    const { open } = fsModule;
    fsModule.open = (file, ...rest) => {
      opened.push(String(file));
      return open(file, ...rest);
    };
    try {
      fs.symlinkSync('/dev/tty', inFolder('m.onnx'));
      await assert.rejects(readOnnxFile(inFolder('m.onnx')), /not a regular file/);
    } finally {
      fsModule.open = open;
    }
    assert.deepEqual(opened, []);
  });
});

describe('external data of a model', () => {
  let folder: TemporaryFolder;
  let elsewhere: TemporaryFolder;
  beforeEach(() => {
    folder = temporaryFolder();
    elsewhere = temporaryFolder();
    writeSampleModel(path.join(elsewhere.path, 'm.onnx'), { externalData: true });
  });
  afterEach(() => {
    folder.remove();
    elsewhere.remove();
  });
  const noLinks = onWindows('links need a privilege');
  const inFolder = (name: string): string => path.join(folder.path, name);

  itUnless(
    noLinks,
    'is refused where a link leads out of the folder, with its real path',
    async () => {
      const data = fs.realpathSync(path.join(elsewhere.path, 'm.onnx.data'));
      fs.copyFileSync(path.join(elsewhere.path, 'm.onnx'), inFolder('m.onnx'));
      fs.symlinkSync(data, inFolder('m.onnx.data'));
      await assert.rejects(readOnnxFile(inFolder('m.onnx')), (error) => {
        assert(error instanceof Failure);
        assert.equal(error.code, 'model-rejected');
        assert.ok(error.message.includes(data), error.message);
        return true;
      });
      const { code, stderr } = await runCli(['build', 'm.onnx', '--runtime', '/none'], {
        cwd: folder.path,
      });
      assert.equal(code, 2, stderr);
      assert.equal(fs.existsSync(inFolder('m.engine')), false);
    },
  );

  itUnless(noLinks, 'is not hashed for a recipe where a folder on the way is a link', async () => {
    fs.copyFileSync(path.join(elsewhere.path, 'm.onnx'), inFolder('m.onnx'));
    fs.symlinkSync(elsewhere.path, inFolder('weights'));
    const { size } = fs.statSync(path.join(elsewhere.path, 'm.onnx.data'));
    const data = { path: 'weights/m.onnx.data', sha256: '0'.repeat(64), size };
    const hashed: string[] = [];
    const around = await lookAround(recipeOf('m.onnx', [data]), inFolder('m.engine.json'), {
      hash: (file) => {
        hashed.push(file);
        return Promise.resolve('');
      },
    });
    assert.deepEqual(around.model?.externalData, [null]);
    assert.deepEqual(hashed, []);
  });

  itUnless(
    noLinks,
    'may lie where the model itself really lies, as in caches of models',
    async () => {
      for (const name of ['m.onnx', 'm.onnx.data']) {
        fs.symlinkSync(path.join(elsewhere.path, name), inFolder(name));
      }
      const { externalFiles } = await readOnnxFile(inFolder('m.onnx'));
      assert.equal(externalFiles.length, 1);
    },
  );
});

describe('a configuration of a checkout', () => {
  let folder: TemporaryFolder;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  for (const baseline of ['../known.json', '/dev/watchdog', '//server/share/known.json']) {
    it(`makes nobody read or write ${baseline} as its baseline`, async () => {
      const checkout = path.join(folder.path, 'checkout');
      fs.mkdirSync(checkout);
      fs.writeFileSync(path.join(checkout, 'engine-inspector.json'), JSON.stringify({ baseline }));
      const args = ['check', '--target', 'rtx-5090', '--rtx', '1.7.1', '--update-baseline', '.'];
      const { code, stderr } = await runCli(args, { cwd: checkout });
      assert.equal(code, 2, stderr);
      assert.match(stderr, /is outside of its folder/);
      assert.deepEqual(fs.readdirSync(folder.path), ['checkout']);
    });
  }

  itUnless(onWindows('links need a privilege'), 'nor by a folder that is a link', async () => {
    const checkout = path.join(folder.path, 'checkout');
    const elsewhere = path.join(folder.path, 'elsewhere');
    fs.mkdirSync(checkout);
    fs.mkdirSync(elsewhere);
    fs.symlinkSync(elsewhere, path.join(checkout, 'known'));
    const config = JSON.stringify({ baseline: 'known/known.json' });
    fs.writeFileSync(path.join(checkout, 'engine-inspector.json'), config);
    const args = ['check', '--target', 'rtx-5090', '--rtx', '1.7.1', '--update-baseline', '.'];
    const { code, stderr } = await runCli(args, { cwd: checkout });
    assert.equal(code, 2, stderr);
    assert.deepEqual(fs.readdirSync(elsewhere), []);
  });
});
