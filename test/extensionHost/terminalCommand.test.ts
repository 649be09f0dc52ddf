import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { version } from '../../package.json';
import { section, settings } from '../../src/extension/ids';
import { installedVariable } from '../../src/host/runtimes/installedVariable';
import { temporaryFolder } from '../harness/workspace';
import { activated, until } from './inVSCode';

describe('the command line in the terminal', () => {
  const setting = (value: boolean | undefined) =>
    vscode.workspace
      .getConfiguration(section)
      .update(settings.terminalCommand, value, vscode.ConfigurationTarget.Global);
  afterEach(() => setting(undefined));

  it('is found in a terminal, and works by the Node of VS Code', async () => {
    await activated();
    const output = temporaryFolder();
    const file = path.join(output.path, 'version');
    const done = path.join(output.path, 'done');
    const terminal = vscode.window.createTerminal({ name: 'test', shellPath: '/bin/sh' });
    try {
      terminal.sendText(`engine-inspector --version > ${file}; touch ${done}`);
      await until('the end of the command', () => fs.existsSync(done));
      assert.ok(fs.readFileSync(file, 'utf8').includes(version));
    } finally {
      terminal.dispose();
      output.remove();
    }
  });

  it('comes behind what is on PATH, and says in the terminal what it changes', async () => {
    const { terminalVariables, runtimes } = await activated();
    const added = terminalVariables.get('PATH');
    assert.equal(added?.type, vscode.EnvironmentVariableMutatorType.Append);
    assert.ok(added.value.startsWith(path.delimiter));
    assert.ok(fs.existsSync(path.join(added.value.slice(1), 'engine-inspector')));
    // So that it finds what "Install TensorRT-RTX…" installed.
    assert.equal(terminalVariables.get(installedVariable)?.value, runtimes.installFolder);
    const { description } = terminalVariables;
    assert.match(
      typeof description === 'string' ? description : (description?.value ?? ''),
      /engine-inspector/,
    );
  });

  it('can be switched off, and on again', async () => {
    const { terminalVariables } = await activated();
    await setting(false);
    await until('no variables', () => terminalVariables.get('PATH') === undefined);
    assert.equal(terminalVariables.get('ENGINE_INSPECTOR_NODE'), undefined);
    await setting(true);
    await until('the variables', () => terminalVariables.get('PATH') !== undefined);
  });
});
