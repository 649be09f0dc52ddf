/** What a hostile workspace can reach through names of files and arguments of commands (SECURITY.md). */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { RemedyAction } from '../../src/core/report/engineReport';
import type { InternalApi } from '../../src/extension/extension';
import { commands, section, settings as settingNames } from '../../src/extension/ids';
import { keepBackups } from '../../src/extension/settings';
import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { Failure } from '../../src/core/wire/failure';
import { folderState } from '../support/folderState';
import {
  activated,
  cleared,
  folder,
  inFolder,
  newest,
  older,
  openPage,
  putEngine,
  until,
  useRuntimes,
} from './inVSCode';

/** As VS Code finds links in notifications (vs/base/common/linkedText.ts), and icons in labels. */
const linked = [/\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)/i, /\$\(trash\)/];
const crafted = '[Rebuild](command:workbench.action.closeAllEditors) $(trash)';

/** An action that is added to the union fails to compile here until it is added. */
const actions: { [K in RemedyAction['kind']]: Extract<RemedyAction, { kind: K }> } = {
  rebuild: { kind: 'rebuild', choice: 'this-machine' },
  buildFromOtherModel: { kind: 'buildFromOtherModel' },
  build: { kind: 'build' },
  copyRebuildCommand: { kind: 'copyRebuildCommand' },
  copyPython: { kind: 'copyPython', text: crafted },
  useRuntime: { kind: 'useRuntime', path: `/${crafted}`, version: crafted },
  installRuntime: { kind: 'installRuntime', version: crafted, matchEngine: true },
  chooseRuntime: { kind: 'chooseRuntime' },
  openUrl: { kind: 'openUrl', url: 'https://www.nvidia.com/drivers/', button: crafted },
  getFileAgain: { kind: 'getFileAgain' },
  gitLfsPull: { kind: 'gitLfsPull' },
  showLog: { kind: 'showLog' },
};

/** These are given no argument, install and build in the extension's own storage. */
const takesNothing: ReadonlySet<string> = new Set([commands.installRuntime, commands.trySample]);

describe('security: text that runs', () => {
  let api: InternalApi;
  let texts: string[];
  const window = vscode.window as unknown as Record<string, unknown>;
  const before_ = new Map<string, unknown>();

  /** Takes the place of VS Code's functions: what is shown is kept, the first button or entry is taken. */
  function spy(name: string, replacement: (...args: never[]) => unknown): void {
    before_.set(name, window[name]);
    window[name] = replacement;
  }
  const keep = (...parts: unknown[]): void => {
    texts.push(...parts.filter((part): part is string => typeof part === 'string'));
  };

  before(async () => {
    useRuntimes(newest, older);
    api = await activated();
    api.runtimes.refresh();
    await cleared(api);
  });
  beforeEach(() => {
    texts = [];
    for (const name of ['showInformationMessage', 'showWarningMessage', 'showErrorMessage']) {
      spy(name, (text: string, options?: unknown) => {
        const detail = (options as { detail?: unknown } | undefined)?.detail;
        keep(text, detail);
        return Promise.resolve(undefined);
      });
    }
    spy('setStatusBarMessage', (text: string) => {
      keep(text);
      return new vscode.Disposable(() => undefined);
    });
    spy('showQuickPick', async (given: unknown, options: vscode.QuickPickOptions) => {
      const items = (await given) as vscode.QuickPickItem[];
      keep(options.title, options.placeHolder);
      for (const { label, description, detail } of items) keep(label, description, detail);
      return undefined;
    });
    spy(
      'withProgress',
      (options: vscode.ProgressOptions, task: (...args: unknown[]) => Promise<unknown>) => {
        keep(options.title);
        const token = new vscode.CancellationTokenSource().token;
        return task({ report: ({ message }: { message?: string }) => keep(message) }, token);
      },
    );
    for (const name of ['showOpenDialog', 'showSaveDialog']) {
      spy(name, () => Promise.resolve(undefined));
    }
  });
  afterEach(() => {
    for (const [name, value] of before_) window[name] = value;
  });
  after(() => cleared(api));

  function assertInert(): void {
    assert.ok(texts.length > 0, 'nothing was shown');
    for (const text of texts) {
      for (const link of linked) assert.doesNotMatch(text, link);
    }
  }

  const craftedEngine = (): vscode.Uri => putEngine(`${crafted}.engine`, { version: older });

  for (const action of Object.values(actions)) {
    it(`shows no link for a remedy that does ${action.kind}`, async () => {
      const uri = craftedEngine();
      const report = await api.reports.check(uri);
      assert.ok(report);
      const [made] = report.remedies;
      assert.ok(made);
      const remedy = { ...made, action, title: crafted, detail: `${crafted}.` };
      const shown = { ...report, file: crafted, headline: crafted, remedies: [remedy] };
      keep('a remedy may have nothing to say');
      try {
        // What asks step by step waits for an answer: it is closed as a person would.
        const closing = setInterval(
          () => void vscode.commands.executeCommand('workbench.action.closeQuickOpen'),
          500,
        );
        await api.remedies
          .run({ uri, report: shown, remedy })
          .finally(() => clearInterval(closing));
      } catch (error) {
        api.errors.report(error, { doing: crafted, asked: true });
      }
      assertInert();
    });
  }

  it('shows no link in errors', () => {
    api.errors.report(new Failure('file-error', `${crafted} is gone.`, `Get ${crafted}.`), {
      doing: crafted,
      asked: true,
    });
    api.errors.report(new Error(`ENOENT: ${crafted}`), { doing: crafted, asked: true });
    assertInert();
    assert.equal(texts.length, 2);
  });

  it('shows no link for any command about a file of such a name', async () => {
    const uri = craftedEngine();
    fs.writeFileSync(inFolder(`${crafted}.onnx`).fsPath, 'no model');
    for (const command of Object.values(commands)) {
      if (takesNothing.has(command)) continue;
      await Promise.race([
        vscode.commands.executeCommand(command, uri),
        new Promise((resolve) => setTimeout(resolve, 3_000)),
      ]);
    }
    assertInert();
    assert.ok(
      texts.some((text) => text.includes('Rebuild')),
      texts.join('\n'),
    );
  });
});

