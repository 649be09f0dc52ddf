/** Targets in the window: the status bar's summary, and the matrix that it opens. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { commands, section, treeItems } from '../../src/extension/ids';
import { activated, closeEditors, inFolder, newest, openPage, putEngine, until } from './inVSCode';

describe('targets', () => {
  const file = inFolder('engine-inspector.json');
  const write = (config: object) => fs.writeFileSync(file.fsPath, JSON.stringify(config));
  const engines: vscode.Uri[] = [];

  before(() => {
    engines.push(
      putEngine('targets/a.engine', { version: newest }),
      putEngine('targets/large.engine', { version: newest, weightBytes: 9e9 }),
    );
  });
  after(async () => {
    await closeEditors();
    fs.rmSync(file.fsPath, { force: true });
    for (const { fsPath } of engines) fs.rmSync(fsPath);
  });

  it('are summed up in the status bar where engine-inspector.json names some, and only there', async () => {
    const { targets, reports, engines: workspace } = await activated();
    await workspace.checkAll();
    await until('the reports', () => engines.every((uri) => reports.get(uri)));
    assert.equal(targets.status.shown, null);
    write({ targets: ['rtx-5090', 'rtx-4060-laptop'], files: ['targets/*.engine'] });
    await until(
      'the summary',
      () => targets.status.shown === '1 of 2 engines run on all 2 targets.',
    );
    write({ targets: ['rtx-5090'], files: ['targets/*.engine'] });
    await until(
      'the new summary',
      () => targets.status.shown === '2 of 2 engines run on the target.',
    );
    fs.rmSync(file.fsPath);
    await until('no summary', () => targets.status.shown === null);
  });

  it('are a matrix that follows the file', async () => {
    const { targets } = await activated();
    write({ targets: ['rtx-5090', 'rtx-4060-laptop'], files: ['targets/*.engine'] });
    await vscode.commands.executeCommand(commands.showMatrix);
    const cells = () => {
      const model = targets.matrix?.shown;
      return model?.rows.map(({ cells: row }) => row.map((at) => model.cells[at]?.word)) ?? [];
    };
    await until(
      'the cells',
      () =>
        JSON.stringify(cells()) ===
          JSON.stringify([
            ['Runs', 'Runs'],
            ['Runs', 'Needs weight streaming'],
          ]) ||
        JSON.stringify(cells()) ===
          JSON.stringify([
            ['Runs', 'Needs weight streaming'],
            ['Runs', 'Runs'],
          ]),
    );
    write({ targets: ['gb10'], files: ['targets/*.engine'] });
    await until(
      'one column',
      () => cells().every((row) => row.length === 1) && cells().length === 2,
    );
    await until('a summary', () => targets.status.shown !== null);
  });

  it('group the Engines view, and a fix there is for the target', async () => {
    const { enginesTree: tree, rebuild, engines: workspace } = await activated();
    await workspace.checkAll();
    write({
      targets: ['rtx-4060-laptop', { name: 'Old', board: 'gtx-1660-ti', required: false }],
      files: ['targets/*.engine'],
    });
    const shown = async () =>
      (await tree.getChildren()).map((node) => {
        const { label, description } = tree.getTreeItem(node);
        return `${typeof label === 'string' ? label : ''}: ${String(description)}`;
      });
    const rebuilt: unknown[] = [];
    rebuild.rebuild = (uri, choice) => {
      rebuilt.push([uri.fsPath, choice]);
      return Promise.resolve();
    };
    rebuild.rebuildAll = (uris, choice, gpus) => {
      rebuilt.push([uris.map(({ fsPath }) => fsPath).sort(), choice, gpus]);
      return Promise.resolve();
    };
    try {
      await tree.arrange({ grouping: 'target' });
      await until('the groups', async () =>
        (await shown()).includes("RTX 4060 Laptop: 1 of 2 doesn't run"),
      );
      assert.ok((await shown()).includes("Old (optional): 2 of 2 don't run"));
      const [laptop, old] = await tree.getChildren();
      assert.ok(laptop && old);
      const [large, ...none] = await tree.getChildren(laptop);
      assert.ok(large);
      assert.deepEqual(none, []);
      const item = tree.getTreeItem(large);
      assert.equal(item.description, 'needs weight streaming · targets');
      assert.equal(item.contextValue, treeItems.engineFixable);
      const [why, known] = await tree.getChildren(large);
      assert.ok(why && known);
      const { label } = tree.getTreeItem(why);
      assert.ok(typeof label === 'string');
      assert.match(label, /^Its weights need 8\.4 GiB/);
      assert.equal(tree.getTreeItem(known).description, 'Predicted');
      const below = await tree.getChildren(old);
      const ids = [large, ...below].map((node) => tree.getTreeItem(node).id);
      assert.equal(new Set(ids).size, 3);
      await vscode.commands.executeCommand(commands.fixProblem, large, [large]);
      await vscode.commands.executeCommand(commands.fixProblem, below[0], below);
      const [a, b] = engines.map(({ fsPath }) => fsPath);
      assert.deepEqual(rebuilt, [
        [b, 'weight-streaming'],
        [[a, b], 'chosen-gpus', ['7.5']],
      ]);
      write({ targets: ['rtx-5090'], files: ['targets/*.engine'] });
      await until('the new target', async () => (await shown())[0] === 'RTX 5090: all 2 run');
    } finally {
      Reflect.deleteProperty(rebuild, 'rebuild');
      Reflect.deleteProperty(rebuild, 'rebuildAll');
      await tree.arrange({ grouping: 'reason' });
    }
  });

  const found = (uri: vscode.Uri) =>
    vscode.languages.getDiagnostics(uri).filter(({ message }) => message.includes('4060'));
  /** Nothing of an earlier test is left. */
  const noTargets = async () => {
    const { targets } = await activated();
    fs.rmSync(file.fsPath, { force: true });
    await until('no targets', async () => (await targets.targets.of()).source === 'defaults');
    await until('no problems', () => [file, ...engines].every((uri) => found(uri).length === 0));
  };
  const optional = { targets: [{ board: 'rtx-4060-laptop', required: false }, 'rtx-5090'] };
  const set = (name: string, value: string | undefined) =>
    vscode.workspace.getConfiguration(section).update(name, value, true);

  it('are told of in Problems, with the fix of the target, as the setting says', async () => {
    const { rebuild, engines: workspace } = await activated();
    const large = inFolder('targets/large.engine');
    await noTargets();
    await workspace.checkAll();
    write({ targets: ['rtx-5090', 'rtx-4060-laptop'], files: ['targets/*.engine'] });
    const [problem] = await until('the problem', () => found(large).length === 1 && found(large));
    assert.ok(problem);
    assert.match(problem.message, /^RTX 4060 Laptop: Its weights need 8\.4 GiB/);
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(problem.source, 'TensorRT-RTX');
    assert.equal(problem.relatedInformation?.[0]?.location.uri.fsPath, file.fsPath);
    const { code } = problem;
    assert.ok(typeof code === 'object');
    assert.equal(code.value, 'insufficient-gpu-memory');
    const asked: unknown[] = [];
    rebuild.rebuild = (uri, choice) => {
      asked.push([uri.fsPath, choice]);
      return Promise.resolve();
    };
    try {
      const words = JSON.parse(decodeURIComponent(code.target.query)) as unknown[];
      await vscode.commands.executeCommand(code.target.path, ...words);
    } finally {
      Reflect.deleteProperty(rebuild, 'rebuild');
    }
    assert.deepEqual(asked, [[large.fsPath, 'weight-streaming']]);

    write({ ...optional, files: ['targets/*.engine'] });
    await until('none for an optional target', () => found(large).length === 0);
    try {
      await set('problemsForTargets', 'all');
      await until(
        'information',
        () => found(large)[0]?.severity === vscode.DiagnosticSeverity.Information,
      );
      write({ targets: ['rtx-4060-laptop'], files: ['targets/*.engine'] });
      await until('an error', () => found(large)[0]?.severity === vscode.DiagnosticSeverity.Error);
      await set('problemsForTargets', 'off');
      await until('none', () => found(large).length === 0);
    } finally {
      await set('problemsForTargets', undefined);
    }
    await until('the error again', () => found(large).length === 1);
    fs.rmSync(file.fsPath);
    await until('none without the file', () => found(large).length === 0);
  });

  it('are one entry in Problems for a cause that many engines have', async () => {
    const { engines: workspace } = await activated();
    const many = Array.from({ length: 30 }, (_, at) =>
      putEngine(`targets/${at}.engine`, { version: newest, weightBytes: 9e9 }),
    );
    engines.push(...many);
    await noTargets();
    await workspace.checkAll();
    write({ targets: ['rtx-4060-laptop'], files: ['targets/*.engine'] });
    const [one] = await until('the one entry', () => found(file).length > 0 && found(file));
    assert.equal(one?.message, "31 engines don't fit on RTX 4060 Laptop without weight streaming.");
    const listed = () => many.filter((uri) => found(uri).length > 0).length;
    assert.equal(listed(), 0);
    const [first] = many;
    assert.ok(first);
    await openPage(first);
    await until('that of the open one', () => listed() === 1);
    await closeEditors();
    await until('none again', () => listed() === 0);
    try {
      await set('problems', 'all');
      await until('all', () => listed() === 30 && found(file).length === 0);
    } finally {
      await set('problems', undefined);
    }
  });

  it('gain this machine, and take its new values over when it is saved again', async () => {
    const { host, targets } = await activated();
    await noTargets();
    write({ targets: ['rtx-5090'] });
    const gpu = {
      name: 'NVIDIA GeForce RTX 4060 Laptop GPU',
      ...{ computeCapability: '8.9', totalMemory: 8_585_740_288 },
    };
    const save = async (cudaDriverVersion: number) => {
      const info = { gpus: [gpu], cudaDriverVersion };
      host.get = () => Promise.resolve({ gpus: () => Promise.resolve(info) } as never);
      try {
        await vscode.commands.executeCommand(commands.saveThisMachine);
      } finally {
        Reflect.deleteProperty(host, 'get');
      }
    };
    await save(12080);
    await save(13020);
    const { targets: made, problem } = await targets.targets.of();
    assert.equal(problem, '');
    const [first, machine, ...more] = made;
    assert.deepEqual([first?.id, more], ['rtx-5090', []]);
    assert.ok(machine);
    assert.match(machine.name, /\(RTX 4060 Laptop GPU\)$/);
    assert.deepEqual(
      [machine.computeCapability, machine.memory, machine.memoryIs, machine.driverVersion],
      ['8.9', 8_585_740_288, 'exact', 13020],
    );
  });

  it('are chosen in a picker, written once, and offered no more', async () => {
    const { targets } = await activated();
    await noTargets();
    write({ targets: ['gb10'] });
    // VS Code keeps it for a while, and it follows the file only later.
    await vscode.workspace.openTextDocument(file);
    write({ targets: ['rtx-5090'] });
    await until('the file', async () => {
      const { source, targets: made } = await targets.targets.of();
      return source === 'file' && made[0]?.id === 'rtx-5090';
    });
    const targetsNow = () =>
      (JSON.parse(fs.readFileSync(file.fsPath, 'utf8')) as { targets: string[] }).targets;
    const choose = async (accept: (pick: Picker) => void) => {
      const { pick, restore } = takePick();
      try {
        const chosen = vscode.commands.executeCommand(commands.chooseTargets);
        accept(await until('the picker', pick));
        await chosen;
      } finally {
        restore();
      }
    };
    const item = (pick: Picker, label: string) => pick.items.find((one) => one.label === label);
    await choose((pick) => {
      assert.equal(pick.canSelectMany, true);
      assert.equal(item(pick, 'RTX 5090'), undefined);
      const wanted = ['RTX 4060 Laptop', 'RTX 3060 12 GB'].map((label) => item(pick, label));
      pick.selectedItems = wanted.flatMap((one) => (one ? [one] : []));
      assert.equal(pick.selectedItems.length, 2);
      pick.accept();
    });
    assert.deepEqual(targetsNow(), ['rtx-5090', 'rtx-4060-laptop', 'rtx-3060-12gb']);
    await choose((pick) => {
      assert.equal(item(pick, 'RTX 4060 Laptop'), undefined);
      assert.ok(item(pick, 'RTX 3060 8 GB'));
      pick.hide();
    });
    assert.deepEqual(targetsNow(), ['rtx-5090', 'rtx-4060-laptop', 'rtx-3060-12gb']);
  });
});

type Picker = vscode.QuickPick<vscode.QuickPickItem> & { accept(): void };

/** The next quick pick that is made, which can then be answered as a person would; it is real and shown. */
function takePick(): { pick: () => Picker | undefined; restore: () => void } {
  const window = vscode.window as unknown as { createQuickPick: () => unknown };
  const real = window.createQuickPick;
  let made: Picker | undefined;
  let shown = false;
  window.createQuickPick = () => {
    const pick = real.call(window) as Picker;
    const show = pick.show.bind(pick);
    pick.show = () => {
      show();
      shown = true;
    };
    // VS Code would take some time to know of the selection; who accepts is asked at once.
    const listeners: (() => unknown)[] = [];
    const { onDidAccept } = pick;
    const listen: typeof onDidAccept = (listener, ...rest) => {
      listeners.push(() => void listener());
      return onDidAccept(listener, ...rest);
    };
    Object.assign(pick, { onDidAccept: listen });
    pick.accept = () => listeners.forEach((listener) => listener());
    made = pick;
    return pick;
  };
  return {
    pick: () => (shown ? made : undefined),
    restore: () => {
      window.createQuickPick = real;
    },
  };
}
