import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import Module from 'node:module';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/ids';
import { activated } from './inVSCode';

describe('activation', () => {
  it('registers every command and does nothing heavy', async () => {
    const api = await activated();
    const registered = await vscode.commands.getCommands(true);
    for (const id of Object.values(commands)) assert.ok(registered.includes(id), id);

    assert.deepEqual(await api.host.pids(), []);
    const loaded = Object.keys((Module as unknown as { _cache: object })._cache);
    assert.ok(
      loaded.some((file) => /dist[\\/]extension\.js$/.test(file)),
      'the modules that are loaded cannot be seen',
    );
    const heavy = loaded.filter((file) =>
      /koffi|lazy[\\/]extension-(supervisor|checker|rebuildCommands|recipeTexts|gpuNumbers)-/.test(
        file,
      ),
    );
    assert.deepEqual(heavy, []);
    assert.deepEqual(ownChildren('engineHost'), []);
  });

  it('offers assistants a server with the folders of the workspace, where VS Code knows such', async () => {
    const { assistants } = await activated();
    // 1.100 has a part of it, which does not work yet.
    const knows = Number(vscode.version.split('.')[1]) >= 101;
    const offered = assistants.offered();
    assert.equal(offered !== null, knows);
    if (!offered) return;
    const [server] = offered;
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    assert.ok(folders.length > 0);
    assert.deepEqual(server?.args.slice(1), [
      'mcp',
      ...folders.flatMap((folder) => ['--folder', folder]),
    ]);
    assert.ok(fs.existsSync(server.args[0] ?? ''), server.args[0]);
  });
});

/** Command lines of this process's children that contain this (Linux). */
function ownChildren(part: string): string[] {
  if (process.platform !== 'linux') return [];
  return fs.readdirSync('/proc').flatMap((pid) => {
    try {
      const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
      const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return status.includes(`PPid:\t${process.pid}\n`) && line.includes(part) ? [line] : [];
    } catch {
      return [];
    }
  });
}