describe('security: arguments of commands', () => {
  let api: InternalApi;
  let outside: string;

  before(async () => {
    useRuntimes(newest);
    api = await activated();
    api.runtimes.refresh();
    await cleared(api);
    outside = fs.mkdtempSync(path.join(folder(), '..', 'outside-'));
    for (const name of ['evil.engine', 'evil.engine.json', 'evil.onnx', 'evil.so']) {
      fs.writeFileSync(path.join(outside, name), 'x');
    }
    putEngine('front.engine', { version: newest });
    // "Edit Targets" makes one where there is none, which is its purpose.
    fs.writeFileSync(targetsFile(), '{ "targets": ["rtx-5090"] }');
  });
  after(async () => {
    fs.rmSync(targetsFile());
    fs.rmSync(outside, { recursive: true, force: true });
    await cleared(api);
  });

  const targetsFile = (): string => path.join(folder(), 'engine-inspector.json');
  const evil = (name: string): string => path.join(outside, name);
  const junk = (): unknown[] => [
    evil('evil.engine'),
    'e999',
    42,
    null,
    [evil('evil.engine')],
    { fsPath: evil('evil.engine'), scheme: 'file', path: evil('evil.engine') },
    { engineUri: vscode.Uri.file(evil('evil.engine')) },
    vscode.Uri.file(evil('evil.engine')),
    vscode.Uri.file(evil('evil.engine.json')),
    vscode.Uri.file(evil('evil.onnx')),
    vscode.Uri.from({
      scheme: 'file',
      path: `${folder()}/../${path.basename(outside)}/evil.engine`,
    }),
    vscode.Uri.from({
      scheme: 'trtengine',
      path: '/x.header',
      query: `file://${evil('evil.engine')}`,
    }),
    {
      kind: 'runtime',
      runtime: { path: evil('evil.so'), realPath: evil('evil.so'), problem: null, version: '1.7' },
    },
    { uri: { $mid: 1, scheme: 'file', path: evil('evil.engine') } },
  ];

  for (const command of Object.values(commands)) {
    // It opens another folder, which ends these tests.
    if (command === commands.trySample) continue;
    it(`${command} takes nothing that was not handed out`, async () => {
      await vscode.env.clipboard.writeText('untouched');
      const before = folderState(outside) + folderState(folder());
      for (const argument of junk()) {
        const done = Promise.resolve(
          vscode.commands.executeCommand(command, argument, [argument]),
        ).catch(() => undefined);
        // A question is closed as a person would.
        const end = Date.now() + 5_000;
        let isDone = false;
        void done.then(() => (isDone = true));
        while (!isDone && Date.now() < end) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
        }
      }
      const configuration = vscode.workspace.getConfiguration(section);
      for (const name of ['runtimePath', 'runtimeChoice', 'gpu']) {
        assert.equal(configuration.inspect(name)?.globalValue, undefined, name);
      }
      assert.ok(!(await vscode.env.clipboard.readText()).includes('evil'));
      const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
      assert.deepEqual(
        tabs.map(({ label }) => label).filter((label) => label.includes('evil')),
        [],
      );
      const known = [...api.reports.all()].map(({ uri }) => uri.fsPath);
      assert.deepEqual(
        known.filter((file) => file.includes('evil')),
        [],
      );
      assert.equal(folderState(outside) + folderState(folder()), before, 'a file was changed');
    });
  }
});

