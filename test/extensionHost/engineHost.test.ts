import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { InternalApi } from '../../src/extension/extension';
import { commands } from '../../src/extension/ids';
import { activated, cleared, newest, putEngine, until, useRuntimes } from './inVSCode';

describe('the engine host', () => {
  let api: InternalApi;

  before(async () => {
    useRuntimes(newest);
    api = await activated();
    api.runtimes.refresh();
    api.engines.use();
    await cleared(api);
  });
  after(() => cleared(api));

  it('that is killed costs one message, and the next check works', async () => {
    const uri = putEngine('a.engine', { version: newest });
    await api.reports.check(uri);
    const [pid] = await api.host.pids();
    assert.ok(pid);
    const messages = api.errors.messages.length;
    process.kill(pid, 'SIGKILL');
    await until('the message', () => api.errors.messages.length > messages);
    const report = await api.reports.check(uri);
    assert.notEqual(report?.validity, null);
    assert.equal(report?.runtime?.version, newest);
    const [next] = await api.host.pids();
    assert.ok(next !== undefined && next !== pid);
    assert.equal(api.errors.messages.length, messages + 1);
    assert.match(api.errors.messages.at(-1) ?? '', /engine host/i);
  });

  it('is another process after Restart Engine Host, and engines are checked again', async () => {
    const uri = putEngine('b.engine', { version: newest });
    const first = await api.reports.check(uri);
    const before = await api.host.pids();
    await vscode.commands.executeCommand(commands.restartHost);
    await until('a later report', () => {
      const checkedAt = api.reports.get(uri)?.checkedAt ?? 0;
      return checkedAt > (first?.checkedAt ?? Infinity);
    });
    const after = await api.host.pids();
    assert.equal(after.filter((pid) => before.includes(pid)).length, 0);
  });
});
