import * as assert from 'node:assert/strict';
import { realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { RemedyContext } from '../../src/extension/remedies';
import type { InternalApi } from '../../src/extension/extension';
import { commands, section } from '../../src/extension/ids';
import {
  activated,
  cleared,
  newest,
  older,
  openPage,
  pickFirst,
  putEngine,
  until,
  useRuntimes,
} from './inVSCode';

describe('Fix Engine Problem…', () => {
  let api: InternalApi;
  let picked: RemedyContext[];
  let spy: vscode.Disposable;

  before(async () => {
    useRuntimes(newest, older);
    api = await activated();
    api.runtimes.refresh();
  });
  beforeEach(async () => {
    await cleared(api);
    picked = [];
    spy = api.remedies.replace(
      ['rebuild', 'useRuntime', 'copyRebuildCommand', 'getFileAgain'],
      (context) => picked.push(context),
    );
  });
  afterEach(async () => {
    spy.dispose();
    await vscode.workspace.getConfiguration(section).update('runtimeChoice', undefined, true);
    await vscode.workspace.getConfiguration(section).update('runtimePath', undefined, true);
  });
  after(() => cleared(api));

  it('offers the remedies of the report, the best one first, from the link in Problems', async () => {
    const uri = putEngine('closed.engine', { version: older });
    await api.engines.checkAll();
    const [diagnostic] = await until('a problem', () => {
      const list = vscode.languages.getDiagnostics(uri);
      return list.length > 0 && list;
    });
    const code = diagnostic?.code;
    assert.ok(typeof code === 'object');
    // What VS Code does with the link: the query is the JSON of the arguments.
    const [argument] = JSON.parse(code.target.query) as string[];
    const context = await pickFirst(
      () => vscode.commands.executeCommand(code.target.path, argument),
      () => picked[0],
    );
    assert.equal(context.uri.toString(), uri.toString());
    assert.equal(context.remedy.id, context.report.remedies[0]?.id);
  });

  it('knows the engine of the page in front, as Ctrl+. calls it', async () => {
    putEngine('other.engine', { version: older });
    const uri = putEngine('front.engine', { version: older });
    await openPage(uri);
    await until('a report', () => api.reports.get(uri));
    const context = await pickFirst(
      () => vscode.commands.executeCommand(commands.fixProblem),
      () => picked[0],
    );
    assert.equal(context.uri.toString(), uri.toString());
  });

  it('uses the runtime that matches, and the problem is gone', async () => {
    spy.dispose();
    const asked: string[] = [];
    api.runtimes.confirm = (question, detail) => {
      asked.push(`${question} ${detail}`);
      return Promise.resolve(true);
    };
    const uri = putEngine('old.engine', { version: older });
    const report = await api.reports.check(uri);
    const remedy = report?.remedies.find(({ id }) => id === 'use-matching-runtime');
    assert.ok(report && remedy, JSON.stringify(report?.remedies));
    await api.remedies.run({ uri, report, remedy });
    await until('an answer of the older runtime', () => {
      const now = api.reports.get(uri);
      return now?.runtime?.version === older && now;
    });
    assert.equal(asked.length, 1, 'a user setting is a question');
    assert.ok(remedy.action.kind === 'useRuntime');
    assert.ok(asked[0]?.includes(await realpath(remedy.action.path)), asked[0]);
    const reasons = api.reports.get(uri)?.reasons.map(({ id }) => id);
    assert.ok(!reasons?.includes('version-mismatch'), reasons?.join());
  });

  it('copies the command in the form that is picked', async () => {
    spy.dispose();
    const uri = putEngine("it's.engine", { version: older });
    const report = await api.reports.check(uri);
    const remedy = report?.remedies.find(({ id }) => id === 'copy-rebuild-command');
    assert.ok(report && remedy, JSON.stringify(report?.remedies));
    await vscode.env.clipboard.writeText('');
    const copied = await pickFirst(
      () => api.remedies.run({ uri, report, remedy }),
      async () => (await vscode.env.clipboard.readText()) || undefined,
    );
    assert.match(copied, /^engine-inspector build .*it'\\''s\.onnx/);
  });
});
