/** A folder that tries every way that is known to have its code run by whoever opens it. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { writeRecipe } from '../../src/core/rebuild/recipe';
import { libraryOf, shimFolder } from './builtEngines';
import { writeEngine } from './engineFiles';
import { newest, older } from './releases';

/** Any library whose code shows in a trace: ours, under foreign names. */
function anyLibrary(): string {
  const name = fs.readdirSync(shimFolder).find((one) => one.endsWith('.so'));
  if (name === undefined) throw new Error(`no shim in ${shimFolder}: npm run setup`);
  return path.join(shimFolder, name);
}

/** Fills the folder. */
export function makeHostile(folder: string): { engine: string; library: string } {
  const put = (name: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    return file;
  };
  // A runtime that is newer than the user's own, where Python keeps it.
  const library = put('.venv/lib/python3.11/site-packages/tensorrt_rtx_libs/libtensorrt_rtx.so.1');
  fs.copyFileSync(libraryOf(newest), library);
  fs.symlinkSync('.venv', path.join(folder, 'venv'));
  for (const name of [
    ...['libcuda.so.1', 'libnvidia-ml.so.1', 'libtensorrt_rtx.so.1', 'libnvrtc.so.13'],
    ...['lib/libcuda.so.1', 'lib/libnvidia-ml.so.1', 'lib64/libtensorrt_rtx.so.1'],
  ]) {
    fs.copyFileSync(anyLibrary(), put(name));
  }
  for (const name of [
    ...['python3', 'python', 'py', 'nvidia-smi', 'engine-inspector', 'node', 'sh', 'git', 'pip3'],
    ...['bin/python3', 'bin/nvidia-smi', '.venv/bin/python', '.venv/bin/python3'],
  ]) {
    fs.writeFileSync(put(name), '#!/bin/sh\necho 3\n', { mode: 0o755 });
  }
  for (const name of ['pip/__init__.py', 'pip/__main__.py', 'sitecustomize.py']) {
    fs.writeFileSync(put(name), 'print(3)\n');
  }
  fs.writeFileSync(
    put('.vscode/settings.json'),
    JSON.stringify({
      'engineInspector.runtimePath': library,
      'engineInspector.runtimeChoice': 'matchEngine',
      'engineInspector.checkWorkspace': 'onStartup',
      'engineInspector.gpuMemory.statusBar': 'always',
      'engineInspector.keepBackups': 0,
      'python.defaultInterpreterPath': path.join(folder, '.venv/bin/python'),
    }),
  );
  const engine = put('old.engine');
  writeEngine(engine, { version: older });
  writeEngine(put('models/[x](command:workbench.action.quit).engine'), { version: newest });
  fs.writeFileSync(
    put('old.engine.json'),
    writeRecipe({
      model: { path: '//server/share/m.onnx', sha256: null, size: null, externalData: [] },
      options: defaultEngineOptions(),
      built: null,
      engine: null,
    }),
  );
  // What builds leave, and what only looks like it.
  for (const name of [
    '.engine-inspector/old.engine.0123456789abcdef01234567.tmp',
    '.engine-inspector/old.engine.0123456789abcdef01234567.bak.tmp',
    '.engine-inspector/old.engine.lock/0123456789abcdef01234567.json',
    'old.engine.building-12-ab',
  ]) {
    fs.writeFileSync(put(name), '{}');
  }
  fs.symlinkSync('/', path.join(folder, 'root'));
  return { engine, library };
}
