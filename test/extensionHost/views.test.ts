import * as assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { headerTextUri } from '../../src/extension/engineTarget';
import type { InternalApi } from '../../src/extension/extension';
import { commands, section, treeItems, views } from '../../src/extension/ids';
import {
  activated,
  cleared,
  closeEditors,
  codesOf,
  folder,
  newest,
  older,
  openPage,
  pickFirst,
  putEngine,
  until,
  useRuntimes,
} from './inVSCode';

describe('views and commands', () => {
  let api: InternalApi;

  before(async () => {
    useRuntimes(newest, older);
    api = await activated();
    api.runtimes.refresh();
  });
  beforeEach(() => cleared(api));
  after(async () => {
    await vscode.workspace.getConfiguration(section).update('runtimePath', undefined, true);
    await cleared(api);
  });

  const roots = () => api.enginesTree.getChildren();
  const groupNames = async () =>
    (await roots()).map((node) => api.enginesTree.getTreeItem(node).label);

  it('the Engines view groups by reason and tells what is wrong below each engine', async () => {
    putEngine('z.engine', { version: newest });
    fs.writeFileSync(path.join(folder(), 'page.engine'), '<!doctype html><title>404</title>');
    await vscode.commands.executeCommand(`${views.engines}.focus`);
    await api.engines.checkAll();
    const groups = await roots();
    const foreign = groups.at(-1);
    assert.ok(foreign?.kind === 'group');
    assert.equal(foreign.reason, 'foreign');
    // However many there are, they hide nothing that can be fixed.
    const { collapsibleState } = api.enginesTree.getTreeItem(foreign);
    assert.equal(collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
    const fine = groups.find((group) => group.kind === 'group' && group !== foreign);
    assert.ok(fine);
    assert.equal(
      api.enginesTree.getTreeItem(fine).collapsibleState,
      vscode.TreeItemCollapsibleState.Expanded,
    );
    const [engine] = await api.enginesTree.getChildren(foreign);
    assert.ok(engine?.kind === 'engine');
    const item = api.enginesTree.getTreeItem(engine);
    assert.equal(item.label, 'page.engine');
    // What helps is advice: there is nothing to run.
    assert.equal(item.contextValue, treeItems.engineFine);
    const details = await api.enginesTree.getChildren(engine);
    const labels = details.map((node) => api.enginesTree.getTreeItem(node).label);
    assert.ok(labels.includes(engine.report.reasons[0]?.sentence));
    assert.deepEqual(
      details.map((node) => api.enginesTree.getTreeItem(node).id),
      [...new Set(details.map((node) => api.enginesTree.getTreeItem(node).id))],
    );
  });

  it('the Engines view groups by folder or not at all, and filters', async () => {
    putEngine('m/a.engine', { version: older });
    putEngine('m/b.engine', { version: newest });
    putEngine('c.engine', { version: older });
    await api.engines.checkAll();
    assert.ok((await groupNames()).includes('Built by another version'));
    await api.enginesTree.arrange({ grouping: 'folder' });
    assert.deepEqual(await groupNames(), ['.', 'm']);
    await api.enginesTree.arrange({ grouping: 'none', sorting: 'path' });
    assert.deepEqual(await groupNames(), ['c.engine', 'a.engine', 'b.engine']);
    await api.enginesTree.arrange({ filter: 'another version m/' });
    assert.deepEqual(await groupNames(), ['a.engine']);
    await api.enginesTree.arrange({ filter: '', onlyProblems: true });
    assert.deepEqual(await groupNames(), ['c.engine', 'a.engine']);
    await vscode.commands.executeCommand(commands.clearFilter);
    assert.equal((await roots()).length, 3);
    await api.enginesTree.arrange({ grouping: 'reason', sorting: 'severity' });
  });

  it('engines by another name are found by their first bytes', async () => {
    const plan = putEngine('det.plan', { version: older });
    fs.writeFileSync(path.join(folder(), 'terraform.plan'), 'text of another program');
    putEngine('own.engine', { version: newest });
    assert.equal(await api.engines.checkAll(), 2);
    assert.equal(api.reports.get(plan)?.kind, 'tensorrt-rtx');
    assert.equal((await api.reports.check(plan))?.header?.version, older);
    const known = [...api.reports.all()].map(({ uri }) => path.basename(uri.fsPath));
    assert.deepEqual(known.sort(), ['det.plan', 'own.engine']);
  });

  it('Fix All with This Reason is about the engines of the group, or those that are selected', async () => {
    const uris = ['a', 'b', 'c'].map((name) => putEngine(`${name}.engine`, { version: older }));
    putEngine('fine.engine', { version: newest });
    await api.engines.checkAll();
    const asked: string[][] = [];
    api.rebuild.rebuildAll = (all) => {
      asked.push(all.map(({ path: one }) => one));
      return Promise.resolve();
    };
    try {
      const [group] = await roots();
      assert.ok(group?.kind === 'group' && group.reason === 'version');
      const paths = uris.map(({ path: one }) => one);
      const fix =
        (command: string, ...args: unknown[]) =>
        (count: number) =>
          pickFirst(
            () => vscode.commands.executeCommand(command, ...args),
            () => asked.find((all) => all.length === count)?.sort(),
          );
      assert.deepEqual(await fix(commands.fixAll, group)(3), paths);
      const rows = await api.enginesTree.getChildren(group);
      const two = fix(commands.fixProblem, rows[1], [rows[1], rows[2]]);
      assert.deepEqual(await two(2), paths.slice(1));
      asked.length = 0;
      assert.deepEqual(await fix(commands.fixAll, rows[1])(3), paths);
    } finally {
      Reflect.deleteProperty(api.rebuild, 'rebuildAll');
    }
  });

  it('lists a problem of a crowd in Problems only for engines that are open or that a target needs', async () => {
    const uris = Array.from({ length: 30 }, (_, i) =>
      putEngine(`many/${i}.engine`, { version: older }),
    );
    const cut = putEngine('cut.engine', { version: newest, length: 1000 });
    await api.engines.checkAll();
    const listed = () => uris.filter((uri) => codesOf(uri).length > 0).length;
    await until('the other problem', () => codesOf(cut).includes('truncated'));
    assert.equal(listed(), 0);
    const [first] = uris;
    assert.ok(first);
    await openPage(first);
    await until('that of the open one', () => codesOf(first).includes('version-mismatch'));
    assert.equal(listed(), 1);
    await closeEditors();
    await until('none again', () => listed() === 0);
    fs.writeFileSync(
      path.join(folder(), 'engine-inspector.json'),
      JSON.stringify({ targets: ['rtx-4090'], files: ['many/1*.engine'] }),
    );
    await until('those that a target needs', () => listed() === 11);
    const configuration = vscode.workspace.getConfiguration(section);
    await configuration.update('problems', 'all', true);
    await until('all', () => listed() === 30);
    await configuration.update('problems', 'openOrRequired', true);
    await until('only those needed', () => codesOf(cut).length === 0 && listed() === 11);
    await configuration.update('problems', undefined, true);
  });

  it('the Runtimes view marks the one in use and says what is wrong with a broken one', async () => {
    const broken = path.join(folder(), 'libtensorrt_rtx.so.1');
    fs.writeFileSync(broken, 'no library');
    const configuration = vscode.workspace.getConfiguration(section);
    const items = async () => {
      const nodes = await api.runtimesTree.getChildren();
      return nodes.map((node) => api.runtimesTree.getTreeItem(node));
    };
    const labelled = (await items()).filter(({ contextValue }) =>
      contextValue?.startsWith('runtime'),
    );
    const inUse = labelled.filter(({ contextValue }) => contextValue === treeItems.runtimeInUse);
    assert.deepEqual(
      inUse.map(({ label }) => label),
      [`TensorRT-RTX ${newest}`],
    );
    assert.ok(labelled.length >= 2);

    await configuration.update('runtimePath', broken, true);
    const found = await until('the broken one', async () =>
      (await items()).find(({ contextValue }) => contextValue === treeItems.runtimeBroken),
    );
    assert.ok(typeof found.tooltip === 'string');
    assert.match(found.tooltip, /not a shared library/);
    assert.match(found.tooltip, /is in this workspace/);
    // Choosing it would not help.
    assert.doesNotMatch(found.tooltip, /Choose it/);
    assert.equal(await api.runtimes.use(broken), false);
    // An explicit path that cannot be used is an error with its reason, never silently another library.
    const uri = putEngine('a.engine', { version: newest });
    const report = await api.reports.check(uri);
    assert.equal(report?.runtime, null);
    assert.ok(report.reasons.some(({ sentence }) => sentence.includes(broken)));
    await configuration.update('runtimePath', undefined, true);
    await until('an answer again', () => api.reports.get(uri)?.runtime?.version === newest);
  });

  it('the header text has lenses, hovers, squiggles and leads back', async () => {
    const uri = putEngine('old.engine', { version: older });
    await vscode.commands.executeCommand(commands.showHeaderText, uri);
    const view = headerTextUri(uri);
    const editor = await until('the text', () =>
      vscode.window.visibleTextEditors.find(
        ({ document }) => document.uri.toString() === view.toString(),
      ),
    );
    await until('the fields', () =>
      /01 06 01 78 +TensorRT-RTX that built it +1\.6\.1\.120/.test(editor.document.getText()),
    );
    await until('squiggles', () => codesOf(view).includes('version-mismatch'));
    const squiggle = vscode.languages
      .getDiagnostics(view)
      .find(({ code }) => typeof code === 'object' && code.value === 'version-mismatch');
    assert.ok(squiggle);
    assert.match(editor.document.getText(squiggle.range), /1\.6\.1\.120/);

    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      view,
    );
    assert.deepEqual(
      lenses.map(({ command }) => command?.command).sort(),
      [commands.checkEngine, commands.fixProblem, commands.openEngine].sort(),
    );
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      view,
      squiggle.range.start,
    );
    const shown = hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value))
      .join('\n');
    assert.match(shown, /Bytes 24 to 27&#46;/);

    await vscode.commands.executeCommand(commands.openEngine);
    await until('the page', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputCustom && input.uri.toString() === uri.toString();
    });
  });

  it('Copy Report copies what the page says', async () => {
    const uri = putEngine('old.engine', { version: older });
    await vscode.commands.executeCommand(commands.copyReport, uri);
    const copied = await vscode.env.clipboard.readText();
    const report = api.reports.get(uri);
    assert.ok(report);
    assert.ok(copied.includes(report.headline) && copied.includes('old.engine'), copied);
  });

  it('SHA-256 beside a recipe proves that the file is intact, or that it is not', async () => {
    const uri = putEngine('built.engine', { version: newest });
    const bytes = fs.readFileSync(uri.fsPath);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const recipe = {
      schemaVersion: 1,
      model: { path: 'built.onnx' },
      engine: { file: 'built.engine', sha256, size: bytes.length },
    };
    fs.writeFileSync(`${uri.fsPath}.json`, JSON.stringify(recipe));
    await api.reports.check(uri);
    assert.equal(await api.hashes.compute(uri), sha256);
    assert.deepEqual(api.hashes.state(uri), { state: 'done', sha256, recorded: sha256 });
    await until('the proof in the report', () =>
      api.reports.get(uri)?.fileRows.some(({ value }) => value.includes('intact since built')),
    );

    bytes[bytes.length - 1] = 1;
    fs.writeFileSync(uri.fsPath, bytes);
    await until('the hash to be history', () => api.hashes.state(uri).state === 'none');
    assert.notEqual(await api.hashes.compute(uri), sha256);
    await until('the mismatch', () => codesOf(uri).includes('hash-mismatch'));
  });

  it('hashing can be cancelled', async () => {
    const uri = putEngine('huge.engine', { version: newest, fileSize: 10 * 1024 ** 3 });
    const hashing = api.hashes.compute(uri);
    await until('progress', () => api.hashes.state(uri).state === 'running');
    api.hashes.cancel(uri);
    assert.equal(await hashing, undefined);
    assert.deepEqual(api.hashes.state(uri), { state: 'none' });
  });
});
