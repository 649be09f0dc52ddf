/** A build writes nothing outside of the engine's folder because a link of a checkout leads there. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { writeSampleModel } from '../../scripts/makeSampleModel';
import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { writeRecipe } from '../../src/core/rebuild/recipe';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { libraryOf } from '../support/builtEngines';
import { describeUnless, onWindows } from '../support/leaveOut';
import { newest } from '../support/releases';
import { runCli, type Ran } from './support/runCli';

describeUnless(onWindows('links need a privilege'), 'build onto a link that leaves', () => {
  let checkout: TemporaryFolder;
  let home: TemporaryFolder;
  let key: string;

  beforeEach(() => {
    checkout = temporaryFolder();
    home = temporaryFolder();
    key = path.join(fs.realpathSync(home.path), 'authorized_keys');
    fs.writeFileSync(key, 'a key');
    writeSampleModel(path.join(checkout.path, 'm.onnx'), { fixedShape: true });
    fs.symlinkSync(key, path.join(checkout.path, 'm.engine'));
    fs.symlinkSync(home.path, path.join(checkout.path, 'out'));
    for (const name of ['m.engine.json', 'out/authorized_keys.json']) {
      fs.writeFileSync(path.join(checkout.path, name), recipe(name));
    }
  });
  afterEach(() => {
    checkout.remove();
    home.remove();
  });

  const recipe = (name: string): string =>
    writeRecipe({
      model: {
        path: path.posix.relative(path.posix.dirname(name), 'm.onnx'),
        sha256: null,
        size: null,
        externalData: [],
      },
      options: defaultEngineOptions(),
      built: null,
      engine: null,
    });
  const runtime = ['--runtime', libraryOf(newest)];
  const build = (...args: string[]): Promise<Ran> =>
    runCli(['build', ...args, ...runtime], { cwd: checkout.path });

  for (const [title, args] of Object.entries({
    'the engine beside the model': ['m.onnx'],
    'an engine that --output names': ['m.onnx', '-o', 'm.engine'],
    'the engine of a recipe': ['--recipe', 'm.engine.json'],
    'an engine in a folder that is a link': ['--recipe', 'out/authorized_keys.json'],
  })) {
    it(`refuses ${title}, with its real path`, async () => {
      const before = fs.readdirSync(home.path);
      const { code, stderr } = await build(...args);
      assert.equal(code, 2, stderr);
      assert.ok(stderr.includes(key), stderr);
      assert.match(stderr, /--follow-links/);
      assert.equal(fs.readFileSync(key, 'utf8'), 'a key');
      assert.deepEqual(fs.readdirSync(home.path), before);
    });
  }

  it('follows it with --follow-links, and keeps what was there', async () => {
    const { code, stderr } = await build('m.onnx', '--follow-links');
    assert.equal(code, 0, stderr);
    assert.ok(fs.statSync(key).size > 1000);
    assert.equal(fs.readFileSync(`${key}.bak`, 'utf8'), 'a key');
    assert.equal(fs.lstatSync(path.join(checkout.path, 'm.engine')).isSymbolicLink(), true);
  });
});
