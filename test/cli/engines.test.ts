/**
 * inspect, run and sweep as a user calls them: on the stand-in machine (test/standIns), which has a GPU that is none, and
 * with the real library where there is no GPU.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { EngineComparison } from '../../src/core/inspect/compareEngines';
import type { Inspection, InspectionFacts } from '../../src/core/inspect/inspection';
import type { RunReport } from '../../src/core/run/runReport';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  standInMachine,
  standInVersion,
  writeStandInEngine,
  writeStandInModel,
  type StandInComputer,
} from '../standIns/standIns';
import {
  builtEngine,
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
  repository,
} from '../support/builtEngines';
import { outcomeOf } from '../support/commandLine';
import { putRecipe } from '../support/standInFolder';

/** What is printed: the dates apart it has the shapes of core. */
type RunPrinted = RunReport;
type InspectPrinted = InspectionFacts & Pick<Inspection, 'runtime' | 'notes'> & { layers: Layers };
interface Layers {
  count: number;
}

describe('inspect, run and sweep', () => {
  let folder: TemporaryFolder;
  let machine: StandInComputer;
  before(function () {
    this.timeout(180_000); // the stand-ins may have to be compiled
    folder = temporaryFolder();
    machine = standInMachine();
    writeStandInEngine(inFolder('model.engine'));
    writeStandInModel(inFolder('model.onnx'));
  });
  after(() => {
    machine.dispose();
    folder.remove();
  });
  afterEach(() => {
    machine.configure({ faults: {}, noGpu: false });
    assert.equal(machine.memoryInUse(), 0, 'GPU memory is held');
    assert.deepEqual(privateFolders(), [], 'a private folder is left');
  });
  const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);
  const temporary = () => inFolder('tmp');
  const privateFolders = () => (fs.existsSync(temporary()) ? fs.readdirSync(temporary()) : []);

  const start = (args: string[], env: NodeJS.ProcessEnv) => {
    fs.mkdirSync(temporary(), { recursive: true });
    const own: NodeJS.ProcessEnv = {
      ...environmentWithoutRuntimes(),
      ...{ TMPDIR: temporary(), TEMP: temporary(), TMP: temporary() },
      ...{ XDG_CACHE_HOME: inFolder('cache'), LOCALAPPDATA: inFolder('cache') },
    };
    const child = spawn(process.execPath, [cliMain, ...args], {
      cwd: folder.path,
      env: { ...own, ...env },
      detached: true, // a group of its own, as a terminal gives each command
    });
    return { child, ended: outcomeOf(child) };
  };
  const cli = (...args: string[]) => start(args, machine.environment).ended;
  const json = async <T extends object>(
    ...args: string[]
  ): Promise<{ code: number | null; value: T }> => {
    const { code, stdout, stderr } = await cli(...args, '--json');
    assert.notEqual(stdout, '', stderr);
    return { code, value: JSON.parse(stdout) as T };
  };
  const documented = fs.readFileSync(path.join(repository, 'docs/cli-json.md'), 'utf8');
  /** Names of tensors and the like are no keys: every object here has fixed ones. */
  const keysOf = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.flatMap(keysOf)
      : typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, item]) => [key, ...keysOf(item)])
        : [];
  const assertDocumented = (value: unknown, part: string) => {
    const [, rest = ''] = documented.split(part);
    for (const key of new Set(keysOf(value))) {
      // Choices repeat what is documented as an option.
      if (['kind', 'seed', 'from', 'to'].includes(key)) continue;
      assert.ok(rest.includes(`\`${key}\``), `${key} is not documented`);
    }
  };

  // ---- inspect ----

  it('says what is inside, as text and as the documented JSON', async () => {
    const { code, stdout, stderr } = await cli('inspect', 'model.engine');
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /^model\.engine \("STAND-IN tiny network"\): 1 input and 3 outputs/);
    assert.match(stdout, /profile 0: 1 x 3 x 8 x 8 to 4 x 3 x 256 x 256/);
    assert.match(stdout, /Streamable weights: 7\.6 MiB/);
    assert.match(stdout, /\nLayers\n {2}4 layers\n/);
    assert.match(stdout, /\n\nLoaded by TensorRT-RTX 1\.7\.0\.99 on STAND-IN .*\n$/);

    const { value } = await json<InspectPrinted>('inspect', 'model.engine');
    assertDocumented(value, '# The JSON of `engine-inspector inspect --json`');
    assert.equal(value.runtime.version, standInVersion);
    assert.equal(value.streamable, 8_000_000);
    assert.deepEqual(value.tensors[0]?.profiles[0]?.max, [4, 3, 256, 256]);
    assert.equal(value.layers.count, 4);
  });

  it('prints layers as a table, as CSV and as the library wrote them', async () => {
    const table = await cli('inspect', 'model.engine', '--layers', '--filter', 'KGEN mean');
    assert.equal(table.code, 0, table.stderr);
    assert.deepEqual(
      table.stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/ +/)[1]),
      ['Name', 'node_of_mean_myl0_2'],
    );
    const csv = await cli('inspect', 'model.engine', '--layers', 'csv', '--output', 'layers.csv');
    assert.equal(csv.code, 0, csv.stderr);
    assert.equal(csv.stdout, '');
    assert.match(csv.stderr, /Written to layers\.csv/);
    const lines = fs.readFileSync(inFolder('layers.csv'), 'utf8').split('\r\n');
    assert.equal(lines[0]?.split(',')[1], 'name');
    assert.equal(lines.length, 6);
    const raw = await cli('inspect', 'model.engine', '--layers', 'json');
    assert.equal((JSON.parse(raw.stdout) as { Layers: unknown[] }).Layers.length, 4);

    // What was exported can be imported, with a profile as NVIDIA's tools write it.
    fs.writeFileSync(inFolder('layers.json'), raw.stdout);
    fs.writeFileSync(
      inFolder('profile.json'),
      JSON.stringify([{ count: 10 }, { name: 'node_of_mean_myl0_2', timeMs: 5, averageMs: 0.5 }]),
    );
    const imported = await cli('inspect', '--import', 'layers.json', '--profile', 'profile.json');
    assert.equal(imported.code, 0, imported.stderr);
    assert.match(imported.stdout, /node_of_mean_myl0_2 +kgen +float32 .* 0\.5 ms/);
    const { value } = await json<{ layers: Layers; rows: unknown[] }>(
      'inspect',
      '--import',
      'layers.json',
    );
    assertDocumented({ layers: value.layers }, '# The JSON of `engine-inspector inspect --json`');
    assert.equal(value.rows.length, 4);
  });

  it('compares two engines', async () => {
    writeStandInEngine(inFolder('half.engine'), { half: true, streaming: false, layers: 8 });
    const { code, stdout } = await cli('inspect', 'model.engine', '--compare', 'half.engine');
    assert.equal(code, 0);
    assert.match(stdout, /^first: {2}model\.engine\nsecond: half\.engine\n/);
    assert.match(stdout, /\* {2}Input image .*float16/);
    const { value } = await json<EngineComparison>(
      'inspect',
      'model.engine',
      '--compare',
      'half.engine',
    );
    for (const key of Object.keys(value)) {
      assert.ok(documented.includes(`\`${key}\``), `${key} is not documented`);
    }
    assert.equal(value.layers?.added.length, 4);
  });

  it('refuses an engine that was changed since it was built, unless told to load it', async () => {
    const engine = inFolder('recorded.engine');
    writeStandInEngine(engine);
    putRecipe(folder.path, 'recorded.engine', { sha256: true });
    assert.equal((await json('inspect', 'recorded.engine')).code, 0);
    const { value } = await json<InspectPrinted>('inspect', 'recorded.engine');
    assert.ok(!JSON.stringify(value.notes).includes('hash-unknown'));

    writeStandInEngine(engine, { damage: 'padding' }); // the same length, and the library would take it
    for (const command of ['inspect', 'run', 'sweep']) {
      const { code, stdout, stderr } = await cli(command, 'recorded.engine');
      assert.equal(code, 2, command);
      assert.equal(stdout, '');
      assert.match(stderr, /recorded\.engine is not the file that its recipe describes/);
      assert.match(stderr, /--allow-changed/);
    }
    const allowed = await cli('inspect', 'recorded.engine', '--allow-changed');
    assert.equal(allowed.code, 0, allowed.stderr);
  });

  it('ends an engine that hangs or crashes while it is loaded', async () => {
    writeStandInEngine(inFolder('hang.engine'), { damage: 'hang' });
    const hang = await cli('inspect', 'hang.engine', '--timeout', '2');
    assert.equal(hang.code, 1);
    assert.match(hang.stderr, /hang\.engine/);
    assert.match(hang.stderr, /SHA-256|rebuild/);
    writeStandInEngine(inFolder('crash.engine'), { damage: 'crash' });
    const { code, value } = await json<RunPrinted>('run', 'crash.engine');
    assert.equal(code, 1);
    assert.equal(value.failure?.code, 'host-exited');
  });

  // ---- run ----

  it('runs with random inputs and prints the documented JSON', async () => {
    const { code, stdout, stderr } = await cli('run', 'model.engine', '--iterations', '20');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^model\.engine: .* ms median, .* inferences a second\.\n/);
    assert.match(stdout, /image: float32 1 x 3 x 64 x 64, random values, seed 0/);
    assert.match(stdout, /label: int64 1/);
    assert.doesNotMatch(stdout, /Slowest layers/);

    const { value } = await json<RunPrinted>(
      'run',
      'model.engine',
      '--layers',
      '--compare',
      'model.onnx',
    );
    assertDocumented(value, '# The JSON of `engine-inspector run --json`');
    const [attempt] = value.attempts;
    assert.equal(attempt?.latency?.count, 200);
    assert.equal(attempt?.layers?.length, 4);
    assert.equal(attempt?.outputs[0]?.comparison?.state, 'good');
    assert.match(value.reference?.label ?? '', /^ONNX Runtime/);
    assert.equal(value.cache.state, 'loaded');
  });

  it('takes inputs from files and saves outputs as NumPy arrays', async () => {
    fs.writeFileSync(
      inFolder('ones.bin'),
      Buffer.from(new Float32Array(3 * 16 * 8).fill(1).buffer),
    );
    const shape = ['--shape', 'image=1x3x16x8', '--iterations', '2'];
    const { code, stdout, stderr } = await cli(
      ...['run', 'model.engine', '--input', 'image=ones.bin', ...shape, '--save-outputs', 'out'],
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /image: float32 1 x 3 x 16 x 8.*min 1|image: float32 1 x 3 x 16 x 8, .*ones\.bin/,
    );
    assert.deepEqual(fs.readdirSync(inFolder('out')).sort(), [
      'label.npy',
      'mean.npy',
      'picture.npy',
    ]);
    const npy = fs.readFileSync(inFolder('out/picture.npy'));
    assert.equal(npy.subarray(1, 6).toString(), 'NUMPY');
    assert.match(npy.subarray(0, 128).toString('latin1'), /'shape': \(1, 3, 16, 8\)/);
    const again = await cli(
      ...['run', 'model.engine', '--input', 'image=out/picture.npy', '--iterations', '2', '--csv'],
    );
    assert.equal(again.code, 0, again.stderr);
    const [head, row] = again.stdout
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    assert.equal(row?.[head?.indexOf('iterations') ?? 0], '2');
  });

  it('takes a budget in bytes, as a share and by rule', async () => {
    for (const [budget, taken] of [
      ['0', 0],
      ['1MiB', 1_048_576],
      ['50%', 4_000_000],
      ['rule', 4_000_000],
      ['default', 8_000_000],
    ] as const) {
      const { code, value } = await json<RunPrinted>(
        ...['run', 'model.engine', '--budget', budget, '--iterations', '2'],
      );
      assert.equal(code, 0, JSON.stringify(value.failure ?? value.attempts[0]?.failure));
      assert.equal(value.attempts[0]?.budget, taken, budget);
      assert.equal((value.attempts[0]?.scratch ?? 0) > 0, taken < 8_000_000, budget);
    }
  });

  it('searches a budget for a goal, and hands over the code', async () => {
    const few = ['--iterations', '5', '--no-cache'];
    const found = await cli('sweep', 'model.engine', '--under', '60s', '--code', 'python', ...few);
    assert.equal(found.code, 0, found.stderr);
    // Everything is under a minute, so nothing needs to be kept.
    assert.match(found.stdout, /^import tensorrt_rtx as trt\n[^]*\n {4}measured = 0\n/);
    const none = await cli('sweep', 'model.engine', '--fits-in', '1kB', '--code', 'cpp', ...few);
    assert.deepEqual([none.code, none.stdout], [1, '']);
    assert.match(none.stderr, /doesn't fit in 1000 bytes at any budget: it takes at least/);
  });

  it('tells what cannot be tried, with exit code 2 and nothing on stdout', async () => {
    fs.writeFileSync(inFolder('short.bin'), Buffer.alloc(10));
    fs.writeFileSync(inFolder('model.txt'), 'no engine');
    const cases: [string[], RegExp][] = [
      [['inspect'], /Name the engine/],
      [['inspect', 'gone.engine'], /gone\.engine is not there/],
      [['inspect', 'model.txt'], /is not a TensorRT-RTX engine/],
      [['inspect', 'model.engine', '--layers', 'xml'], /Allowed choices are table, json, csv/],
      [['inspect', 'model.engine', '--filter', 'x'], /--filter is for/],
      [['inspect', 'model.engine', '--import', 'a.json'], /leave the engine out/],
      [['inspect', '--import', 'short.bin'], /short\.bin cannot be used/],
      [['inspect', 'model.engine', '--output', 'no/such/file'], /cannot be written/],
      [['inspect', 'model.engine', '--runtime', '1.2'], /No TensorRT-RTX 1\.2 was found/],
      [['run', 'model.engine', '--gpu', 'first'], /is not a GPU/],
      [['run', 'model.engine', '--input', 'image'], /NAME=SPEC/],
      [['run', 'model.engine', '--input', 'picture=zeros'], /"picture" is an output/],
      [['run', 'model.engine', '--input', 'x=zeros'], /no input "x".*\n.*"image"/],
      [['run', 'model.engine', '--input', 'image=gone.npy'], /gone\.npy is not there/],
      [['run', 'model.engine', '--input', 'image=short.bin'], /short\.bin/],
      [['run', 'model.engine', '--shape', 'image=1x3'], /has 4 dimensions/],
      [['run', 'model.engine', '--shape', 'image=1x3x999x999'], /profile 0 allows 8 to 256/],
      [['run', 'model.engine', '--profile', '1'], /no optimization profile 1/],
      [['run', 'model.engine', '--budget', 'much'], /not a budget/],
      [['run', 'model.engine', '--streams', '17'], /from 1 to 16/],
      [['run', 'model.engine', '--image', 'image=rgb'], /for which no --input gives a picture/],
      [['run', 'model.engine', '--compare'], /There is no recipe .*\n.*--compare model\.onnx/],
      [['run', 'model.engine', '--reference', '--compare'], /choose one/],
      [['sweep', 'half.engine'], /built without weight streaming/],
      [['sweep', 'model.engine', '--budgets', '1'], /from 2 to 64/],
      [['sweep', 'model.engine', '--fits-in', '0'], /not an amount of memory/],
      [['sweep', 'model.engine', '--under', 'soon'], /not a time/],
      [['sweep', 'model.engine', '--under', '20ms', '--fits-in', '1GiB'], /do not go together/],
      [['sweep', 'model.engine', '--code', 'cpp', '--csv'], /goes with neither/],
    ];
    writeStandInEngine(inFolder('half.engine'), { streaming: false });
    for (const [args, sentence] of cases) {
      const { code, stdout, stderr } = await cli(...args);
      assert.match(stderr, sentence, args.join(' '));
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '', args.join(' '));
    }
    const { code, value } = await json<{ error: object }>('run', 'gone.engine');
    assert.equal(code, 2);
    assert.deepEqual(Object.keys(value.error), ['code', 'message', 'nextStep']);
  });

  it('tells what failed on the GPU, with exit code 1', async () => {
    machine.configure({ faults: { lost_launch: 30 } });
    const lost = await cli('run', 'model.engine');
    assert.equal(lost.code, 1);
    assert.match(lost.stdout, /STAND-IN.* failed or was lost/);
    machine.configure({ faults: { oom_above: 1_000_000 } });
    const { code, value } = await json<RunPrinted>('run', 'model.engine');
    assert.equal(code, 1);
    const failure = value.failure ?? value.attempts[0]?.failure;
    assert.equal(failure?.code, 'gpu-out-of-memory');
    assertDocumented(value, '# The JSON of `engine-inspector run --json`');
  });

  it('differs from a model that is another one: exit code 1', async () => {
    writeStandInEngine(inFolder('nan.engine'));
    machine.configure({ faults: { nan: 1 } });
    const { code, stdout } = await cli(
      ...['run', 'nan.engine', '--compare', 'model.onnx', '--iterations', '2'],
    );
    assert.equal(code, 1);
    assert.match(stdout, /against ONNX Runtime: Differs/);
  });

  it('runs the model alone where there is no GPU, and takes it from the recipe', async () => {
    machine.configure({ noGpu: true });
    const engine = inFolder('alone.engine');
    writeStandInEngine(engine, { dynamic: false });
    putRecipe(folder.path, 'alone.engine', { sha256: true });
    const none = await cli('run', 'alone.engine');
    assert.equal(none.code, 2);
    assert.match(none.stdout + none.stderr, /ONNX Runtime on the CPU works without one/);
    const { code, value } = await json<RunPrinted>(
      ...[
        'run',
        'alone.engine',
        '--reference',
        '--shape',
        'image=1x3x64x64',
        '--save-outputs',
        'ref',
      ],
    );
    assert.equal(code, 0);
    assert.equal(value.kind, 'reference');
    assert.deepEqual(value.attempts, []);
    assert.equal(value.reference?.outputs.length, 3);
    assert.equal(fs.readdirSync(inFolder('ref')).length, 3);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends at once with ${signal}: GPU memory is given back, the folder is gone`, async () => {
      const { child, ended } = start(
        ['run', 'model.engine', '--seconds', '60'],
        machine.environment,
      );
      for (let i = 0; machine.memoryInUse() === 0; i++) {
        assert.ok(i < 400, 'it does not begin');
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      assert.equal(privateFolders().length, 1);
      const at = performance.now();
      // Ctrl+C reaches everything that the command started, kill the command alone.
      process.kill(signal === 'SIGINT' ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 130);
      assert.equal(stdout, '');
      assert.equal(stderr, 'Running the engine was cancelled.\n');
      assert.ok(performance.now() - at < 10_000);
    });
  }

  // ---- sweep ----

  it('sweeps budgets as a table, CSV and the documented JSON', async () => {
    const { code, stdout, stderr } = await cli('sweep', 'model.engine', '--iterations', '15');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\nBudgets\n +budget +GPU memory +median +p95\n/);
    assert.match(stdout, / best trade-off\n/);
    const { value } = await json<RunPrinted>(
      ...['sweep', 'model.engine', '--iterations', '15', '--budgets', '100%,60%,0B'],
    );
    assertDocumented(value, '# The JSON of `engine-inspector run --json`');
    assert.deepEqual(
      value.sweep?.points.map(({ budget }) => budget),
      [8_000_000, 4_800_000, 0],
    );
    const csv = await cli('sweep', 'model.engine', '--iterations', '5', '--budgets', '2', '--csv');
    assert.equal(csv.stdout.trim().split('\r\n').length, 3);
  });

  // ---- the real library ----

  it('tells clearly that the real library cannot load it without a GPU', async () => {
    const engine = await builtEngine('1.7.1.116');
    const env = {
      [libraryPathVariable]: path.dirname(libraryOf('1.7.1.116')),
      CUDA_VISIBLE_DEVICES: '', // also where there is one
    };
    for (const command of ['inspect', 'run']) {
      const { code, stdout, stderr } = await start([command, engine], env).ended;
      assert.equal(code, 2, command);
      assert.match(stdout + stderr, /There is no NVIDIA GPU|needs an NVIDIA driver/);
      assert.match(stdout + stderr, /RTX GPU/);
    }
    const other = await start(['inspect', inFolder('model.engine')], env).ended;
    assert.equal(other.code, 2);
    assert.match(other.stderr, /built by TensorRT-RTX 1\.7\.0\.99 and cannot be loaded by 1\.7\.1/);
  });

  it('explains itself', async () => {
    for (const command of ['inspect', 'run', 'sweep']) {
      const { code, stdout } = await cli(command, '--help');
      assert.equal(code, 0);
      assert.match(stdout, /Exit codes:\n {2}0 /);
      assert.match(stdout, /An engine is code/);
    }
  });
});
