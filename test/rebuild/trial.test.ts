/** Trials with the real libraries, without a GPU: what NVIDIA's compiler builds for one family alone, and what is made of it. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { targetSet, type ComputeCapability } from '../../src/core/gpu/computeCapability';
import { parseRecipe } from '../../src/core/rebuild/recipe';
import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import type { TrialAnswer } from '../../src/core/trial/recipeTrial';
import { Failure } from '../../src/core/wire/failure';
import { tryFamilies, type TrialHost, type TrialRequest } from '../../src/host/build/trial';
import {
  cliMain,
  environmentWithoutRuntimes,
  hostMain,
  isRunning,
  shimFolder,
  until,
} from '../support/builtEngines';
import { outcomeOf, type Ran } from '../support/commandLine';
import { answeredModels, compilerAnswers } from '../support/compilerAnswers';
import { itUnless, onWindows, underWine } from '../support/leaveOut';
import { slowModel } from '../support/onnxModels';
import { libraryOf, removeFolder, repository } from '../support/rebuilds';
import { minorOf } from '../support/releases';

const { targets, versions } = compilerAnswers();
const letters: Readonly<Record<string, TrialAnswer>> = {
  '+': 'builds',
  b: 'refused',
  p: 'refused',
  g: 'failed',
};

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trial-'))));
afterEach(() => removeFolder(folder));

const host: TrialHost = { hostMain, shimFolder };

function recorded(name: string): { file: string; answers: Record<string, string> } {
  for (const model of answeredModels()) {
    if (model.name !== name) continue;
    const file = path.join(folder, `${name}.onnx`);
    fs.writeFileSync(file, model.bytes);
    return { file, answers: model.answers };
  }
  throw new Error(`no model ${name}`);
}

function request(minor: string, model: string, change: Partial<TrialRequest> = {}): TrialRequest {
  return {
    model,
    options: defaultEngineOptions(),
    runtime: libraryOf(minor),
    families: (version) => targetSet(version).targets.map((target) => target.computeCapability),
    before: null,
    ...change,
  };
}

const only =
  (...families: ComputeCapability[]) =>
  () =>
    families;

describe('a trial asks the compiler for each family alone', () => {
  for (const version of versions) {
    const models = ['matmul.fp8_qdq', 'matmul.fp4_both', 'matmul.fp32', 'conv3d.fp32'];
    if (minorOf(version) === '1.7') models.push('op.unknown', 'softmax.fp32', 'matmul.bf16');
    for (const name of models) {
      itUnless(
        underWine('the library for Windows ends without a driver where it refuses'),
        `${name}, TensorRT-RTX ${minorOf(version)}: as it was recorded`,
        async () => {
          const { file, answers } = recorded(name);
          const before = fs.readdirSync(folder);
          const result = await tryFamilies(host, request(minorOf(version), file));
          const wanted = targets.flatMap((target, index) => {
            const letter = letters[answers[version]?.[index] ?? '-'];
            return target === 'default' || letter === undefined ? [] : [[target, letter]];
          });
          assert.deepEqual(
            result.answers.map(({ computeCapability, answer }) => [computeCapability, answer]),
            wanted,
          );
          assert.equal(result.runtime.version, version);
          assert.deepEqual(fs.readdirSync(folder), before, 'something was left');
        },
      );
    }
  }

  it('names operator, node and NVIDIA’s sentence', async () => {
    const { file } = recorded('matmul.fp32');
    const { answers } = await tryFamilies(host, request('1.7', file, { families: only('7.5') }));
    assert.deepEqual(
      { ...answers[0], durationMs: 0 },
      {
        computeCapability: '7.5',
        answer: 'refused',
        node: 'matmul_0',
        operator: 'MatMul',
        sentence:
          "Cannot compile operation 'matmul_0' for Turing (SM75): FP32 GEMM is not supported.",
        why: 'matrix products in FP32 (MatMul matmul_0)',
        nextStep: 'Convert the model to FP16, or leave 7.5 out.',
        warning: '',
        durationMs: 0,
        kept: false,
      },
    );
  });

  for (const minor of ['1.4', '1.5', '1.6']) {
    it(`warns of zeros where ${minor} builds for 7.5 what 1.7 refuses`, async () => {
      const { file } = recorded('matmul.fp32');
      const { answers } = await tryFamilies(
        host,
        request(minor, file, { families: only('7.5', '8.6') }),
      );
      assert.deepEqual(
        answers.map(({ answer }) => answer),
        ['builds', 'builds'],
      );
      assert.match(answers[0]?.warning ?? '', /reported to give zeros/);
      assert.equal(answers[1]?.warning, '');
    });
  }

  it('makes ranges up where the model has dynamic inputs and nobody gave any', async () => {
    const { file } = recorded('dynamic_matmul.fp16');
    const { answers, madeUpProfiles } = await tryFamilies(
      host,
      request('1.7', file, { families: only('8.6') }),
    );
    assert.equal(answers[0]?.answer, 'builds');
    assert.equal(madeUpProfiles.length, 1);
  });

  it('does not ask again for what is known, and asks again when model, options or version are others', async () => {
    const { file } = recorded('matmul.fp16');
    const first = await tryFamilies(host, request('1.7', file, { families: only('8.6') }));
    const kept = async (change: Partial<TrialRequest>) => {
      const again = request('1.7', file, {
        families: only('8.6', '8.9'),
        before: first.trial,
        ...change,
      });
      return (await tryFamilies(host, again)).answers.map((answer) => answer.kept);
    };
    assert.deepEqual(await kept({}), [true, false]);
    const options = { ...defaultEngineOptions(), computeCapabilities: ['8.9'] };
    assert.deepEqual(await kept({ options }), [true, false], 'named GPUs do not count');
    const streamed = { ...defaultEngineOptions(), flags: ['kWEIGHT_STREAMING'] };
    assert.deepEqual(await kept({ options: streamed }), [false, false]);
    assert.deepEqual(await kept({ runtime: libraryOf('1.6') }), [false, false]);
    fs.appendFileSync(file, Buffer.from([0x32, 0x00]));
    assert.deepEqual(await kept({}), [false, false]);
  });

  it('says that it is not known where the process dies, and asks a new one for the next family', async () => {
    const file = path.join(folder, 'slow.onnx');
    fs.writeFileSync(file, slowModel());
    const pids: number[] = [];
    const { answers } = await tryFamilies(
      { ...host, onStart: (pid) => pids.push(pid ?? 0) },
      request('1.7', file, { families: only('8.6', '8.9') }),
      {
        onProgress: ({ text }) => {
          const [pid = 0] = pids;
          if (/ for 8\.6 /.test(text)) setTimeout(() => process.kill(pid, 'SIGKILL'), 50);
        },
      },
    );
    assert.deepEqual(
      answers.map(({ answer }) => answer),
      ['failed', 'builds'],
    );
    assert.match(answers[0]?.sentence ?? '', /ended by itself/);
    assert.equal(pids.length, 2);
    await until('the hosts to be gone', () => !pids.some(isRunning));
  });

  for (const [what, content] of [
    ['is not there', null],
    ['is no ONNX model', 'nonsense, and a lot of it'],
  ] as const) {
    it(`fails as a whole where the model ${what}`, async () => {
      const file = path.join(folder, 'm.onnx');
      if (content !== null) fs.writeFileSync(file, content);
      await assert.rejects(
        tryFamilies(host, request('1.7', file)),
        (error) => error instanceof Failure && error.message.includes('m.onnx'),
      );
    });
  }
});

describe('engine-inspector trial', () => {
  const runtime = ['--runtime', path.dirname(libraryOf('1.7'))];

  function start(...args: string[]): { child: ChildProcess; ended: Promise<Ran> } {
    const child = spawn(process.execPath, [cliMain, ...args], {
      cwd: folder,
      env: environmentWithoutRuntimes(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { child, ended: outcomeOf(child) };
  }
  const cli = (...args: string[]): Promise<Ran> => start(...args).ended;

  async function builtEngine(name: string): Promise<string> {
    const { file } = recorded(name);
    const engine = path.join(folder, 'm.engine');
    const built = await cli('build', file, '-o', engine, ...runtime);
    assert.equal(built.code, 0, built.stderr);
    return engine;
  }

  interface Checked {
    noCodeFor: { computeCapabilities: string[]; evidence: string } | null;
    trial: { stale: string | null; sentence: string } | null;
    targets?: { cell: string; evidence: string }[];
  }
  async function checked(...args: string[]): Promise<Checked> {
    const { stdout, stderr } = await cli('check', 'm.engine', '--json', ...args);
    const [first] = JSON.parse(stdout || '[]') as Checked[];
    assert.ok(first, stderr);
    return first;
  }

  it('keeps the answers in the recipe, where every later check finds them', async () => {
    await builtEngine('matmul.fp8_qdq');
    const file = path.join(folder, 'm.engine.json');
    assert.equal((await checked()).noCodeFor?.evidence, 'recipe', 'what the build found');
    // Somebody's own words stay.
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('{', '{\n  // built at night'));

    const { code, stdout, stderr } = await cli(
      ...['trial', 'm.engine', '--compute-capability', '8.6', '8.9', ...runtime],
    );
    assert.equal(code, 1, stderr);
    assert.match(stdout, / 8\.6 +RTX 30 series \(Ampere\) +refused/);
    assert.match(stdout, / 8\.9 +RTX 40 series \(Ada\) +builds/);
    assert.match(stdout, /Refused for 8\.6: FP8 values \(QuantizeLinear q_x\)\. NVIDIA: “Cannot/);
    assert.match(fs.readFileSync(file, 'utf8'), /^\{\n {2}\/\/ built at night\n/);
    assert.deepEqual(fs.readdirSync(folder).sort(), [
      ...['m.engine', 'm.engine.json', 'matmul.fp8_qdq.onnx'],
    ]);

    const found = await checked();
    assert.deepEqual(found.noCodeFor, {
      computeCapabilities: ['8.0', '8.6'],
      evidence: 'compiler',
    });
    assert.match(found.trial?.sentence ?? '', /builds the model for 8\.9, and refuses it for 8\.6/);
    assert.equal(found.trial?.stale, null);
    const [cell] = (await checked('--target', 'rtx-3060-12gb')).targets ?? [];
    assert.deepEqual([cell?.cell, cell?.evidence], ['no-code', 'compiler']);

    const again = await cli('trial', 'm.engine.json', '--compute-capability', '8.6', ...runtime);
    assert.match(again.stdout, /refused +known from before/);
  });

  it('uses no answers of another model, other options or another version, and says so', async () => {
    await builtEngine('matmul.fp8_qdq');
    const file = path.join(folder, 'm.engine.json');
    await cli('trial', 'm.engine', '--compute-capability', '8.6', ...runtime);
    const text = fs.readFileSync(file, 'utf8');
    const at = text.indexOf('"trial"');
    const inTrial = (from: RegExp, to: string) =>
      text.slice(0, at) + text.slice(at).replace(from, to);
    for (const [change, why] of [
      [inTrial(/"modelSha256": "...../, '"modelSha256": "00000'), /made from another model/],
      [inTrial(/"optionsFingerprint": "...../, '"optionsFingerprint": "zzzzz'), /other options/],
      [inTrial(/"tensorrtRtx": "1\.7/, '"tensorrtRtx": "1.6'), /made with TensorRT-RTX 1\.6/],
      [text.replace('"flags": []', '"flags": ["kSPARSE_WEIGHTS"]'), /options .* were edited/],
    ] as const) {
      assert.notEqual(change, text);
      assert.ok(parseRecipe(change).ok);
      fs.writeFileSync(file, change);
      const found = await checked();
      assert.match(found.trial?.stale ?? '', why);
      assert.notEqual(found.noCodeFor?.evidence, 'compiler');
    }
  });

  it('keeps the answers when the same model is built again, and no longer when it changed', async () => {
    const engine = await builtEngine('matmul.fp8_qdq');
    await cli('trial', 'm.engine', '--compute-capability', '8.6', ...runtime);
    await cli('build', '--recipe', 'm.engine.json', '--compute-capability', '8.9', ...runtime);
    assert.equal((await checked()).trial?.stale, null);
    fs.appendFileSync(path.join(folder, 'matmul.fp8_qdq.onnx'), Buffer.from([0x32, 0x00]));
    await cli('build', '--recipe', 'm.engine.json', ...runtime);
    assert.equal((await checked()).trial, null, engine);
  });

  it('prints what it cannot keep: no recipe for a model, none that can be written', async () => {
    const { file } = recorded('matmul.fp16');
    const bare = await cli(
      ...['trial', '--compute-capability', '8.6', file, '-o', 'answers.json', ...runtime],
    );
    assert.equal(bare.code, 0, bare.stderr);
    const written = JSON.parse(fs.readFileSync(path.join(folder, 'answers.json'), 'utf8')) as {
      recipe: string | null;
    };
    assert.equal(written.recipe, null);

    await builtEngine('matmul.fp16');
    const text = fs.readFileSync(path.join(folder, 'm.engine.json'), 'utf8');
    // A file where the work folder must be: nothing can be put in place, whoever asks.
    fs.writeFileSync(path.join(folder, '.engine-inspector'), '');
    const blocked = await cli('trial', 'm.engine', '--compute-capability', '8.6', ...runtime);
    assert.equal(blocked.code, 0, blocked.stderr);
    assert.match(blocked.stdout, / 8\.6 .* builds/);
    assert.match(blocked.stderr, /not kept in the recipe/);
    assert.equal(fs.readFileSync(path.join(folder, 'm.engine.json'), 'utf8'), text);
  });

  it('prints the documented JSON', async () => {
    const { file } = recorded('matmul.fp8_qdq');
    const { code, stdout } = await cli(
      'trial',
      file,
      '--target',
      'rtx-3060-12gb',
      '--json',
      ...runtime,
    );
    assert.equal(code, 1);
    const value = JSON.parse(stdout) as { answers: object[] };
    const [, documented = ''] = fs
      .readFileSync(path.join(repository, 'docs/cli-json.md'), 'utf8')
      .split('# The JSON of `engine-inspector trial --json`');
    assert.equal(value.answers.length, 1);
    for (const key of [...Object.keys(value), ...Object.keys(value.answers[0] ?? {})]) {
      assert.ok(documented.includes(`\`${key}\``), `${key} is not documented`);
    }
  });

  it('takes the families of engine-inspector.json’s targets, and says which it left out', async () => {
    const { file } = recorded('matmul.fp16');
    const config = {
      targets: [
        { name: 'Old', board: 'rtx-2060-6gb' },
        { name: 'Server', computeCapability: '9.0', memory: 80 },
      ],
    };
    fs.writeFileSync(path.join(folder, 'engine-inspector.json'), JSON.stringify(config));
    const { stdout, stderr } = await cli('trial', file, ...runtime);
    assert.match(stdout, / 7\.5 .* builds/);
    assert.doesNotMatch(stdout, / 8\.6 /);
    assert.match(stderr, /Server was left out: .*9\.0/);
  });

  for (const [what, args, message] of [
    ['no file', [], /Name an ONNX model/],
    [
      'a GPU that it cannot build for',
      ['m.onnx', '--compute-capability', '9.0'],
      /cannot build for 9\.0: it knows 7\.5, /,
    ],
    ['a word', ['m.onnx', '--compute-capability', 'ada'], /"ada" is not a compute capability/],
    ['an unknown board', ['m.onnx', '--target', 'rtx-4061'], /Did you mean/],
    ['an engine without a recipe', ['other.engine'], /no recipe beside other\.engine/],
    ['an engine that is not there', ['missing.engine'], /^missing\.engine is not there\.$/m],
    ['a model that is not there', ['missing.onnx'], /missing\.onnx is not there/],
  ] as const) {
    it(`refuses ${what} with exit code 2`, async () => {
      fs.renameSync(recorded('matmul.fp16').file, path.join(folder, 'm.onnx'));
      fs.writeFileSync(path.join(folder, 'other.engine'), 'x');
      const { code, stdout, stderr } = await cli('trial', ...args, ...runtime);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    });
  }

  itUnless(
    onWindows('nothing there is like Ctrl+C from outside'),
    'is cancelled by Ctrl+C and leaves nothing',
    async () => {
      fs.writeFileSync(path.join(folder, 'slow.onnx'), slowModel(400));
      const { child, ended } = start('trial', 'slow.onnx', ...runtime);
      const children = () => hostsOf(child.pid ?? 0);
      await until('the engine host', () => children().length > 0);
      const pids = children();
      setTimeout(() => child.kill('SIGINT'), 700);
      const { code, stderr } = await ended;
      assert.equal(code, 130);
      assert.match(stderr, /was cancelled/);
      await until('its processes to be gone', () => !pids.some(isRunning));
      assert.deepEqual(fs.readdirSync(folder), ['slow.onnx']);
    },
  );
});

/** Process ids of the children. */
function hostsOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return fs.existsSync(file)
    ? fs.readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    : [];
}
