/** Inspecting engines and running them, on the stand-in machine (test/standIns): what the page's buttons lead to. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { parseLayers } from '../../src/core/inspect/layers';
import { defaultRunChoices, type RunChoices, type RunReport } from '../../src/core/run/runReport';
import type { InternalApi } from '../../src/extension/extension';
import { commands } from '../../src/extension/ids';
import type { Inside, InsideMessage } from '../../src/extension/inspect';
import { standInMachine, type StandInComputer } from '../standIns/standIns';
import { putRecipe, putStandInEngine, writeNpy } from '../support/standInFolder';
import { activated, cleared, folder, inFolder, openPage, until } from './inVSCode';

const choices: RunChoices = {
  ...defaultRunChoices,
  inputs: [{ name: 'image', shape: [1, 3, 32, 32], source: { kind: 'random', seed: 7 } }],
  warmUp: 2,
  iterations: 20,
  profiledIterations: 2,
};

describe('inspecting engines and running them', () => {
  let api: InternalApi;
  let inside: Inside;
  let machine: StandInComputer;
  const environment = { ...process.env };

  before(async () => {
    machine = standInMachine();
    Object.assign(process.env, machine.environment);
    api = await activated();
    api.runtimes.refresh();
    inside = await api.inside.get();
  });
  beforeEach(async () => {
    machine.configure({ faults: {} });
    await cleared(api);
    // Runs are kept by the engine's path, also when the engine is gone.
    const uri = inFolder('net.engine');
    for (const { id } of await inside.runs.list(uri)) await inside.runs.forget(uri, id);
  });
  after(async () => {
    await cleared(api);
    machine.dispose();
    for (const name of Object.keys(machine.environment)) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    api.runtimes.refresh();
  });

  /** An engine with its page open. */
  async function opened(name: string, options = {}): Promise<vscode.Uri> {
    putStandInEngine(folder(), name, options);
    const uri = inFolder(name);
    await openPage(uri);
    await until('a report', () => api.reports.get(uri));
    return uri;
  }
  const says = (uri: vscode.Uri, message: InsideMessage) => api.inside.handle(uri, message);
  const run = (uri: vscode.Uri, change: Partial<RunChoices> = {}) =>
    inside.runs.run(uri, { kind: 'run', choices: { ...choices, ...change }, budgets: [] });
  const runsOf = (uri: vscode.Uri): Promise<RunReport[]> => inside.runs.list(uri);
  const isIdle = () => inside.work.busyWith === null;
  /** Engine hosts that this process started: where one is that was not there before, an engine is loaded in it. */
  const hosts = (): number[] =>
    fs
      .readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '');
          const commandLine = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
          return (
            stat.split(' ')[1] === String(process.pid) && commandLine.includes('engineHost.js')
          );
        } catch {
          return false;
        }
      });

  it('Inspect Engine… tells tensors, memory and layers, and gives the GPU memory back', async () => {
    putStandInEngine(folder(), 'net.engine', { layers: 12 });
    putRecipe(folder(), 'net.engine', { sha256: true });
    const uri = inFolder('net.engine');
    await vscode.commands.executeCommand(commands.inspectEngine, uri);
    const inspection = inside.inspections.inspection(uri);
    assert.ok(inspection, JSON.stringify(inside.inspections.messages(uri)));
    assert.match(inspection.facts.gpu.name, /^STAND-IN/);
    assert.deepEqual(
      inspection.facts.tensors.map(({ name, mode }) => `${mode} ${name}`),
      ['input image', 'output picture', 'output mean', 'output label'],
    );
    assert.ok(!inspection.notes.some(({ id }) => id === 'hash-unknown'));
    const [, layers] = inside.inspections.messages(uri);
    assert.ok(layers?.type === 'layers' && layers.layers.state === 'given');
    // A Buffer would not reach the page as bytes.
    assert.equal(layers.layers.bytes.constructor.name, 'Uint8Array');
    assert.equal(parseLayers(layers.layers.bytes).rows.length, 12);
    const onnx = await until('the ONNX nodes', () => {
      const message = inside.inspections.messages(uri).at(-1);
      return message?.type === 'onnx' && message.onnx.state === 'given' && message.onnx;
    });
    assert.ok(onnx.nodes.some(({ operator }) => operator === 'Conv'));
    assert.equal(machine.memoryInUse(), 0);
  });

  it('forgets what it found when the file changes or its page is closed', async () => {
    const uri = await opened('net.engine');
    await says(uri, { type: 'inspect' });
    assert.ok(inside.inspections.inspection(uri));
    putStandInEngine(folder(), 'net.engine', { layers: 9 });
    await until('it to be forgotten', () => inside.inspections.inspection(uri) === null);
    await says(uri, { type: 'inspect' });
    assert.ok(inside.inspections.inspection(uri));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('it to be forgotten', () => inside.inspections.messages(uri).length === 0);
  });

  it('imports layers and a profile that NVIDIA’s tools wrote, and forgets them', async () => {
    const uri = await opened('net.engine');
    const layers = inFolder('layers.json');
    const profile = inFolder('profile.json');
    fs.writeFileSync(layers.fsPath, JSON.stringify({ Layers: ['a', 'b'], Bindings: [] }));
    fs.writeFileSync(
      profile.fsPath,
      JSON.stringify([{ count: 5 }, { name: 'a', timeMs: 5, averageMs: 1, percentage: 100 }]),
    );
    await inside.inspections.importFrom(uri, 'layers', layers);
    await inside.inspections.importFrom(uri, 'profile', profile);
    const shown = () => {
      const message = inside.inspections.messages(uri).find(({ type }) => type === 'layers');
      assert.ok(message?.type === 'layers');
      return message.layers;
    };
    const given = shown();
    assert.ok(given.state === 'given');
    assert.equal(given.source, 'file');
    assert.equal(given.fileName, 'layers.json');
    assert.equal(given.profile?.fileName, 'profile.json');
    fs.writeFileSync(layers.fsPath, '{"Layers": [');
    await assert.rejects(
      inside.inspections.importFrom(uri, 'layers', layers),
      /layers\.json cannot be shown/,
    );
    assert.equal(shown().state, 'given');
    await says(uri, { type: 'forgetImported' });
    assert.equal(shown().state, 'none');
  });

  it('asks before it loads a file that is not the one that was built', async () => {
    const uri = await opened('net.engine');
    putRecipe(folder(), 'net.engine', { sha256: 'ab'.repeat(32) });
    const asked: string[] = [];
    const { confirm } = inside.work;
    let answer = false;
    inside.work.confirm = (question, detail) => {
      asked.push(`${question}\n${detail}`);
      return Promise.resolve(answer);
    };
    try {
      const before = hosts().length;
      await says(uri, { type: 'inspect' });
      assert.equal(inside.inspections.inspection(uri), null);
      assert.equal(hosts().length, before);
      assert.equal(asked.length, 1);
      assert.match(asked[0] ?? '', /not the engine that was built/);
      assert.match(asked[0] ?? '', new RegExp('ab'.repeat(32)));
      answer = true;
      await says(uri, { type: 'inspect' });
      assert.ok(inside.inspections.inspection(uri));
      assert.equal(asked.length, 2);
      // The answer holds as long as the file stays as it is.
      assert.ok(await run(uri));
      assert.equal(asked.length, 2);
    } finally {
      inside.work.confirm = confirm;
    }
  });

  it('an engine that kills its process costs one failure, told once', async () => {
    const uri = await opened('bad.engine', { damage: 'crash' });
    const messages = api.errors.messages.length;
    await says(uri, { type: 'inspect' });
    const failure = inside.inspections.failure(uri);
    assert.equal(failure?.code, 'host-exited');
    assert.match(failure.sentence, /bad\.engine/);
    // The page shows it; a message on top would be the second time.
    assert.equal(api.errors.messages.length, messages);
    const good = await opened('good.engine');
    await says(good, { type: 'inspect' });
    assert.ok(inside.inspections.inspection(good));
  });

  it('runs, keeps the run with its outputs, and saves them as .npy', async () => {
    const uri = await opened('net.engine');
    const report = await run(uri);
    assert.ok(report, 'there is no report');
    assert.equal(report.failure, null);
    const [attempt] = report.attempts;
    assert.equal(attempt?.failure, null);
    assert.equal(attempt.latency?.count, 20);
    assert.deepEqual(
      attempt.outputs.map(({ name, shape }) => `${name} ${shape.join('x')}`),
      ['picture 1x3x32x32', 'mean 1x3', 'label 1'],
    );
    assert.equal(machine.memoryInUse(), 0);
    assert.deepEqual(
      (await runsOf(uri)).map(({ id }) => id),
      [report.id],
    );
    const target = inFolder('outputs');
    fs.mkdirSync(target.fsPath);
    const saved = await inside.runs.saveOutputsIn(uri, report.id, target);
    assert.deepEqual(
      saved.map(({ fsPath }) => path.basename(fsPath)),
      ['net.picture.npy', 'net.mean.npy', 'net.label.npy'],
    );
    const [picture] = saved;
    assert.ok(picture);
    const bytes = fs.readFileSync(picture.fsPath);
    assert.equal(bytes.subarray(1, 6).toString(), 'NUMPY');
    assert.equal(bytes.length - (10 + bytes.readUInt16LE(8)), 4 * 3 * 32 * 32);
    // Again: nothing is written over.
    const again = await inside.runs.saveOutputsIn(uri, report.id, target);
    assert.equal(new Set([...saved, ...again].map(String)).size, 6);
    await says(uri, { type: 'forgetRun', run: report.id });
    assert.deepEqual(await runsOf(uri), []);
  });

  it('keeps runs while the page is closed', async () => {
    const uri = await opened('net.engine');
    const report = await run(uri);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await openPage(uri);
    const [kept] = await runsOf(uri);
    assert.equal(kept?.id, report?.id);
    assert.equal(kept?.headline, report?.headline);
  });

  it('sweeps budgets', async () => {
    const { streamable } = putStandInEngine(folder(), 'net.engine');
    const uri = inFolder('net.engine');
    await openPage(uri);
    const budgets = [1, 0.75, 0.5, 0.25, 0].map((share) => Math.round(share * streamable));
    await says(uri, { type: 'sweep', choices, budgets });
    const [report] = await runsOf(uri);
    assert.equal(report?.kind, 'sweep');
    assert.deepEqual(
      report.sweep?.points.map(({ budget }) => budget),
      budgets,
    );
    const medians = report.sweep.points.map(({ median }) => median ?? NaN);
    assert.ok((medians.at(-1) ?? 0) > (medians[0] ?? Infinity), medians.join());
  });

  it('compares outputs with ONNX Runtime, in a run that is kept', async () => {
    const uri = await opened('net.engine');
    putRecipe(folder(), 'net.engine');
    const report = await run(uri);
    assert.ok(report);
    await says(uri, { type: 'compareRun', run: report.id });
    const [joined] = await runsOf(uri);
    assert.equal(joined?.id, report.id);
    assert.match(joined.reference?.label ?? '', /^ONNX Runtime/);
    assert.equal(joined.reference?.failure, null);
    const states = joined.attempts[0]?.outputs.map(({ comparison }) => comparison?.state);
    assert.deepEqual(states, ['good', 'good', 'good']);
  });

  it('runs the reference alone, labelled as such', async () => {
    const uri = await opened('net.engine');
    putRecipe(folder(), 'net.engine');
    await says(uri, { type: 'reference', choices });
    const [report] = await runsOf(uri);
    assert.equal(report?.kind, 'reference');
    assert.deepEqual(report.attempts, []);
    assert.match(report.reference?.label ?? '', /^ONNX Runtime .*CPU/);
  });

  it('cancels a run that hangs, frees the GPU memory, and says nothing', async () => {
    const uri = await opened('net.engine');
    await says(uri, { type: 'inspect' });
    machine.configure({ faults: { hang_enqueue: 1 } });
    const messages = api.errors.messages.length;
    const running = run(uri);
    await until('GPU memory to be held', () => machine.memoryInUse() > 0);
    await vscode.commands.executeCommand(commands.cancelRun);
    assert.equal(await running, undefined);
    assert.equal(machine.memoryInUse(), 0);
    assert.ok(isIdle());
    assert.deepEqual(await runsOf(uri), []);
    assert.equal(api.errors.messages.length, messages);
  });

  it('closing the editor cancels its run', async () => {
    const uri = await opened('net.engine');
    machine.configure({ faults: { hang_enqueue: 1 } });
    const running = run(uri);
    await until('GPU memory to be held', () => machine.memoryInUse() > 0);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    assert.equal(await running, undefined);
    assert.equal(machine.memoryInUse(), 0);
  });

  it('does one at a time', async () => {
    const uri = await opened('net.engine');
    await says(uri, { type: 'inspect' });
    machine.configure({ faults: { hang_enqueue: 1 } });
    const running = run(uri);
    await until('GPU memory to be held', () => machine.memoryInUse() > 0);
    assert.equal(await run(uri), undefined);
    assert.equal(inside.work.busyWith?.kind, 'run');
    await says(uri, { type: 'cancelRun' });
    await running;
  });

  it('a host that is killed mid-run costs one report that says so; the next run works', async () => {
    const uri = await opened('net.engine');
    await says(uri, { type: 'inspect' });
    const before = new Set(hosts());
    machine.configure({ faults: { hang_enqueue: 1 } });
    const messages = api.errors.messages.length;
    const running = run(uri);
    await until('GPU memory to be held', () => machine.memoryInUse() > 0);
    const [pid, ...others] = hosts().filter((one) => !before.has(one));
    assert.ok(pid !== undefined && others.length === 0);
    process.kill(pid, 'SIGKILL');
    const report = await running;
    assert.equal(report?.failure?.code, 'host-exited');
    assert.match(report.failure.sentence, /net\.engine|engine host/i);
    assert.equal(machine.memoryInUse(), 0);
    assert.equal(api.errors.messages.length, messages);
    machine.configure({ faults: {} });
    const next = await run(uri);
    assert.equal(next?.failure, null);
  });

  it('a GPU that is lost mid-run is a report with CUDA’s own number', async () => {
    const uri = await opened('net.engine');
    machine.configure({ faults: { lost_launch: 5 } });
    const report = await run(uri);
    const failure = report?.failure ?? report?.attempts[0]?.failure;
    assert.equal(failure?.cuda, 719);
  });

  it('looks at an input file as soon as it is picked', async () => {
    const uri = await opened('net.engine');
    await says(uri, { type: 'inspect' });
    const good = inFolder('in.npy');
    writeNpy(good.fsPath, [1, 3, 16, 16], new Float32Array(3 * 16 * 16).fill(0.5));
    const bad = inFolder('bad.npy');
    writeNpy(bad.fsPath, [1, 4, 16, 16], new Float32Array(4 * 16 * 16));
    const told: unknown[] = [];
    const { pages } = api;
    const listener = pages.onDidSay(({ message }) => {
      if (message.type === 'pickedInput') told.push(message.input);
    });
    try {
      await inside.runs.useInput(uri, 'image', good);
      await inside.runs.useInput(uri, 'image', bad);
      await inside.runs.useInput(uri, 'image', inFolder('missing.npy'));
      await says(uri, {
        type: 'dropInput',
        name: 'image',
        fileName: 'dropped.npy',
        bytes: fs.readFileSync(good.fsPath),
      });
    } finally {
      listener.dispose();
    }
    const states = told.map((input) => (input as { state: string }).state);
    assert.deepEqual(states, ['good', 'bad', 'bad', 'good']);
    assert.match(JSON.stringify(told[1]), /bad\.npy|image/);
    assert.match(JSON.stringify(told[2]), /missing\.npy/);
    const report = await run(uri, {
      inputs: [{ name: 'image', shape: null, source: { kind: 'file', path: good.fsPath } }],
    });
    assert.deepEqual(report?.inputs[0]?.shape, [1, 3, 16, 16]);
    assert.equal(report.inputs[0]?.mean, 0.5);
  });

  it('compares two engines that are selected in the Explorer', async () => {
    putStandInEngine(folder(), 'a.engine', { layers: 5 });
    putStandInEngine(folder(), 'b.engine', { layers: 6, half: true });
    const [a, b] = [inFolder('a.engine'), inFolder('b.engine')];
    await vscode.commands.executeCommand(commands.compareEngines, a, [a, b]);
    const [comparison] = inside.comparisons.shown;
    assert.ok(comparison?.last?.type === 'comparison', JSON.stringify(comparison?.last));
    const { first, second } = comparison.last;
    const failures = JSON.stringify([first.failure, second.failure]);
    assert.ok(first.inspection && second.inspection && first.layers && second.layers, failures);
    assert.equal(parseLayers(first.layers).rows.length, 5);
    assert.equal(parseLayers(second.layers).rows.length, 6);
  });
});
