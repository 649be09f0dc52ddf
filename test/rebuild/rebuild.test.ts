/** Builds that work, with the real libraries: what is in the header and the recipe, and what is told on the way. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { sampleProfile, writeSampleModel } from '../../scripts/makeSampleModel';
import { targetSet } from '../../src/core/gpu/computeCapability';
import { rebuildCommand, type CommandForm } from '../../src/core/rebuild/rebuildCommands';
import { builderFlags, flagFacts, memoryPools } from '../../src/core/rebuild/rebuildOptions';
import { parseRecipe, rebuildDue } from '../../src/core/rebuild/recipe';
import type { RebuildProgress } from '../../src/host/build/rebuild';
import { lookAround } from '../../src/host/build/recipeSurroundings';
import { slowModel } from '../support/onnxModels';
import { minors } from '../support/releases';
import {
  installedVersion,
  libraryOf,
  optionsWith,
  RebuildBench,
  repository,
  requestFor,
  sampleOptions,
  removeFolder,
} from '../support/rebuilds';
import { itUnless, onWindows, underWine } from '../support/leaveOut';

const sha256 = (file: string): string =>
  createHash('sha256').update(fs.readFileSync(file)).digest('hex');

for (const minor of minors) {
  describe(`rebuild with TensorRT-RTX ${minor}`, () => {
    const bench = new RebuildBench();
    let folder: string;
    let model: string;
    let engine: string;

    before(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rebuild-'));
      fs.mkdirSync(path.join(folder, 'models'));
      fs.mkdirSync(path.join(folder, 'engines'));
      model = path.join(folder, 'models', 'm.onnx');
      engine = path.join(folder, 'engines', 'm.engine');
      writeSampleModel(model);
    });
    after(async () => {
      await bench.dispose();
      await removeFolder(folder);
    });

    it('writes an engine and a recipe that knows everything', async () => {
      const options = sampleOptions({ profilingVerbosity: 'detailed' });
      const result = await bench.rebuilder.build(requestFor(minor, model, engine, { options }));
      assert.equal(result.backup, null);
      assert.equal(result.header?.version, installedVersion(minor));
      assert.equal(result.header.fileSize, fs.statSync(engine).size);
      assert.equal(result.header.ptxForNewer, true);
      assert.ok(result.header.weightBytes > 0);
      const parsed = parseRecipe(fs.readFileSync(`${engine}.json`, 'utf8'));
      assert(parsed.ok);
      const { recipe } = parsed;
      assert.equal(recipe.model.path, '../models/m.onnx');
      assert.equal(recipe.model.sha256, sha256(model));
      assert.deepEqual(recipe.options, options);
      assert.equal(recipe.built?.tensorrtRtx, installedVersion(minor));
      assert.deepEqual(recipe.engine, {
        file: 'm.engine',
        sha256: sha256(engine),
        size: fs.statSync(engine).size,
      });
      const around = await lookAround(recipe, `${engine}.json`);
      assert.deepEqual(rebuildDue(recipe, { ...around, runtimeVersion: installedVersion(minor) }), {
        due: false,
        reasons: [],
      });
      fs.appendFileSync(engine, '\0');
      assert.deepEqual(
        rebuildDue(recipe, await lookAround(recipe, `${engine}.json`)).reasons.map(({ id }) => id),
        ['engine-changed'],
      );
    });

    itUnless(
      minor === '1.6'
        ? underWine("NVIDIA's 1.6 reads through a null pointer without a driver")
        : null,
      'builds for the GPUs that were chosen, with weight streaming',
      async () => {
        const wanted = targetSet(minor).targets.map((target) => target.computeCapability);
        for (const computeCapabilities of [['7.5'], ['8.6', '8.9'], wanted]) {
          const { header } = await bench.rebuilder.build(
            requestFor(minor, model, engine, {
              options: sampleOptions({ computeCapabilities, flags: ['kWEIGHT_STREAMING'] }),
            }),
          );
          assert.deepEqual(header?.computeCapabilities, computeCapabilities);
          assert.equal(header.ptxForNewer, false);
          assert.equal(header.weightBytes, 0);
        }
      },
    );

    it('switches off TF32, which is on by default', async () => {
      const built = async (clearedFlags: string[]): Promise<Buffer> => {
        const options = sampleOptions({ clearedFlags });
        await bench.rebuilder.build(requestFor(minor, model, engine, { options }));
        return fs.readFileSync(engine);
      };
      const usual = [await built([]), await built([])];
      const exact = [await built(['kTF32']), await built(['kTF32'])];
      const parsed = parseRecipe(fs.readFileSync(`${engine}.json`, 'utf8'));
      assert(parsed.ok);
      assert.deepEqual(parsed.recipe.options.clearedFlags, ['kTF32']);
      // Two builds of the same may differ in some bytes: what counts are those in which each kind agrees with itself.
      const [one, two] = [usual[0] ?? [], usual[1] ?? []];
      const [three, four] = [exact[0] ?? [], exact[1] ?? []];
      const differing = [...one.keys()].filter(
        (at) => one[at] === two[at] && three[at] === four[at] && one[at] !== three[at],
      );
      assert.ok(differing.some((at) => one[at] === 1 && three[at] === 0));
    });

    it('builds with several profiles and every memory pool limit', async () => {
      const wide = { ...sampleProfile, min: [2, 3, 64, 64], opt: [2, 3, 64, 64] };
      const result = await bench.rebuilder.build(
        requestFor(minor, model, engine, {
          options: optionsWith({
            profiles: [[sampleProfile], [wide]],
            memoryPoolLimits: { kWORKSPACE: 1 << 30, kTACTIC_DRAM: 1 << 30 },
          }),
        }),
      );
      assert.ok(result.engineSize > 0);
    });

    it('tells its stages in order, the phase of the library and the time', async () => {
      const slow = path.join(folder, 'models', 'slow.onnx');
      fs.writeFileSync(slow, slowModel());
      const told: RebuildProgress[] = [];
      await bench.rebuilder.build(requestFor(minor, slow, engine, { estimateMs: 1234 }), {
        onProgress: (progress) => told.push(progress),
      });
      const stages = [...new Set(told.map(({ stage }) => stage))];
      assert.deepEqual(stages, ['model', 'loading', 'building', 'checking', 'replacing']);
      assert.ok(told.some(({ text }) => /^Building: \S/.test(text)));
      assert.ok(told.every(({ estimateMs }) => estimateMs === 1234));
      const times = told.map(({ elapsedMs }) => elapsedMs);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    });

    it('knows the flags, pools and GPUs that the header of this version has', () => {
      const header = fs.readFileSync(
        path.join(repository, '.deps/headers', minor, 'NvInfer.h'),
        'latin1',
      );
      const enumerators = (name: string): string[] => {
        const body = new RegExp(`enum class ${name} : int32_t\\s*\\{([^]*?)\\n\\};`).exec(
          header,
        )?.[1];
        assert(body !== undefined, name);
        const code = body.replace(/\/\/.*$/gm, '');
        return [...code.matchAll(/^\s*(k[A-Z0-9_]+)\b/gm)].map((match) => match[1] ?? '').sort();
      };
      assert.deepEqual(
        Object.keys(builderFlags)
          .filter((flag) => flagFacts(flag, installedVersion(minor)) !== null)
          .sort(),
        enumerators('BuilderFlag'),
      );
      // The pools of DLA are refused by the library: it has no DLA.
      assert.deepEqual(
        Object.keys(memoryPools).sort(),
        enumerators('MemoryPoolType').filter((name) => !name.startsWith('kDLA')),
      );
      assert.deepEqual(
        ['kNONE', 'kCURRENT']
          .concat(targetSet(minor).targets.map((t) => `kSM${t.computeCapability.replace('.', '')}`))
          .sort(),
        enumerators('ComputeCapability'),
      );
    });

    itUnless(onWindows('there is no c++'), 'copies C++ that this version’s headers accept', () => {
      const { text } = copied('cpp');
      const file = path.join(folder, 'copied.cpp');
      fs.writeFileSync(file, text);
      execFileSync('c++', [
        ...['-std=c++17', '-fsyntax-only', '-Wall', '-Werror'],
        ...['-isystem', path.join(repository, '.deps/headers', minor)],
        ...['-isystem', path.join(repository, '.deps/headers'), file],
      ]);
    });
  });
}

function copied(form: CommandForm): ReturnType<typeof rebuildCommand> {
  return rebuildCommand(form, {
    model: 'models/it\'s "a" model.onnx',
    engine: 'out\\new.engine',
    shell: 'sh',
    options: sampleOptions({
      flags: ['kWEIGHT_STREAMING', 'kSPARSE_WEIGHTS'],
      computeCapabilities: ['8.6', '12.0'],
      profilingVerbosity: 'detailed',
      memoryPoolLimits: { kWORKSPACE: 1 << 30 },
    }),
  });
}

describe('the build command', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'build-command-'));
  const model = path.join(folder, 'm.onnx');
  before(() => void writeSampleModel(model));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const cli = (...args: string[]): CliOutcome => execCli(args);

  itUnless(onWindows('it is split as sh does'), 'builds what a copied command line says', () => {
    const engine = path.join(folder, 'copied.engine');
    const { text } = rebuildCommand('engine-inspector', {
      model,
      engine,
      shell: 'sh',
      options: sampleOptions({
        flags: ['kWEIGHT_STREAMING'],
        clearedFlags: ['kTF32'],
        computeCapabilities: ['8.9'],
      }),
    });
    const words = text.split(' ');
    assert.deepEqual(words.slice(0, 2), ['engine-inspector', 'build']);
    const { code, stdout, stderr } = cli(...words.slice(2), '--runtime', libraryOf('1.7'));
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /copied\.engine: built in .* for RTX 40 series, with weight streaming, without TF32\./,
    );
    assert.equal(stderr, '');
  });

  it('writes JSON, and checks a recipe with an exit code', () => {
    const engine = path.join(folder, 'json.engine');
    const profile = 'image:1x3x32x32:1x3x64x64:2x3x128x128';
    const runtime = ['--runtime', libraryOf('1.7')];
    const built = cli(model, '-o', engine, '--profile', profile, '--json', ...runtime);
    assert.equal(built.code, 0, built.stdout);
    const json = JSON.parse(built.stdout) as { engine: string; sha256: string; backup: null };
    assert.equal(json.engine, engine);
    assert.equal(json.sha256, sha256(engine));
    assert.equal(json.backup, null);
    const recipe = `${engine}.json`;
    assert.equal(cli('--recipe', recipe, '--check', ...runtime).code, 0);
    const due = cli('--recipe', recipe, '--check', '--json', '--runtime', libraryOf('1.4'));
    assert.equal(due.code, 1, due.stdout);
    assert.deepEqual(
      (JSON.parse(due.stdout) as { reasons: { id: string }[] }).reasons.map(({ id }) => id),
      ['runtime-changed'],
    );
    fs.appendFileSync(model, '\0');
    assert.match(cli('--recipe', recipe, '--check', ...runtime).stdout, /model .* changed since/);
    writeSampleModel(model);
    assert.equal(cli('--recipe', recipe, '--weight-streaming', ...runtime).code, 0);
    assert.equal(fs.existsSync(`${engine}.bak`), true);
  });

  it('tells wrong use from a build that failed', () => {
    assert.equal(cli().code, 2);
    assert.equal(cli(model, '--profile', 'image:1x').code, 2);
    assert.equal(cli('--recipe', path.join(folder, 'none.json')).code, 2);
    const failed = cli(model, '--runtime', libraryOf('1.7'), '--json');
    assert.equal(failed.code, 2);
    assert.match(
      (JSON.parse(failed.stdout) as { error: { message: string } }).error.message,
      /input "image" .* has dynamic sizes/,
    );
    // As inspect and run say it.
    assert.equal(cli(model, '--runtime', '9.9').code, 2);
    assert.equal(cli(path.join(folder, 'none.onnx'), '--runtime', libraryOf('1.7')).code, 2);
    const broken = path.join(folder, 'broken.onnx');
    fs.writeFileSync(broken, 'no model');
    assert.equal(cli(broken, '--runtime', libraryOf('1.7')).code, 1);
  });
});

interface CliOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

function execCli(args: readonly string[]): CliOutcome {
  const outcome = { code: 0, stdout: '', stderr: '' };
  try {
    outcome.stdout = execFileSync(
      process.execPath,
      [path.join(repository, 'dist/cli.js'), 'build', ...args],
      { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  } catch (error) {
    const failed = error as { status: number | null; stdout: string; stderr: string };
    outcome.code = failed.status ?? -1;
    outcome.stdout = failed.stdout;
    outcome.stderr = failed.stderr;
  }
  return outcome;
}