describe('security: reading leaves no trace', () => {
  it('leaves the folder as it was when engines are opened and viewed', async () => {
    useRuntimes(newest);
    const api = await activated();
    await cleared(api);
    const uri = putEngine('models/one.engine', { version: older });
    putEngine('models/two.engine', { version: newest });
    // What builds that were killed leave, and what only looks like it.
    for (const name of ['one.engine.building-12-ab', 'one.engine.lock', 'one.engine.json']) {
      fs.writeFileSync(inFolder(`models/${name}`).fsPath, '{}');
    }
    const before = folderState(folder());
    await api.engines.checkAll();
    await openPage(uri);
    await until('a report', () => api.reports.get(uri));
    await vscode.commands.executeCommand(commands.showHeaderText, uri);
    await vscode.window.showTextDocument(inFolder('models/one.engine.json'));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(folderState(folder()), before);
    await cleared(api);
  });
});

describe('security: settings of a workspace', () => {
  const set = (value: number | undefined, target: vscode.ConfigurationTarget) =>
    vscode.workspace.getConfiguration(section).update(settingNames.keepBackups, value, target);
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const engine = inFolder('kept.engine');
  after(async () => {
    await set(undefined, Workspace);
    await set(undefined, Global);
  });

  it('keep no fewer old engines than the user wants', async () => {
    await set(0, Workspace);
    assert.equal(keepBackups(engine), 1);
    await set(5, Workspace);
    assert.equal(keepBackups(engine), 5);
    await set(3, Global);
    await set(2, Workspace);
    assert.equal(keepBackups(engine), 3);
    // The user alone may want none.
    await set(undefined, Workspace);
    await set(0, Global);
    assert.equal(keepBackups(engine), 0);
  });
});

describe('security: builds onto links', () => {
  it('write out of the workspace only after a dialog that shows the real path', async () => {
    useRuntimes(newest);
    const api = await activated();
    const outside = fs.realpathSync(fs.mkdtempSync(path.join(folder(), '..', 'outside-')));
    const key = path.join(outside, 'key');
    fs.writeFileSync(key, 'a key');
    fs.writeFileSync(inFolder('m.onnx').fsPath, 'no model');
    const engine = inFolder('linked.engine');
    fs.symlinkSync(key, engine.fsPath);
    const order = {
      model: inFolder('m.onnx').fsPath,
      engine,
      options: defaultEngineOptions(),
      runtime: { path: '/nowhere/libtensorrt_rtx.so.1', version: newest },
      estimateMs: null,
      summary: '',
    };
    const window = vscode.window as unknown as Record<string, unknown>;
    const { showWarningMessage } = vscode.window;
    const asked: { modal: boolean | undefined; text: string }[] = [];
    let answer: string | undefined;
    window['showWarningMessage'] = (text: string, options: vscode.MessageOptions) => {
      asked.push({ modal: options.modal, text: `${text} ${options.detail}` });
      return Promise.resolve(answer);
    };
    try {
      const { builds } = await api.rebuild.get();
      assert.equal(await builds.run(order), undefined);
      const cancel = new AbortController();
      assert.equal(await builds.quietly(order, cancel.signal, () => undefined), undefined);
      answer = 'Write It There';
      // It goes on, to a model that is none.
      await assert.rejects(builds.run(order), /m\.onnx/);
    } finally {
      window['showWarningMessage'] = showWarningMessage;
    }
    assert.equal(asked.length, 3);
    for (const { modal, text } of asked) {
      assert.equal(modal, true);
      assert.ok(text.includes(key), text);
    }
    assert.equal(fs.readFileSync(key, 'utf8'), 'a key');
    assert.deepEqual(fs.readdirSync(outside), ['key']);
    fs.rmSync(outside, { recursive: true });
    await cleared(api);
  });
});
