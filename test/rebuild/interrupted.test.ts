/**
 * Builds that are interrupted, with the real libraries: hosts killed, the whole command line killed, cancelled, the disk
 * full, each at random moments. Every time the old engine is byte for byte as it was (or the new one is there, whole,
 * where the interruption came too late), and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { inspect } from 'node:util';

import { parseRecipe } from '../../src/core/rebuild/recipe';
import { Failure } from '../../src/core/wire/failure';
import type { RebuildStage } from '../../src/host/build/rebuild';
import { removeBuildDebris } from '../../src/host/build/debris';
import { slowModel, staticModel } from '../support/onnxModels';
import {
  libraryOf,
  optionsWith,
  RebuildBench,
  repository,
  requestFor,
  removeFolder,
} from '../support/rebuilds';
import { describeUnless, onWindows } from '../support/leaveOut';

const old = Buffer.from('the engine that was there before, and must be there after');

/** The same moments in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Runs it as the user that may mount. */
const asRoot = (...command: string[]): unknown =>
  process.getuid?.() === 0
    ? execFileSync(command[0] ?? '', command.slice(1))
    : execFileSync('sudo', ['--non-interactive', ...command]);

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Either all is as before, or the new engine is there with its recipe and the old one as .bak. */
function assertWhole(folder: string, engine: string): 'old' | 'new' {
  const names = fs.readdirSync(folder).sort();
  const now = fs.readFileSync(engine);
  if (now.equals(old)) {
    assert.deepEqual(
      names.filter((name) => name.startsWith('.')),
      [],
    );
    return 'old';
  }
  assert.deepEqual(names, ['m.engine', 'm.engine.bak', 'm.engine.json', 'm.onnx']);
  assert.deepEqual(fs.readFileSync(`${engine}.bak`), old);
  const parsed = parseRecipe(fs.readFileSync(`${engine}.json`, 'utf8'));
  assert(parsed.ok);
  assert.equal(parsed.recipe.engine?.sha256, createHash('sha256').update(now).digest('hex'));
  return 'new';
}

function reset(folder: string, engine: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (name !== 'm.onnx') fs.rmSync(path.join(folder, name), { recursive: true });
  }
  fs.writeFileSync(engine, old);
}

