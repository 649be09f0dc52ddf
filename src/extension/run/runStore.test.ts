import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defaultRunChoices, type RunReport } from '../../core/run/runReport';
import { decodeRun, encodeRun } from './keptRun';
import { RunStore } from './runStore';

const engine = '/models/upscaler.engine';

function report(id: string, change: Partial<RunReport> = {}): RunReport {
  return {
    schema: 1,
    id,
    kind: 'run',
    file: 'upscaler.engine',
    startedAt: 1_760_000_000_000,
    endedAt: 1_760_000_001_000,
    runtime: { version: '1.7.1.116', path: '/lib/libtensorrt_rtx.so.1' },
    gpu: { name: 'a GPU', computeCapability: '8.9', total: 8 * 1024 ** 3 },
    choices: { ...defaultRunChoices, inputs: [] },
    inputs: [],
    loadMs: 12,
    streamable: 0,
    attempts: [],
    cache: {
      state: 'off',
      path: null,
      loadedBytes: null,
      savedBytes: null,
      coldMs: null,
      warmMs: null,
      sentence: '',
    },
    sweep: null,
    reference: null,
    failure: null,
    headline: '1.2 ms median',
    notes: [],
    libraryLines: [],
    ...change,
  };
}

const output = {
  name: 'scores',
  type: 'float32' as const,
  shape: [2],
  count: 2,
  min: 0,
  max: 0,
  mean: 0,
  standardDeviation: 0,
  nan: 1,
  infinite: 1,
  zeros: 0,
  first: [NaN, -Infinity],
  dataPath: null,
  preview: { width: 1, height: 1, pixels: new Uint8Array([1, 2, 3, 255]), sentence: 'as it is' },
  comparison: null,
};

describe('a kept run', () => {
  it('comes back with its bytes and with NaN and infinities', () => {
    const reference = { label: 'x', model: 'm', ms: 1, outputs: [output], failure: null };
    const before = report('a', { reference });
    assert.deepEqual(decodeRun(encodeRun(before)), before);
  });

  it('that was cut off, damaged, or is of another version is none', () => {
    const text = encodeRun(report('a'));
    for (const broken of [
      '',
      'null',
      text.slice(0, -1),
      text.replace('"schema":1', '"schema":2'),
      text.replace('"attempts":[]', '"attempts":{}'),
      text.replace('"headline":"1.2 ms median",', ''),
    ]) {
      assert.equal(decodeRun(broken), null, broken.slice(0, 60));
    }
  });
});

describe('RunStore', () => {
  let root: string;
  let limits = { perEngine: 20, bytes: 1e9 };
  let alive = new Set<number>();
  const newStore = () =>
    new RunStore(
      root,
      () => limits,
      (pid) => alive.has(pid),
    );

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-runs-'));
    limits = { perEngine: 20, bytes: 1e9 };
    alive = new Set([process.pid]);
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  /** Runs that began one second after another. */
  async function keepRuns(count: number, of = engine, bytes = 0): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const startedAt = 1_760_000_000_000 + i * 1000;
      const { id, path: folder } = await newStore().begin(of, new Date(startedAt));
      fs.writeFileSync(path.join(folder, 'output-0.bin'), Buffer.alloc(bytes));
      await newStore().keep(of, report(id, { startedAt }));
      ids.push(id);
    }
    return ids;
  }

  it('gives back what was kept, newest first, also after a restart', async () => {
    const ids = await keepRuns(3);
    const listed = await newStore().list(engine);
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids.reverse(),
    );
    assert.deepEqual(await newStore().list('/models/other.engine'), []);
  });

  it('keeps engines of the same name apart', async () => {
    await keepRuns(1);
    assert.deepEqual(await newStore().list('/elsewhere/upscaler.engine'), []);
  });

  it('lets the oldest of an engine go', async () => {
    limits.perEngine = 2;
    const other = await keepRuns(1, '/models/other.engine');
    const ids = await keepRuns(4);
    const listed = (await newStore().list(engine)).map(({ id }) => id);
    assert.deepEqual(listed, [ids[3], ids[2]]);
    const kept = (await newStore().list('/models/other.engine')).map(({ id }) => id);
    assert.deepEqual(kept, other);
  });

  it('lets the oldest go when all together are too large, but never the newest', async () => {
    limits.bytes = 25_000;
    const ids = await keepRuns(4, engine, 10_000);
    let listed = (await newStore().list(engine)).map(({ id }) => id);
    assert.deepEqual(listed, [ids[3], ids[2]]);
    const [large] = await keepRuns(1, '/models/large.engine', 100_000);
    listed = (await newStore().list('/models/large.engine')).map(({ id }) => id);
    assert.deepEqual(listed, [large]);
  });

  it('removes broken ones, and those of a process that is gone', async () => {
    const [good] = await keepRuns(1);
    const store = newStore();
    const cut = await store.begin(engine);
    fs.writeFileSync(path.join(cut.path, 'report.json'), '{"schema":1,');
    fs.rmSync(path.join(cut.path, 'running'));
    const underWay = await store.begin(engine);
    const crashed = await store.begin(engine);
    fs.writeFileSync(path.join(crashed.path, 'running'), '4711');
    const listed = (await store.list(engine)).map(({ id }) => id);
    assert.deepEqual(listed, [good]);
    assert.equal(fs.existsSync(cut.path), false);
    assert.equal(fs.existsSync(crashed.path), false);
    assert.equal(fs.existsSync(underWay.path), true);
  });

  it('takes no report that names files outside of its folder, or another run', async () => {
    const store = newStore();
    const { id, path: folder } = await store.begin(engine);
    const reference = {
      label: 'x',
      model: 'm',
      ms: 1,
      outputs: [{ ...output, dataPath: path.join(folder, '../../secret.bin') }],
      failure: null,
    };
    await store.keep(engine, report(id, { reference }));
    assert.deepEqual(await store.list(engine), []);
    const other = await store.begin(engine);
    fs.writeFileSync(path.join(other.path, 'report.json'), encodeRun(report('another')));
    fs.rmSync(path.join(other.path, 'running'));
    assert.deepEqual(await store.list(engine), []);
  });

  it('forgets a run with its files', async () => {
    const [first, second] = await keepRuns(2);
    assert.ok(first);
    await newStore().forget(engine, first);
    const listed = (await newStore().list(engine)).map(({ id }) => id);
    assert.deepEqual(listed, [second]);
    assert.throws(() => newStore().folderOf(engine, '../x'));
  });

  it('keeps what was dropped as long as a run was made with it', async () => {
    const store = newStore();
    const used = await store.drop(engine, 'in put/../a.npy', new Uint8Array([1]));
    const again = await store.drop(engine, 'in put/../a.npy', new Uint8Array([1]));
    const unused = await store.drop(engine, 'b.npy', new Uint8Array([2]));
    assert.equal(used, again);
    assert.equal(path.basename(unused), 'b.npy');
    const { id } = await store.begin(engine);
    const inputs = [{ name: 'x', shape: null, source: { kind: 'file' as const, path: used } }];
    await store.keep(engine, report(id, { choices: { ...defaultRunChoices, inputs } }));
    await store.forgetDropped(engine);
    assert.equal(fs.existsSync(used), true);
    assert.equal(fs.existsSync(unused), false);
  });
});
