import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { writeSampleModel } from '../../scripts/makeSampleModel';
import type { EngineReport } from '../../src/core/report/engineReport';
import type { InternalApi } from '../../src/extension/extension';
import { commands } from '../../src/extension/ids';
import { answeredModels } from '../support/compilerAnswers';
import {
  activated,
  cleared,
  codesOf,
  inFolder,
  newest,
  older,
  openPage,
  putEngine,
  until,
  useRuntimes,
} from './inVSCode';

/** The sample model. */
function putModel(name: string): vscode.Uri {
  const uri = inFolder(name);
  writeSampleModel(uri.fsPath, { fixedShape: true });
  return uri;
}

/** Enter in whatever dialog is open, until the promise settles. */
async function acceptAll<T>(running: Promise<T>): Promise<T> {
  let settled = false;
  const done = running.finally(() => (settled = true));
  void (async () => {
    while (!settled) {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  return done;
}

describe('rebuilding', () => {
  let api: InternalApi;

  before(async () => {
    useRuntimes(newest);
    api = await activated();
    api.runtimes.refresh();
  });
  beforeEach(() => cleared(api));
  after(() => cleared(api));

  async function mismatch(name: string): Promise<{ uri: vscode.Uri; report: EngineReport }> {
    const uri = putEngine(name, { version: older, weightBytes: 4096 });
    await openPage(uri);
    const report = await until('a mismatch', () => {
      const now = api.reports.get(uri);
      return now?.reasons.some(({ id }) => id === 'version-mismatch') && now;
    });
    return { uri, report };
  }

  it('cures an engine of another version, keeps the old one, and writes the recipe', async () => {
    putModel('net.onnx');
    const { uri, report } = await mismatch('net.engine');
    const old = fs.readFileSync(uri.fsPath);
    const [remedy] = report.remedies;
    assert.equal(remedy?.id, 'rebuild');
    await acceptAll(api.remedies.run({ uri, report, remedy }));
    const now = await until('a new engine', () => {
      const again = api.reports.get(uri);
      return again?.header?.version === newest && again;
    });
    assert.ok(
      !now.reasons.some(({ id }) => id === 'version-mismatch'),
      JSON.stringify(now.reasons),
    );
    await until('no problem in Problems', () => !codesOf(uri).includes('version-mismatch'));
    assert.deepEqual(fs.readFileSync(`${uri.fsPath}.bak`), old);
    const recipe = JSON.parse(fs.readFileSync(`${uri.fsPath}.json`, 'utf8')) as {
      model: { path: string };
      options: { clearedFlags?: string[] };
    };
    assert.equal(recipe.model.path, 'net.onnx');
    // What is on by default is ticked, so that Enter changes nothing.
    assert.equal(recipe.options.clearedFlags, undefined);
    assert.deepEqual(
      fs.readdirSync(path.dirname(uri.fsPath)).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('asks nothing when the recipe says all, and streams weights when told so', async () => {
    putModel('net.onnx');
    const { uri, report } = await mismatch('net.engine');
    await acceptAll(api.rebuild.rebuild(uri, 'this-machine', report));
    const built = await api.reports.check(uri);
    assert.ok((built?.header?.weightBytes ?? 0) > 0);
    // Nothing is accepted here: a question would wait until the test's time is over.
    await api.rebuild.rebuild(uri, 'weight-streaming', built ?? null);
    assert.equal((await api.reports.check(uri))?.header?.weightBytes, 0);
  });

  it('rebuilds with layer details, all else as the recipe says', async () => {
    putModel('net.onnx');
    const { uri, report } = await mismatch('net.engine');
    await acceptAll(api.rebuild.rebuild(uri, 'weight-streaming', report));
    const optionsNow = () =>
      (
        JSON.parse(fs.readFileSync(`${uri.fsPath}.json`, 'utf8')) as {
          options: { flags?: string[]; profilingVerbosity?: string };
        }
      ).options;
    assert.notEqual(optionsNow().profilingVerbosity, 'detailed');
    const { flags } = optionsNow();
    await acceptAll(api.rebuild.rebuildDetailed(uri, (await api.reports.check(uri)) ?? null));
    assert.equal(optionsNow().profilingVerbosity, 'detailed');
    assert.deepEqual(optionsNow().flags, flags);
  });

  it('leaves the old engine as it is when the model is no model', async () => {
    fs.writeFileSync(inFolder('net.onnx').fsPath, 'no model at all');
    const { uri, report } = await mismatch('net.engine');
    const old = fs.readFileSync(uri.fsPath);
    const before = api.errors.messages.length;
    const [remedy] = report.remedies;
    assert.ok(remedy);
    const failed = acceptAll(api.remedies.run({ uri, report, remedy }));
    await assert.rejects(failed, /net\.onnx/);
    assert.equal(api.errors.messages.length, before);
    assert.deepEqual(fs.readFileSync(uri.fsPath), old);
  });

  it('stops many rebuilds where it is cancelled, and leaves the others as they were', async () => {
    putModel('net.onnx');
    const { uri, report } = await mismatch('a.engine');
    await acceptAll(api.rebuild.rebuild(uri, 'this-machine', report));
    const others = ['b.engine', 'c.engine'].map(inFolder);
    for (const { fsPath } of others) {
      fs.copyFileSync(uri.fsPath, fsPath);
      fs.copyFileSync(`${uri.fsPath}.json`, `${fsPath}.json`);
    }
    fs.rmSync(`${uri.fsPath}.bak`);
    const old = others.map(({ fsPath }) => fs.readFileSync(fsPath));
    const window = vscode.window as unknown as Record<string, unknown>;
    const { withProgress, showInformationMessage } = window;
    const told: string[] = [];
    window['showInformationMessage'] = (text: string, ...more: unknown[]) => {
      told.push(text);
      // The question is answered with yes, what comes at the end is read.
      return Promise.resolve(told.length === 1 ? more.at(-1) : undefined);
    };
    window['withProgress'] = (
      _: unknown,
      task: (progress: object, token: vscode.CancellationToken) => Promise<unknown>,
    ) => {
      const source = new vscode.CancellationTokenSource();
      const report = ({ message = '' }: { message?: string }) => {
        // In the middle of the second build.
        if (message.startsWith('2 of 3') && message.includes('·')) source.cancel();
      };
      return task({ report }, source.token);
    };
    try {
      await api.rebuild.rebuildAll([uri, ...others], 'this-machine');
    } finally {
      Object.assign(window, { withProgress, showInformationMessage });
    }
    assert.deepEqual(told, [
      'Rebuild 3 Engines?',
      '1 of 3 engines was rebuilt. Cancelled: 2 are unchanged.',
    ]);
    assert.ok(fs.existsSync(`${uri.fsPath}.bak`));
    assert.deepEqual(
      others.map(({ fsPath }) => fs.readFileSync(fsPath)),
      old,
    );
    const left = fs.readdirSync(path.dirname(uri.fsPath));
    assert.deepEqual(
      left.filter((name) => /^\.|^[bc]\..*bak/.test(name)),
      [],
    );
  });

  it('underlines what a recipe says that is not so, and its lightbulb rebuilds', async () => {
    const model = putModel('net.onnx');
    const { uri, report } = await mismatch('net.engine');
    await acceptAll(api.rebuild.rebuild(uri, 'this-machine', report));
    const recipe = vscode.Uri.file(`${uri.fsPath}.json`);
    const document = await vscode.workspace.openTextDocument(recipe);
    await vscode.window.showTextDocument(document);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      recipe,
    );
    assert.ok(lenses.some((lens) => lens.command?.command === commands.rebuildFromRecipe));
    // The model changes: a byte of its producer's name.
    const bytes = fs.readFileSync(model.fsPath);
    fs.writeFileSync(model.fsPath, Buffer.concat([bytes, Buffer.from([0x32, 0x01, 0x20])]));
    const edit = new vscode.WorkspaceEdit();
    edit.insert(recipe, new vscode.Position(document.lineCount - 1, 0), '\n');
    await vscode.workspace.applyEdit(edit);
    const found = await until('a squiggle', () =>
      vscode.languages.getDiagnostics(recipe).find(({ code }) => code === 'model-changed'),
    );
    assert.match(document.getText(found.range), /^\d+$|^"[0-9a-f]{64}"$/);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      recipe,
      found.range,
    );
    const preferred = actions.find(({ isPreferred }) => isPreferred === true);
    assert.equal(preferred?.command?.command, commands.rebuildFromRecipe);
    await vscode.commands.executeCommand(commands.rebuildFromRecipe, recipe);
    await until(
      'a recipe that agrees again',
      () => !vscode.languages.getDiagnostics(recipe).some(({ code }) => code === 'model-changed'),
    );
  });

  it('offers a task for each recipe', async () => {
    putModel('net.onnx');
    const { uri, report } = await mismatch('net.engine');
    await acceptAll(api.rebuild.rebuild(uri, 'this-machine', report));
    const tasks = await until('a task', async () => {
      const all = await vscode.tasks.fetchTasks({ type: 'engine-inspector' });
      return all.length > 0 && all;
    });
    assert.deepEqual(
      tasks.map(({ name }) => name),
      ['net.engine'],
    );
    const before = fs.statSync(uri.fsPath).mtimeMs;
    const ended = new Promise<number | undefined>((resolve) => {
      const listener = vscode.tasks.onDidEndTaskProcess(({ exitCode }) => {
        listener.dispose();
        resolve(exitCode);
      });
    });
    const [task] = tasks;
    assert.ok(task);
    await vscode.tasks.executeTask(task);
    assert.equal(await ended, 0);
    assert.ok(fs.statSync(uri.fsPath).mtimeMs > before);
  });

  it('tries an engine’s model on other GPUs, and strikes out those that the compiler refuses', async () => {
    for (const model of answeredModels()) {
      if (model.name === 'matmul.fp8_qdq')
        fs.writeFileSync(inFolder('net.onnx').fsPath, model.bytes);
    }
    const { uri, report } = await mismatch('net.engine');
    await acceptAll(api.rebuild.rebuild(uri, 'this-machine', report));
    const built = await api.reports.check(uri);
    assert.notEqual(built?.code?.evidence, 'compiler');
    assert.ok(built?.header?.computeCapabilities.includes('8.6'));

    // The families of the common boards are picked already.
    await acceptAll(api.trials.run(uri));
    const tried = await until('the answers', () => {
      const now = api.reports.get(uri);
      return now?.trial && now;
    });
    assert.equal(tried.trial?.stale, '');
    assert.equal(tried.code?.evidence, 'compiler');
    assert.deepEqual(tried.runsOn.find((row) => row.computeCapability === '8.6')?.state, 'no-code');
    const { engine } = await api.targets.viewOf(uri, tried);
    const refused = engine.rows.filter(({ cell }) => cell === 'no-code');
    assert.ok(refused.length > 0);
    for (const row of refused) {
      assert.equal(row.howKnown, 'Tried with the compiler');
      assert.match(row.sentence, /NVIDIA's compiler refuses its model there because of FP8 values/);
      assert.equal(row.remedy?.action, 'other-model', 'the same model again would not help');
    }
    assert.deepEqual(
      fs.readdirSync(path.dirname(uri.fsPath)).filter((name) => name.startsWith('.')),
      [],
    );
  });
});