for (const minor of ['1.4', '1.7']) {
  describe(`interrupted builds, TensorRT-RTX ${minor}`, () => {
    const bench = new RebuildBench();
    const random = seeded(Number(minor.replace('.', '')));
    let folder: string;
    let engine: string;
    let buildMs: number;

    before(async () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'interrupted-'));
      engine = path.join(folder, 'm.engine');
      fs.writeFileSync(path.join(folder, 'm.onnx'), slowModel());
      fs.writeFileSync(engine, old);
      const request = requestFor(minor, path.join(folder, 'm.onnx'), engine);
      await bench.rebuilder.build(request);
      reset(folder, engine);
      const start = performance.now();
      await bench.rebuilder.build(request);
      buildMs = performance.now() - start;
    });
    beforeEach(() => reset(folder, engine));
    after(async () => {
      await bench.dispose();
      await removeFolder(folder);
    });

    it('the host killed at 50 random moments', async () => {
      const request = requestFor(minor, path.join(folder, 'm.onnx'), engine);
      let interrupted = 0;
      for (let i = 0; i < 50; i++) {
        reset(folder, engine);
        const building = bench.rebuilder.build(request);
        const outcome = building.then(
          () => null,
          (error: unknown) => error,
        );
        await delay(random() * buildMs);
        for (const pid of bench.supervisor.pids) process.kill(pid, 'SIGKILL');
        const error = await outcome;
        const state = assertWhole(folder, engine);
        if (error === null) {
          assert.equal(state, 'new');
          continue;
        }
        assert(error instanceof Failure, inspect(error));
        assert.equal(state, 'old');
        assert.match(error.message, /ended|stopped|could not be started/i);
        interrupted++;
      }
      assert.ok(interrupted >= 25, `only ${interrupted} of 50 builds were interrupted`);
    });

    it('cancelled at 30 random moments: at once, whatever the library does', async () => {
      const request = requestFor(minor, path.join(folder, 'm.onnx'), engine);
      const stages = new Set<RebuildStage>();
      let interrupted = 0;
      for (let i = 0; i < 30; i++) {
        reset(folder, engine);
        const cancel = new AbortController();
        let stage: RebuildStage = 'model';
        const outcome = bench.rebuilder
          .build(request, {
            signal: cancel.signal,
            onProgress: (now) => (stage = now.stage),
          })
          .then(
            () => null,
            (error: unknown) => error,
          );
        await delay(random() * buildMs);
        cancel.abort();
        const error = await outcome;
        if (error === null) {
          assert.equal(assertWhole(folder, engine), 'new');
          continue;
        }
        assert(error instanceof Failure, inspect(error));
        assert.equal(error.code, 'cancelled');
        assert.equal(assertWhole(folder, engine), 'old');
        stages.add(stage);
        interrupted++;
      }
      assert.ok(interrupted >= 10, `only ${interrupted} of 30 builds were cancelled`);
      assert.ok(stages.has('building'), [...stages].join());
    });

    for (const stage of ['model', 'loading', 'building', 'checking', 'replacing'] as const) {
      it(`cancelled while ${stage}`, async () => {
        const cancel = new AbortController();
        const error = await bench.rebuilder
          .build(requestFor(minor, path.join(folder, 'm.onnx'), engine), {
            signal: cancel.signal,
            onProgress: (now) => {
              if (now.stage === stage) cancel.abort();
            },
          })
          .then(
            () => null,
            (thrown: unknown) => thrown,
          );
        // Once the files are being put in place it is too late, and whole.
        if (stage === 'replacing') {
          assert.equal(error, null);
          assert.equal(assertWhole(folder, engine), 'new');
          return;
        }
        assert(error instanceof Failure, inspect(error));
        assert.equal(error.code, 'cancelled');
        assert.equal(assertWhole(folder, engine), 'old');
      });
    }

    it('cancelled while it waits for another build, which goes on', async () => {
      const cancel = new AbortController();
      let begun = (): void => undefined;
      const building = new Promise<void>((resolve) => (begun = resolve));
      const first = bench.rebuilder.build(
        requestFor(minor, path.join(folder, 'm.onnx'), path.join(folder, 'first.engine')),
        {
          onProgress: ({ stage }) => {
            if (stage === 'building') begun();
          },
        },
      );
      await building;
      const second = bench.rebuilder.build(requestFor(minor, path.join(folder, 'm.onnx'), engine), {
        signal: cancel.signal,
        onProgress: ({ stage }) => {
          if (stage === 'waiting') cancel.abort();
        },
      });
      await assert.rejects(second, (e: unknown) => e instanceof Failure && e.code === 'cancelled');
      const result = await first;
      assert.ok(result.engineSize > 0);
      assert.deepEqual(fs.readFileSync(engine), old);
    });

    it('the next build after a killed one works', async () => {
      const request = requestFor(minor, path.join(folder, 'm.onnx'), engine);
      const building = bench.rebuilder.build(request);
      building.catch(() => undefined);
      await delay(buildMs / 2);
      for (const pid of bench.supervisor.pids) process.kill(pid, 'SIGKILL');
      await building.catch(() => undefined);
      reset(folder, engine);
      await bench.rebuilder.build(request);
      assert.equal(assertWhole(folder, engine), 'new');
    });
  });

  describeUnless(
    onWindows('no disk of a size can be mounted'),
    `a full disk, TensorRT-RTX ${minor}`,
    () => {
      const bench = new RebuildBench();
      let models: string;
      let disk: string;

      before(() => {
        models = fs.mkdtempSync(path.join(os.tmpdir(), 'full-disk-models-'));
        fs.writeFileSync(path.join(models, 'm.onnx'), staticModel());
        disk = fs.mkdtempSync(path.join(os.tmpdir(), 'full-disk-'));
        asRoot('mount', '-t', 'tmpfs', '-o', 'size=4m,mode=1777', 'tmpfs', disk);
      });
      after(async () => {
        await bench.dispose();
        asRoot('umount', '-l', disk);
        fs.rmSync(disk, { recursive: true });
        fs.rmSync(models, { recursive: true });
      });

      it('at 50 random amounts of free space', async () => {
        const random = seeded(4711);
        const engine = path.join(disk, 'm.engine');
        const request = requestFor(minor, path.join(models, 'm.onnx'), engine, {
          options: optionsWith(),
        });
        let full = 0;
        for (let i = 0; i < 50; i++) {
          for (const name of fs.readdirSync(disk)) fs.rmSync(path.join(disk, name));
          fs.writeFileSync(engine, old);
          // The engine has about half a megabyte.
          const free = Math.floor(random() * 700_000);
          const { bavail, bsize } = fs.statfsSync(disk);
          const fill = bavail * bsize - free;
          fs.writeFileSync(path.join(disk, 'fill'), Buffer.alloc(Math.max(0, fill)));
          let error: unknown = null;
          try {
            await bench.rebuilder.build(request);
          } catch (thrown) {
            error = thrown;
          }
          const names = fs.readdirSync(disk).sort();
          if (error === null) {
            assert.deepEqual(names, ['fill', 'm.engine', 'm.engine.bak', 'm.engine.json']);
            continue;
          }
          full++;
          assert(error instanceof Failure, inspect(error));
          assert.match(error.message, /m\.engine .*the disk is full/);
          assert.deepEqual(fs.readFileSync(engine), old);
          assert.deepEqual(names, ['fill', 'm.engine'], error.message);
        }
        assert.ok(full >= 20, `the disk was full ${full} times only`);
      });
    },
  );
}

