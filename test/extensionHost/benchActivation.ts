/** Runs inside VS Code's extension host: activates the extension and writes what that took. */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

import * as vscode from 'vscode';

export interface ActivationFacts {
  /** Milliseconds to read and run the bundle. */
  load: number;
  /** Milliseconds of activate() alone, as the extension measured it. */
  activate: number;
  /** Milliseconds of processor time of all threads while the bundle is loaded. */
  loadCpu: number;
  childProcesses: number;
  koffiLoaded: boolean;
}

const children = (): number =>
  fs
    .readdirSync('/proc/self/task')
    .map((task) => fs.readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim())
    .filter((text) => text !== '').length;

export async function run(): Promise<void> {
  const target = process.env['ENGINE_INSPECTOR_BENCH_REPORT'];
  const extension = vscode.extensions.getExtension<{ activationMs: number }>(
    'engine-inspector.engine-inspector-tensorrt-rtx',
  );
  if (target === undefined || extension === undefined) throw new Error('not set up');
  if (extension.isActive) throw new Error('active before anything was opened');
  const before = children();
  // What VS Code calls code loading time and activation time: its own errands between the two are not ours.
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  createRequire(__filename)(path.join(extension.extensionPath, 'dist/extension.js'));
  const load = performance.now() - start;
  const loadCpu = process.cpuUsage(cpuBefore);
  const api = await extension.activate();
  const facts: ActivationFacts = {
    load,
    activate: api.activationMs,
    loadCpu: (loadCpu.user + loadCpu.system) / 1000,
    childProcesses: Math.max(0, children() - before),
    koffiLoaded: fs.readFileSync('/proc/self/maps', 'utf8').includes('koffi'),
  };
  fs.writeFileSync(target, JSON.stringify(facts));
}
