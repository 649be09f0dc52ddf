import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { isProblemOfFile } from '../../src/core/report/reasonTable';
import type { InternalApi } from '../../src/extension/extension';
import { headerTextUri } from '../../src/extension/engineTarget';
import { commands } from '../../src/extension/ids';
import { temporaryFolder } from '../harness/workspace';
import { engineHeader } from '../support/engineFiles';
import {
  activated,
  cleared,
  closeEditors,
  codesOf,
  folder,
  inFolder,
  newest,
  older,
  openPage,
  putEngine,
  until,
  useRuntimes,
} from './inVSCode';

describe('an engine in the workspace', () => {
  let api: InternalApi;

  before(async () => {
    useRuntimes(newest, older);
    api = await activated();
  });
  beforeEach(() => cleared(api));
  after(() => cleared(api));

  it('gets a report from the real runtime when it is opened', async () => {
    const uri = putEngine('a.engine', { version: newest });
    await openPage(uri);
    const report = await until('a report', () => api.reports.get(uri));
    assert.equal(report.kind, 'tensorrt-rtx');
    assert.equal(report.runtime?.version, newest);
    // Without a readable GPU the runtime answers kINVALID without a reason; with one it answers something else.
    assert.notEqual(report.validity, null);
    assert.ok((await api.host.pids()).length > 0);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputCustom);
    // What this machine lacks is no problem of the file, of this one as little as of a hundred others.
    assert.ok(!codesOf(uri).includes('gpu-not-readable'), codesOf(uri).join());
  });

  it('leaves real text to the text editor, unless our page is asked for again', async () => {
    fs.writeFileSync(path.join(folder(), 'notes.engine'), 'Buy milk.\nCall the garage.\n');
    const uri = vscode.Uri.file(path.join(folder(), 'notes.engine'));
    const inputs = () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .map(({ input }) => input)
        .filter(
          (input): input is vscode.TabInputText | vscode.TabInputCustom =>
            (input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom) &&
            input.uri.toString() === uri.toString(),
        );
    await vscode.commands.executeCommand('vscode.open', uri);
    await until('the text editor alone', () => {
      const [only, ...more] = inputs();
      return more.length === 0 && only instanceof vscode.TabInputText;
    });
    await openPage(uri);
    await until('our page', () => inputs().some((one) => one instanceof vscode.TabInputCustom));
    await api.reports.idle();
    assert.ok(inputs().some((one) => one instanceof vscode.TabInputCustom));
  });

  it('has one problem for each reason of its own, each with a link that runs the fix and a way to the header', async () => {
    const uri = putEngine('old.engine', { version: older, length: 1000 });
    await openPage(uri);
    const report = await until('a report', () => api.reports.get(uri));
    const codes = await until('problems', () => codesOf(uri).length > 0 && codesOf(uri));
    const listed = report.reasons.filter(isProblemOfFile);
    assert.deepEqual(codes.sort(), listed.map(({ id }) => id as string).sort());
    assert.ok(codes.includes('version-mismatch') && codes.includes('truncated'), codes.join());
    for (const { code, source, relatedInformation } of vscode.languages.getDiagnostics(uri)) {
      assert.equal(source, 'TensorRT-RTX');
      assert.ok(typeof code === 'object');
      assert.equal(code.target.scheme, 'command');
      assert.equal(code.target.path, commands.fixProblem);
      const location = relatedInformation?.[0]?.location;
      assert.equal(location?.uri.toString(), headerTextUri(uri).toString());
      const text = (await vscode.workspace.openTextDocument(location.uri)).getText(location.range);
      assert.notEqual(text, '');
    }
  });

  it('is checked again when the file is replaced, and cleared when it is deleted', async () => {
    const uri = putEngine('b.engine', { version: older });
    await openPage(uri);
    await until('the mismatch', () => codesOf(uri).includes('version-mismatch'));

    const replacement = path.join(folder(), 'b.tmp');
    fs.copyFileSync(putEngine('good.engine', { version: newest }).fsPath, replacement);
    fs.renameSync(replacement, uri.fsPath);
    await until('no mismatch', () => !codesOf(uri).includes('version-mismatch'));

    fs.rmSync(uri.fsPath);
    await until('no problem', () => codesOf(uri).length === 0);
    putEngine('b.engine', { version: older });
    await until('the mismatch again', () => codesOf(uri).includes('version-mismatch'));
    await closeEditors();
    fs.rmSync(uri.fsPath);
    await until('no report', () => api.reports.get(uri) === undefined);
  });

  it('is forgotten with the folder it lies in', async () => {
    const uri = putEngine('models/deep/c.engine', { version: newest });
    await api.engines.checkAll();
    await until('a report', () => api.reports.get(uri));
    fs.rmSync(path.join(folder(), 'models'), { recursive: true });
    await until('no report', () => api.reports.get(uri) === undefined);
  });

  it('is forgotten by the next check of all where VS Code watches nothing', async () => {
    // Where a link leads.
    const elsewhere = temporaryFolder();
    fs.symlinkSync(elsewhere.path, inFolder('link').fsPath);
    const uri = putEngine('link/a.engine', { version: newest });
    assert.ok(await api.reports.check(uri));
    elsewhere.remove();
    await api.engines.checkAll();
    await until('that it is forgotten', () => api.reports.get(uri) === undefined);
  });

  it('is found when it appears', async () => {
    await api.engines.checkAll();
    const uri = putEngine('new/d.engine', { version: older });
    await until('its problems', () => codesOf(uri).includes('version-mismatch'));
  });

  it('may be 10 GB: only the header is read', async () => {
    const size = 10 * 1024 ** 3;
    const uri = putEngine('huge.engine', { version: newest, fileSize: size });
    const before = process.memoryUsage().rss;
    await openPage(uri);
    const report = await until('a report', () => api.reports.get(uri));
    assert.equal(report.size, size);
    assert.equal(report.header?.fileSize, size);
    assert.ok(!codesOf(uri).includes('truncated'));
    assert.ok(process.memoryUsage().rss - before < 200 * 1024 ** 2);
  });

  it('may be one of a thousand', async () => {
    for (let i = 0; i < 1000; i++) {
      putEngine(`many/${i % 10}/${i}.engine`, { version: i % 2 === 0 ? newest : older });
    }
    assert.equal(await api.engines.checkAll(), 1000);
    const all = [...api.reports.all()];
    assert.equal(all.length, 1000);
    const mismatched = all.filter(({ report }) =>
      report.reasons.some(({ id }) => id === 'version-mismatch'),
    );
    assert.equal(mismatched.length, 500);
    // Five hundred problems of one kind would bury all others: they stand in the view, unless all are asked for.
    const one = inFolder('many/9/999.engine');
    assert.deepEqual(codesOf(one), []);
    const settings = vscode.workspace.getConfiguration('engineInspector');
    try {
      await settings.update('problems', 'all', true);
      await until('their problems', () => codesOf(one).length > 0);
    } finally {
      await settings.update('problems', undefined, true);
    }
    const groups = await api.enginesTree.getChildren();
    const rows = await Promise.all(groups.map((group) => api.enginesTree.getChildren(group)));
    const shown = rows.flat();
    assert.equal(shown.length, 1000);
    const ids = shown.map((node) => api.enginesTree.getTreeItem(node).id);
    assert.equal(new Set(ids).size, 1000);
  });

  it('shows what a hostile wrapper says as text', async () => {
    const json = JSON.stringify({
      description: '</script><img src=x onerror=alert(1)>',
      names: { 0: '\u001b[31mred\u001b[0m', 1: '[x](command:workbench.action.quit)' },
      stride: '\u202egnp.exe',
    });
    const body = Buffer.concat([
      Buffer.from(json, 'utf8'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('ftrt'),
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(json));
    const uri = inFolder('yolo.engine');
    fs.writeFileSync(uri.fsPath, Buffer.concat([length, body, Buffer.alloc(64)]));
    await openPage(uri);
    const report = await until('a report', () => api.reports.get(uri));
    assert.equal(report.kind, 'ultralytics');
    // JSON.stringify writes control characters as \u001b; a bidirectional override stays as it is.
    assert.doesNotMatch(JSON.stringify(report), /[^\\]\\u00[01]|\u202e/);
    const text = (await vscode.workspace.openTextDocument(headerTextUri(uri))).getText();
    assert.doesNotMatch(text, /\u001b|\u202e/);
    await until('problems', () => codesOf(uri).includes('not-tensorrt-rtx'));
  });

  it('tells a folder, a broken link and an empty file apart', async () => {
    fs.mkdirSync(inFolder('folder.engine').fsPath);
    fs.symlinkSync('/nowhere/at/all', inFolder('link.engine').fsPath);
    fs.writeFileSync(inFolder('empty.engine').fsPath, '');
    const reportOf = (name: string) => api.reports.check(inFolder(name));
    assert.equal((await reportOf('folder.engine'))?.kind, 'unreadable');
    assert.match((await reportOf('link.engine'))?.summary ?? '', /link/);
    assert.equal((await reportOf('empty.engine'))?.kind, 'empty');
    assert.equal(await reportOf('gone.engine'), undefined);
  });

  it('may have any name', async () => {
    for (const name of [
      'ü %41 #1?&x.engine',
      "it's; $(x) `y`.engine",
      'a'.repeat(200) + '.engine',
    ]) {
      const uri = putEngine(name, { version: older });
      await openPage(uri);
      await until(`the problems of ${name}`, () => codesOf(uri).includes('version-mismatch'));
      const location = vscode.languages.getDiagnostics(uri)[0]?.relatedInformation?.[0]?.location;
      assert.ok(location);
      const text = (await vscode.workspace.openTextDocument(location.uri)).getText();
      assert.ok(text.startsWith(name), text.slice(0, 100));
    }
  });

  it('may lie on a virtual file system: its first bytes are read through VS Code', async () => {
    const bytes = engineHeader({ version: older, fileSize: 64 });
    const provider = vscode.workspace.registerFileSystemProvider('enginetest', onlyFile(bytes), {
      isReadonly: true,
    });
    try {
      const uri = vscode.Uri.parse('enginetest:/models/remote.engine');
      await openPage(uri);
      const report = await until('a report', () => api.reports.get(uri));
      assert.equal(report.kind, 'tensorrt-rtx');
      assert.equal(report.runtime?.version, newest);
      assert.notEqual(report.validity, null);
      assert.ok(report.reasons.some(({ id }) => id === 'version-mismatch'));
      const gone = await api.reports.check(vscode.Uri.parse('enginetest:/models/gone.engine'));
      assert.equal(gone, undefined);
    } finally {
      await closeEditors();
      provider.dispose();
    }
  });
});

/** A file system with one file, remote.engine. */
function onlyFile(bytes: Uint8Array): vscode.FileSystemProvider {
  const refuse = (): never => {
    throw vscode.FileSystemError.NoPermissions();
  };
  const known = (uri: vscode.Uri): void => {
    if (!uri.path.endsWith('/remote.engine')) throw vscode.FileSystemError.FileNotFound(uri);
  };
  return {
    onDidChangeFile: new vscode.EventEmitter<vscode.FileChangeEvent[]>().event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: (uri) => {
      known(uri);
      return { type: vscode.FileType.File, ctime: 0, mtime: 1, size: bytes.length };
    },
    readFile: (uri) => {
      known(uri);
      return bytes;
    },
    readDirectory: () => [],
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
}