describe('the whole command line killed', () => {
  it('at 20 random moments: the next start cleans up, no process stays', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'killed-cli-'));
    const engine = path.join(folder, 'm.engine');
    fs.writeFileSync(path.join(folder, 'm.onnx'), slowModel());
    const random = seeded(99);
    try {
      // The first one may be slow: what it reads is not in memory yet.
      let wholeMs = Infinity;
      for (let i = 0; i < 3; i++) {
        reset(folder, engine);
        const start = performance.now();
        await ended(startCli(folder, engine));
        wholeMs = Math.min(wholeMs, performance.now() - start);
        assert.equal(assertWhole(folder, engine), 'new');
      }
      let interrupted = 0;
      for (let i = 0; i < 20; i++) {
        reset(folder, engine);
        const cli = startCli(folder, engine);
        await delay((0.25 + random() * 0.7) * wholeMs);
        const children = childrenOf(cli.pid ?? 0);
        cli.kill('SIGKILL');
        await ended(cli);
        for (const child of children) await gone(child);
        await cleaned(folder);
        if (assertWhole(folder, engine) === 'old') interrupted++;
      }
      assert.ok(interrupted >= 5, `only ${interrupted} of 20 were interrupted`);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Windows removes nothing that a process has open, and under Wine /proc does not tell when the engine host is gone. */
async function cleaned(folder: string): Promise<void> {
  const patience = performance.now() + (process.platform === 'win32' ? 10_000 : 0);
  for (;;) {
    await removeBuildDebris(folder);
    const left = fs.readdirSync(folder).some((name) => name.startsWith('.'));
    if (!left || performance.now() > patience) return;
    await delay(100);
  }
}

function startCli(folder: string, engine: string): ChildProcess {
  return spawn(
    process.execPath,
    [
      ...[path.join(repository, 'dist/cli.js'), 'build'],
      ...[path.join(folder, 'm.onnx'), '-o', engine, '--runtime', libraryOf('1.7')],
    ],
    { cwd: repository, stdio: 'ignore' },
  );
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function childrenOf(pid: number): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (!fs.existsSync(`/proc/${pid}`)) return;
    if (/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))) return;
    await delay(100);
  }
  throw new Error(`process ${pid} is still there ten seconds after its parent was killed`);
}
